package ditto

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/aws"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/surface"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// KindProxy is the Exposure.Kind of a way that begins at a proxy inside the cluster.
const KindProxy = "Proxy"

// opening is how an entry object lets requests in, before the way behind it is taken into account.
type opening struct {
	entry  *inventory.Object
	kind   string
	public bool
	// text is the outermost hop, detail tells openings of one object apart.
	text, detail string
	// remark is said behind text, of whatever opening.
	remark string
	// route is what a client asks for; path is how the edge reads it, nil where it reads no paths.
	route string
	path  *way.Path
	// identity and authentication are what the edge does itself.
	identity, identityWhy string
	authenticated         Switch
	assumptions, unknown  []string
	// edge is what the edge does besides; of an opening that hands connections on it is empty.
	edge edgeReading
	// doubt says why it cannot be told whether anybody gets in; empty where it can.
	doubt string
	// doubted: it may lead elsewhere, or nowhere, so that only the rules about who gets in say anything of it.
	doubted bool
	// keepsAddress: what is behind sees the address of the client.
	keepsAddress bool
	// lets are the requests that it passes on, as they arrive at the first hop; where they come from is up to public.
	lets func() requests.Set
}

// nodeEntry: a port of the node itself.
func (w *walker) nodeEntry(o *inventory.Object, kind string, number int32, c chain) {
	w.enter(opening{
		entry: o, kind: kind, public: true, keepsAddress: true,
		text: fmt.Sprintf("%s %d of the node", kind, number), detail: fmt.Sprint(number),
		lets: func() requests.Set { return letsAll(nodeDoor(kind, "", number)) },
	}, c)
}

// hostPort: a port of the node that leads to one of the pod's. Bound to the node's loopback address it is reached from
// the node alone.
func (w *walker) hostPort(o *inventory.Object, p corev1.ContainerPort, c chain) {
	op := opening{
		entry: o, kind: "HostPort", public: true, keepsAddress: true,
		text: fmt.Sprintf("HostPort %d of the node", p.HostPort), detail: fmt.Sprint(p.HostPort),
		lets: func() requests.Set { return letsAll(nodeDoor("HostPort", p.HostIP, p.HostPort)) },
	}
	if isLoopbackAddress(p.HostIP) {
		op.public = false
		op.text, op.detail = op.text+" at "+p.HostIP, op.detail+" "+p.HostIP
	}
	w.enter(op, c)
}

// proxyEntry: a proxy is a way in for everything inside the cluster that reaches it, whether an entry object leads to it
// or not. It counts always, so that taking an entry away brings nothing up that was not there before.
func (w *walker) proxyEntry(proxy Part, route *proxyRoute, c chain) {
	if route.tunnel {
		w.enter(opening{
			entry: proxy.Workload, kind: "Tunnel", public: true, text: "tunnel of " + proxy.Workload.Ref.String(),
			lets: func() requests.Set { return letsAll(requests.Door{Kind: "tunnel"}) },
		}, c)
	}
	if w.part.Component != Gateway || w.port.Name != PortHTTP {
		return
	}
	w.enter(opening{
		entry: proxy.Workload, kind: KindProxy, text: "whoever reaches " + proxy.Workload.Ref.String() + " inside the cluster",
		route: route.asks,
		lets: func() requests.Set {
			doors := []requests.Door{{Kind: "connections to the proxy"}}
			for i, port := range route.listens {
				if i == 0 {
					doors = nil
				}
				doors = append(doors, requests.Door{Kind: "port of the proxy", Port: port})
			}
			return letsAll(doors...)
		},
	}, c)
}

