package f5

import (
	"slices"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// transportBackends are the Services of the upstream that a TransportServer passes connections to. Ditto speaks nothing
// over UDP.
func transportBackends(t *crd.TransportServer) []way.Backend {
	if t.Spec.Action == nil || t.Spec.Listener.Protocol == "UDP" {
		return nil
	}
	at := slices.IndexFunc(t.Spec.Upstreams, func(u crd.NginxUpstream) bool { return u.Name == t.Spec.Action.Pass })
	if at < 0 {
		return nil
	}
	return f5Backends(t.Spec.Upstreams[at:at+1], t.Namespace)
}

func transportServerLinks(o *inventory.Object) way.Links {
	return way.Links{Backends: transportBackends(inventory.Must[crd.TransportServer](o))}
}

func transportServerRoutes(c way.Context, o *inventory.Object) []way.Route {
	t := inventory.Must[crd.TransportServer](o)
	backends := transportBackends(t)
	if len(backends) == 0 {
		return nil
	}
	asks := "listener " + t.Spec.Listener.Name
	if t.Spec.Host != "" {
		asks = t.Spec.Host + ", " + asks
	}
	return []way.Route{{
		Hosts: []string{t.Spec.Host}, Door: "listener " + t.Spec.Listener.Name + " " + t.Spec.Listener.Protocol,
		Text: asks + " (" + t.Spec.Listener.Protocol + ")", Asks: asks, Backends: backends,
		Public:    !slices.Contains(c.Config.InternalIngressClasses, t.Spec.IngressClass),
		Transport: transportServerTransport(t),
		Handling: way.HandedThrough("the connection is passed through unread",
			"use a VirtualServer instead, whose actions can set headers",
			"use a VirtualServer instead, whose Policies can limit requests"),
	}}
}
