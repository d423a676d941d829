package traefik

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

func ingressRouteTCPLinks(o *inventory.Object) way.Links {
	var links way.Links
	for _, route := range inventory.Must[crd.TraefikIngressRouteTCP](o).Spec.Routes {
		links.Uses = append(links.Uses, candidatesOf(referencesOf(o, "MiddlewareTCP", route.Middlewares))...)
		links.Backends = append(links.Backends, tcpBackends(o, route.Services)...)
	}
	return links
}

// tcpBackends: a router of connections knows Services only.
func tcpBackends(o *inventory.Object, services []crd.TraefikServiceTo) []way.Backend {
	var list []way.Backend
	for _, to := range services {
		to.Kind = ""
		list = append(list, backendsOf(o, to)...)
	}
	return list
}

func ingressRouteTCPRoutes(c way.Context, o *inventory.Object) []way.Route {
	typed := inventory.Must[crd.TraefikIngressRouteTCP](o)
	passthrough := typed.Spec.TLS != nil && typed.Spec.TLS.Passthrough
	var list []way.Route
	for i := range typed.Spec.Routes {
		route := &typed.Spec.Routes[i]
		if route.Match == "" {
			continue
		}
		r := way.Route{
			Text: route.Match, Backends: tcpBackends(o, route.Services),
			Transport: ingressRouteTCPTransport(typed.Spec.TLS),
			Public: !way.InternalClass(c.Config, typed.Spec.IngressClassName,
				typed.Annotations[way.ClassAnnotation]),
			Handling: way.Connections(passthrough,
				"name a MiddlewareTCP with spec.inFlightConn {amount: 50} in spec.routes[].middlewares, or limit requests where they are read"),
		}
		r.Rate = ingressRouteTCPRate(c, referencesOf(o, "MiddlewareTCP", route.Middlewares))
		var why string
		r.Asks, r.Hosts, why = tcpRule(route.Match)
		r.Door = "entry points " + strings.Join(typed.Spec.EntryPoints, ", ")
		for _, ref := range referencesOf(o, "MiddlewareTCP", route.Middlewares) {
			if why == "" {
				why = tcpMiddleware(c, ref)
			}
		}
		if why != "" {
			r.Path = &way.Path{Matcher: way.Undecided(why)}
			r.Effects.Doubt(why)
			r.Transport.Doubt(why)
			r.Rate.Doubt(why)
		}
		list = append(list, r)
	}
	return list
}

// tcpRule is the host that a rule for connections asks for, and the hosts, if that is all that it says; why says what
// keeps it from being certain that clients get in.
func tcpRule(match string) (asks string, hosts []string, why string) {
	asks = match
	node, err := parseRule(match)
	if err != nil {
		return asks, nil, reason.Of("traefik-tcp-rule-broken", way.Quote(match), err)
	}
	if strings.EqualFold(node.name, "HostSNI") && !node.not && len(node.args) == 1 {
		asks, hosts = node.args[0], node.args
	}
	alternatives, ok := node.alternatives()
	if !ok {
		return asks, nil, reason.Of("traefik-rule-alternatives")
	}
	limited := true
	for _, matchers := range alternatives {
		by := false
		for _, m := range matchers {
			by = by || strings.EqualFold(m.name, "ClientIP") && !m.not && !way.EveryAddress(m.args)
		}
		limited = limited && by
	}
	if limited {
		return asks, nil, "the rule " + way.Quote(match) +
			" admits only certain addresses, and whether clients have such an address depends on what is in front of Traefik"
	}
	return asks, hosts, ""
}

// tcpMiddleware says what keeps it from being certain that clients get past a MiddlewareTCP.
func tcpMiddleware(c way.Context, ref reference) string {
	o, ambiguous := ref.resolve(c.Objects)
	if o == nil || ambiguous {
		return reason.Of("traefik-tcp-middleware-not-found", ref.String())
	}
	m, ok := inventory.As[crd.TraefikMiddlewareTCP](o)
	if !ok {
		return reason.Of("traefik-version-not-read", o.Ref.String())
	}
	for _, list := range []*crd.TraefikIPAllowList{m.Spec.IPAllowList, m.Spec.IPWhiteList} {
		if list != nil && !way.EveryAddress(list.SourceRange) {
			return o.Ref.String() + " admits only certain addresses, and whether clients have such an address depends on what is in front of Traefik"
		}
	}
	return ""
}