// serviceEntries: a Service that is reachable from outside by itself.
func (w *walker) serviceEntries(svc *inventory.Object, sp *corev1.ServicePort, c chain) {
	service := svc.Typed.(*corev1.Service)
	enter := func(kind string, public bool, text string, assumptions ...string) {
		w.enter(opening{
			entry: svc, kind: kind, public: public, text: text, detail: fmt.Sprint(sp.Port), assumptions: assumptions,
			lets: func() requests.Set { return serviceLets(kind, service, sp, public) },
			edge: edgeReading{transport: w.balancer(kind, service, sp)}, keepsAddress: service.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal,
		}, c)
	}
	if by, public, doubt := edge.Tailnet(service, w.view.edges); by != "" {
		w.enter(opening{
			entry: svc, kind: "Tailscale", public: public, text: fmt.Sprintf("tailnet, by %s, port %d", by, sp.Port), detail: fmt.Sprint(sp.Port),
			doubt: doubt, doubted: true,
		}, c)
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
	limits := w.edgeReading(reading)
	enter := func(reading ingressReading, limits func(string) edgeReading, host, path, pathType string, read way.Path) {
		route := host + path
		what := route
		if pathType != "" {
			what += " (" + pathType + ")"
		}
		op := reading.opening(o)
		op.text = fmt.Sprintf("%s: %s", o.Ref, what)
		op.route, op.detail, op.path = route, what, &read
		op.lets = func() requests.Set { return ingressLets(reading, host, path+" "+pathType, read) }
		op.edge = limits(host)
		if pathType == standsIn {
			reading.doubtIngressNginx(&op, "default-backend")
		}
		w.enter(op, c)
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
	for _, route := range w.view.routes(o) {
		if !slices.ContainsFunc(route.Backends, func(b way.Backend) bool {
			return b.Namespace == svc.Ref.Namespace && b.Name == svc.Ref.Name && leads(b)
		}) {
			continue
		}
		text := fmt.Sprintf("%s: %s", o.Ref, route.Text)
		if route.Note != "" {
			text += " (" + route.Note + ")"
		}
		w.enter(opening{
			entry: o, kind: o.Ref.Kind, public: route.Public, text: text, detail: route.Text,
			route: route.Asks, path: route.Path, lets: route.Requests,
			identity: route.Effects.Identity.State, identityWhy: route.Effects.Identity.Why,
			authenticated: switchOf(route.Effects.Authentication), edge: resourceReading(o, &route),
			assumptions: slices.Clone(route.Effects.Assumptions), unknown: slices.Clone(route.Unknown), doubt: route.Doubt,
		}, c)
	}
}

// enter ends a way at an opening and works out what can come in.
func (w *walker) enter(op opening, c chain) {
	if w.outside != nil {
		if op.public && *w.outside == "" {
			*w.outside = op.text
		}
		return
	}
	if w.view.Err() != nil || op.kind != KindUnread && w.spent(op.entry.Ref.ID()) {
		return
	}
	w.view.Spend(op.entry.Ref.ID(), costOfWay)
	e := Exposure{
		Entry: object(op.entry.Ref), Kind: op.kind, Via: via(op), Public: op.public, Component: w.part.Component,
		Target: object(w.part.Workload.Ref), Port: w.port.Name, Number: int64(w.port.Number), Route: op.route,
		Assumptions: op.assumptions, Unknown: op.unknown,
	}
	e.Hops = append(make([]string, 0, len(c.hops)+1), op.text+op.remark)
	e.Proxied = op.kind != KindProxy && slices.ContainsFunc(c.hops, func(h *hop) bool { return h.proxy != nil })
	gatewayHTTP := w.part.Component == Gateway && w.port.Name == PortHTTP
	e.Doubted = w.port.doubt != "" || op.doubted && op.public || op.kind == KindUnread && !gatewayHTTP ||
		slices.ContainsFunc(c.hops, func(h *hop) bool { return h.proxy != nil && h.proxy.unread })
	seesClient, doubt := op.keepsAddress, cmp.Or(op.doubt, w.port.doubt)
	for _, h := range slices.Backward(c.hops) {
		e.Hops = append(e.Hops, h.text())
		e.Assumptions = append(e.Assumptions, h.assumptions...)
		e.Unknown = append(e.Unknown, h.unknown...)
		if h.proxy == nil {
			continue
		}
		switch {
		case h.proxy.limited && (seesClient || h.proxy.believed):
			e.Public = false
			e.Assumptions = append(e.Assumptions, "the addresses that "+h.text()+" lets in are not those of outsiders")
		case h.proxy.limited:
			doubt = "whether the addresses that " + h.text() + " lets in are those of clients: a step before it may put its own in " +
				"place of the client's (externalTrafficPolicy: Local, or set_real_ip_from, keeps it)"
		}
		seesClient = false
	}
	if gatewayHTTP {
		if !e.requests(w.view.ctx, op, c) {
			return
		}
		if doubt != "" && e.Public {
			e.doubt(doubt)
		}
		if why := w.view.settings(w.part).OtherHeader(); why != "" && (e.Identity == IdentitySet || e.Identity == IdentityNone) {
			e.Identity, e.IdentityWhy = IdentityUnknown, why
		}
		e.encrypt(op, c)
		e.limit(op, c)
		e.answers(op, c)
	} else if doubt != "" {
		e.Unknown = append(e.Unknown, doubt)
	}
	e.key = e.makeKey(op, c)
	if op.lets == nil {
		// All that comes in there, as long as it is opened in the same way.
		op.lets = func() requests.Set { return letsAll(requests.Door{Kind: op.kind + " " + op.detail}) }
	}
	w.view.ways[e.key] = wayIn{entry: op.entry, chain: c, lets: op.lets}
	w.out = append(w.out, e)
}

// doubt makes unknown what is wrong with a way that may let nobody in.
func (e *Exposure) doubt(why string) {
	e.Unknown = append(e.Unknown, why)
	e.AdminInDoubt, e.Admin = append(e.AdminInDoubt, e.Admin...), nil
	if e.Identity != IdentityNone && (e.Identity != IdentitySet || e.Authenticated.State != On) {
		e.Identity, e.IdentityWhy = IdentityUnknown, why
	}
}

// via names an opening.
func via(op opening) string {
	switch op.kind {
	case KindUnread:
		return op.text
	case op.entry.Ref.Kind, KindProxy:
		return op.entry.Ref.String()
	}
	return op.kind + " of " + op.entry.Ref.String()
}

// requests works out what HTTP requests on this way can do; false if none gets through.
func (e *Exposure) requests(ctx context.Context, op opening, c chain) bool {
	survey := surface.Way{Leads: func(string) (bool, bool) { return true, true }}
	if op.path != nil {
		survey = op.path.Way()
	}
	direct, raw := true, false
	for _, h := range c.hops {
		if h.proxy != nil {
			direct = false
			raw = raw || h.proxy.raw || h.proxy.unread
		}
	}
	if !direct {
		edge := survey.Leads
		survey.Floor, survey.Hints = "", nil
		for _, h := range c.hops {
			if h.proxy == nil {
				continue
			}
			if f, ok := h.proxy.forwarding.(nginxForwarding); ok && f.takesTooMuch(ctx) {
				survey.Why = h.text() + ": following every path through the configuration takes more work than is done for one: " +
					"make its locations fewer, or its rewrites simpler"
			}
		}
		survey.Leads = func(path string) (leads, known bool) {
			for _, h := range c.hops {
				if h.proxy == nil {
					continue
				}
				outer, ok, known := h.proxy.clientPathFor(ctx, path)
				if !known || !ok {
					return false, known
				}
				path = outer
			}
			return edge(path)
		}
	}
	reach := surface.Survey(survey)
	for _, unknown := range reach.Unknown {
		if e.Doubted {
			break // why the way is not read says it
		}
		e.Unknown = append(e.Unknown, e.Hops[0]+": "+unknown)
	}
	if !direct && !reach.API && len(reach.Other) == 0 && !reach.InDoubt && len(reach.Admin) == 0 && len(reach.Unknown) == 0 {
		return false
	}
	e.Admin, e.AdminInDoubt, e.Other = reach.Admin, reach.AdminInDoubt, reach.Other
	// Whoever forwards the path as the client wrote it forwards dot segments too, which Ditto does not resolve: the path
	// that chose the location is then not the path that Ditto reads.
	e.API = reach.API || direct || raw
	e.APIInDoubt = reach.APIInDoubt && !e.API
	e.Disguised = e.API && !reach.API
	e.identify(op, c)
	return true
}

// identify works out what becomes of the identity: the innermost step that touches it decides.
func (e *Exposure) identify(op opening, c chain) {
	e.Identity, e.IdentityWhy = op.identity, op.identityWhy
	if e.Identity == "" {
		e.Identity, e.IdentityWhy = IdentityClient, "requests arrive as the client sent them"
	}
	e.Authenticated = op.authenticated
	if e.Authenticated.State == "" {
		e.Authenticated = Switch{State: Off, Source: "no step asks for credentials"}
	}
	for _, h := range slices.Backward(c.hops) {
		if h.proxy == nil {
			continue
		}
		if h.proxy.identity != IdentityClient {
			e.Identity, e.IdentityWhy = h.proxy.identity, h.proxy.identityWhy
		} else if e.Identity == IdentityClient {
			e.IdentityWhy = h.proxy.identityWhy
		}
		if h.proxy.authenticated.State == On || e.Authenticated.State == Off {
			e.Authenticated = h.proxy.authenticated
		}
	}
}

// About names what a way in is about: the object that opens it, and what it leads to. Ways of the same identity are compared by
// the requests that they let in (View.Requests).
func (e *Exposure) About() string {
	return strings.Join([]string{e.Entry.Ref().ID().String(), e.Target.Ref().ID().String(), e.Component, e.Port}, "|")
}

// makeKey identifies the way: its entry and its hops, and nothing of what is found out about them.
func (e *Exposure) makeKey(op opening, c chain) string {
	var b strings.Builder
	b.WriteString(e.Entry.Ref().ID().String())
	for _, s := range []string{op.kind, op.detail, e.Component, e.Port} {
		b.WriteByte('|')
		b.WriteString(s)
	}
	for _, h := range slices.Backward(c.hops) {
		b.WriteByte('>')
		b.WriteString(h.at.String())
		b.WriteByte(' ')
		b.WriteString(h.detail)
	}
	return b.String()
}

// Key identifies the way in: it stays the same as long as the entry and the hops do.
func (e *Exposure) Key() string { return e.key }

// Facts is everything that decides about the way, for telling whether a change touches it.
func (e *Exposure) Facts() string {
	return fmt.Sprint(e.key, e.Public, e.Doubted, e.API, e.Admin, e.Other, e.Identity, e.Authenticated.State, e.Unknown,
		e.TLS.State, e.Plain, e.RateLimited.State, e.ErrorPages.State, e.Echoes, e.ErrorPageBypass)
}
