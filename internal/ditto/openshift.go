package ditto

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// routeBackends are the Services that an OpenShift Route sends requests to.
func routeBackends(route *inventory.OpenShiftRoute) []string {
	var names []string
	for _, to := range append([]inventory.OpenShiftRouteTarget{route.Spec.To}, route.Spec.AlternateBackends...) {
		if to.Name != "" && (to.Kind == "" || to.Kind == "Service") {
			names = append(names, to.Name)
		}
	}
	return names
}

// routePath is which requests a Route takes, and what path its Service gets: the annotation rewrite-target puts another
// path in place of the Route's own, with or without the slash behind it.
func routePath(route *inventory.OpenShiftRoute) edge.Path {
	path := edge.Prefix(route.Spec.Path)
	target, given := route.Annotations["haproxy.router.openshift.io/rewrite-target"]
	if !given || target == "" {
		return path
	}
	if strings.ContainsAny(target, "\\'\"% ") {
		path.Rewrite = edge.Rewrite{Kind: edge.RewriteUnknown, Why: "the annotation rewrite-target makes the path from the request"}
		return path
	}
	from := strings.TrimSuffix(route.Spec.Path, "/")
	path.Rewrite = edge.Rewrite{Kind: edge.RewritePrefix, From: []string{from + "/", from}, To: target}
	return path
}

// routeIdentity is what a Route does to the identity header. Source: route.openshift.io/v1 spec.httpHeaders; a Set value
// may be built from what the client sends (`%[req.hdr(x)]`), so only a plain text counts as the Route's own.
func routeIdentity(route *inventory.OpenShiftRoute) (identity, why string) {
	if tls := route.Spec.TLS; tls != nil && tls.Termination == "passthrough" {
		return IdentityClient, "the Route passes connections through unread"
	}
	if headers := route.Spec.HTTPHeaders; headers != nil {
		for _, h := range headers.Actions.Request {
			if !strings.EqualFold(h.Name, edge.Header) {
				continue
			}
			switch {
			case h.Action.Type == "Delete":
				return IdentityRemoved, "the Route deletes the header, but not the query parameter of the same name"
			case h.Action.Set == nil || strings.Contains(h.Action.Set.Value, "%["):
				return IdentityClient, "the Route sets the header to a value that is made from the request"
			case h.Action.Set.Value != "":
				return IdentitySet, "the Route sets the header"
			}
		}
	}
	return IdentityClient, "the Route passes the client's header and query parameter on"
}

// routeEdge reads a Route in front of a gateway. A Route is never changed: its header actions are a list that somebody
// may own.
func routeEdge(route *inventory.OpenShiftRoute, safe bool) *Edge {
	e := &Edge{
		Controller: "openshift", StrippingIsSafe: safe,
		StripsIdentity: Switch{State: Off, Source: "spec.httpHeaders"},
		HidesHeaders:   Switch{State: Off, Source: "spec.httpHeaders"},
		StripAdvice: "write to spec.httpHeaders.actions.request: " +
			"[{name: " + edge.Header + ", action: {type: Delete}}]",
		HideAdvice: "write to spec.httpHeaders.actions.response: [{name: Server, action: {type: Delete}}]",
	}
	if identity, why := routeIdentity(route); identity != IdentityClient {
		e.StripsIdentity = Switch{State: On, Source: "spec.httpHeaders", Why: why}
		e.StripAdvice = ""
	}
	if headers := route.Spec.HTTPHeaders; headers != nil {
		for _, h := range headers.Actions.Response {
			if strings.EqualFold(h.Name, "Server") {
				e.HidesHeaders = Switch{State: On, Source: "spec.httpHeaders"}
				e.HideAdvice = ""
			}
		}
	}
	return e
}
