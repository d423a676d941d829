// Package openshift reads Ingresses and Routes as the router of OpenShift does.
package openshift

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// Kinds are the rows of the kinds that are read here.
func Kinds() []way.Resource {
	return []way.Resource{{
		Kind: crd.Route,
		Links: func(o *inventory.Object) way.Links {
			return way.Links{Backends: routeBackends(inventory.Must[crd.OpenShiftRoute](o))}
		},
		Routes:     routeRoutes,
		Controller: func(way.Context, *inventory.Object) string { return "openshift" },
	}}
}

// routeBackends are the Services that an OpenShift Route sends requests to. Its targetPort names a port of the
// endpoints, by number or by the name of the Service port.
func routeBackends(route *crd.OpenShiftRoute) []way.Backend {
	var port intstr.IntOrString
	if route.Spec.Port != nil {
		port = route.Spec.Port.TargetPort
	}
	var list []way.Backend
	for _, to := range append([]crd.OpenShiftRouteTarget{route.Spec.To}, route.Spec.AlternateBackends...) {
		if to.Name != "" && (to.Kind == "" || to.Kind == "Service") {
			list = append(list, way.Backend{Namespace: route.Namespace, Name: to.Name, Port: port, OfPod: true})
		}
	}
	return list
}

func routeRoutes(_ way.Context, o *inventory.Object) []way.Route {
	route := inventory.Must[crd.OpenShiftRoute](o)
	host := route.Spec.Host
	if host == "" {
		host = "(assigned host)"
	}
	asks := host + route.Spec.Path
	r := way.Route{Text: asks, Asks: asks, Backends: routeBackends(route), Public: true, Hosts: []string{host}}
	r.Handling, r.Transport = routeHandling(route), routeTransport(route)
	if !r.Effects.Passthrough {
		r.Path = new(routePath(route))
	}
	return []way.Route{r}
}

// routePath is which requests a Route takes, and what path its Service gets: the annotation rewrite-target puts another
// path in place of the Route's own, with or without the slash behind it.
func routePath(route *crd.OpenShiftRoute) way.Path {
	path := way.Everything()
	if route.Spec.Path != "" {
		path = way.Path{Matcher: way.Elements(way.Raw, route.Spec.Path)}
	}
	target, given := route.Annotations["haproxy.router.openshift.io/rewrite-target"]
	if !given || target == "" {
		return path
	}
	if strings.ContainsAny(target, "\\'\"% ") {
		path.Rewrite = way.UnknownRewrite(reason.Of("openshift-rewrite-from-request"))
		return path
	}
	from := strings.TrimSuffix(route.Spec.Path, "/")
	path.Rewrite = way.Rewrite{Kind: way.RewritePrefix, From: []string{from + "/", from}, To: target}
	return path
}

// spelling: the router's HAProxy has no normalize-uri, which is experimental there.
const spelling = way.SpellingVerbatim

const adviceOnPaths = "the router forwards paths as clients write them: let an nginx whose proxy_pass has a path stand between it and the gateway"

// routeHandling is what a Route does to requests. Its header actions are a list that somebody may own, so that it is
// never changed.
func routeHandling(route *crd.OpenShiftRoute) way.Handling {
	const source = "spec.httpHeaders"
	h := way.Handling{Effects: way.Effects{
		Identity:       routeIdentity(route),
		StripsIdentity: tri.State{State: tri.Off, Source: source},
		HidesHeaders:   tri.State{State: tri.Off, Source: source},
		Passthrough:    route.Spec.TLS != nil && route.Spec.TLS.Termination == "passthrough",
	}, Spelling: spelling}
	h.Fixes[way.ResolvePaths].Advice = adviceOnPaths
	h.Fixes[way.StripIdentity].Advice = "set spec.httpHeaders.actions.request: [{name: " + way.Header +
		", action: {type: Delete}}]"
	h.Fixes[way.HideHeaders].Advice = "set spec.httpHeaders.actions.response: [{name: Server, action: {type: Delete}}]"
	if h.Identity.State != way.IdentityClient {
		h.StripsIdentity = tri.Is(tri.On, source, h.Identity.Why)
	}
	if headers := route.Spec.HTTPHeaders; headers != nil {
		for _, header := range headers.Actions.Response {
			if strings.EqualFold(header.Name, "Server") {
				h.HidesHeaders = tri.State{State: tri.On, Source: source}
			}
		}
	}
	routerRate(&h, route.Annotations, h.Passthrough)
	return h
}

// routeIdentity is what a Route does to the identity header. Source: route.openshift.io/v1 spec.httpHeaders; a Set
// value may be built from what the client sends (`%[req.hdr(x)]`), so only a plain text counts as the Route's own.
func routeIdentity(route *crd.OpenShiftRoute) tri.State {
	state := func(identity, why string) tri.State { return tri.Is(identity, "spec.httpHeaders", why) }
	if tls := route.Spec.TLS; tls != nil && tls.Termination == "passthrough" {
		return state(way.IdentityClient, "the Route passes connections through unread")
	}
	if headers := route.Spec.HTTPHeaders; headers != nil {
		for _, h := range headers.Actions.Request {
			if !strings.EqualFold(h.Name, way.Header) {
				continue
			}
			switch {
			case h.Action.Type == "Delete":
				return state(way.IdentityRemoved,
					"the Route deletes the header, but not the query parameter of the same name")
			case h.Action.Set == nil || strings.Contains(h.Action.Set.Value, "%["):
				return state(way.IdentityClient, "the Route sets the header to a value that is made from the request")
			case h.Action.Set.Value != "":
				return state(way.IdentitySet, "the Route sets the header")
			}
		}
	}
	return state(way.IdentityClient, "the Route passes the client's header and query parameter on")
}

// routeTransport: without tls a Route is plain HTTP; with it plain HTTP is closed unless insecureEdgeTerminationPolicy
// says otherwise (route.openshift.io/v1 TLSConfig).
func routeTransport(route *crd.OpenShiftRoute) way.Transport {
	const policy = "spec.tls.insecureEdgeTerminationPolicy"
	t := way.Transport{
		TLS:   tri.Is(tri.Off, way.SourceTLS, "spec.tls is not set"),
		Plain: way.PassedOn(way.SourceTLS, "spec.tls is not set"),
		Fix:   way.Fix{Advice: "set spec.tls: {termination: edge, insecureEdgeTerminationPolicy: Redirect}"},
	}
	tls := route.Spec.TLS
	if tls == nil {
		return t
	}
	t.TLS = tri.Is(tri.On, way.SourceTLS, "spec.tls is set")
	t.Passthrough = tls.Termination == "passthrough"
	switch tls.InsecureEdgeTerminationPolicy {
	case "Allow":
		t.Plain = way.PassedOn(policy, "insecureEdgeTerminationPolicy is Allow")
	case "Redirect":
		t.Plain = way.Redirected(policy, "insecureEdgeTerminationPolicy is Redirect")
	default:
		t.Plain = way.Closed(policy, "insecureEdgeTerminationPolicy is None")
	}
	return t
}
