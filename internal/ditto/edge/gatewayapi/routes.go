package gatewayapi

import (
	"cmp"
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// gatewayRoutes reads a route: each match of each rule, for each host under which a Gateway takes it.
func gatewayRoutes(c way.Context, r gatewayRoute) []way.Route {
	var all []servedRoute
	for _, a := range attachments(c, r) {
		all = append(all, serve(c, a))
	}
	var list []way.Route
	for _, rule := range r.rules {
		of := len(list)
		for _, s := range all {
			for _, host := range s.hosts {
				list = append(list, ruleRoutes(c, r, rule, s, host)...)
			}
		}
		// A filter does the same to the rule at each of the Gateways.
		if slices.ContainsFunc(all, func(s servedRoute) bool {
			strip := s.class.impl.Strip
			return strip != nil && strip(c, Place{Route: r, Rule: rule}) != ""
		}) {
			for i := range list[of:] {
				list[of+i].Fixes[way.StripIdentity].Edits = nil
			}
		}
	}
	// A filter that one of the Gateways does not know can cost the route that Gateway.
	knows := func(filter func(Implementation) bool) bool {
		return !slices.ContainsFunc(all, func(s servedRoute) bool { return !filter(s.class.impl) })
	}
	request := knows(func(i Implementation) bool { return i.RequestHeaders })
	response := knows(func(i Implementation) bool { return i.ResponseHeaders })
	for i := range list {
		if !request {
			list[i].Fixes[way.StripIdentity].Edits = nil
		}
		if !response {
			list[i].Fixes[way.HideHeaders].Edits = nil
		}
	}
	return list
}

// servedRoute is an attachment of a route, who serves it there, and who reaches that.
type servedRoute struct {
	attachment
	Exposure
	class GatewayClass
}

// note says for people who reaches it, and why.
func (s servedRoute) note() string {
	switch {
	case s.Why == "":
		return ""
	case s.Public:
		return " (public: " + s.Why + ")"
	}
	return " (internal: " + s.Why + ")"
}

// serve finds out who serves an attachment.
func serve(c way.Context, a attachment) servedRoute {
	s := servedRoute{attachment: a, class: GatewayClass{impl: unknownImplementation()}}
	switch {
	case a.mesh:
		s.Exposure = Exposure{Verdict: way.Internal("it is traffic inside a service mesh")}
	case a.gateway != nil:
		s.class = GatewayClassOf(c, a.gateway)
		s.Exposure = Exposes(c, a.gateway, s.class)
	case a.parent.GroupKind == crd.Gateway && c.Config.IsInternalGateway(a.parent.Namespace, a.parent.Name):
		s.Exposure = Exposure{Verdict: way.Internal(namedInternal)}
	default:
		s.Public = true
	}
	return s
}

// ruleRoutes is what one rule does under one host.
func ruleRoutes(c way.Context, r gatewayRoute, rule gatewayRule, s servedRoute, host attachedHost) []way.Route {
	matches := rule.matches
	if matches == nil {
		matches = []gatewayv1.HTTPRouteMatch{{}}
	}
	var list []way.Route
	for _, match := range matches {
		list = append(list, matchRoutes(c, r, rule, match, s, host)...)
	}
	return list
}

func matchRoutes(c way.Context, r gatewayRoute, rule gatewayRule, match gatewayv1.HTTPRouteMatch, s servedRoute,
	host attachedHost) []way.Route {
	base := way.Route{Asks: host.host, Public: s.Public, Hosts: []string{host.host}, Door: s.String()}
	conditions := ""
	if rule.matches != nil {
		base.Path = new(pathOf(match.Path, s.class.impl))
		value, kind := pathText(match.Path)
		base.Asks += value
		base.Conditions = conditionsOf(match)
		conditions = " (" + strings.Join(append([]string{kind}, conditionsOf(match)...), ", ") + ")"
	}
	base.Text = base.Asks + conditions + ", " + s.String()
	base.Note = s.note()
	base.Doubt = cmp.Or(host.doubt, s.Exposure.Doubt)
	base.Transport = gatewayTransport(c, r, s, host)

	// What happens at the listeners can differ; the least safe counts.
	places := []Place{{Route: r, Rule: rule, Gateway: s.gateway, class: s.class, unserved: host.doubt}}
	if s.mesh {
		places[0].unserved = base.Transport.TLS.Why
	}
	for i, l := range host.listeners {
		if i > 0 {
			places = append(places, places[0])
		}
		places[i].Listener = l
	}
	read := func(filters []gatewayv1.HTTPRouteFilter) placeReading {
		var all placeReading
		for i, at := range places {
			one := gatewayHandling(c, at, match.Path, filters)
			one.Assumptions = appendAll(one.Assumptions, s.Assumption, s.class.Assumption)
			if i == 0 {
				all = one
				continue
			}
			h, l := all.OrWorse(one.Handling), all.limits.and(one.limits)
			all = one
			all.Handling, all.limits = h, l
		}
		if all.limits.Limited.State == tri.On {
			all.Assumptions = appendAll(all.Assumptions, all.limits.Assumption)
		}
		return all
	}
	withReading := func(route way.Route, p placeReading) way.Route {
		doubt := route.Doubt
		route.Handling, route.Doubt = p.Handling, doubt
		p.limits.apply(&route.Handling, places[0])
		return withPath(route, p.rewrite)
	}
	var list []way.Route
	own := read(nil)
	plain := withReading(base, own)
	unfiltered := 0
	for i, ref := range rule.Backends {
		unweighted := ref.Weight != nil && *ref.Weight == 0
		if unweighted && !(s.class.impl.soleWeight && r.isSole(c, rule, i)) {
			continue
		}
		backends, doubt := r.backends(c, ref.BackendObjectReference)
		if len(backends) == 0 {
			continue
		}
		if unweighted && s.class.impl.Name == tri.Unknown {
			doubt = cmp.Or(doubt, reason.Of("gateway-sole-weight", string(ref.Name)))
		}
		if len(ref.Filters) == 0 {
			unfiltered++
			plain.Backends = append(plain.Backends, backends...)
			plain.Doubt = cmp.Or(plain.Doubt, doubt)
			continue
		}
		with := read(ref.Filters)
		if with.ends {
			continue
		}
		filtered := withReading(base, with)
		filtered.Backends, filtered.Doubt = backends, cmp.Or(filtered.Doubt, doubt)
		filtered.Text += ", filters of backend " + string(ref.Name)
		list = append(list, filtered)
	}
	if len(plain.Backends) > 0 && !own.ends {
		if unfiltered == len(rule.Backends) && r.isHTTP() {
			addEdits(&plain.Handling, rule)
		}
		list = append([]way.Route{plain}, list...)
	}
	return append(list, mirrors(c, places[0], base, plain)...)
}

// placeReading is what happens to requests that come in at a place.
type placeReading struct {
	way.Handling

	rewrite *way.Rewrite
	// ends says that no request gets to a backend.
	ends   bool
	limits Limits
}

func withPath(route way.Route, rewrite *way.Rewrite) way.Route {
	if route.Path != nil && rewrite != nil {
		path := *route.Path
		path.Rewrite = *rewrite
		route.Path = &path
	}
	return route
}
