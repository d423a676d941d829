package ditto

import (
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// fromNaming goes on from every workload that is told of one of the hosts of a namespace.
func (w *walker) fromNaming(namespace string, hosts []string, c chain, leads func(namespace string, t proxyTarget) bool) {
	for _, workload := range w.view.naming(namespace, hosts) {
		namespace := workload.Ref.Namespace
		for _, proxy := range Named(w.view.Parts(workload), Proxy) {
			w.fromProxy(proxy, c, func(a aim) bool { return leads(namespace, a.proxyTarget) })
		}
		w.fromMentions(workload, c, func(t proxyTarget) bool { return leads(namespace, t) })
	}
}

// fromNeighbours goes on from what reaches a port of a pod without any Service: other containers of the pod, over loopback,
// and, at the gateway itself, the proxies of its namespace that may lead anywhere.
func (w *walker) fromNeighbours(o *inventory.Object, number int32, c chain) {
	for _, proxy := range Named(w.view.Parts(o), Proxy) {
		w.fromProxy(proxy, c, func(a aim) bool { return a.own && a.at(number) })
	}
	w.fromMentions(o, c, func(t proxyTarget) bool { return t.at(number) && isOwn(t.host) })
	if len(c.hops) > 1 || w.part.Component != Gateway || w.port.Name != PortHTTP {
		return
	}
	proxies := w.view.Find(inventory.Key{Index: byProxy, Namespace: o.Ref.Namespace})
	for _, workload := range proxies {
		if ownedByOneOf(w.view, workload, proxies) {
			continue
		}
		for _, proxy := range Named(w.view.Parts(workload), Proxy) {
			for _, route := range w.view.proxyRoutes(proxy) {
				if route.blind {
					w.through(proxy, route, proxyTarget{}, c)
				}
			}
		}
	}
}

// fromProxy goes on from the routes of a proxy that lead to where the way stands.
func (w *walker) fromProxy(proxy Part, c chain, leads func(aim) bool) {
	read := w.view.proxy(proxy)
	leading := read.leading(leads)
	if len(leading) > mostRoutes {
		leading = leading[:mostRoutes]
		if w.crowded != nil {
			w.crowded[proxy.Workload.Ref.ID()] = true
		}
	}
	for _, at := range leading {
		route := read.routes[at[0]]
		// A name without a port, in what is not read, is a hint at the gateway's API alone.
		if target := route.targets[at[1]]; target.port != 0 || target.unix || w.part.Component == Gateway && w.port.Name == PortHTTP {
			w.through(proxy, route, target, c)
		}
	}
}

// through goes on from a route of a proxy.
func (w *walker) through(proxy Part, route *proxyRoute, target proxyTarget, c chain) {
	if w.ends(c, proxy.Workload.Ref.ID(), route.detail) {
		return
	}
	route = route.found(c.hops[len(c.hops)-1].at, proxy.Workload, target)
	step := hop{
		at: proxy.Workload.Ref.ID(), detail: route.detail, step: route,
		text: func() string { return proxy.Workload.Ref.String() + ", " + route.text },
	}
	w.proxyEntry(proxy, route, c.with(step))
	for _, port := range route.listens {
		step.door = way.Door{Port: int(port)}
		w.fromPod(proxy.Workload, port, c.with(step))
	}
	for _, door := range route.inside {
		step.door = way.Door(door)
		w.fromInside(proxy.Workload, step.door, c.with(step))
	}
}

// fromInside goes on from the proxies of a pod that forward to an address, or a socket, which only the pod itself reaches.
func (w *walker) fromInside(o *inventory.Object, door way.Door, c chain) {
	for _, proxy := range Named(w.view.Parts(o), Proxy) {
		w.fromProxy(proxy, c, func(a aim) bool {
			if door.Port == 0 {
				return a.unix && a.host == canonical(door.Address)
			}
			return a.own && a.at(int32(door.Port))
		})
	}
}
