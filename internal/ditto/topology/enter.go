package topology

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
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
	if w.view.Err() != nil || kind != facts.KindUnread && w.spent(entry.Ref.ID()) {
		return
	}
	w.view.Spend(entry.Ref.ID(), world.CostOfWay)
	hops := c.with(hop{at: entry.Ref.ID(), text: func() string { return title + route.Note }, step: route}).hops
	f := fold{ctx: w.view.Context(), entry: entry, http: w.atAPI(), doubt: w.port.Doubt, Exposure: facts.Exposure{
		Entry: facts.ObjectOf(entry.Ref), Kind: kind, Public: route.Public, Component: w.part.Component,
		Target: facts.ObjectOf(w.part.Workload.Ref), Port: w.port.Name, Number: int64(w.port.Number), Route: route.Asks,
		Hops: make([]string, 0, len(hops)), Doubted: w.port.Doubt != "" || kind == facts.KindUnread && !w.atAPI(),
	}}
	switch kind {
	case facts.KindUnread:
		f.Via = title
	case entry.Ref.Kind, facts.KindProxy:
		f.Via = entry.Ref.String()
	default:
		f.Via = kind + " of " + entry.Ref.String()
	}
	if !f.over(hops) {
		return
	}
	if f.Identity == facts.IdentitySet || f.Identity == facts.IdentityNone {
		if why := w.view.Settings(w.part).OtherHeader(); why != "" {
			f.Identity, f.IdentityWhy = facts.IdentityUnknown, why
		}
	}
	f.Way = makeKey(&f.Exposure, route, c)
	memo.Of(w.view).ways[f.Way] = hops
	w.out = append(w.out, f.Exposure)
}

// makeKey identifies the way: its entry and its hops, and nothing of what is found out about them.
func makeKey(e *facts.Exposure, route *way.Route, c chain) string {
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
