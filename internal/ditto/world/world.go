package world

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/dns"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// This file holds the steps between objects: who selects whom, who answers for which name. Each step exists in both
// directions, inwards (from an entry to what it reaches) and outwards.

// WorkloadsBehind are the workloads that a Service with a selector sends requests to. A Pod or ReplicaSet is left out
// where the workload that made it is selected as well: it is the same thing twice.
func WorkloadsBehind(v *View, svc *corev1.Service) []*inventory.Object {
	pair, ok := index.SelectorPair(svc.Spec.Selector)
	if !ok {
		return nil
	}
	var list []*inventory.Object
	for _, o := range v.Find(inventory.Key{Index: index.ByLabel, Namespace: svc.Namespace, Value: pair}) {
		if podspec.SelectsPods(svc.Spec.Selector, o) {
			list = append(list, o)
		}
	}
	return slices.DeleteFunc(slices.Clone(list), func(o *inventory.Object) bool { return OwnedByOneOf(v, o, list) })
}

// selects is a Service's selector against a pod's labels; an empty selector selects nothing.
func selects(selector, labels map[string]string) bool {
	for k, v := range selector {
		if labels[k] != v {
			return false
		}
	}
	return len(selector) > 0
}

// OwnedByOneOf follows the controlling owners of an object, as long as they are at hand, to one of the list. Owner
// references are anyone's to write, so the owner has to be there, to have the UID that the reference gives, and to
// describe what the object runs.
func OwnedByOneOf(v *View, o *inventory.Object, list []*inventory.Object) bool {
	for range 4 {
		owner := OwnerOf(v, o)
		if owner == nil || !v.runsAs(o, owner) {
			return false
		}
		if slices.ContainsFunc(list, func(x *inventory.Object) bool { return x.Ref.ID() == owner.Ref.ID() }) {
			return true
		}
		o = owner
	}
	return false
}

// OwnerOf is the workload that controls an object, nil if it was not found or does not have the UID that the object
// names.
func OwnerOf(r inventory.Reader, o *inventory.Object) *inventory.Object {
	for _, ref := range o.Meta.OwnerReferences {
		if ref.Controller == nil || !*ref.Controller {
			continue
		}
		group := inventory.Ref{APIVersion: ref.APIVersion, Kind: ref.Kind}.GroupKind()
		owner := r.Get(group, o.Ref.Namespace, ref.Name)
		if owner != nil && owner.PodTemplate() != nil && owner.Meta.UID == ref.UID && ref.UID != "" {
			return owner
		}
	}
	return nil
}

// servicesSelecting are the Services of its namespace that select a workload's pods.
func servicesSelecting(r inventory.Reader, o *inventory.Object) []*inventory.Object {
	var list []*inventory.Object
	for _, pair := range podspec.LabelPairs(o) {
		for _, s := range r.Find(inventory.Key{Index: index.BySelector, Namespace: o.Ref.Namespace, Value: pair}) {
			if podspec.SelectsPods(inventory.Must[corev1.Service](s).Spec.Selector, o) {
				list = append(list, s)
			}
		}
	}
	return Ordered(list)
}

// SlicesOf are the EndpointSlices of a Service.
func SlicesOf(r inventory.Reader, svc *inventory.Object) []*discoveryv1.EndpointSlice {
	var list []*discoveryv1.EndpointSlice
	for _, o := range r.Find(inventory.Key{Index: index.ByService, Namespace: svc.Ref.Namespace, Value: svc.Ref.Name}) {
		list = append(list, inventory.Must[discoveryv1.EndpointSlice](o))
	}
	return list
}

// ServicesWithEndpoint are the Services that have one of the addresses among their endpoints. An EndpointSlice counts
// for its Service whether that has a selector or not, and whoever wrote it.
func ServicesWithEndpoint(r inventory.Reader, addresses []string) []*inventory.Object {
	var list []*inventory.Object
	for _, address := range addresses {
		for _, o := range r.Find(inventory.Key{Index: index.ByEndpoint, Value: address}) {
			list = append(list, serviceOf(r, inventory.Must[discoveryv1.EndpointSlice](o))...)
		}
	}
	return Ordered(list)
}

