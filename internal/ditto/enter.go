package ditto

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/surface"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// enter ends a way at an object that opens it, by one of its routes, and works out what can come in.
func (w *walker) enter(entry *inventory.Object, kind string, route *way.Route, c chain) {
	title := route.Title
	if title == "" {
		title = fmt.Sprintf("%s: %s", entry.Ref, route.Text)
	}
	if w.outside != nil {
		if route.Public && *w.outside == "" {
			*w.outside = title
		}
		return
	}
	if w.view.Err() != nil || kind != KindUnread && w.spent(entry.Ref.ID()) {
		return
	}
	w.view.Spend(entry.Ref.ID(), costOfWay)
	e := Exposure{
		Entry: object(entry.Ref), Kind: kind, Public: route.Public, Component: w.part.Component,
		Target: object(w.part.Workload.Ref), Port: w.port.Name, Number: int64(w.port.Number), Route: route.Asks,
		Assumptions: slices.Clone(route.Effects.Assumptions), Unknown: slices.Clone(route.Unknown),
	}
	switch kind {
	case KindUnread:
		e.Via = title
	case entry.Ref.Kind, KindProxy:
		e.Via = entry.Ref.String()
	default:
		e.Via = kind + " of " + entry.Ref.String()
	}
	e.Hops = append(make([]string, 0, len(c.hops)+1), title+route.Note)
	e.Proxied = kind != KindProxy && slices.ContainsFunc(c.hops, func(h *hop) bool { return h.proxy != nil })
	gatewayHTTP := w.part.Component == Gateway && w.port.Name == PortHTTP
	e.Doubted = w.port.doubt != "" || route.Doubted && route.Public || kind == KindUnread && !gatewayHTTP ||
		slices.ContainsFunc(c.hops, func(h *hop) bool { return h.proxy != nil && h.proxy.unread })
	seesClient, doubt := route.KeepsAddress, cmp.Or(route.Doubt, w.port.doubt)
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
		if !e.requests(w.view.ctx, route, c) {
			return
		}
		if doubt != "" && e.Public {
			e.doubt(doubt)
		}
		if why := w.view.settings(w.part).OtherHeader(); why != "" && (e.Identity == IdentitySet || e.Identity == IdentityNone) {
			e.Identity, e.IdentityWhy = IdentityUnknown, why
		}
		e.encrypt(route, c)
		e.limit(route, c)
		e.answers(route, c)
	} else if doubt != "" {
		e.Unknown = append(e.Unknown, doubt)
	}
	e.key = e.makeKey(route, c)
	w.view.ways[e.key] = wayIn{entry: entry, route: route, chain: c}
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

// requests works out what HTTP requests on this way can do; false if none gets through.
func (e *Exposure) requests(ctx context.Context, route *way.Route, c chain) bool {
	survey := surface.Way{Leads: func(string) (bool, bool) { return true, true }}
	if route.Path != nil {
		survey = route.Path.Way()
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
	e.identify(route, c)
	return true
}

// identify works out what becomes of the identity: the innermost step that touches it decides.
func (e *Exposure) identify(route *way.Route, c chain) {
	e.Identity, e.IdentityWhy = route.Effects.Identity.State, route.Effects.Identity.Why
	if e.Identity == "" {
		e.Identity, e.IdentityWhy = IdentityClient, "requests arrive as the client sent them"
	}
	e.Authenticated = switchOf(route.Effects.Authentication)
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
func (e *Exposure) makeKey(route *way.Route, c chain) string {
	var b strings.Builder
	b.WriteString(e.Entry.Ref().ID().String())
	for _, s := range []string{e.Kind, route.Text, e.Component, e.Port} {
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
