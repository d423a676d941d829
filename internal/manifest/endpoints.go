package manifest

import (
	"fmt"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	sigsjson "sigs.k8s.io/json"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Nobody reads Endpoints but the controller of a cluster that makes EndpointSlices of them, so these are what is read.

// endpoints are the old form of EndpointSlices.
var endpoints = schema.GroupKind{Kind: "Endpoints"}

// endpointsForm is what of Endpoints goes into EndpointSlices. Its structs have names, which errors of types begin
// with.
type (
	endpointsForm struct {
		Subsets []endpointsSubset `json:"subsets"`
	}
	endpointsSubset struct {
		Addresses         []endpointsAddress `json:"addresses"`
		NotReadyAddresses []endpointsAddress `json:"notReadyAddresses"`
		Ports             []endpointsPort    `json:"ports"`
	}
	endpointsAddress struct {
		IP string `json:"ip"`
	}
	endpointsPort struct {
		Name        string `json:"name"`
		Port        int32  `json:"port"`
		Protocol    string `json:"protocol"`
		AppProtocol string `json:"appProtocol"`
	}
)

// checkEndpoints says what of Endpoints is of the wrong type, nil if nothing is.
func checkEndpoints(raw []byte, ref inventory.Ref) error {
	if err := sigsjson.UnmarshalCaseSensitivePreserveInts(raw, &endpointsForm{}); err != nil {
		return fmt.Errorf("%s: %w", ref, err)
	}
	return nil
}

// mirrored are the EndpointSlices that a cluster makes of Endpoints, unless those say that it is not to.
func mirrored(object map[string]any) []map[string]any {
	metadata, _ := object["metadata"].(map[string]any)
	labels, _ := metadata["labels"].(map[string]any)
	subsets, _ := object["subsets"].([]any)
	if labels[discoveryv1.LabelSkipMirror] == "true" || metadata["name"] == nil {
		return nil
	}
	var list []map[string]any
	for i, s := range subsets {
		subset, _ := s.(map[string]any)
		var all []any
		for _, field := range []string{"addresses", "notReadyAddresses"} {
			addresses, _ := subset[field].([]any)
			for _, a := range addresses {
				if address, ok := a.(map[string]any); ok {
					all = append(all, map[string]any{"addresses": []any{address["ip"]}})
				}
			}
		}
		list = append(list, map[string]any{
			"apiVersion": discoveryv1.SchemeGroupVersion.String(), "kind": inventory.EndpointSlice.Kind,
			"metadata": map[string]any{
				"name": fmt.Sprintf("%s-mirrored-%d", metadata["name"], i), "namespace": metadata["namespace"],
				"labels": map[string]any{discoveryv1.LabelServiceName: metadata["name"]},
			},
			"addressType": string(discoveryv1.AddressTypeIPv4), "ports": subset["ports"], "endpoints": all,
		})
	}
	return list
}
