package ditto

import (
	"cmp"
	"slices"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// routes are the rules of an entry that is no Ingress, as whoever serves it reads them.
func (v *View) routes(o *inventory.Object) []way.Route {
	id := o.Ref.ID()
	list, known := v.routing[id]
	if !known {
		if v.routing == nil {
			v.routing = map[inventory.ID][]way.Route{}
		}
		list = edge.Routes(v.edgeContext(), o)
		v.routing[id] = list
	}
	return list
}

func (v *View) edgeContext() way.Context { return way.Context{Objects: v, Config: v.edges} }

// entriesOver are the entries that send requests through an object: itself, or, of a relay, all that use it, directly, by
// another relay, or by a name that it stands behind.
func (v *View) entriesOver(o *inventory.Object) []*inventory.Object {
	if !edge.IsRelay(o) {
		return []*inventory.Object{o}
	}
	relays, entries := []*inventory.Object{o}, []*inventory.Object(nil)
	for i := 0; i < len(relays); i++ {
		for _, id := range append([]inventory.ID{relays[i].Ref.ID()}, edge.LinksOf(relays[i]).Governs...) {
			for _, user := range v.Find(inventory.Key{Index: way.ByUse, Namespace: id.Namespace, Value: id.String()}) {
				switch {
				case edge.IsEntry(user) && !slices.Contains(entries, user):
					entries = append(entries, user)
				case edge.IsRelay(user) && !slices.Contains(relays, user):
					relays = append(relays, user)
				}
			}
		}
	}
	return ordered(entries)
}

// resourceEdge is an entry as a whole: it does what each of its routes to a gateway does.
func (v *View) resourceEdge(o *inventory.Object, safe bool) *Edge {
	e := &Edge{Controller: edge.ControllerOf(v.edgeContext(), o), StrippingIsSafe: safe}
	var strips, hides way.State
	for _, route := range v.routes(o) {
		if !slices.ContainsFunc(route.Backends, v.leadsToGateway) {
			continue
		}
		strips, hides = way.And(strips, route.Effects.StripsIdentity), way.And(hides, route.Effects.HidesHeaders)
		e.StripAdvice = cmp.Or(e.StripAdvice, route.Effects.StripAdvice)
		e.HideAdvice = cmp.Or(e.HideAdvice, route.Effects.HideAdvice)
		if !slices.ContainsFunc(route.Backends, func(b way.Backend) bool { return !v.leadsToGateway(b) }) {
			e.StripEdits = addEdits(e.StripEdits, route.Strip)
			e.HideEdits = addEdits(e.HideEdits, route.Hide)
		}
	}
	e.StripsIdentity, e.HidesHeaders = switchOf(strips), switchOf(hides)
	return e
}

// addEdits adds edits that are not there yet: a rule with several matches is several routes, which one edit changes.
func addEdits(list []Edit, more []way.Edit) []Edit {
	for _, edit := range more {
		is := func(e Edit) bool { return e.Path == edit.Path && slices.Equal(e.Names, edit.Names) }
		if !slices.ContainsFunc(list, is) {
			list = append(list, Edit{Path: edit.Path, Form: edit.Form, Names: edit.Names})
		}
	}
	return list
}

// leadsToGateway says whether a Service of an entry leads to a gateway, over proxies or not.
func (v *View) leadsToGateway(b way.Backend) bool {
	svc := v.Get(inventory.Service, b.Namespace, b.Name)
	if svc == nil {
		return false
	}
	return slices.ContainsFunc(v.Affected(svc).Workloads, func(o *inventory.Object) bool {
		return len(Named(v.Parts(o), Gateway)) > 0
	})
}
