package world

import (
	"path"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/unread"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// This file finds the workloads that run a part of Ditto. Most show it by themselves, and an index has them (byDitto).
// Of some only a ConfigMap or Secret tells it; those are looked through (byMadeDitto).

// RunsDitto says whether a part of Ditto runs in a namespace; anywhere, for the empty name.
func (v *View) RunsDitto(namespace string) bool {
	return len(v.Find(inventory.Key{Index: index.ByDitto, Namespace: namespace})) > 0 ||
		slices.ContainsFunc(v.madeByReference(namespace), v.lookingIn(namespace).isDitto)
}

// DittosIn are the workloads of a namespace that run a part of Ditto.
func (v *View) DittosIn(namespace string) []*inventory.Object {
	list := slices.Clone(v.Find(inventory.Key{Index: index.ByDitto, Namespace: namespace}))
	for _, o := range v.madeByReference(namespace) {
		if v.lookingIn(namespace).isDitto(o) {
			list = append(list, o)
		}
	}
	return list
}

func (v *View) madeByReference(namespace string) []*inventory.Object {
	return v.Find(inventory.Key{Index: index.ByMadeDitto, Namespace: namespace})
}

// lookingIn is the view by which workloads are looked through: all of a cluster's quietly, since those may be many.
func (v *View) lookingIn(namespace string) *View {
	if namespace == "" {
		return v.Quietly()
	}
	return v
}

func (v *View) isDitto(o *inventory.Object) bool {
	pods := []*inventory.Object{o}
	if o.PodTemplate() == nil {
		pods, _ = unread.Pods(o)
	}
	return slices.ContainsFunc(pods, func(pod *inventory.Object) bool {
		v.Spend(o.Ref.ID(), CostOfStep)
		return recognize.AnyDitto(recognize.Parts(v, pod))
	})
}

// BesideDitto says whether a proxy stands beside a Ditto: by what people leave of Ditto in its manifest, or by its
// namespace.
func (v *View) BesideDitto(part recognize.Part) bool {
	template := part.Workload.PodTemplate()
	for i := range template.Spec.InitContainers {
		if template.Spec.InitContainers[i].Name == "wait-for-gateway" {
			return true
		}
	}
	for at := range podspec.MountedFiles(template, part.Container) {
		if path.Base(at) == "nginx.htpasswd" {
			return true
		}
	}
	return strings.Contains(part.Container.Name, "ditto") || v.RunsDitto(part.Workload.Ref.Namespace)
}
