package edge

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

func openshiftRoutes() []resource {
	return []resource{{
		kind:       crd.Route,
		links:      func(o *inventory.Object) Links { return Links{Backends: routeBackends(o.Typed.(*crd.OpenShiftRoute))} },
		routes:     routeRoutes,
		controller: func(Context, *inventory.Object) string { return "openshift" },
	}}
}

// routeBackends are the Services that an OpenShift Route sends requests to. Its targetPort names a port of the endpoints,
// by number or by the name of the Service port.
func routeBackends(route *crd.OpenShiftRoute) []Backend {
	var port intstr.IntOrString
	if route.Spec.Port != nil {
		port = route.Spec.Port.TargetPort
	}
	var list []Backend
	for _, to := range append([]crd.OpenShiftRouteTarget{route.Spec.To}, route.Spec.AlternateBackends...) {
		if to.Name != "" && (to.Kind == "" || to.Kind == "Service") {
			list = append(list, Backend{Namespace: route.Namespace, Name: to.Name, Port: port, OfPod: true})
		}
	}
	return list
}

func routeRoutes(_ Context, o *inventory.Object) []Route {
	route := o.Typed.(*crd.OpenShiftRoute)
	host := route.Spec.Host
	if host == "" {
		host = "(assigned host)"
	}
	asks := host + route.Spec.Path
	r := Route{Text: asks, Asks: asks, Backends: routeBackends(route), Public: true, Effects: routeEffects(route)}
	r.Hosts = []string{host}
	r.Transport, r.Rate = routeTransport(route), RouterRate(route.Annotations, r.Effects.Passthrough)
	if !r.Effects.Passthrough {
		path := routePath(route)
		r.Path = &path
	}
	return []Route{r}
}

// routePath is which requests a Route takes, and what path its Service gets: the annotation rewrite-target puts another
// path in place of the Route's own, with or without the slash behind it.
func routePath(route *crd.OpenShiftRoute) Path {
	path := Everything()
	if route.Spec.Path != "" {
		path = Path{Matcher: elements(raw, route.Spec.Path)}
	}
	target, given := route.Annotations["haproxy.router.openshift.io/rewrite-target"]
	if !given || target == "" {
		return path
	}
	if strings.ContainsAny(target, "\\'\"% ") {
		path.Rewrite = rewriteUnknown("the annotation rewrite-target makes the path from the request")
		return path
	}
	from := strings.TrimSuffix(route.Spec.Path, "/")
	path.Rewrite = Rewrite{Kind: RewritePrefix, From: []string{from + "/", from}, To: target}
	return path
}

// routeEffects is what a Route does to requests. Its header actions are a list that somebody may own, so that it is never
// changed.
func routeEffects(route *crd.OpenShiftRoute) Effects {
	const source = "spec.httpHeaders"
	e := Effects{
		Identity:       routeIdentity(route),
		StripsIdentity: State{State: Off, Source: source},
		HidesHeaders:   State{State: Off, Source: source},
		Passthrough:    route.Spec.TLS != nil && route.Spec.TLS.Termination == "passthrough",
		StripAdvice: "write to spec.httpHeaders.actions.request: " +
			"[{name: " + Header + ", action: {type: Delete}}]",
		HideAdvice: "write to spec.httpHeaders.actions.response: [{name: Server, action: {type: Delete}}]",
	}
	if e.Identity.State != IdentityClient {
		e.StripsIdentity = State{On, source, e.Identity.Why}
		e.StripAdvice = ""
	}
	if headers := route.Spec.HTTPHeaders; headers != nil {
		for _, h := range headers.Actions.Response {
			if strings.EqualFold(h.Name, "Server") {
				e.HidesHeaders = State{State: On, Source: source}
				e.HideAdvice = ""
			}
		}
	}
	return e
}

// routeIdentity is what a Route does to the identity header. Source: route.openshift.io/v1 spec.httpHeaders; a Set value
// may be built from what the client sends (`%[req.hdr(x)]`), so only a plain text counts as the Route's own.
func routeIdentity(route *crd.OpenShiftRoute) State {
	state := func(identity, why string) State { return State{identity, "spec.httpHeaders", why} }
	if tls := route.Spec.TLS; tls != nil && tls.Termination == "passthrough" {
		return state(IdentityClient, "the Route passes connections through unread")
	}
	if headers := route.Spec.HTTPHeaders; headers != nil {
		for _, h := range headers.Actions.Request {
			if !strings.EqualFold(h.Name, Header) {
				continue
			}
			switch {
			case h.Action.Type == "Delete":
				return state(IdentityRemoved, "the Route deletes the header, but not the query parameter of the same name")
			case h.Action.Set == nil || strings.Contains(h.Action.Set.Value, "%["):
				return state(IdentityClient, "the Route sets the header to a value that is made from the request")
			case h.Action.Set.Value != "":
				return state(IdentitySet, "the Route sets the header")
			}
		}
	}
	return state(IdentityClient, "the Route passes the client's header and query parameter on")
}

// routeTransport: without tls a Route is plain HTTP; with it plain HTTP is closed unless insecureEdgeTerminationPolicy says
// otherwise (route.openshift.io/v1 TLSConfig).
func routeTransport(route *crd.OpenShiftRoute) Transport {
	const policy = "spec.tls.insecureEdgeTerminationPolicy"
	t := Transport{
		TLS:    State{Off, sourceTLS, "spec.tls is not there"},
		Plain:  passedOn(sourceTLS, "spec.tls is not there"),
		Advice: "write spec.tls: {termination: edge, insecureEdgeTerminationPolicy: Redirect}",
	}
	tls := route.Spec.TLS
	if tls == nil {
		return t
	}
	t.TLS = State{On, sourceTLS, "spec.tls is there"}
	t.Passthrough = tls.Termination == "passthrough"
	switch tls.InsecureEdgeTerminationPolicy {
	case "Allow":
		t.Plain = passedOn(policy, "insecureEdgeTerminationPolicy is Allow")
	case "Redirect":
		t.Plain = redirected(policy, "insecureEdgeTerminationPolicy is Redirect")
	default:
		t.Plain = closed(policy, "insecureEdgeTerminationPolicy is None")
	}
	return t
}
