package topology

import (
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/istio"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/proxy"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// This file follows Services, hosts and EndpointSlices inwards.

// target follows a host that a proxy forwards to.
func (f *follower) target(namespace string, t proxy.Target) {
	if svc := world.ServiceNamed(f.view, t.Host, namespace); svc != nil {
		f.follow(svc)
		return
	}
	for _, o := range world.AtAddress(f.view, t.Host) {
		f.follow(o)
	}
}

func (f *follower) service(svc *corev1.Service) {
	if svc.Spec.Type == corev1.ServiceTypeExternalName {
		f.target(svc.Namespace, proxy.Target{Host: podspec.Canonical(svc.Spec.ExternalName)})
		if host, ok := istio.AliasOf(svc); ok {
			for _, o := range f.view.Find(inventory.Key{Index: way.ByGovernor, Value: host.String()}) {
				f.follow(o)
			}
		}
		return
	}
	for _, o := range world.WorkloadsBehind(f.view, svc) {
		f.follow(o)
	}
	for _, o := range f.view.Find(inventory.Key{Index: index.ByService, Namespace: svc.Namespace, Value: svc.Name}) {
		f.endpoints(inventory.Must[discoveryv1.EndpointSlice](o))
	}
}

func (f *follower) endpoints(slice *discoveryv1.EndpointSlice) {
	for _, endpoint := range slice.Endpoints {
		for _, address := range endpoint.Addresses {
			if slice.AddressType == discoveryv1.AddressTypeFQDN {
				f.target(slice.Namespace, proxy.Target{Host: address})
				continue
			}
			for _, o := range world.AtAddress(f.view, podspec.Address(address)) {
				f.follow(o)
			}
		}
	}
}