// ServicesNaming are the Services that have the name of a Service among their endpoints, which some edges connect to.
func ServicesNaming(r inventory.Reader, svc *inventory.Object) []*inventory.Object {
	var list []*inventory.Object
	key := inventory.Key{Index: index.ByEndpoint, Namespace: svc.Ref.Namespace, Value: svc.Ref.Name}
	for _, o := range r.Find(key) {
		slice := inventory.Must[discoveryv1.EndpointSlice](o)
		if slices.ContainsFunc(slice.Endpoints, func(e discoveryv1.Endpoint) bool {
			return slices.ContainsFunc(e.Addresses, func(host string) bool {
				named := ServiceNamed(r, host, slice.Namespace)
				return named != nil && named.Ref.ID() == svc.Ref.ID()
			})
		}) {
			list = append(list, serviceOf(r, slice)...)
		}
	}
	return Ordered(list)
}

// serviceOf is the Service that an EndpointSlice is for, if it is there.
func serviceOf(r inventory.Reader, slice *discoveryv1.EndpointSlice) []*inventory.Object {
	if svc := r.Get(inventory.Service, slice.Namespace, slice.Labels[discoveryv1.LabelServiceName]); svc != nil {
		return []*inventory.Object{svc}
	}
	return nil
}

// AtAddress are the Services and Pods that an IP address inside the cluster belongs to.
func AtAddress(r inventory.Reader, address string) []*inventory.Object {
	return r.Find(inventory.Key{Index: index.ByAddress, Value: address})
}

// AliasesOf are the ExternalName Services that stand for a Service, by its name or an address.
func AliasesOf(r inventory.Reader, svc *inventory.Object) []*inventory.Object {
	all := r.Find(inventory.Key{Index: index.ByAlias, Namespace: svc.Ref.Namespace, Value: svc.Ref.Name})
	list := make([]*inventory.Object, 0, len(all))
	for _, alias := range all {
		named := ServiceNamed(r, inventory.Must[corev1.Service](alias).Spec.ExternalName, alias.Ref.Namespace)
		if named != nil && named.Ref.ID() == svc.Ref.ID() {
			list = append(list, alias)
		}
	}
	return append(list, AliasesOfAddresses(r, index.ServiceAddresses(inventory.Must[corev1.Service](svc)))...)
}

// AliasesOfAddresses are the ExternalName Services that stand for one of some addresses. Kubernetes takes such a name
// for one of DNS, but ingress controllers connect to the address.
func AliasesOfAddresses(r inventory.Reader, addresses []string) []*inventory.Object {
	var list []*inventory.Object
	for _, address := range addresses {
		list = append(list, r.Find(inventory.Key{Index: index.ByAlias, Value: podspec.Canonical(address)})...)
	}
	return list
}

// BackendUsers are the Ingresses and Routes that send requests to a Service.
func BackendUsers(r inventory.Reader, svc *inventory.Object) []*inventory.Object {
	return r.Find(inventory.Key{Index: index.ByBackend, Namespace: svc.Ref.Namespace, Value: svc.Ref.Name})
}

// ReadersOf are the workloads and Ingresses that read a ConfigMap or Secret.
func ReadersOf(r inventory.Reader, o *inventory.Object) []*inventory.Object {
	return r.Find(inventory.Key{Index: index.ByReference, Namespace: o.Ref.Namespace,
		Value: o.Ref.Kind + "/" + o.Ref.Name})
}

// ServiceNamed finds the Service that a host name means inside the cluster, nil if there is none.
func ServiceNamed(r inventory.Reader, host, namespace string) *inventory.Object {
	for _, n := range dns.Services(host, namespace) {
		if svc := r.Get(inventory.Service, n.Namespace, n.Name); svc != nil && (!n.Pod || IsHeadless(svc)) {
			return svc
		}
	}
	return nil
}

// Ordered sorts objects in place, and keeps each once.
func Ordered(list []*inventory.Object) []*inventory.Object {
	slices.SortFunc(list, func(a, b *inventory.Object) int { return a.Ref.Compare(b.Ref) })
	return slices.CompactFunc(list, func(a, b *inventory.Object) bool { return a.Ref.ID() == b.Ref.ID() })
}

// IsHeadless says whether the Service's name means its pods, not an address of its own.
func IsHeadless(svc *inventory.Object) bool {
	return inventory.Must[corev1.Service](svc).Spec.ClusterIP == corev1.ClusterIPNone
}
