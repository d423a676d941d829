package topology

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/dns"
	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/proxy"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/unread"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// This file finds the Services that an object names in what is not read of it. Such an object is a way in to them of
// which nothing else is known.

// unreadEntries goes on from the objects that name a Service in what is not read of them, with one of the ports. What
// else they name is asked quietly.
func (w *walker) unreadEntries(svc *inventory.Object, ports []int32, c chain) {
	quiet := w.view.Quietly()
	found := quiet.Find(inventory.Key{Index: index.ByUnread, Namespace: svc.Ref.Namespace,
		Value: svc.Ref.Name})
	addresses := index.ServiceAddresses(inventory.Must[corev1.Service](svc))
	w.unread(append(slices.Clip(found), unreadAt(quiet, addresses)...), c,
		func(o *inventory.Object, n unread.Name) (string, bool) {
			if n.Relay {
				return "", false
			}
			if !slices.Contains(addresses, n.Host) {
				if named := world.ServiceNamed(quiet, n.Host, o.Ref.Namespace); named == nil ||
					named.Ref.ID() != svc.Ref.ID() {
					return "", false
				}
			}
			return fmt.Sprintf(n.Says, svc.Ref), n.Means(ports, w.atAPI())
		})
}

// unreadOver goes on from the objects that name a relay, or what it stands behind, in what is not read of them.
func (w *walker) unreadOver(relay *inventory.Object, c chain) {
	quiet := w.view.Quietly()
	for _, behind := range quiet.ReachedOver(relay) {
		for _, id := range append([]inventory.ID{behind.Ref.ID()}, edge.LinksOf(behind).Governs...) {
			found := quiet.Find(inventory.Key{Index: index.ByUnread, Namespace: id.Namespace, Value: id.Name})
			w.unread(found, c, func(o *inventory.Object, n unread.Name) (string, bool) {
				names := n.Host == id.Name || slices.ContainsFunc(dns.Services(n.Host, o.Ref.Namespace),
					func(s dns.Service) bool { return s.Name == id.Name && s.Namespace == id.Namespace })
				return fmt.Sprintf(n.Says, behind.Ref), names && n.MayBeRelay(o)
			})
		}
	}
}

// unreadPods goes on from the objects that name an address of a pod in what is not read of them.
func (w *walker) unreadPods(pod *inventory.Object, addresses []string, number int32, c chain) {
	w.unread(unreadAt(w.view.Quietly(), addresses), c, func(_ *inventory.Object, n unread.Name) (string, bool) {
		return fmt.Sprintf(n.Says, pod.Ref), slices.Contains(addresses, n.Host) &&
			(n.Port == number || n.Port == 0 && w.atAPI())
	})
}

// unreadAnything goes on from the objects whose backends may be anything, and so the gateway.
func (w *walker) unreadAnything(c chain) {
	quiet := w.view.Quietly()
	for _, namespace := range []string{w.part.Workload.Ref.Namespace, ""} {
		w.unread(quiet.Find(inventory.Key{Index: index.ByUnread, Namespace: namespace, Value: index.Anything}), c,
			func(_ *inventory.Object, n unread.Name) (string, bool) {
				if n.Host != "" || n.By == nil || n.By.Namespace != namespace || saysWhere(quiet, *n.By) {
					return "", false
				}
				return reason.Of("unread-anything", unreadBackend(*n.By)), true
			})
	}
}

// atAPI says whether the way begins where requests for the gateway's API arrive.
func (w *walker) atAPI() bool {
	return w.part.Component == recognize.Gateway && w.port.Name == recognize.PortHTTP
}

// unreadAt are the objects that name an address in what is not read of them.
func unreadAt(v *world.View, addresses []string) []*inventory.Object {
	var list []*inventory.Object
	for _, address := range addresses {
		list = append(list, v.Find(inventory.Key{Index: index.ByUnread, Value: address})...)
	}
	return list
}

// unread enters by each object, or by the entries that use it, one name of which leads to where the way stands.
func (w *walker) unread(objects []*inventory.Object, c chain,
	leads func(o *inventory.Object, n unread.Name) (why string, leads bool)) {
	quiet := w.view.Quietly()
	for _, o := range objects {
		if o.PodTemplate() != nil && quiet.SameAsOwner(o) {
			continue
		}
		for _, n := range unread.Names(o) {
			why, ok := leads(o, n)
			if !ok {
				continue
			}
			w.unreadOver(o, c)
			for _, entry := range quiet.EntriesOver(o) {
				said := why
				if entry != o {
					said = o.Ref.String() + ": " + why
				}
				memo.Of(w.view).tied[o.Ref.ID()], memo.Of(w.view).tied[entry.Ref.ID()] = true, true
				w.enterUnread(entry, entry.Ref.String(), "unread", said, c)
			}
			break
		}
	}
}

// unread follows an object to the Services that it names in what is not read of it.
func (f *follower) unread(o *inventory.Object) {
	if f.quiet || !unread.OpensWays(o) {
		return
	}
	for _, n := range unread.Names(o) {
		switch {
		case n.Host != "":
			f.target(o.Ref.Namespace, proxy.Target{Host: n.Host})
			if n.MayBeRelay(o) {
				for _, relay := range f.view.Quietly().Reached(n.Host, o.Ref.Namespace) {
					f.follow(relay)
				}
			}
		case n.By != nil && !saysWhere(f.view, *n.By):
			for _, ditto := range f.view.DittosIn(n.By.Namespace) {
				f.follow(ditto)
			}
		}
	}
}

// gatewayNamed is what an object says of a Service before a gateway in what is not read of it, empty if nothing. What
// it names otherwise is asked quietly.
func gatewayNamed(v *world.View, o *inventory.Object) string {
	quiet := v.Quietly()
	for _, n := range unread.Names(o) {
		svc := world.ServiceNamed(quiet, n.Host, o.Ref.Namespace)
		if svc != nil && leadsToGateway(v, way.Backend{Namespace: svc.Ref.Namespace, Name: svc.Ref.Name}) {
			return fmt.Sprintf(n.Says, svc.Ref)
		}
	}
	return ""
}
