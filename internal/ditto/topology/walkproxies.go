package topology

import (
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/proxy"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// fromNaming goes on from every workload that is told of one of the hosts of a namespace.
func (w *walker) fromNaming(namespace string, hosts []string, c chain,
	leads func(namespace string, t proxy.Target) bool) {
	for _, workload := range proxy.Naming(w.view, namespace, hosts) {
		namespace := workload.Ref.Namespace
		for _, by := range recognize.Named(w.view.Parts(workload), recognize.Proxy) {
			w.fromProxy(by, c, func(a proxy.Aim) bool { return leads(namespace, a.Target) })
		}
		w.fromMentions(workload, c, func(t proxy.Target) bool { return leads(namespace, t) })
	}
}

// fromNeighbours goes on from what reaches a port of a pod without any Service: other containers of the pod, over
// loopback, and, at the gateway itself, the proxies of its namespace that may lead anywhere.
func (w *walker) fromNeighbours(o *inventory.Object, number int32, c chain) {
	for _, by := range recognize.Named(w.view.Parts(o), recognize.Proxy) {
		w.fromProxy(by, c, func(a proxy.Aim) bool { return a.Own && a.At(number) })
	}
	w.fromMentions(o, c, func(t proxy.Target) bool { return t.At(number) && podspec.IsOwn(t.Host) })
	if len(c.hops) > 1 || w.part.Component != recognize.Gateway || w.port.Name != recognize.PortHTTP {
		return
	}
	proxies := w.view.Find(inventory.Key{Index: index.ByProxy, Namespace: o.Ref.Namespace})
	for _, workload := range proxies {
		if world.OwnedByOneOf(w.view, workload, proxies) {
			continue
		}
		for _, by := range recognize.Named(w.view.Parts(workload), recognize.Proxy) {
			for _, route := range proxy.Routes(w.view, by) {
				if route.Blind {
					w.through(by, route, proxy.Target{}, c)
				}
			}
		}
	}
}

// fromProxy goes on from the routes of a proxy that lead to where the way stands.
func (w *walker) fromProxy(by recognize.Part, c chain, leads func(proxy.Aim) bool) {
	read := proxy.Read(w.view, by)
	leading := read.Leading(leads)
	if len(leading) > mostRoutes {
		leading = leading[:mostRoutes]
		if w.crowded != nil {
			w.crowded[by.Workload.Ref.ID()] = true
		}
	}
	for _, at := range leading {
		route := read.Routes[at[0]]
		// A name without a port, in what is not read, is a hint at the gateway's API alone.
		if target := route.Targets[at[1]]; target.Port != 0 || target.Unix || w.part.Component == recognize.Gateway &&
			w.port.Name == recognize.PortHTTP {
			w.through(by, route, target, c)
		}
	}
}

// through goes on from a route of a proxy.
func (w *walker) through(by recognize.Part, route *proxy.Route, target proxy.Target, c chain) {
	if w.ends(c, by.Workload.Ref.ID(), route.Detail) {
		return
	}
	route = route.Found(c.hops[len(c.hops)-1].at, by.Workload, target)
	step := hop{
		at: by.Workload.Ref.ID(), detail: route.Detail, step: route,
		text: func() string { return by.Workload.Ref.String() + ", " + route.Text },
	}
	w.proxyEntry(by, route, c.with(step))
	for _, port := range route.Listens {
		step.door = way.Door{Port: int(port)}
		w.fromPod(by.Workload, port, c.with(step))
	}
	for _, door := range route.Inside {
		step.door = way.Door(door)
		w.fromInside(by.Workload, step.door, c.with(step))
	}
}

// fromInside goes on from the proxies of a pod that forward to an address, or a socket, which only the pod itself
// reaches.
func (w *walker) fromInside(o *inventory.Object, door way.Door, c chain) {
	for _, by := range recognize.Named(w.view.Parts(o), recognize.Proxy) {
		w.fromProxy(by, c, func(a proxy.Aim) bool {
			if door.Port == 0 {
				return a.Unix && a.Host == podspec.Canonical(door.Address)
			}
			return a.Own && a.At(int32(door.Port))
		})
	}
}
