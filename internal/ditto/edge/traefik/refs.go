package traefik

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// reference is how something of Traefik names an object: by name and namespace, or by the name that the object has
// inside Traefik, `namespace-name@provider`.
type reference struct {
	Kind string
	// group is that of the object that refers; empty for an annotation.
	group string
	// Namespace is that of the object that refers.
	Namespace string
	crd.TraefikRef
}

// The providers of Traefik's configuration that matter here.
const (
	providerCRD     = "kubernetescrd"
	providerIngress = "kubernetes"
)

func (r reference) String() string {
	if strings.Contains(r.Name, "@") {
		return r.Kind + " " + r.Name
	}
	return r.Kind + " " + r.within() + "/" + r.Name
}

func (r reference) within() string {
	if r.TraefikRef.Namespace != "" {
		return r.TraefikRef.Namespace
	}
	return r.Namespace
}

// provider is the provider that is named, empty if none is.
func (r reference) provider() string {
	_, provider, _ := strings.Cut(r.Name, "@")
	return provider
}

// outside says whether the object is in another namespace than the one that refers, which Traefik has to be told to
// allow.
func (r reference) outside() bool {
	return !strings.Contains(r.Name, "@") && r.within() != r.Namespace
}

// candidates are the objects that may be meant. Inside Traefik an object's namespace and name are one word with a dash
// between, so that each dash may be the one.
func (r reference) candidates() []inventory.ID {
	var list []inventory.ID
	add := func(namespace, name string) {
		for _, gk := range r.kinds() {
			list = append(list, inventory.ID{GroupKind: gk, Namespace: namespace, Name: name})
		}
	}
	switch r.provider() {
	case "":
		if !strings.Contains(r.Name, "@") {
			add(r.within(), r.Name)
		}
	case providerCRD:
		word, _, _ := strings.Cut(r.Name, "@")
		for i := 1; i < len(word)-1 && i <= validation.DNS1123LabelMaxLength; i++ {
			if word[i] == '-' && len(word)-i-1 <= validation.DNS1123SubdomainMaxLength {
				add(word[:i], word[i+1:])
			}
		}
	}
	return list
}

// kinds are the kind in both groups, that of the object that refers first: Traefik 2.10 reads both.
func (r reference) kinds() []schema.GroupKind {
	groups := []string{crd.TraefikGroup, crd.TraefikOldGroup}
	if r.group == crd.TraefikOldGroup {
		slices.Reverse(groups)
	}
	var list []schema.GroupKind
	for _, group := range groups {
		list = append(list, crd.TraefikKind(group, r.Kind))
	}
	return list
}

// resolve finds the object, nil if it was not found; one of another provider never is. It is ambiguous if the word
// means several.
func (r reference) resolve(objects inventory.Reader) (o *inventory.Object, ambiguous bool) {
	if objects == nil {
		return nil, false
	}
	for _, id := range r.candidates() {
		found := objects.Get(id.GroupKind, id.Namespace, id.Name)
		switch {
		case found == nil:
		case o == nil:
			o = found
		case o.Ref.Namespace != found.Ref.Namespace || o.Ref.Name != found.Ref.Name:
			return nil, true
		}
	}
	return o, false
}

// found are all objects that may be meant and are there.
func (r reference) found(objects inventory.Reader) []*inventory.Object {
	var list []*inventory.Object
	for _, id := range r.candidates() {
		if o := objects.Get(id.GroupKind, id.Namespace, id.Name); o != nil {
			list = append(list, o)
		}
	}
	return list
}

// referencesOf are the references of an object to others of a kind.
func referencesOf(o *inventory.Object, kind string, refs []crd.TraefikRef) []reference {
	var list []reference
	for _, ref := range refs {
		list = append(list, reference{Kind: kind, group: o.Ref.GroupKind().Group, Namespace: o.Ref.Namespace,
			TraefikRef: ref})
	}
	return list
}

// candidatesOf are the objects that a list of references may mean. What lies beyond the Middlewares that are applied
// decides nothing.
func candidatesOf(refs []reference) []inventory.ID {
	var list []inventory.ID
	for _, ref := range refs[:min(len(refs), mostMiddlewares)] {
		list = append(list, ref.candidates()...)
	}
	return list
}

// annotationOf is the value of an annotation of Traefik, whose names have no case.
func annotationOf(all map[string]string, name string) string {
	if value, ok := all[Prefix+name]; ok {
		return value
	}
	for _, key := range way.KeysOf(all) {
		if own, ok := strings.CutPrefix(key, Prefix); ok && strings.EqualFold(own, name) {
			return all[key]
		}
	}
	return ""
}

// The annotations that name Middlewares, of an Ingress and of a Service.
const (
	routerMiddlewares  = "router.middlewares"
	serviceMiddlewares = "service.middlewares"
)

// annotatedMiddlewares are the Middlewares that an annotation names, in order.
func annotatedMiddlewares(all map[string]string, name string) []reference {
	value := annotationOf(all, name)
	if value == "" {
		return nil
	}
	var list []reference
	for item := range strings.SplitSeq(value, ",") {
		item = strings.TrimSpace(item)
		if !strings.Contains(item, "@") {
			// Without a provider it is that of the Ingress, which has no Middlewares.
			item += "@" + providerIngress
		}
		list = append(list, reference{Kind: "Middleware", TraefikRef: crd.TraefikRef{Name: item}})
	}
	return list
}

// usesOf are the Middlewares that annotations of an Ingress or a Service name.
func usesOf(o *inventory.Object) []inventory.ID {
	return append(candidatesOf(annotatedMiddlewares(o.Meta.Annotations, routerMiddlewares)),
		candidatesOf(annotatedMiddlewares(o.Meta.Annotations, serviceMiddlewares))...)
}
