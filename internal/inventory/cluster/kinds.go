package cluster

import (
	"cmp"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// kind is one kind that is read from the cluster.
type kind struct {
	gvk schema.GroupVersionKind
	// older are the versions that are read where the API server does not serve the one above, best first.
	older []schema.GroupVersionKind
	// builtin kinds are served by every API server and travel as protobuf. The others may be missing, or come later.
	builtin    bool
	namespaced bool
}

// kindsOf picks what to read: of a kind that dittoguard knows in several versions the highest one first, in stable
// order.
func kindsOf(gvks []schema.GroupVersionKind, scheme *runtime.Scheme) []kind {
	versions := map[schema.GroupKind][]schema.GroupVersionKind{}
	for _, gvk := range gvks {
		versions[gvk.GroupKind()] = append(versions[gvk.GroupKind()], gvk)
	}
	list := make([]kind, 0, len(versions))
	for gk, gvks := range versions {
		slices.SortFunc(gvks, func(a, b schema.GroupVersionKind) int {
			return version.CompareKubeAwareVersionStrings(b.Version, a.Version)
		})
		list = append(list, kind{
			gvk: gvks[0], older: gvks[1:], builtin: scheme.Recognizes(gvks[0]), namespaced: !clusterScoped(gk),
		})
	}
	slices.SortFunc(list, func(a, b kind) int {
		return cmp.Or(cmp.Compare(a.gvk.Kind, b.gvk.Kind), cmp.Compare(a.gvk.Group, b.gvk.Group))
	})
	return list
}

// versions are the kind in each version that is read, best first. A kind that every API server serves has one.
func (k kind) versions() []kind {
	list := []kind{k}
	if k.builtin {
		return list
	}
	for _, gvk := range k.older {
		other := k
		other.gvk = gvk
		list = append(list, other)
	}
	return list
}

// clusterScoped says which of the kinds that dittoguard reads lie in no namespace.
func clusterScoped(gk schema.GroupKind) bool {
	return gk == inventory.Namespace || gk == inventory.IngressClass || crd.ClusterScoped(gk)
}

// mapperFor knows the resources of the kinds, so that starting needs no discovery, which one broken aggregated API can
// hold up.
func mapperFor(kinds []kind) meta.RESTMapper {
	mapper := laterVersions{meta.NewDefaultRESTMapper(nil), map[schema.GroupKind]string{}}
	for _, k := range kinds {
		mapper.version[k.gvk.GroupKind()] = k.gvk.Version
		scope := meta.RESTScopeNamespace
		if !k.namespaced {
			scope = meta.RESTScopeRoot
		}
		for _, served := range k.versions() {
			_, singular := meta.UnsafeGuessKindToResource(served.gvk)
			resource := served.gvk.GroupVersion().WithResource(crd.Resource(served.gvk.Kind))
			mapper.AddSpecific(served.gvk, resource, singular, scope)
		}
	}
	return mapper
}

// laterVersions maps the kinds in every version: what a kind is called in URLs does not depend on that.
type laterVersions struct {
	*meta.DefaultRESTMapper

	// version is one that is mapped of each kind.
	version map[schema.GroupKind]string
}

// RESTMapping implements meta.RESTMapper.
func (m laterVersions) RESTMapping(gk schema.GroupKind, versions ...string) (*meta.RESTMapping, error) {
	mapping, err := m.DefaultRESTMapper.RESTMapping(gk, versions...)
	if err == nil || len(versions) == 0 {
		return mapping, err
	}
	known, unmapped := m.DefaultRESTMapper.RESTMapping(gk, m.version[gk])
	if unmapped != nil {
		return nil, err
	}
	other := *known
	other.GroupVersionKind.Version, other.Resource.Version = versions[0], versions[0]
	return &other, nil
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
	object, ok := o.(client.Object)
	if !ok {
		return nil, fmt.Errorf("a client cannot read a %T", o)
	}
	return object, nil
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
	list, ok := o.(client.ObjectList)
	if !ok {
		return nil, fmt.Errorf("a client cannot read a %T", o)
	}
	return list, nil
}
