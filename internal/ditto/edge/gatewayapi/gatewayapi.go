// Package gatewayapi reads Gateways and the routes of the Gateway API, whoever serves them. An implementation is a row
// of its table.
package gatewayapi

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// This file says which objects name which others, parents.go which Gateways take a route, listeners.go which of their
// listeners, routes.go what the rules of a route do, public.go whether outsiders reach a Gateway. Who serves it is a
// row of the table in implementations.go.

// Kinds are the rows of the kinds that are read here.
func Kinds() []way.Resource {
	kinds := []way.Resource{
		{Kind: crd.GatewayClass, Links: func(o *inventory.Object) way.Links {
			return way.Links{Uses: classParametersRef(inventory.Must[gatewayv1.GatewayClass](o))}
		}},
		{Kind: crd.Gateway, Links: func(o *inventory.Object) way.Links {
			return gatewayLinks(inventory.Must[gatewayv1.Gateway](o))
		}},
		{Kind: crd.ListenerSet, Links: listenerSetLinks},
		{Kind: crd.XListenerSet, Links: listenerSetLinks},
		{Kind: crd.ReferenceGrant, Links: func(o *inventory.Object) way.Links {
			return way.Links{Governs: []inventory.ID{NamespaceID(o.Ref.Namespace)}}
		}},
		// What the load balancer of AWS is given is named by Gateways and classes.
		{Kind: crd.LoadBalancerConfiguration},
	}
	for _, kind := range []schema.GroupKind{crd.HTTPRoute, crd.GRPCRoute, crd.TLSRoute, crd.TCPRoute} {
		kinds = append(kinds, way.Resource{
			Kind:       kind,
			Links:      func(o *inventory.Object) way.Links { return readRoute(o).links() },
			Routes:     func(c way.Context, o *inventory.Object) []way.Route { return gatewayRoutes(c, readRoute(o)) },
			Controller: func(c way.Context, o *inventory.Object) string { return implementationOf(c, readRoute(o)) },
			Doubted:    func(c way.Context, o *inventory.Object) string { return doubted(c, readRoute(o)) },
			Siblings:   func(c way.Context, o *inventory.Object) []way.Siblings { return siblings(c, readRoute(o)) },
		})
	}
	return kinds
}

// anyGateway stands for every Gateway that takes routes which name none (defaultScope).
var anyGateway = inventory.ID{GroupKind: crd.Gateway}

// NamespaceID is the identity of a namespace.
func NamespaceID(name string) inventory.ID {
	return inventory.ID{GroupKind: inventory.Namespace, Name: name}
}

func gatewayLinks(gw *gatewayv1.Gateway) way.Links {
	// Its own namespace may be one in which policies select Gateways by their labels.
	links := way.Links{Uses: []inventory.ID{
		{GroupKind: crd.GatewayClass, Name: string(gw.Spec.GatewayClassName)}, NamespaceID(gw.Namespace), Elsewhere,
		way.IstioMesh(),
	}}
	if id, ok := gatewayParametersRef(gw); ok {
		links.Uses = append(links.Uses, id)
	}
	links.Uses = append(links.Uses, servicesNamed(gw)...)
	if gw.Spec.DefaultScope == gatewayv1.GatewayDefaultScopeAll {
		links.Governs = append(links.Governs, anyGateway)
	}
	if slices.ContainsFunc(gw.Spec.Listeners, takesForeign) {
		links.Governs = append(links.Governs, namesakes(gw.Name))
	}
	return links
}

// namesakes stands for the Gateways of a name that may take routes of other namespaces: of any namespace, where whoever
// serves them does not read a parent's (anyNamespace).
func namesakes(name string) inventory.ID { return inventory.ID{GroupKind: crd.Gateway, Name: name} }

// takesForeign says whether a listener may take routes of other namespaces.
func takesForeign(l gatewayv1.Listener) bool {
	return l.AllowedRoutes != nil && l.AllowedRoutes.Namespaces != nil && l.AllowedRoutes.Namespaces.From != nil &&
		*l.AllowedRoutes.Namespaces.From != gatewayv1.NamespacesFromSame
}

