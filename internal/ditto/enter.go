package ditto

import (
	"fmt"
	"slices"
	"strings"

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
	hops := c.with(hop{at: entry.Ref.ID(), text: func() string { return title + route.Note }, step: route}).hops
	f := fold{ctx: w.view.ctx, http: w.atAPI(), doubt: w.port.doubt, Exposure: Exposure{
		Entry: object(entry.Ref), Kind: kind, Public: route.Public, Component: w.part.Component,
		Target: object(w.part.Workload.Ref), Port: w.port.Name, Number: int64(w.port.Number), Route: route.Asks,
		Hops: make([]string, 0, len(hops)), Doubted: w.port.doubt != "" || kind == KindUnread && !w.atAPI(),
	}}
	switch kind {
	case KindUnread:
		f.Via = title
	case entry.Ref.Kind, KindProxy:
		f.Via = entry.Ref.String()
	default:
		f.Via = kind + " of " + entry.Ref.String()
	}
	if !f.over(hops) {
		return
	}
	if f.Identity == IdentitySet || f.Identity == IdentityNone {
		if why := w.view.settings(w.part).OtherHeader(); why != "" {
			f.Identity, f.IdentityWhy = IdentityUnknown, why
		}
	}
	f.key = f.makeKey(route, c)
	w.view.ways[f.key] = hops
	w.out = append(w.out, f.Exposure)
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
