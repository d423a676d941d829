package topology

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/gke"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/tailscale"
	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/proxy"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// nodeEntry: a port of the node itself.
func (w *walker) nodeEntry(o *inventory.Object, kind string, number int32, c chain) {
	route := way.HandingOn(fmt.Sprint(number), fmt.Sprintf("%s %d of the node", kind, number), true,
		func() requests.Set { return letsAll(nodeDoor(kind, "", number)) })
	route.KeepsAddress = true
	w.enter(o, kind, &route, c)
}

// hostPort: a port of the node that leads to one of the pod's. Bound to the node's loopback address it is reached from
// the node alone.
func (w *walker) hostPort(o *inventory.Object, p corev1.ContainerPort, c chain) {
	route := way.HandingOn(fmt.Sprint(p.HostPort), fmt.Sprintf("HostPort %d of the node", p.HostPort), true,
		func() requests.Set { return letsAll(nodeDoor(requests.HostPort, p.HostIP, p.HostPort)) })
	route.KeepsAddress = true
	if podspec.IsLoopbackAddress(p.HostIP) {
		route.Public = false
		route.Title, route.Text = route.Title+" at "+p.HostIP, route.Text+" "+p.HostIP
	}
	w.enter(o, requests.HostPort, &route, c)
}

// portOfProxy is the kind of door that a proxy opens inside the cluster.
const portOfProxy = "port of the proxy"

// proxyEntry: a proxy is a way in for everything inside the cluster that reaches it, whether an entry object leads to
// it or not. It counts always, so that taking an entry away brings nothing up that was not there before.
func (w *walker) proxyEntry(by recognize.Part, route *proxy.Route, c chain) {
	if route.Tunnel {
		tunnel := way.HandingOn("", "tunnel of "+by.Workload.Ref.String(), true,
			func() requests.Set { return letsAll(requests.Door{Kind: "tunnel"}) })
		w.enter(by.Workload, "Tunnel", &tunnel, c)
	}
	if w.part.Component != recognize.Gateway || w.port.Name != recognize.PortHTTP {
		return
	}
	inside := way.HandingOn("", "whoever reaches "+by.Workload.Ref.String()+" inside the cluster", false,
		func() requests.Set {
			var set requests.Set
			for _, port := range route.Listens {
				set = append(set, letsAll(requests.Door{Kind: portOfProxy, Port: port})...)
			}
			if set == nil {
				return letsAll(requests.Door{Kind: "connections to the proxy"})
			}
			return set
		})
	inside.Asks, inside.ErrorPages = route.Asks, route.ErrorPages
	w.enter(by.Workload, facts.KindProxy, &inside, c)
}

// serviceEntries: a Service that is reachable from outside by itself.
func (w *walker) serviceEntries(svc *inventory.Object, sp *corev1.ServicePort, c chain) {
	service := inventory.Must[corev1.Service](svc)
	enter := func(kind string, public bool, title string, assumptions ...string) {
		route := way.HandingOn(fmt.Sprint(sp.Port), title, public,
			func() requests.Set { return serviceLets(kind, service, sp, public) })
		route.Effects.Assumptions = assumptions
		route.KeepsAddress = service.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal
		if tls := way.Balancer(service.Annotations, sp.Port, sp.Name, w.view.Edges.Clouds); kind == "LoadBalancer" &&
			tls.State == tri.On {
			route.Transport = way.Transport{TLS: tls, Plain: way.Closed(tls.Source, tls.Why)}
		}
		w.enter(svc, kind, &route, c)
	}
	if by, public, doubt := tailscale.Tailnet(service, w.view.Edges); by != "" {
		route := way.HandingOn(fmt.Sprint(sp.Port), fmt.Sprintf("tailnet, by %s, port %d", by, sp.Port), public,
			func() requests.Set { return letsAll(requests.Door{Kind: fmt.Sprint("Tailscale ", sp.Port)}) })
		route.Doubt, route.Doubted = doubt, public
		w.enter(svc, "Tailscale", &route, c)
	}
	if doubt := negsOf(w.view, svc).Doubt(sp.Port); doubt != "" {
		route := way.HandingOn(fmt.Sprint(sp.Port), fmt.Sprintf("network endpoint group, port %d", sp.Port), true,
			func() requests.Set { return letsAll(requests.Door{Kind: fmt.Sprint("NEG ", sp.Port)}) })
		route.Doubt, route.Doubted = doubt, true
		w.enter(svc, "NEG", &route, c)
	}
	switch service.Spec.Type {
	case corev1.ServiceTypeLoadBalancer:
		if tailscale.TailnetOnly(service) {
			break
		}
		verdict := way.Publicness(service, w.view.Edges.Clouds)
		text := fmt.Sprintf("load balancer, port %d (%s)", sp.Port, verdict.Why)
		var assumptions []string
		if !verdict.Public && (service.Spec.AllocateLoadBalancerNodePorts == nil ||
			*service.Spec.AllocateLoadBalancerNodePorts) {
			assumptions = append(assumptions,
				"the node port that this internal load balancer allocates is not reachable from outside")
		}
		enter("LoadBalancer", verdict.Public, text, assumptions...)
	case corev1.ServiceTypeNodePort:
		text := "node port of every node"
		if sp.NodePort != 0 {
			text = fmt.Sprintf("node port %d of every node", sp.NodePort)
		}
		enter("NodePort", true, text)
	case corev1.ServiceTypeClusterIP, corev1.ServiceTypeExternalName:
	}
	if len(service.Spec.ExternalIPs) > 0 {
		enter("ExternalIP", true, fmt.Sprintf("external IP %s, port %d", strings.Join(service.Spec.ExternalIPs, ", "),
			sp.Port))
	}
}

// negs are the network endpoint groups of Services, which are read once for all of their ports.
var negs = world.NewMemo(func() *map[inventory.ID]gke.NEGs { return &map[inventory.ID]gke.NEGs{} })

func negsOf(v *world.View, svc *inventory.Object) gke.NEGs {
	all := *negs.Of(v)
	made, known := all[svc.Ref.ID()]
	if !known {
		made = gke.NEGsOf(inventory.Must[corev1.Service](svc))
		all[svc.Ref.ID()] = made
	}
	return made
}

// routeEntries: the routes of an entry that lead to a Service.
func (w *walker) routeEntries(o, svc *inventory.Object, leads func(way.Backend) bool, c chain) {
	routes := w.view.Routes(o, svc)
	for i := range routes {
		if slices.ContainsFunc(routes[i].Backends, func(b way.Backend) bool {
			return b.Namespace == svc.Ref.Namespace && b.Name == svc.Ref.Name && leads(b)
		}) {
			w.enter(o, o.Ref.Kind, &routes[i], c)
		}
	}
}
