package world

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// DeadPorts say of the ports of a Service before Ditto, or a proxy near it, that they lead nowhere: their targetPort is
// a name that no container behind it declares, for which Kubernetes makes no endpoint (k8s.io/endpointslice,
// getEndpointPorts). An EndpointSlice that somebody wrote can lead somewhere all the same.
func (v *View) DeadPorts(o *inventory.Object) []string {
	svc, ok := inventory.As[corev1.Service](o)
	if !ok {
		return nil
	}
	var list []string
	for i := range svc.Spec.Ports {
		sp := &svc.Spec.Ports[i]
		if sp.TargetPort.StrVal == "" || sp.Protocol != "" && sp.Protocol != corev1.ProtocolTCP ||
			v.hasEndpoint(o, sp.Name) {
			continue
		}
		behind, declared := "", false
		for _, workload := range WorkloadsBehind(v, svc) {
			if _, ok := podspec.TargetNumber(sp.TargetPort, sp.Port, &workload.PodTemplate().Spec); ok {
				declared = true
				break
			}
			if behind == "" && slices.ContainsFunc(v.Parts(workload), func(p recognize.Part) bool {
				return recognize.IsDitto(p.Component) || p.Component == recognize.Proxy && v.BesideDitto(p)
			}) {
				behind = workload.Ref.String()
			}
		}
		if behind != "" && !declared {
			list = append(list, fmt.Sprintf("port %d leads to port %q, which no container of %s declares, so Kubernetes sends requests nowhere: "+
				"use the name of a declared port, or a number", sp.Port, sp.TargetPort.StrVal, behind))
		}
	}
	return list
}

// hasEndpoint says whether an EndpointSlice of a Service has a port of a name.
func (v *View) hasEndpoint(svc *inventory.Object, name string) bool {
	return slices.ContainsFunc(SlicesOf(v, svc), func(slice *discoveryv1.EndpointSlice) bool {
		return slices.ContainsFunc(slice.Ports, func(p discoveryv1.EndpointPort) bool {
			return p.Name != nil && *p.Name == name || p.Name == nil && name == ""
		})
	})
}