// gatewayParametersRef is the object that a Gateway names for the settings of its implementation.
func gatewayParametersRef(gw *gatewayv1.Gateway) (inventory.ID, bool) {
	if gw.Spec.Infrastructure == nil || gw.Spec.Infrastructure.ParametersRef == nil {
		return inventory.ID{}, false
	}
	ref := gw.Spec.Infrastructure.ParametersRef
	return inventory.ID{
		GroupKind: schema.GroupKind{Group: string(ref.Group), Kind: string(ref.Kind)}, Namespace: gw.Namespace,
		Name: ref.Name,
	}, true
}

// classParametersRef is the object that a GatewayClass names for the settings of its implementation, if any.
func classParametersRef(class *gatewayv1.GatewayClass) []inventory.ID {
	ref := class.Spec.ParametersRef
	if ref == nil {
		return nil
	}
	return []inventory.ID{{
		GroupKind: schema.GroupKind{Group: string(ref.Group), Kind: string(ref.Kind)}, Namespace: Text(ref.Namespace),
		Name: ref.Name,
	}}
}

func listenerSetLinks(o *inventory.Object) way.Links {
	return way.Links{Uses: []inventory.ID{listenerSetGateway(o), NamespaceID(o.Ref.Namespace)}}
}

func listenerSetGateway(o *inventory.Object) inventory.ID {
	ref := inventory.Must[gatewayv1.ListenerSet](o).Spec.ParentRef
	return way.GatewayID(TextOr(ref.Namespace, o.Ref.Namespace), string(ref.Name))
}

// gatewayRoute is a route of any kind.
type gatewayRoute struct {
	Object *inventory.Object
	common gatewayv1.CommonRouteSpec
	hosts  []gatewayv1.Hostname
	rules  []gatewayRule
}

// gatewayRule is a rule of a route of any kind; of kinds that are no HTTP it has backends only.
type gatewayRule struct {
	// index is its place in spec.rules.
	index int
	Name  string
	// matches are nil where the kind knows no paths.
	matches  []gatewayv1.HTTPRouteMatch
	Filters  []gatewayv1.HTTPRouteFilter
	Backends []gatewayv1.HTTPBackendRef
}

// readRoute reads a route of any kind as an HTTPRoute, which has all that the others have.
func readRoute(o *inventory.Object) gatewayRoute {
	r := gatewayRoute{Object: o}
	plain := func(i int, name *gatewayv1.SectionName, refs []gatewayv1.BackendRef) {
		rule := gatewayRule{index: i, Name: Text(name)}
		for _, ref := range refs {
			rule.Backends = append(rule.Backends, gatewayv1.HTTPBackendRef{BackendRef: ref})
		}
		r.rules = append(r.rules, rule)
	}
	switch t := o.Typed.(type) {
	case *gatewayv1.HTTPRoute:
		r.common, r.hosts = t.Spec.CommonRouteSpec, t.Spec.Hostnames
		rules := t.Spec.Rules
		for i, rule := range rules {
			matches := rule.Matches
			if len(matches) == 0 {
				matches = []gatewayv1.HTTPRouteMatch{{}}
			}
			r.rules = append(r.rules, gatewayRule{
				index: i, Name: Text(rule.Name), matches: matches, Filters: rule.Filters, Backends: rule.BackendRefs,
			})
		}
	case *gatewayv1.GRPCRoute:
		r.common, r.hosts = t.Spec.CommonRouteSpec, t.Spec.Hostnames
		for i, rule := range t.Spec.Rules {
			read := gatewayRule{index: i, Name: Text(rule.Name), Filters: grpcFilters(rule.Filters)}
			for _, ref := range rule.BackendRefs {
				read.Backends = append(read.Backends, gatewayv1.HTTPBackendRef{BackendRef: ref.BackendRef,
					Filters: grpcFilters(ref.Filters)})
			}
			r.rules = append(r.rules, read)
		}
	case *gatewayv1.TLSRoute:
		r.common, r.hosts = t.Spec.CommonRouteSpec, t.Spec.Hostnames
		for i, rule := range t.Spec.Rules {
			plain(i, rule.Name, rule.BackendRefs)
		}
	case *gatewayv1.TCPRoute:
		r.common = t.Spec.CommonRouteSpec
		for i, rule := range t.Spec.Rules {
			plain(i, rule.Name, rule.BackendRefs)
		}
	}
	return r
}

