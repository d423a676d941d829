package topology

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/proxy"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// This file goes on from Services that stand for others: by their EndpointSlices, or by a name.

// fromEndpoints goes on from Services whose EndpointSlices name an address and port.
func (w *walker) fromEndpoints(addresses []string, number int32, c chain) {
	w.fromSlices(world.ServicesWithEndpoint(w.view, addresses), number, c)
}

// fromSlices goes on from Services by the ports of their EndpointSlices.
func (w *walker) fromSlices(services []*inventory.Object, number int32, c chain) {
	for _, svc := range services {
		for _, slice := range world.SlicesOf(w.view, svc) {
			for _, p := range slice.Ports {
				// An EndpointSlice port without a number stands for every port.
				if p.Port != nil && *p.Port != number {
					continue
				}
				name := ptr.Deref(p.Name, "")
				w.fromServicePorts(svc, c, func(sp *corev1.ServicePort) bool { return sp.Name == name }, number)
			}
		}
	}
}

// fromNames goes on from whatever reaches a Service by its name or addresses, at the port.
func (w *walker) fromNames(svc *inventory.Object, reachable int32, addresses []string, c chain) {
	for _, alias := range world.AliasesOf(w.view, svc) {
		w.fromAlias(alias, reachable, c)
	}
	w.fromSlices(world.ServicesNaming(w.view, svc), reachable, c)
	w.fromNaming(svc.Ref.Namespace, append([]string{svc.Ref.Name}, addresses...), c,
		func(namespace string, t proxy.Target) bool {
			if !t.At(reachable) {
				return false
			}
			if slices.Contains(addresses, t.Host) {
				return true
			}
			named := world.ServiceNamed(w.view, t.Host, namespace)
			return named != nil && named.Ref.ID() == svc.Ref.ID()
		})
}

// fromAlias goes on from an ExternalName Service that stands for the Service where the way is.
func (w *walker) fromAlias(alias *inventory.Object, number int32, c chain) {
	detail := "alias " + podspec.Decimal(number)
	if w.ends(c, alias.Ref.ID(), detail) {
		return
	}
	service := inventory.Must[corev1.Service](alias)
	c = c.with(hop{
		at: alias.Ref.ID(), detail: detail,
		text: func() string { return fmt.Sprintf("%s (ExternalName %s)", alias.Ref, service.Spec.ExternalName) },
	})
	w.unreadEntries(alias, []int32{number}, c)
	for _, user := range world.BackendUsers(w.view, alias) {
		w.unreadOver(user, c)
		for _, entry := range w.view.EntriesOver(user) {
			w.routeEntries(entry, alias, func(b way.Backend) bool { return b.MeansAlias(service, number) }, c)
		}
		w.fromHosts(user, alias, func(b way.Backend) bool { return b.MeansAlias(service, number) }, c)
	}
	for _, further := range world.AliasesOf(w.view, alias) {
		w.fromAlias(further, number, c)
	}
	w.fromSlices(world.ServicesNaming(w.view, alias), number, c)
	w.fromNaming(alias.Ref.Namespace, []string{alias.Ref.Name}, c, func(namespace string, t proxy.Target) bool {
		named := world.ServiceNamed(w.view, t.Host, namespace)
		return t.At(number) && named != nil && named.Ref.ID() == alias.Ref.ID()
	})
}

// fromHosts goes on from ExternalName Services for the hosts that an object stands for (a ServiceEntry), where a
// Service is behind those.
func (w *walker) fromHosts(o, svc *inventory.Object, leads func(way.Backend) bool, c chain) {
	asked := 0
	ports := edge.PortsTo(o, svc.Ref.ID(), func(b way.Backend) bool {
		asked++
		return w.view.Err() == nil && leads(b)
	})
	w.view.Spend(o.Ref.ID(), asked)
	if len(ports) == 0 {
		return
	}
	for _, id := range edge.LinksOf(o).Governs {
		key := inventory.Key{Index: way.ByUse, Namespace: id.Namespace, Value: id.String()}
		for _, alias := range w.view.Find(key) {
			if alias.Ref.GroupKind() != inventory.Service {
				continue
			}
			for _, port := range ports {
				w.fromAlias(alias, port, c)
			}
		}
	}
}
