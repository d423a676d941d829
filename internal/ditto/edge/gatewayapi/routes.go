package gatewayapi

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

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
		for _, s := range all {
			for _, host := range s.hosts {
				list = append(list, ruleRoutes(c, r, rule, s, host)...)
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
			list[i].Strip = nil
		}
		if !response {
			list[i].Hide = nil
		}
	}
	return toldApart(list)
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
		return "public: " + s.Why
	}
	return "internal: " + s.Why
}

// serve finds out who serves an attachment.
func serve(c way.Context, a attachment) servedRoute {
	s := servedRoute{attachment: a, class: GatewayClass{impl: UnknownImplementation()}}
	switch {
	case a.mesh:
		s.Exposure = Exposure{Verdict: way.Verdict{Public: false, Why: "it is traffic inside a service mesh"}}
	case a.gateway != nil:
		s.class = GatewayClassOf(c, a.gateway)
		s.Exposure = Exposes(c, a.gateway, s.class)
	case a.parent.GroupKind == crd.Gateway && c.Config.IsInternalGateway(a.parent.Namespace, a.parent.Name):
		s.Exposure = Exposure{Verdict: way.Verdict{Public: false, Why: namedInternal}}
	default:
		s.Public = true
	}
	return s
}

// toldApart numbers routes that say the same and are not the same.
func toldApart(list []way.Route) []way.Route {
	seen := map[string]int{}
	for i := range list {
		text := list[i].Text
		seen[text]++
		if n := seen[text]; n > 1 {
			list[i].Text = fmt.Sprintf("%s, again (%d)", text, n)
		}
	}
	return list
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

func matchRoutes(c way.Context, r gatewayRoute, rule gatewayRule, match gatewayv1.HTTPRouteMatch, s servedRoute, host attachedHost) []way.Route {
	base := way.Route{Asks: host.host, Public: s.Public, Hosts: []string{host.host}, Door: s.String()}
	conditions := ""
	if rule.matches != nil {
		path := PathOf(match.Path, s.class.impl)
		base.Path = &path
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
			one := gatewayEffects(c, at, match.Path, filters)
			one.effects.Assumptions = appendAll(one.effects.Assumptions, s.Assumption, s.class.Assumption)
			if i == 0 {
				all = one
				continue
			}
			effects := lessSafe(all.effects, one.effects)
			l := all.limits.and(one.limits)
			all = one
			all.effects, all.limits = effects, l
		}
		if all.limits.Limited.State == way.On {
			all.effects.Assumptions = appendAll(all.effects.Assumptions, all.limits.Assumption)
		}
		return all
	}
	withReading := func(route way.Route, p placeReading) way.Route {
		route.Effects, route.Rate, route.ErrorPages = p.effects, p.limits.rate(places[0]), p.limits.Pages
		return withPath(route, p.rewrite)
	}
	var list []way.Route
	own := read(nil)
	plain := withReading(base, own)
	for _, ref := range rule.backends {
		b, ok := r.backend(ref.BackendObjectReference)
		if !ok || ref.Weight != nil && *ref.Weight == 0 {
			continue
		}
		granted, doubt := granted(c, r, b)
		if !granted {
			continue
		}
		if len(ref.Filters) == 0 {
			plain.Backends = append(plain.Backends, b)
			plain.Doubt = cmp.Or(plain.Doubt, doubt)
			continue
		}
		with := read(ref.Filters)
		if with.ends {
			continue
		}
		filtered := withReading(base, with)
		filtered.Backends, filtered.Doubt = []way.Backend{b}, cmp.Or(filtered.Doubt, doubt)
		filtered.Text += ", filters of backend " + b.Name
		list = append(list, filtered)
	}
	if len(plain.Backends) > 0 && !own.ends {
		if len(plain.Backends) == len(rule.backends) {
			plain.Strip, plain.Hide = edits(r, rule, plain.Effects)
		}
		list = append([]way.Route{plain}, list...)
	}
	return append(list, mirrors(c, places[0], base, plain)...)
}