func grpcFilters(filters []gatewayv1.GRPCRouteFilter) []gatewayv1.HTTPRouteFilter {
	var list []gatewayv1.HTTPRouteFilter
	for _, f := range filters {
		list = append(list, gatewayv1.HTTPRouteFilter{
			Type:                  gatewayv1.HTTPRouteFilterType(f.Type),
			RequestHeaderModifier: f.RequestHeaderModifier, ResponseHeaderModifier: f.ResponseHeaderModifier,
			RequestMirror: f.RequestMirror, ExtensionRef: f.ExtensionRef,
		})
	}
	return list
}

// Text is an optional text of the Gateway API, empty if it is absent.
func Text[T ~string](s *T) string { return TextOr(s, "") }

// TextOr is an optional text of the Gateway API, or what its absence means.
func TextOr[T ~string](s *T, absent string) string { return string(ptr.Deref(s, T(absent))) }

func (r gatewayRoute) Namespace() string { return r.Object.Ref.Namespace }

// isHTTP says whether whoever serves the route reads requests, not only connections.
func (r gatewayRoute) isHTTP() bool {
	kind := r.Object.Ref.GroupKind()
	return kind == crd.HTTPRoute || kind == crd.GRPCRoute
}

// links are the objects that the route names: its parents, its Services, with the namespaces whose ReferenceGrants let
// it send requests there, and what its filters refer to. Of its own namespace the labels decide which listeners take
// it, and policies in it may select the route by its labels.
func (r gatewayRoute) links() way.Links {
	links := way.Links{Uses: []inventory.ID{NamespaceID(r.Namespace()), Elsewhere}}
	use := func(id inventory.ID) {
		if !slices.Contains(links.Uses, id) {
			links.Uses = append(links.Uses, id)
		}
	}
	for _, ref := range r.common.ParentRefs {
		use(r.parentID(ref))
		if id, ok := r.namesake(ref); ok {
			use(id)
		}
	}
	if r.common.UseDefaultGateways == gatewayv1.GatewayDefaultScopeAll {
		use(anyGateway)
	}
	for _, i := range implementations {
		if i.Uses != nil {
			links.Uses = append(links.Uses, i.Uses(r.Object)...)
		}
	}
	to := func(ref gatewayv1.BackendObjectReference) {
		target := TargetOf(ref, r.Namespace())
		use(NamespaceID(target.Namespace))
		if backend, ok := BackendOf(ref, r.Namespace()); ok {
			links.Backends = append(links.Backends, backend)
			return
		}
		switch {
		case target.GroupKind == crd.Gateway:
			links.Governs = append(links.Governs, target)
		case standsForServices(target.GroupKind):
			use(target)
		}
		links.Unread = append(links.Unread, insideTraefik(Unread(ref, r.Namespace()), target)...)
	}
	filters := func(list []gatewayv1.HTTPRouteFilter) {
		for _, f := range list {
			if f.RequestMirror != nil {
				to(f.RequestMirror.BackendRef)
			}
			if f.ExtensionRef != nil {
				use(r.extensionID(*f.ExtensionRef))
			}
		}
	}
	for _, rule := range r.rules {
		filters(rule.Filters)
		for _, ref := range rule.Backends {
			_, isService := BackendOf(ref.BackendObjectReference, r.Namespace())
			if ref.Weight == nil || *ref.Weight != 0 || isService { // which can be the only one (soleWeight)
				to(ref.BackendObjectReference)
			}
			filters(ref.Filters)
		}
	}
	return links
}

func (r gatewayRoute) extensionID(ref gatewayv1.LocalObjectReference) inventory.ID {
	return inventory.ID{
		GroupKind: schema.GroupKind{Group: string(ref.Group), Kind: string(ref.Kind)}, Namespace: r.Namespace(),
		Name: string(ref.Name),
	}
}

// namesake stands for the Gateways of any namespace that a parent can be that names none.
func (r gatewayRoute) namesake(ref gatewayv1.ParentReference) (inventory.ID, bool) {
	return namesakes(string(ref.Name)), ref.Namespace == nil && r.parentID(ref).GroupKind == crd.Gateway
}

// parentID is the object that a parent reference names: a Gateway unless it says otherwise.
func (r gatewayRoute) parentID(ref gatewayv1.ParentReference) inventory.ID {
	return inventory.ID{
		GroupKind: schema.GroupKind{
			Group: TextOr(ref.Group, crd.Gateway.Group), Kind: TextOr(ref.Kind, crd.Gateway.Kind),
		},
		Namespace: TextOr(ref.Namespace, r.Namespace()), Name: string(ref.Name),
	}
}
