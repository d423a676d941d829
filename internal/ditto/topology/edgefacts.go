package topology

import (
	"reflect"
	"slices"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// EdgeFacts reads an entry in front of a gateway as a whole: it does what each of its routes to a gateway does. It is
// nil for an object that leads to none.
func EdgeFacts(v *world.View, o *inventory.Object) *facts.Edge {
	leads, safe := leadsToGateways(v, o)
	if !leads {
		return nil
	}
	e := &facts.Edge{Controller: edge.ControllerOf(v.Reading, o)}
	var strips, hides tri.State
	var strip, hide way.Fix
	for _, route := range routesToGateways(v, o) {
		strips, hides = tri.And(strips, route.StripsIdentity), tri.And(hides, route.HidesHeaders)
		changes := !slices.ContainsFunc(route.Backends, func(b way.Backend) bool { return !leadsToGateway(v, b) })
		strip = both(strip, route.Fixes[way.StripIdentity], changes)
		hide = both(hide, route.Fixes[way.HideHeaders], changes)
	}
	e.StripsIdentity, e.HidesHeaders = strips, hides
	if !safe {
		strip = strip.Told()
	}
	e.Fixes.StripIdentity, e.Fixes.HideHeaders = fixOf(&strip, o), fixOf(&hide, o)
	return e
}

// both is a fix of several routes of an entry. Edits are of one rule each, and made only if that leads nowhere else; a
// rule with several matches is several routes, which one edit changes.
func both(fix, other way.Fix, edits bool) way.Fix {
	all := fix.Edits
	for _, edit := range other.Edits {
		if edits && !slices.ContainsFunc(all, func(e way.Edit) bool { return reflect.DeepEqual(e, edit) }) {
			all = append(all, edit)
		}
	}
	fix = fix.Or(other)
	fix.Edits = all
	return fix
}

// routesToGateways are the routes of an entry that lead to a gateway.
func routesToGateways(v *world.View, o *inventory.Object) []way.Route {
	var list []way.Route
	leading := func(routes []way.Route) {
		for _, route := range routes {
			if slices.ContainsFunc(route.Backends, func(b way.Backend) bool { return leadsToGateway(v, b) }) {
				list = append(list, route)
			}
		}
	}
	if !edge.ByService(o) {
		leading(v.Routes(o, nil))
		return list
	}
	var services []inventory.ID
	for _, b := range edge.LinksOf(o).Backends {
		if svc := v.Get(inventory.Service, b.Namespace, b.Name); svc != nil &&
			!slices.Contains(services, svc.Ref.ID()) {
			services = append(services, svc.Ref.ID())
			leading(v.Routes(o, svc))
		}
	}
	return list
}

// leadsToGateways says whether an entry leads to a gateway, and whether taking the identity header away there opens
// nothing: no gateway behind believes in identities, or the identity is set further in.
func leadsToGateways(v *world.View, o *inventory.Object) (leads, safe bool) {
	safe = true
	for _, workload := range behind(v, o) {
		for _, part := range recognize.Named(v.Parts(workload), recognize.Gateway) {
			for _, e := range ExposuresBy(v, part, o.Ref.ID()) {
				if e.Port != recognize.PortHTTP || e.Doubted {
					continue
				}
				leads = true
				if facts.OfGateway(v, part).PreAuthentication.State != tri.Off && e.Identity != facts.IdentitySet {
					safe = false
				}
			}
		}
	}
	return leads, leads && safe
}

// leadsToGateway says whether a Service of an entry leads to a gateway, over proxies or not.
func leadsToGateway(v *world.View, b way.Backend) bool {
	svc := v.Get(inventory.Service, b.Namespace, b.Name)
	if svc == nil {
		return false
	}
	return slices.ContainsFunc(Follow(v, svc).Workloads, func(o *inventory.Object) bool {
		return len(recognize.Named(v.Parts(o), recognize.Gateway)) > 0
	})
}
