package world

import (
	"slices"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// entryService is an entry and, where that makes a difference, the Service that its routes are read for.
type entryService struct{ entry, service inventory.ID }

// Routes are the ways by which an entry lets requests in, as whoever serves it reads it. They may be those to a Service alone,
// if one is given.
func (v *View) Routes(o, svc *inventory.Object) []way.Route {
	c, of := v.Reading, entryService{entry: o.Ref.ID()}
	if svc != nil && edge.ByService(o) {
		c.To, of.service = svc, svc.Ref.ID()
	}
	list, known := v.routing[of]
	if !known {
		list = edge.Routes(c, o)
		v.routing[of] = list
	}
	return list
}

// EntriesOver are the entries that send requests through an object: itself, or, of a relay, all that use it, directly, by
// another relay, or by a name that it stands behind.
func (v *View) EntriesOver(o *inventory.Object) []*inventory.Object {
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
	return Ordered(entries)
}
