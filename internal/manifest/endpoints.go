package manifest

import (
	"cmp"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	sigsjson "sigs.k8s.io/json"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Nobody reads Endpoints but the controller of a cluster that makes EndpointSlices of them, so these are what is read.

// endpoints are the old form of EndpointSlices.
var endpoints = schema.GroupKind{Kind: "Endpoints"}

// mirrored are the EndpointSlices that a cluster makes of Endpoints, unless those say that it is not to. It fails where
// something in them is of the wrong type.
func mirrored(raw []byte, ref inventory.Ref) ([]map[string]any, error) {
	var old corev1.Endpoints //nolint:staticcheck // people still write it
	if err := sigsjson.UnmarshalCaseSensitivePreserveInts(raw, &old); err != nil {
		return nil, fmt.Errorf("%s: %w", ref, err)
	}
	if old.Labels[discoveryv1.LabelSkipMirror] == "true" || old.Name == "" {
		return nil, nil
	}
	var list []map[string]any
	for i, subset := range old.Subsets {
		slice := discoveryv1.EndpointSlice{
			TypeMeta: metav1.TypeMeta{
				APIVersion: discoveryv1.SchemeGroupVersion.String(), Kind: inventory.EndpointSlice.Kind,
			},
			ObjectMeta: metav1.ObjectMeta{
				Name: fmt.Sprintf("%s-mirrored-%d", old.Name, i), Namespace: old.Namespace,
				Labels: map[string]string{discoveryv1.LabelServiceName: old.Name},
			},
			AddressType: discoveryv1.AddressTypeIPv4,
		}
		for _, a := range slices.Concat(subset.Addresses, subset.NotReadyAddresses) {
			slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{Addresses: []string{a.IP}})
		}
		for _, p := range subset.Ports {
			slice.Ports = append(slice.Ports, discoveryv1.EndpointPort{
				Name: new(p.Name), Port: new(p.Port), AppProtocol: p.AppProtocol,
				Protocol: new(cmp.Or(p.Protocol, corev1.ProtocolTCP)), // as an API server has it
			})
		}
		object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&slice)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", ref, err)
		}
		list = append(list, object)
	}
	return list, nil
}