// placeReading is what happens to requests that come in at a place.
type placeReading struct {
	effects way.Effects
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

// mirrors are the backends that get a copy of each request. What else is done to a request need not have been done to
// the copy.
func mirrors(c way.Context, at Place, base, plain way.Route) []way.Route {
	var list []way.Route
	filters := slices.Clone(at.Rule.filters)
	for _, ref := range at.Rule.backends {
		filters = append(filters, ref.Filters...)
	}
	for _, f := range filters {
		ref := mirrorOf(c, at, f)
		if ref == nil {
			continue
		}
		b, ok := at.Route.backend(*ref)
		granted, doubt := granted(c, at.Route, b)
		if !ok || !granted {
			continue
		}
		mirror := base
		mirror.Doubt = cmp.Or(mirror.Doubt, doubt)
		mirror.Text += ", mirrored"
		mirror.Backends, mirror.Effects = []way.Backend{b}, plain.Effects
		mirror.Rate, mirror.ErrorPages = plain.Rate, plain.ErrorPages
		const source, why = "RequestMirror", "whether it is done to mirrored requests as well cannot be told"
		for _, s := range []*way.State{&mirror.Effects.Identity, &mirror.Effects.StripsIdentity} {
			if s.State != way.IdentityClient && s.State != way.Off {
				*s = way.State{State: way.Unknown, Source: source, Why: s.Why + "; " + why}
			}
		}
		if plain.Path != nil && plain.Path.Rewrite.Kind != way.RewriteNone {
			path := *plain.Path
			path.Rewrite = way.UnknownRewrite("whether the path of mirrored requests is rewritten cannot be told")
			mirror.Path = &path
		}
		list = append(list, mirror)
	}
	return list
}

// mirrorOf is who gets copies of requests by a filter, or by what it refers to; nil if nobody does.
func mirrorOf(c way.Context, at Place, f gatewayv1.HTTPRouteFilter) *gatewayv1.BackendObjectReference {
	switch {
	case f.RequestMirror != nil:
		return &f.RequestMirror.BackendRef
	case f.ExtensionRef != nil:
		id, extension := at.Route.extensionID(*f.ExtensionRef), at.class.impl.Extension
		if at.class.impl.Name == way.Unknown {
			extension = copying // whoever serves the route
		}
		if extension != nil {
			e, _ := extension(c.Objects.Get(id.GroupKind, id.Namespace, id.Name), id.GroupKind)
			return e.Mirror
		}
	}
	return nil
}

// gatewayEffects is what happens to requests that come in at a place: first what policies do early, then authentication,
// then the filters of the rule, and, in an order that nobody defines, those of the backend.
func gatewayEffects(c way.Context, at Place, path *gatewayv1.HTTPPathMatch, backend []gatewayv1.HTTPRouteFilter) placeReading {
	impl := at.class.impl
	e := way.Effects{
		Identity:       way.State{State: way.IdentityClient, Source: "default", Why: "nothing on the way changes the header"},
		Authentication: way.State{State: way.Off, Source: "default", Why: "nothing asks for credentials"},
		HidesHeaders:   way.State{State: way.Off, Source: "default", Why: "no filter hides the headers"},
		StripAdvice:    StripByFilter, HideAdvice: HideByFilter,
	}
	if !at.Route.isHTTP() {
		const why = "connections are passed through unread"
		e.Identity.Why, e.Passthrough = why, true
		e.StripsIdentity = way.State{State: way.Off, Source: "default", Why: why}
		e.StripAdvice = "use an HTTPRoute, which can remove the header"
		e.HideAdvice = "use an HTTPRoute, which can hide headers"
		return placeReading{effects: e, limits: gatewayLimits(c, at, nil)}
	}
	if impl.asks != "" {
		e.Authentication = way.State{State: way.Unknown, Source: "default", Why: impl.asks}
	}
	if impl.assumption != "" {
		e.Assumptions = append(e.Assumptions, impl.assumption)
	}
	if impl.Hide != "" {
		e.HideAdvice = impl.Hide
	}
	if impl.ignoresHeaders {
		e.StripAdvice = impl.Title + " cannot remove a header of a request: put a proxy that does behind it"
	}
	f := filters(c, at, at.Rule.filters, path)
	var p Policies
	if impl.Policies != nil {
		p = impl.Policies(c, at)
	}
	identity := Fold(e.Identity, p.Early, p.Auth, f.before)
	identity = backendIdentity(c, at, backend, identity, f.header)
	if p.Authentication.State != "" {
		e.Authentication = p.Authentication
	}
	if f.asks != nil {
		e.Authentication = *f.asks
	}
	e.Assumptions = append(append(e.Assumptions, p.Assumptions...), f.assumptions...)
	if f.hides || p.Hides {
		e.HidesHeaders = way.State{State: way.On, Source: "filters", Why: "Server is removed from responses"}
	}
	opaque := f.opaque
	if p.Opaque != "" {
		opaque = append(opaque, p.Opaque)
	}
	b := filters(c, at, backend, path)
	opaque = append(opaque, b.opaque...)
	if len(opaque) > 0 {
		why := strings.Join(opaque, "; ")
		identity = way.State{State: way.IdentityUnknown, Source: "filters", Why: why}
		// A policy that changes what it likes can let clients in unasked, a filter cannot.
		if e.Authentication.State != way.On || p.Opaque != "" {
			e.Authentication = way.State{State: way.Unknown, Source: "filters", Why: "whether it asks every client for credentials cannot be told either"}
		}
		if e.HidesHeaders.State != way.On {
			e.HidesHeaders = way.State{State: way.Unknown, Source: "filters", Why: why}
		}
		w := way.UnknownRewrite(why)
		f.rewrite = &w
	}
	e.Identity, e.StripsIdentity = identity, way.Strips(identity)
	if e.StripsIdentity.State == way.On {
		e.StripAdvice = ""
	}
	if e.HidesHeaders.State == way.On {
		e.HideAdvice = ""
	}
	if b.rewrite != nil && f.rewrite == nil {
		f.rewrite = b.rewrite
	}
	return placeReading{effects: e, rewrite: f.rewrite, ends: f.ends || b.ends, limits: gatewayLimits(c, at, opaque)}
}

// backendIdentity is what the filters of the rule and those of a backend make of the identity together. Which of them is
// applied first is not defined, and not every implementation knows the second.
func backendIdentity(c way.Context, at Place, backend []gatewayv1.HTTPRouteFilter, identity way.State, rule func(way.State) way.State) way.State {
	own := Fold(identity, rule)
	b := filters(c, at, backend, nil)
	if b.header == nil && b.before == nil {
		return own
	}
	if !at.class.impl.BackendFilters {
		return way.State{State: way.IdentityUnknown, Source: "filters of the backend", Why: "whether " + at.class.impl.Title + " does what filters of a backend say cannot be told"}
	}
	after, before := Fold(own, b.before, b.header), Fold(identity, b.before, b.header, rule)
	return *way.Worse(&after, &before)
}

// Fold applies steps one after another.
func Fold(s way.State, steps ...func(way.State) way.State) way.State {
	for _, step := range steps {
		if step != nil {
			s = step(s)
		}
	}
	return s
}

// lessSafe is what is true of requests whichever of two places they come in at.
func lessSafe(a, b way.Effects) way.Effects {
	a.Identity = *way.Worse(&a.Identity, &b.Identity)
	a.StripsIdentity = way.And(a.StripsIdentity, b.StripsIdentity)
	a.HidesHeaders = way.And(a.HidesHeaders, b.HidesHeaders)
	a.Authentication = way.And(a.Authentication, b.Authentication)
	a.StripAdvice = cmp.Or(a.StripAdvice, b.StripAdvice)
	a.HideAdvice = cmp.Or(a.HideAdvice, b.HideAdvice)
	a.Assumptions = appendAll(a.Assumptions, b.Assumptions...)
	return a
}

// appendAll appends the texts that are not empty and not there yet.
func appendAll(list []string, texts ...string) []string {
	for _, t := range texts {
		if t != "" {
			list = way.AppendNew(list, t)
		}
	}
	return list
}

const (
	StripByFilter = "let its rules have a filter RequestHeaderModifier with remove: [x-ditto-pre-authenticated]"
	HideByFilter  = "let its rules have a filter ResponseHeaderModifier with remove: [Server, X-Powered-By]"
)

// PathOf is which requests a match takes, and with the path that came.
func PathOf(match *gatewayv1.HTTPPathMatch, impl Implementation) way.Path {
	value := "/"
	if match != nil && match.Value != nil {
		value = *match.Value
	}
	switch {
	case isPrefix(match):
		return way.Path{Matcher: way.Elements(impl.Reads, value)}
	case *match.Type == gatewayv1.PathMatchExact:
		return way.Path{Matcher: way.Exact(impl.Reads, value)}
	case *match.Type == gatewayv1.PathMatchRegularExpression:
		return way.Path{Matcher: impl.regexMatcher(value)}
	}
	return way.Path{Matcher: way.Undecided("a path of type " + way.Quote(string(*match.Type)) + " can be anything")}
}

// pathText is a match for people: its path and its type.
func pathText(match *gatewayv1.HTTPPathMatch) (value, kind string) {
	value, kind = "/", string(gatewayv1.PathMatchPathPrefix)
	if match != nil && match.Value != nil {
		value = *match.Value
	}
	if match != nil && match.Type != nil {
		kind = string(*match.Type)
	}
	return value, kind
}

// conditionsOf are what a match asks for beside the path. They keep nobody out: a client writes what they ask for. What
// value they ask for is not told: it may be a secret, if no good one.
func conditionsOf(match gatewayv1.HTTPRouteMatch) []string {
	var list []string
	if match.Method != nil {
		list = append(list, "method "+string(*match.Method))
	}
	for _, h := range match.Headers {
		list = append(list, "header "+string(h.Name))
	}
	for _, q := range match.QueryParams {
		list = append(list, "query parameter "+string(q.Name))
	}
	return list
}
