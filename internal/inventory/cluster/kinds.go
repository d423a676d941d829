package cluster

import (
	"cmp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// kind is one kind that is read from the cluster.
type kind struct {
	gvk schema.GroupVersionKind
	// builtin kinds are served by every API server and travel as protobuf. The others may be missing, or come later.
	builtin    bool
	namespaced bool
}

// kindsOf picks what to read: of a kind that dittoguard knows in several versions the highest one, in stable order.
func kindsOf(gvks []schema.GroupVersionKind, scheme *runtime.Scheme) []kind {
	highest := map[schema.GroupKind]schema.GroupVersionKind{}
	for _, gvk := range gvks {
		have, seen := highest[gvk.GroupKind()]
		if !seen || version.CompareKubeAwareVersionStrings(gvk.Version, have.Version) > 0 {
			highest[gvk.GroupKind()] = gvk
		}
	}
	list := make([]kind, 0, len(highest))
	for _, gvk := range highest {
		list = append(list, kind{gvk: gvk, builtin: scheme.Recognizes(gvk), namespaced: !clusterScoped(gvk.GroupKind())})
	}
	slices.SortFunc(list, func(a, b kind) int {
		return cmp.Or(cmp.Compare(a.gvk.Kind, b.gvk.Kind), cmp.Compare(a.gvk.Group, b.gvk.Group))
	})
	return list
}

// clusterScoped says which of the kinds that dittoguard reads lie in no namespace.
func clusterScoped(gk schema.GroupKind) bool {
	switch gk {
	case inventory.Namespace, inventory.IngressClass,
		schema.GroupKind{Group: "gateway.networking.k8s.io", Kind: "GatewayClass"}:
		return true
	}
	return false
}

// mapperFor knows the resources of the kinds, so that starting needs no discovery, which one broken aggregated API can
// hold up.
func mapperFor(kinds []kind) meta.RESTMapper {
	mapper := meta.NewDefaultRESTMapper(nil)
	for _, k := range kinds {
		scope := meta.RESTScopeNamespace
		if !k.namespaced {
			scope = meta.RESTScopeRoot
		}
		plural, singular := meta.UnsafeGuessKindToResource(k.gvk)
		if name := singular.Resource; strings.HasSuffix(name, "ay") || strings.HasSuffix(name, "ey") {
			plural.Resource = name + "s" // gateways, where the guess is gatewaies
		}
		mapper.AddSpecific(k.gvk, plural, singular, scope)
	}
	return mapper
}

// newObject makes an empty object for a client to decode into.
func (k kind) newObject(scheme *runtime.Scheme) (client.Object, error) {
	if !k.builtin {
		u := &unstructured.Unstructured{}
		u.SetGroupVersionKind(k.gvk)
		return u, nil
	}
	o, err := scheme.New(k.gvk)
	if err != nil {
		return nil, err
	}
	return o.(client.Object), nil
}

// newList makes an empty list for a client to decode into.
func (k kind) newList(scheme *runtime.Scheme) (client.ObjectList, error) {
	gvk := k.gvk.GroupVersion().WithKind(k.gvk.Kind + "List")
	if !k.builtin {
		u := &unstructured.UnstructuredList{}
		u.SetGroupVersionKind(gvk)
		return u, nil
	}
	o, err := scheme.New(gvk)
	if err != nil {
		return nil, err
	}
	return o.(client.ObjectList), nil
}
