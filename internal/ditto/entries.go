package ditto

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/aws"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// KindProxy is the Exposure.Kind of a way that begins at a proxy inside the cluster.
const KindProxy = "Proxy"

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
		func() requests.Set { return letsAll(nodeDoor("HostPort", p.HostIP, p.HostPort)) })
	route.KeepsAddress = true
	if isLoopbackAddress(p.HostIP) {
		route.Public = false
		route.Title, route.Text = route.Title+" at "+p.HostIP, route.Text+" "+p.HostIP
	}
	w.enter(o, "HostPort", &route, c)
}

// portOfProxy is the kind of door that a proxy opens inside the cluster.
const portOfProxy = "port of the proxy"

// proxyEntry: a proxy is a way in for everything inside the cluster that reaches it, whether an entry object leads to it
// or not. It counts always, so that taking an entry away brings nothing up that was not there before.
func (w *walker) proxyEntry(proxy Part, route *proxyRoute, c chain) {
	if route.tunnel {
		tunnel := way.HandingOn("", "tunnel of "+proxy.Workload.Ref.String(), true, func() requests.Set { return letsAll(requests.Door{Kind: "tunnel"}) })
		w.enter(proxy.Workload, "Tunnel", &tunnel, c)
	}
	if w.part.Component != Gateway || w.port.Name != PortHTTP {
		return
	}
	inside := way.HandingOn("", "whoever reaches "+proxy.Workload.Ref.String()+" inside the cluster", false, func() requests.Set {
		var set requests.Set
		for _, port := range route.listens {
			set = append(set, letsAll(requests.Door{Kind: portOfProxy, Port: port})...)
		}
		if set == nil {
			return letsAll(requests.Door{Kind: "connections to the proxy"})
		}
		return set
	})
	inside.Asks = route.asks
	w.enter(proxy.Workload, KindProxy, &inside, c)
}

// serviceEntries: a Service that is reachable from outside by itself.
func (w *walker) serviceEntries(svc *inventory.Object, sp *corev1.ServicePort, c chain) {
	service := svc.Typed.(*corev1.Service)
	enter := func(kind string, public bool, title string, assumptions ...string) {
		route := way.HandingOn(fmt.Sprint(sp.Port), title, public, func() requests.Set { return serviceLets(kind, service, sp, public) })
		route.Effects.Assumptions = assumptions
		route.KeepsAddress = service.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal
		if tls := way.Balancer(service.Annotations, sp.Port, sp.Name, w.view.edges.Clouds); kind == "LoadBalancer" && tls.State == On {
			route.Transport = way.Transport{TLS: tls, Plain: way.Closed(tls.Source, tls.Why)}
		}
		w.enter(svc, kind, &route, c)
	}
	if by, public, doubt := edge.Tailnet(service, w.view.edges); by != "" {
		route := way.HandingOn(fmt.Sprint(sp.Port), fmt.Sprintf("tailnet, by %s, port %d", by, sp.Port), public,
			func() requests.Set { return letsAll(requests.Door{Kind: fmt.Sprint("Tailscale ", sp.Port)}) })
		route.Doubt, route.Doubted = doubt, true
		w.enter(svc, "Tailscale", &route, c)
	}
	switch service.Spec.Type {
	case corev1.ServiceTypeLoadBalancer:
		if edge.TailnetOnly(service) {
			break
		}
		verdict := way.Publicness(service, w.view.edges.Clouds)
		text := fmt.Sprintf("load balancer, port %d (%s)", sp.Port, verdict.Why)
		var assumptions []string
		if !verdict.Public && (service.Spec.AllocateLoadBalancerNodePorts == nil || *service.Spec.AllocateLoadBalancerNodePorts) {
			assumptions = append(assumptions, "the node port that this internal load balancer allocates is not reachable from outside")
		}
		enter("LoadBalancer", verdict.Public, text, assumptions...)
	case corev1.ServiceTypeNodePort:
		text := "node port of every node"
		if sp.NodePort != 0 {
			text = fmt.Sprintf("node port %d of every node", sp.NodePort)
		}
		enter("NodePort", true, text)
	}
	if len(service.Spec.ExternalIPs) > 0 {
		enter("ExternalIP", true, fmt.Sprintf("external IP %s, port %d", strings.Join(service.Spec.ExternalIPs, ", "), sp.Port))
	}
}

// standsIn is what a way says that only the annotation default-backend of ingress-nginx opens.
const standsIn = "annotation default-backend"

// ingressEntries: the paths of an Ingress that lead to a Service.
func (w *walker) ingressEntries(o, svc *inventory.Object, leads func(*networkingv1.IngressServiceBackend) bool, c chain) {
	ing := o.Typed.(*networkingv1.Ingress)
	reading := w.view.ingress(o, svc)
	w.mirrorEntries(o, svc, reading, leads, c)
	if ing.Namespace != svc.Ref.Namespace {
		return
	}
	to := func(b *networkingv1.IngressBackend) bool {
		return b != nil && b.Service != nil && slices.ContainsFunc(aws.Behind(ing, *b.Service), func(s networkingv1.IngressServiceBackend) bool {
			return s.Name == svc.Ref.Name && leads(&s)
		})
	}
	limits, said := w.edgeReading(reading), way.Repeats{}
	enter := func(reading ingressReading, limits func(string) edgeReading, host, path, pathType string, read way.Path) {
		route := reading.route(host, path, read)
		if pathType != "" {
			route.Text += " (" + pathType + ")"
		}
		route.Text = said.Distinct(route.Text)
		route.Lets = func() requests.Set { return ingressLets(reading, host, path+" "+pathType, read) }
		limits(host).on(&route)
		if pathType == standsIn {
			reading.doubtIngressNginx(o, &route, "default-backend")
		}
		w.enter(o, o.Ref.Kind, &route, c)
	}
	if to(ing.Spec.DefaultBackend) {
		byDefault, routes := w.view.defaultRoutes(reading)
		limits := w.edgeReading(byDefault)
		for _, route := range routes {
			enter(byDefault, limits, route.Host, "/", "default backend", route.Path)
		}
	}
	byAnnotation := reading.standsIn(svc, leads)
	for _, rule := range ing.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		host := rule.Host
		if host == "" {
			host = "*"
		}
		for i := range rule.HTTP.Paths {
			p := &rule.HTTP.Paths[i]
			direct := to(&p.Backend)
			if !direct && !byAnnotation {
				continue
			}
			pathType := ""
			if p.PathType != nil {
				pathType = string(*p.PathType)
			}
			if !direct {
				pathType = standsIn
			}
			enter(reading, limits, host, p.Path, pathType, edge.ReadPath(reading.in, p.PathType, p.Path))
		}
	}
}

// routeEntries: the routes of an entry that lead to a Service.
func (w *walker) routeEntries(o, svc *inventory.Object, leads func(way.Backend) bool, c chain) {
	routes := w.view.routes(o)
	for i := range routes {
		if slices.ContainsFunc(routes[i].Backends, func(b way.Backend) bool {
			return b.Namespace == svc.Ref.Namespace && b.Name == svc.Ref.Name && leads(b)
		}) {
			w.enter(o, o.Ref.Kind, &routes[i], c)
		}
	}
}
