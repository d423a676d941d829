package gatewayapi

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/utils/ptr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// A route sends requests to Services, or to what implementations have in their place.

// coreGroup is what some implementations take for the group of Services beside its name, which is empty (Traefik, NGINX
// Gateway Fabric, Kong).
const coreGroup = "core"

// groupOf is a group as it is called.
func groupOf(group string) string {
	if group == coreGroup {
		return ""
	}
	return group
}

// TargetOf is the object that a reference in an object of the namespace names.
func TargetOf(ref gatewayv1.BackendObjectReference, namespace string) inventory.ID {
	return inventory.ID{
		GroupKind: schema.GroupKind{Group: groupOf(Text(ref.Group)), Kind: TextOr(ref.Kind, inventory.Service.Kind)},
		Namespace: TextOr(ref.Namespace, namespace), Name: string(ref.Name),
	}
}

// BackendOf is the Service that a reference in an object of the namespace names.
func BackendOf(ref gatewayv1.BackendObjectReference, namespace string) (b way.Backend, ok bool) {
	id := TargetOf(ref, namespace)
	if id.GroupKind != inventory.Service || id.Name == "" {
		return way.Backend{}, false
	}
	return way.Backend{Namespace: id.Namespace, Name: id.Name, Port: intstr.FromInt32(ptr.Deref(ref.Port, 0))}, true
}

// Unread is what a reference that names no Service may lead to. A ServiceImport stands for the Services of its name and
// namespace in several clusters (KEP-1645), a Hostname for the host that it is called by (Istio).
func Unread(ref gatewayv1.BackendObjectReference, namespace string) way.UnreadBackend {
	id := TargetOf(ref, namespace)
	u := way.UnreadBackend{What: "backends of kind " + id.Kind, Namespace: id.Namespace, Port: ptr.Deref(ref.Port, 0)}
	switch (schema.GroupKind{Group: id.Group, Kind: id.Kind}) {
	case schema.GroupKind{Group: "multicluster.x-k8s.io", Kind: "ServiceImport"}:
		u.Host = id.Name + "." + id.Namespace + ".svc"
	case schema.GroupKind{Group: "networking.istio.io", Kind: "Hostname"}:
		u.Host = id.Name
	}
	if id.Name == "" {
		u.What = "backends without a name"
	}
	if standsForServices(id.GroupKind) {
		u.Object = id
	}
	return u
}

// insideTraefik are the namespaces in which a backend may lie that is called as it is inside Traefik,
// `namespace-name@provider`, each dash of which may be the one between namespace and name.
func insideTraefik(u way.UnreadBackend, id inventory.ID) []way.UnreadBackend {
	word, provider, _ := strings.Cut(id.Name, "@")
	if id.Kind != "TraefikService" || provider != "kubernetescrd" && provider != "kubernetes" {
		return []way.UnreadBackend{u}
	}
	var list []way.UnreadBackend
	for i := 1; i < len(word)-1 && i <= validation.DNS1123LabelMaxLength; i++ {
		if word[i] == '-' {
			u.Namespace = word[:i]
			list = append(list, u)
		}
	}
	return list
}

// standsForServices says whether objects of a kind that is read say which Services a route sends requests to.
func standsForServices(kind schema.GroupKind) bool {
	return slices.ContainsFunc(implementations, func(i Implementation) bool {
		return i.Backends != nil && i.BackendKind == kind
	})
}

// backends are the Services that a reference of the route stands for, if the route may use it. doubt says why that
// cannot be determined.
func (r gatewayRoute) backends(c way.Context, ref gatewayv1.BackendObjectReference) (list []way.Backend, doubt string) {
	id := TargetOf(ref, r.Namespace())
	if b, ok := BackendOf(ref, r.Namespace()); ok {
		list = []way.Backend{b}
	} else if o := c.Objects.Get(id.GroupKind, id.Namespace, id.Name); o != nil {
		for _, i := range implementations {
			if i.Backends != nil && i.BackendKind == id.GroupKind {
				list = i.Backends(o)
			}
		}
	}
	if len(list) == 0 {
		return nil, ""
	}
	granted, doubt := granted(c, r, id)
	if !granted {
		return nil, ""
	}
	return list, doubt
}

// granted says whether the route may send requests to an object: one of its own namespace, or one that a ReferenceGrant
// beside the object names. doubt is set where nobody may look for one; then it may.
func granted(c way.Context, r gatewayRoute, id inventory.ID) (granted bool, doubt string) {
	if id.Namespace == r.Namespace() {
		return true, ""
	}
	kind := r.Object.Ref.GroupKind()
	for _, o := range c.Objects.Find(inventory.KindKey(crd.ReferenceGrant, id.Namespace)) {
		grant, ok := inventory.As[gatewayv1.ReferenceGrant](o)
		if !ok {
			continue
		}
		from := slices.ContainsFunc(grant.Spec.From, func(f gatewayv1.ReferenceGrantFrom) bool {
			return string(f.Group) == kind.Group && string(f.Kind) == kind.Kind && string(f.Namespace) == r.Namespace()
		})
		to := slices.ContainsFunc(grant.Spec.To, func(t gatewayv1.ReferenceGrantTo) bool {
			return groupOf(string(t.Group)) == id.Group && string(t.Kind) == id.Kind &&
				(t.Name == nil || *t.Name == "" || string(*t.Name) == id.Name)
		})
		if from && to {
			return true, ""
		}
	}
	if c.Unread([]string{id.Namespace}, crd.ReferenceGrant) != "" {
		return true, reason.Of("reference-grants-not-read", id.Namespace, id.Kind, id.Name)
	}
	return false, ""
}

// isSole says whether a backend of a rule may be the only one that there is: no other one certainly is a Service that
// the route may use.
func (r gatewayRoute) isSole(c way.Context, rule gatewayRule, at int) bool {
	for i, ref := range rule.Backends {
		b, ok := BackendOf(ref.BackendObjectReference, r.Namespace())
		if i == at || !ok || c.Objects.Get(inventory.Service, b.Namespace, b.Name) == nil {
			continue
		}
		id := TargetOf(ref.BackendObjectReference, r.Namespace())
		if granted, doubt := granted(c, r, id); granted && doubt == "" {
			return false
		}
	}
	return true
}
