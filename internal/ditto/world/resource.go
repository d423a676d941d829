package world

import (
	"slices"

	"github.com/dittoguard/dittoguard/internal/ditto/dns"
	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// entryService is an entry and, where that makes a difference, the Service that its routes are read for.
type entryService struct{ entry, service inventory.ID }

// Routes are the ways by which an entry lets requests in, as whoever serves it reads it. They may be those to a Service
// alone, if one is given.
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

// EntriesOver are the entries that send requests through an object: itself, or, of a relay, all that use it, directly,
// by another relay, or by a name that it stands behind.
func (v *View) EntriesOver(o *inventory.Object) []*inventory.Object {
	if !edge.IsRelay(o) {
		return []*inventory.Object{o}
	}
	_, entries := v.over(o)
	return Ordered(entries)
}

// ReachedOver are the objects by whose names requests are sent through an object: itself, and relays over it.
func (v *View) ReachedOver(o *inventory.Object) []*inventory.Object {
	if !edge.IsReached(o) {
		return nil
	}
	relays, _ := v.over(o)
	return relays
}

// Reached are the objects that a host stands for, to an object of a namespace, to which requests are sent by their
// names.
func (v *View) Reached(host, namespace string) []*inventory.Object {
	list := v.Find(inventory.Key{Index: way.ByGovernor, Value: way.ServiceHost(host).String()})
	for _, gk := range edge.Reached() {
		for _, at := range dns.Services(host, namespace) {
			if o := v.Get(gk, at.Namespace, at.Name); o != nil {
				list = append(slices.Clip(list), o)
			}
		}
	}
	return list
}

// over are the relays and entries that send requests through a relay.
func (v *View) over(relay *inventory.Object) (relays, entries []*inventory.Object) {
	relays = []*inventory.Object{relay}
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
	return relays, entries
}
