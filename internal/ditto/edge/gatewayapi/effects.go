package gatewayapi

import (
	"cmp"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

const (
	StripByFilter = "give its rules a RequestHeaderModifier filter with remove: [x-ditto-pre-authenticated]"
	HideByFilter  = "give its rules a ResponseHeaderModifier filter with remove: [Server, X-Powered-By]"
)

// gatewayHandling is what happens to requests that come in at a place: first what policies do early, then
// authentication, then the filters of the rule, and, in an order that nobody defines, those of the backend.
func gatewayHandling(c way.Context, at Place, path *gatewayv1.HTTPPathMatch,
	backend []gatewayv1.HTTPRouteFilter) placeReading {
	impl := at.class.impl
	spelling := impl.Spelling
	if impl.spells != nil {
		spelling = impl.spells(c)
	}
	h := way.Handling{Spelling: spelling, Effects: way.Effects{
		Identity:       tri.Is(way.IdentityClient, "default", "nothing on the way changes the header"),
		Authentication: tri.Is(tri.Off, "default", "nothing asks for credentials"),
		HidesHeaders:   tri.Is(tri.Off, "default", "no filter hides the headers"),
	}}
	e, strip, hide := &h.Effects, &h.Fixes[way.StripIdentity], &h.Fixes[way.HideHeaders]
	strip.Advice, hide.Advice = StripByFilter, HideByFilter
	h.Fixes[way.ResolvePaths].Advice = impl.ResolvePaths
	if !at.Route.isHTTP() {
		const why = "connections are passed through unread"
		e.Identity.Why, e.Passthrough = why, true
		e.StripsIdentity = tri.Is(tri.Off, "default", why)
		strip.Advice = "use an HTTPRoute, which can remove the header"
		hide.Advice = "use an HTTPRoute, which can hide headers"
		return placeReading{Handling: h, limits: gatewayLimits(c, at, nil)}
	}
	if impl.asks != "" {
		e.Authentication = tri.Is(tri.Unknown, "default", impl.asks)
	}
	if impl.assumption != "" {
		e.Assumptions = append(e.Assumptions, impl.assumption)
	}
	if impl.Hide != "" {
		hide.Advice = impl.Hide
	}
	if impl.Strip != nil {
		strip.Advice = cmp.Or(impl.Strip(c, at), strip.Advice)
	}
	if impl.ignoresHeaders {
		strip.Advice = impl.Title + " cannot remove a header of a request: put a proxy that does behind it"
	}
	backend = impl.heeds(backend, true)
	f := filters(c, at, impl.heeds(at.Rule.Filters, false), path)
	var p Policies
	at.Match = path
	if impl.Policies != nil {
		p = impl.Policies(c, at)
	}
	if impl.merges {
		p.Opaque = cmp.Or(p.Opaque, merged(c, at))
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
		e.HidesHeaders = tri.Is(tri.On, "filters", "Server is removed from responses")
	}
	if f.rewrite == nil {
		f.rewrite = p.Rewrite
	}
	opaque := f.opaque
	if p.Opaque != "" {
		opaque = append(opaque, p.Opaque)
	}
	b := filters(c, at, backend, path)
	opaque = append(opaque, b.opaque...)
	if len(opaque) > 0 {
		why := strings.Join(opaque, "; ")
		identity = tri.Is(way.IdentityUnknown, "filters", why)
		// A policy that changes what it likes can let clients in unasked, a filter cannot.
		if e.Authentication.State != tri.On || p.Opaque != "" {
			e.Authentication = tri.Is(tri.Unknown, "filters", reason.Of("gateway-token-optional"))
		}
		if e.HidesHeaders.State != tri.On {
			e.HidesHeaders = tri.Is(tri.Unknown, "filters", why)
		}
		f.rewrite = new(way.UnknownRewrite(why))
	}
	e.Identity, e.StripsIdentity = identity, way.Strips(identity)
	if b.rewrite != nil && !impl.BackendFilters {
		f.rewrite = new(way.UnknownRewrite(reason.Of("gateway-backend-filter", impl.Title)))
	}
	if b.rewrite != nil && f.rewrite == nil {
		f.rewrite = b.rewrite
	}
	if f.rewrite != nil && h.Spelling == way.SpellingKept {
		h.Spelling = way.SpellingUnread // what is rewritten may be what the client wrote
	}
	ends := f.ends || b.ends && impl.BackendFilters
	return placeReading{Handling: h, rewrite: f.rewrite, ends: ends, limits: gatewayLimits(c, at, opaque)}
}

// backendIdentity is what the filters of the rule and those of a backend make of the identity together. Which of them
// is applied first is not defined, and not every implementation knows the second.
func backendIdentity(c way.Context, at Place, backend []gatewayv1.HTTPRouteFilter, identity tri.State,
	rule Step) tri.State {
	own := Fold(identity, rule)
	b := filters(c, at, backend, nil)
	if b.header == nil && b.before == nil {
		return own
	}
	if !at.class.impl.BackendFilters {
		return tri.Is(way.IdentityUnknown, "filters of the backend",
			reason.Of("gateway-backend-filter", at.class.impl.Title))
	}
	after, before := Fold(own, b.before, b.header), Fold(identity, b.before, b.header, rule)
	return *way.Worse(&after, &before)
}

// Step is what something makes of the identity that it finds; nil leaves it as it is.
type Step func(before tri.State) tri.State

// Always is the step that makes the same of whatever identity it finds.
func Always(identity tri.State) Step { return func(tri.State) tri.State { return identity } }

// TheOnly is the one of several steps of a filter that there is, nil if there is none. In which order several are
// taken is not known.
func TheOnly(steps []Step, source string) Step {
	switch len(steps) {
	case 0:
		return nil
	case 1:
		return steps[0]
	}
	return Always(tri.Is(way.IdentityUnknown, source, reason.Of("envoy-several-actions", source)))
}

// Fold applies steps one after another.
func Fold(s tri.State, steps ...Step) tri.State {
	for _, step := range steps {
		if step != nil {
			s = step(s)
		}
	}
	return s
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
