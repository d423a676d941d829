package gatewayapi

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// Some implementations make one rule of the rules of several routes that are for the same requests: requests go to the
// backends of all, and the filters of one count for all. Which one that is nobody says.

// ruleOf is a rule of a route.
type ruleOf struct {
	route gatewayRoute
	gatewayRule
}

// merged says which other route has a rule for the same requests that does other things to them, empty if none has.
func merged(c way.Context, at Place) string {
	if at.Gateway == nil {
		return ""
	}
	gateway := way.GatewayID(at.Gateway.Namespace, at.Gateway.Name)
	all := rulesAt(c, gateway)
	_, asked := filed(at.Route, at.Rule)
	for _, key := range asked {
		for _, other := range all[key] {
			own := other.route.Object.Ref.ID() == at.Route.Object.Ref.ID()
			if own && (other.index == at.Rule.index || at.Route.Object.Ref.GroupKind() == crd.HTTPRoute) {
				continue // rules of one HTTPRoute are kept apart
			}
			if meets(at.Route, other.route) && !sameFilters(at.Rule, other.gatewayRule) {
				return reason.Of("gateway-rules-merged", other.route.Object.Ref.String(), at.class.impl.Title)
			}
		}
	}
	return ""
}

type rulesAtKey inventory.ID

// rulesAt are the rules of all routes that name a Gateway, or one of its ListenerSets, by the requests that they are
// for.
func rulesAt(c way.Context, gateway inventory.ID) map[string][]ruleOf {
	return way.Keep(c, rulesAtKey(gateway), func() map[string][]ruleOf {
		all := map[string][]ruleOf{}
		for _, parent := range doorsOf(c, gateway) {
			for _, o := range c.Objects.Find(usersOf(parent)) {
				if !isHTTPRoute(o) {
					continue
				}
				route := readRoute(o)
				for _, rule := range route.rules {
					keys, _ := filed(route, rule)
					for _, key := range keys {
						all[key] = append(all[key], ruleOf{route, rule})
					}
				}
			}
		}
		return all
	})
}

func usersOf(id inventory.ID) inventory.Key {
	return inventory.Key{Index: way.ByUse, Namespace: id.Namespace, Value: id.String()}
}

func isHTTPRoute(o *inventory.Object) bool {
	kind := o.Ref.GroupKind()
	return o.Typed != nil && (kind == crd.HTTPRoute || kind == crd.GRPCRoute)
}

// doorsOf are what routes of a Gateway can name as their parent: itself, and its ListenerSets.
func doorsOf(c way.Context, gateway inventory.ID) []inventory.ID {
	list := []inventory.ID{gateway}
	for _, o := range c.Objects.Find(usersOf(gateway)) {
		if kind := o.Ref.GroupKind(); kind == crd.ListenerSet || kind == crd.XListenerSet {
			list = append(list, o.Ref.ID())
		}
	}
	return list
}

// What a rule of a GRPCRoute is for is a path, which one of an HTTPRoute can name as well: rules of the two that may be
// the same are filed under these.
const filedGRPC, filedPath = "grpc", "path"

// filed are the requests that a rule is for, as texts of which equal ones are for the same; asked are those under which
// rules that may be for the same are filed.
func filed(r gatewayRoute, rule gatewayRule) (filed, asked []string) {
	if r.Object.Ref.GroupKind() == crd.GRPCRoute {
		return []string{filedGRPC}, []string{filedGRPC, filedPath}
	}
	for _, m := range rule.matches {
		value, kind := pathText(m.Path)
		conditions := []string{}
		if m.Method != nil {
			conditions = append(conditions, "method "+string(*m.Method))
		}
		for _, h := range m.Headers {
			conditions = append(conditions, fmt.Sprint("header ", h.Name, " ", h.Value))
		}
		for _, q := range m.QueryParams {
			conditions = append(conditions, fmt.Sprint("query ", q.Name, " ", q.Value))
		}
		slices.Sort(conditions)
		key := fmt.Sprintf("%s %q %q", kind, value, conditions)
		filed, asked = append(filed, key), append(asked, key)
		if value != "/" {
			filed, asked = way.AppendNew(filed, filedPath), way.AppendNew(asked, filedGRPC)
		}
	}
	return filed, asked
}

// meets says whether two routes can be for a host in common.
func meets(a, b gatewayRoute) bool {
	if len(a.hosts) == 0 || len(b.hosts) == 0 {
		return true
	}
	return slices.ContainsFunc(a.ownHosts(), func(own string) bool {
		return slices.ContainsFunc(b.ownHosts(), func(other string) bool {
			return commonHost(strings.ToLower(own), strings.ToLower(other)) != ""
		})
	})
}

// sameFilters says whether it makes no difference which of two rules counts.
func sameFilters(a, b gatewayRule) bool {
	ofBackend := func(ref gatewayv1.HTTPBackendRef) bool { return len(ref.Filters) > 0 }
	return (len(a.Filters) == 0 && len(b.Filters) == 0 || reflect.DeepEqual(a.Filters, b.Filters)) &&
		!slices.ContainsFunc(a.Backends, ofBackend) && !slices.ContainsFunc(b.Backends, ofBackend)
}

// siblings are the routes that a route is merged with by a Gateway of either.
func siblings(c way.Context, r gatewayRoute) []way.Siblings {
	var list []way.Siblings
	if !r.isHTTP() {
		return nil
	}
	keys := map[string]bool{}
	for _, rule := range r.rules {
		_, asked := filed(r, rule)
		for _, key := range asked {
			keys[key] = true
		}
	}
	concerned := func(o *inventory.Object) bool {
		if !isHTTPRoute(o) {
			return false
		}
		other := readRoute(o)
		return meets(r, other) && slices.ContainsFunc(other.rules, func(rule gatewayRule) bool {
			filed, _ := filed(other, rule)
			return slices.ContainsFunc(filed, func(key string) bool { return keys[key] })
		})
	}
	for _, a := range attachments(c, r) {
		if a.gateway == nil || !GatewayClassOf(c, a.gateway).impl.merges {
			continue
		}
		for _, parent := range doorsOf(c, a.parent) {
			list = append(list, way.Siblings{Key: usersOf(parent), Concerned: concerned})
		}
	}
	return list
}
