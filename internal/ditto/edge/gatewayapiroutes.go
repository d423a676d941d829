package edge

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// gatewayRoutes reads a route: each match of each rule, for each host under which a Gateway takes it.
func (c Context) gatewayRoutes(r gatewayRoute) []Route {
	var all []servedRoute
	for _, a := range c.attachments(r) {
		all = append(all, c.serve(a))
	}
	var list []Route
	for _, rule := range r.rules {
		for _, s := range all {
			for _, host := range s.hosts {
				list = append(list, c.ruleRoutes(r, rule, s, host)...)
			}
		}
	}
	// A filter that one of the Gateways does not know can cost the route that Gateway.
	knows := func(filter func(implementation) bool) bool {
		return !slices.ContainsFunc(all, func(s servedRoute) bool { return !filter(s.class.impl) })
	}
	request := knows(func(i implementation) bool { return i.requestHeaders })
	response := knows(func(i implementation) bool { return i.responseHeaders })
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
	exposure
	class gatewayClass
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
func (c Context) serve(a attachment) servedRoute {
	s := servedRoute{attachment: a, class: gatewayClass{impl: unknownImplementation()}}
	switch {
	case a.mesh:
		s.exposure = exposure{Verdict: Verdict{false, "it is traffic inside a service mesh"}}
	case a.gateway != nil:
		s.class = c.gatewayClassOf(a.gateway)
		s.exposure = c.exposes(a.gateway, s.class)
	case a.parent.GroupKind == crd.Gateway && c.Config.isInternalGateway(a.parent.Namespace, a.parent.Name):
		s.exposure = exposure{Verdict: Verdict{false, namedInternal}}
	default:
		s.Public = true
	}
	return s
}

// toldApart numbers routes that say the same and are not the same.
func toldApart(list []Route) []Route {
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
func (c Context) ruleRoutes(r gatewayRoute, rule gatewayRule, s servedRoute, host attachedHost) []Route {
	matches := rule.matches
	if matches == nil {
		matches = []gatewayv1.HTTPRouteMatch{{}}
	}
	var list []Route
	for _, match := range matches {
		list = append(list, c.matchRoutes(r, rule, match, s, host)...)
	}
	return list
}

func (c Context) matchRoutes(r gatewayRoute, rule gatewayRule, match gatewayv1.HTTPRouteMatch, s servedRoute, host attachedHost) []Route {
	base := Route{Asks: host.host, Public: s.Public, Hosts: []string{host.host}, Door: s.String()}
	conditions := ""
	if rule.matches != nil {
		path := pathOf(match.Path, s.class.impl)
		base.Path = &path
		value, kind := pathText(match.Path)
		base.Asks += value
		base.Conditions = conditionsOf(match)
		conditions = " (" + strings.Join(append([]string{kind}, conditionsOf(match)...), ", ") + ")"
	}
	base.Text = base.Asks + conditions + ", " + s.String()
	base.Note = s.note()
	base.Doubt = cmp.Or(host.doubt, s.exposure.doubt)
	base.Transport = c.gatewayTransport(r, s, host)

	// What happens at the listeners can differ; the least safe counts.
	places := []place{{route: r, rule: rule, gateway: s.gateway, class: s.class, unserved: host.doubt}}
	if s.mesh {
		places[0].unserved = base.Transport.TLS.Why
	}
	for i, l := range host.listeners {
		if i > 0 {
			places = append(places, places[0])
		}
		places[i].listener = l
	}
	read := func(filters []gatewayv1.HTTPRouteFilter) placeReading {
		var all placeReading
		for i, at := range places {
			one := c.gatewayEffects(at, match.Path, filters)
			one.effects.Assumptions = appendAll(one.effects.Assumptions, s.assumption, s.class.assumption)
			if i == 0 {
				all = one
				continue
			}
			effects := lessSafe(all.effects, one.effects)
			l := all.limits.and(one.limits)
			all = one
			all.effects, all.limits = effects, l
		}
		if all.limits.Limited.State == On {
			all.effects.Assumptions = appendAll(all.effects.Assumptions, all.limits.assumption)
		}
		return all
	}
	withReading := func(route Route, p placeReading) Route {
		route.Effects, route.Rate, route.ErrorPages = p.effects, p.limits.rate(places[0]), p.limits.pages
		return withPath(route, p.rewrite)
	}
	var list []Route
	own := read(nil)
	plain := withReading(base, own)
	for _, ref := range rule.backends {
		b, ok := r.backend(ref.BackendObjectReference)
		if !ok || ref.Weight != nil && *ref.Weight == 0 {
			continue
		}
		granted, doubt := c.granted(r, b)
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
		filtered.Backends, filtered.Doubt = []Backend{b}, cmp.Or(filtered.Doubt, doubt)
		filtered.Text += ", filters of backend " + b.Name
		list = append(list, filtered)
	}
	if len(plain.Backends) > 0 && !own.ends {
		if len(plain.Backends) == len(rule.backends) {
			plain.Strip, plain.Hide = edits(r, rule, plain.Effects)
		}
		list = append([]Route{plain}, list...)
	}
	return append(list, c.mirrors(places[0], base, plain)...)
}

// placeReading is what happens to requests that come in at a place.
type placeReading struct {
	effects Effects
	rewrite *Rewrite
	// ends says that no request gets to a backend.
	ends   bool
	limits limits
}

func withPath(route Route, rewrite *Rewrite) Route {
	if route.Path != nil && rewrite != nil {
		path := *route.Path
		path.Rewrite = *rewrite
		route.Path = &path
	}
	return route
}

// mirrors are the backends that get a copy of each request. What else is done to a request need not have been done to
// the copy.
func (c Context) mirrors(at place, base, plain Route) []Route {
	var list []Route
	filters := slices.Clone(at.rule.filters)
	for _, ref := range at.rule.backends {
		filters = append(filters, ref.Filters...)
	}
	for _, f := range filters {
		ref := c.mirrorOf(at, f)
		if ref == nil {
			continue
		}
		b, ok := at.route.backend(*ref)
		granted, doubt := c.granted(at.route, b)
		if !ok || !granted {
			continue
		}
		mirror := base
		mirror.Doubt = cmp.Or(mirror.Doubt, doubt)
		mirror.Text += ", mirrored"
		mirror.Backends, mirror.Effects = []Backend{b}, plain.Effects
		mirror.Rate, mirror.ErrorPages = plain.Rate, plain.ErrorPages
		const source, why = "RequestMirror", "whether it is done to mirrored requests as well cannot be told"
		for _, s := range []*State{&mirror.Effects.Identity, &mirror.Effects.StripsIdentity} {
			if s.State != IdentityClient && s.State != Off {
				*s = State{Unknown, source, s.Why + "; " + why}
			}
		}
		if plain.Path != nil && plain.Path.Rewrite.Kind != RewriteNone {
			path := *plain.Path
			path.Rewrite = rewriteUnknown("whether the path of mirrored requests is rewritten cannot be told")
			mirror.Path = &path
		}
		list = append(list, mirror)
	}
	return list
}

// mirrorOf is who gets copies of requests by a filter, or by what it refers to; nil if nobody does.
func (c Context) mirrorOf(at place, f gatewayv1.HTTPRouteFilter) *gatewayv1.BackendObjectReference {
	switch {
	case f.RequestMirror != nil:
		return &f.RequestMirror.BackendRef
	case f.ExtensionRef != nil:
		id, extension := at.route.extensionID(*f.ExtensionRef), at.class.impl.extension
		if at.class.impl.name == Unknown {
			extension = envoyExtension // the only kind of filter that sends copies, whoever serves the route
		}
		if extension != nil {
			e, _ := extension(c.Objects.Get(id.GroupKind, id.Namespace, id.Name), id.GroupKind)
			return e.mirror
		}
	}
	return nil
}

// gatewayEffects is what happens to requests that come in at a place: first what policies do early, then authentication,
// then the filters of the rule, and, in an order that nobody defines, those of the backend.
func (c Context) gatewayEffects(at place, path *gatewayv1.HTTPPathMatch, backend []gatewayv1.HTTPRouteFilter) placeReading {
	impl := at.class.impl
	e := Effects{
		Identity:       State{IdentityClient, "default", "nothing on the way changes the header"},
		Authentication: State{Off, "default", "nothing asks for credentials"},
		HidesHeaders:   State{Off, "default", "no filter hides the headers"},
		StripAdvice:    stripByFilter, HideAdvice: hideByFilter,
	}
	if !at.route.isHTTP() {
		const why = "connections are passed through unread"
		e.Identity.Why, e.Passthrough = why, true
		e.StripsIdentity = State{Off, "default", why}
		e.StripAdvice = "use an HTTPRoute, which can remove the header"
		e.HideAdvice = "use an HTTPRoute, which can hide headers"
		return placeReading{effects: e, limits: c.gatewayLimits(at, nil)}
	}
	if impl.asks != "" {
		e.Authentication = State{Unknown, "default", impl.asks}
	}
	if impl.assumption != "" {
		e.Assumptions = append(e.Assumptions, impl.assumption)
	}
	if impl.hide != "" {
		e.HideAdvice = impl.hide
	}
	if impl.ignoresHeaders {
		e.StripAdvice = impl.title + " cannot remove a header of a request: put a proxy that does behind it"
	}
	f := c.filters(at, at.rule.filters, path)
	var p policies
	if impl.policies != nil {
		p = impl.policies(c, at)
	}
	identity := fold(e.Identity, p.early, p.auth, f.before)
	identity = c.backendIdentity(at, backend, identity, f.header)
	if p.authentication.State != "" {
		e.Authentication = p.authentication
	}
	if f.asks != nil {
		e.Authentication = *f.asks
	}
	e.Assumptions = append(append(e.Assumptions, p.assumptions...), f.assumptions...)
	if f.hides || p.hides {
		e.HidesHeaders = State{On, "filters", "Server is removed from responses"}
	}
	opaque := f.opaque
	if p.opaque != "" {
		opaque = append(opaque, p.opaque)
	}
	b := c.filters(at, backend, path)
	opaque = append(opaque, b.opaque...)
	if len(opaque) > 0 {
		why := strings.Join(opaque, "; ")
		identity = State{IdentityUnknown, "filters", why}
		// A policy that changes what it likes can let clients in unasked, a filter cannot.
		if e.Authentication.State != On || p.opaque != "" {
			e.Authentication = State{Unknown, "filters", "whether it asks every client for credentials cannot be told either"}
		}
		if e.HidesHeaders.State != On {
			e.HidesHeaders = State{Unknown, "filters", why}
		}
		w := rewriteUnknown(why)
		f.rewrite = &w
	}
	e.Identity, e.StripsIdentity = identity, strips(identity)
	if e.StripsIdentity.State == On {
		e.StripAdvice = ""
	}
	if e.HidesHeaders.State == On {
		e.HideAdvice = ""
	}
	if b.rewrite != nil && f.rewrite == nil {
		f.rewrite = b.rewrite
	}
	return placeReading{effects: e, rewrite: f.rewrite, ends: f.ends || b.ends, limits: c.gatewayLimits(at, opaque)}
}

// backendIdentity is what the filters of the rule and those of a backend make of the identity together. Which of them is
// applied first is not defined, and not every implementation knows the second.
func (c Context) backendIdentity(at place, backend []gatewayv1.HTTPRouteFilter, identity State, rule func(State) State) State {
	own := fold(identity, rule)
	b := c.filters(at, backend, nil)
	if b.header == nil && b.before == nil {
		return own
	}
	if !at.class.impl.backendFilters {
		return State{IdentityUnknown, "filters of the backend", "whether " + at.class.impl.title + " does what filters of a backend say cannot be told"}
	}
	after, before := fold(own, b.before, b.header), fold(identity, b.before, b.header, rule)
	return *worse(&after, &before)
}

func fold(s State, steps ...func(State) State) State {
	for _, step := range steps {
		if step != nil {
			s = step(s)
		}
	}
	return s
}

// lessSafe is what is true of requests whichever of two places they come in at.
func lessSafe(a, b Effects) Effects {
	a.Identity = *worse(&a.Identity, &b.Identity)
	a.StripsIdentity = Weaker(a.StripsIdentity, b.StripsIdentity)
	a.HidesHeaders = Weaker(a.HidesHeaders, b.HidesHeaders)
	a.Authentication = Weaker(a.Authentication, b.Authentication)
	a.StripAdvice = cmp.Or(a.StripAdvice, b.StripAdvice)
	a.HideAdvice = cmp.Or(a.HideAdvice, b.HideAdvice)
	a.Assumptions = appendAll(a.Assumptions, b.Assumptions...)
	return a
}

// Weaker is the state of two things together that both have to be on: off is weaker than unknown, unknown than on, and
// anything than no state at all.
func Weaker(a, b State) State {
	rank := map[string]int{Off: 3, Unknown: 2, On: 1}
	if rank[b.State] > rank[a.State] {
		return b
	}
	return a
}

// appendAll appends the texts that are not empty and not there yet.
func appendAll(list []string, texts ...string) []string {
	for _, t := range texts {
		if t != "" {
			list = appendNew(list, t)
		}
	}
	return list
}

const (
	stripByFilter = "let its rules have a filter RequestHeaderModifier with remove: [x-ditto-pre-authenticated]"
	hideByFilter  = "let its rules have a filter ResponseHeaderModifier with remove: [Server, X-Powered-By]"
)

// pathOf is which requests a match takes, and with the path that came.
func pathOf(match *gatewayv1.HTTPPathMatch, impl implementation) Path {
	value := "/"
	if match != nil && match.Value != nil {
		value = *match.Value
	}
	switch {
	case isPrefix(match):
		return Path{Matcher: elements(impl.reads, value)}
	case *match.Type == gatewayv1.PathMatchExact:
		return Path{Matcher: exact(impl.reads, value)}
	case *match.Type == gatewayv1.PathMatchRegularExpression:
		return Path{Matcher: impl.regexMatcher(value)}
	}
	return Path{Matcher: undecided("a path of type " + quote(string(*match.Type)) + " can be anything")}
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
