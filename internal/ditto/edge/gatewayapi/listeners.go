package gatewayapi

import (
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// listener is a listener of a Gateway or of a ListenerSet.
type listener struct {
	gatewayv1.ListenerEntry
	// Of is the Gateway or ListenerSet that has it.
	Of inventory.ID
}

// offer asks a listener whether it takes the route.
func offer(c way.Context, a *attachment, r gatewayRoute, ref gatewayv1.ParentReference, l listener) {
	if ref.SectionName != nil && *ref.SectionName != "" && *ref.SectionName != l.Name || ref.Port != nil &&
		*ref.Port != l.Port && !(GatewayClassOf(c, a.gateway).impl.anyPort && fits(r, l)) {
		return
	}
	if !l.takesKind(r) && !(l.lists(r) && r.isHTTP() && GatewayClassOf(c, a.gateway).impl.listedKinds) {
		return
	}
	hosts := l.commonHosts(r)
	if len(hosts) == 0 {
		return
	}
	from, selector := gatewayv1.NamespacesFromSame, (*metav1.LabelSelector)(nil)
	if l.AllowedRoutes != nil && l.AllowedRoutes.Namespaces != nil {
		from, selector = ptr.Deref(l.AllowedRoutes.Namespaces.From, from), l.AllowedRoutes.Namespaces.Selector
	}
	allowed, doubt := allows(c, from, selector, l.Of.Namespace, r.Namespace())
	for _, host := range hosts {
		switch {
		case doubt != "":
			a.take(attachedHost{host: host, doubt: doubt})
		case allowed:
			a.take(attachedHost{host: host, listeners: []listener{l}})
		}
	}
}

// fits says whether some parent of the route, of whatever Gateway, is one by the name and the port of a listener.
func fits(r gatewayRoute, l listener) bool {
	return slices.ContainsFunc(r.common.ParentRefs, func(ref gatewayv1.ParentReference) bool {
		return (ref.SectionName == nil || *ref.SectionName == l.Name) && (ref.Port == nil || *ref.Port == l.Port)
	})
}

// allows says whether objects of a namespace may attach to one of the namespace home; doubt says what would tell.
func allows(c way.Context, from gatewayv1.FromNamespaces, selector *metav1.LabelSelector, home,
	namespace string) (allowed bool, doubt string) {
	switch from {
	case gatewayv1.NamespacesFromAll:
		return true, ""
	case gatewayv1.NamespacesFromSame:
		return home == namespace, ""
	case gatewayv1.NamespacesFromSelector:
		return selectsNamespace(c, selector, namespace)
	case gatewayv1.NamespacesFromNone:
	}
	return false, ""
}

// selectsNamespace evaluates a selector against the labels of a namespace. Every namespace has its name as a label,
// which the API server writes.
func selectsNamespace(c way.Context, selector *metav1.LabelSelector, name string) (selected bool, doubt string) {
	s, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return false, ""
	}
	set := labels.Set{}
	if o := c.Objects.Get(inventory.Namespace, "", name); o != nil {
		maps.Copy(set, o.Meta.Labels)
	} else if others := otherLabels(s); len(others) > 0 {
		return false, reason.Of("gateway-namespace-labels", name, strings.Join(others, ", "))
	}
	set["kubernetes.io/metadata.name"] = name
	return s.Matches(set), ""
}

// otherLabels are the labels that a selector asks for, beside the one that every namespace has.
func otherLabels(s labels.Selector) []string {
	var list []string
	requirements, _ := s.Requirements()
	for _, r := range requirements {
		if r.Key() != "kubernetes.io/metadata.name" {
			list = append(list, r.Key())
		}
	}
	return list
}

// takesKind says whether the listener takes routes of this kind: those that it lists, and that its protocol can carry.
// A protocol of an implementation's own may carry anything.
func (l listener) takesKind(r gatewayRoute) bool {
	kind := r.Object.Ref.GroupKind()
	switch l.Protocol {
	case gatewayv1.HTTPProtocolType, gatewayv1.HTTPSProtocolType:
		if !r.isHTTP() {
			return false
		}
	case gatewayv1.TLSProtocolType, gatewayv1.TCPProtocolType:
		if r.isHTTP() || l.Protocol == gatewayv1.TCPProtocolType && kind == crd.TLSRoute {
			return false
		}
	case gatewayv1.UDPProtocolType:
		return false
	}
	return l.AllowedRoutes == nil || len(l.AllowedRoutes.Kinds) == 0 || l.lists(r)
}

// lists says whether the listener lists routes of this kind.
func (l listener) lists(r gatewayRoute) bool {
	kind := r.Object.Ref.GroupKind()
	return l.AllowedRoutes != nil && slices.ContainsFunc(l.AllowedRoutes.Kinds, func(k gatewayv1.RouteGroupKind) bool {
		return string(k.Kind) == kind.Kind && (k.Group == nil || string(*k.Group) == kind.Group)
	})
}

// commonHosts are the host names that the listener and the route have in common.
func (l listener) commonHosts(r gatewayRoute) []string {
	own := strings.ToLower(Text(l.Hostname))
	if own == "" || r.Object.Ref.GroupKind() == crd.TCPRoute {
		return r.ownHosts()
	}
	if len(r.hosts) == 0 {
		return []string{own}
	}
	var list []string
	for _, h := range r.ownHosts() {
		if host := commonHost(own, strings.ToLower(h)); host != "" && !slices.Contains(list, host) {
			list = append(list, host)
		}
	}
	return list
}

// commonHost is the narrower of two host names, either of which may begin with `*.`, empty if they have nothing in
// common.
func commonHost(a, b string) string {
	covers := func(wide, narrow string) bool {
		suffix, wild := strings.CutPrefix(wide, "*")
		return wide == narrow || wild && strings.HasSuffix(strings.TrimPrefix(narrow, "*"), suffix) &&
			len(narrow) > len(suffix)
	}
	switch {
	case covers(a, b):
		return b
	case covers(b, a):
		return a
	}
	return ""
}
