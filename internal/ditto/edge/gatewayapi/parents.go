package gatewayapi

import (
	"cmp"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// attachment is a Gateway that takes a route, or may take it.
type attachment struct {
	// parent is the Gateway, or the Service of a mesh, or whatever else the route names; gateway is nil where no
	// Gateway is at hand.
	parent  inventory.ID
	gateway *gatewayv1.Gateway
	mesh    bool
	hosts   []attachedHost
}

// attachedHost is a host name under which a Gateway takes the route.
type attachedHost struct {
	host string
	// listeners take it; there are none where doubt says why it could not be told.
	listeners []listener
	doubt     string
}

func (a attachment) String() string {
	kind := a.parent.Kind
	if a.mesh {
		kind = "mesh traffic to " + kind
	}
	return kind + " " + a.parent.Namespace + "/" + a.parent.Name
}

// attachments are the Gateways that take the route, in the order in which it names them. A Gateway that is known not to
// take it is none of them.
func attachments(c way.Context, r gatewayRoute) []attachment {
	var list []attachment
	add := func(a attachment) {
		if len(a.hosts) == 0 {
			return
		}
		at := slices.IndexFunc(list, func(x attachment) bool { return x.parent == a.parent })
		if at < 0 {
			list = append(list, a)
			return
		}
		for _, h := range a.hosts {
			list[at].take(h)
		}
	}
	for _, ref := range r.common.ParentRefs {
		add(attachmentOf(c, r, ref))
		for _, a := range byName(c, r, ref) {
			add(a)
		}
	}
	if r.common.UseDefaultGateways == gatewayv1.GatewayDefaultScopeAll {
		for _, o := range c.Governors(anyGateway) {
			if gw, ok := inventory.As[gatewayv1.Gateway](o); ok {
				add(attachTo(c, r, o.Ref.ID(), gw, gatewayv1.ParentReference{}))
			}
		}
	}
	return list
}

// byName are the Gateways of other namespaces that take the route, or may take it, for a parent without a namespace.
// The Gateway API says that this is one of the route's own namespace, and its conformance tests let pass whoever reads
// the name alone. So who serves such a Gateway and is not known may do either. Where the route's namespace has a
// Gateway of the name, that is the one that is meant, and nothing is in doubt.
func byName(c way.Context, r gatewayRoute, ref gatewayv1.ParentReference) []attachment {
	id, ok := r.namesake(ref)
	if !ok {
		return nil
	}
	own := r.parentID(ref)
	var list []attachment
	if c.Config.IsInternalGateway(own.Namespace, own.Name) {
		if why := c.Unread(nil, crd.Gateway); why != "" {
			list = append(list, r.doubtful(id, why)) // elsewhere the route's own is not found, which says as much
		}
	}
	for _, o := range c.Governors(id) {
		gw, ok := inventory.As[gatewayv1.Gateway](o)
		if !ok || gw.Namespace == r.Namespace() {
			continue
		}
		impl := GatewayClassOf(c, gw).impl
		switch {
		case impl.anyNamespace:
			list = append(list, attachTo(c, r, o.Ref.ID(), gw, ref))
		case impl.Name == tri.Unknown && c.Objects.Get(own.GroupKind, own.Namespace, own.Name) == nil:
			a := attachTo(c, r, o.Ref.ID(), gw, ref)
			for i := range a.hosts {
				why := reason.Of("gateway-parent-by-name", gw.Namespace, gw.Name)
				a.hosts[i] = attachedHost{host: a.hosts[i].host, doubt: cmp.Or(a.hosts[i].doubt, why)}
			}
			list = append(list, a)
		}
	}
	return list
}

// take adds a host; what is certain comes before what is in doubt.
func (a *attachment) take(h attachedHost) {
	at := slices.IndexFunc(a.hosts, func(x attachedHost) bool { return x.host == h.host })
	if at < 0 {
		a.hosts = append(a.hosts, h)
		return
	}
	known := &a.hosts[at]
	switch {
	case h.doubt == "" && known.doubt != "":
		*known = h
	case h.doubt == "":
		known.listeners = append(known.listeners, h.listeners...)
	}
}

// attachment is what one parent of a route makes of it.
func attachmentOf(c way.Context, r gatewayRoute, ref gatewayv1.ParentReference) attachment {
	id := r.parentID(ref)
	switch {
	case id.GroupKind == crd.Gateway:
		o := c.Objects.Get(crd.Gateway, id.Namespace, id.Name)
		if o == nil {
			return r.doubtful(id, reason.Of("gateway-parent-not-found", notFound(id)))
		}
		return attachTo(c, r, id, inventory.Must[gatewayv1.Gateway](o), ref)
	case id.GroupKind == crd.ListenerSet || id.GroupKind == crd.XListenerSet:
		return attachToSet(c, r, id, ref)
	case id.GroupKind == inventory.Service || id.Group == "networking.istio.io" && id.Kind == "ServiceEntry":
		// Traffic inside a service mesh (GAMMA): nobody outside takes part in it.
		a := attachment{parent: id, mesh: true}
		for _, host := range r.ownHosts() {
			a.hosts = append(a.hosts, attachedHost{host: host})
		}
		return a
	}
	return r.doubtful(id, reason.Of("gateway-parent-kind", way.Quote(id.Kind)))
}

func notFound(id inventory.ID) string {
	return id.Kind + " " + strings.TrimPrefix(id.Namespace+"/", "/") + id.Name + " was not found"
}

// doubtful is a parent of which it cannot be determined whether it takes the route.
func (r gatewayRoute) doubtful(id inventory.ID, why string) attachment {
	a := attachment{parent: id}
	for _, host := range r.ownHosts() {
		a.hosts = append(a.hosts, attachedHost{host: host, doubt: why})
	}
	return a
}

// ownHosts are the host names that the route itself says, `*` if it says none.
func (r gatewayRoute) ownHosts() []string {
	if len(r.hosts) == 0 {
		return []string{"*"}
	}
	var list []string
	for _, h := range r.hosts {
		list = append(list, string(h))
	}
	return list
}

// attachTo is what the listeners of a Gateway make of a route.
func attachTo(c way.Context, r gatewayRoute, id inventory.ID, gw *gatewayv1.Gateway,
	ref gatewayv1.ParentReference) attachment {
	a := attachment{parent: id, gateway: gw}
	for _, l := range gw.Spec.Listeners {
		offer(c, &a, r, ref, listener{Of: id, ListenerEntry: gatewayv1.ListenerEntry(l)})
	}
	return a
}

// attachToSet is what the listeners of a ListenerSet make of a route. Its Gateway has to allow the set.
func attachToSet(c way.Context, r gatewayRoute, id inventory.ID, ref gatewayv1.ParentReference) attachment {
	o := c.Objects.Get(id.GroupKind, id.Namespace, id.Name)
	if o == nil {
		return r.doubtful(id, reason.Of("gateway-parent-not-found", notFound(id)))
	}
	parent := listenerSetGateway(o)
	gateway := c.Objects.Get(crd.Gateway, parent.Namespace, parent.Name)
	if gateway == nil {
		return r.doubtful(parent, reason.Of("gateway-parent-not-found", notFound(parent)))
	}
	a := attachment{parent: parent, gateway: inventory.Must[gatewayv1.Gateway](gateway)}
	from, selector := gatewayv1.NamespacesFromNone, (*metav1.LabelSelector)(nil)
	if allowed := a.gateway.Spec.AllowedListeners; allowed != nil && allowed.Namespaces != nil {
		from, selector = ptr.Deref(allowed.Namespaces.From, from), allowed.Namespaces.Selector
	}
	allowed, doubt := allows(c, from, selector, parent.Namespace, id.Namespace)
	if doubt != "" {
		return r.doubtful(parent, doubt)
	}
	if !allowed {
		return attachment{}
	}
	for _, l := range inventory.Must[gatewayv1.ListenerSet](o).Spec.Listeners {
		offer(c, &a, r, ref, listener{Of: id, ListenerEntry: l})
	}
	return a
}
