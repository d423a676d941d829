package ditto

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/settings"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// This file finds the workloads that run a part of Ditto. Most show it by themselves, and an index has them (byDitto). Of some
// only a ConfigMap or Secret tells it; those are looked through (byMadeDitto).

// runsDitto says whether a part of Ditto runs in a namespace; anywhere, for the empty name.
func (v *View) runsDitto(namespace string) bool {
	return len(v.Find(inventory.Key{Index: byDitto, Namespace: namespace})) > 0 || slices.ContainsFunc(v.madeByReference(namespace), v.lookingIn(namespace).isDitto)
}

// dittosIn are the workloads of a namespace that run a part of Ditto.
func (v *View) dittosIn(namespace string) []*inventory.Object {
	list := slices.Clone(v.Find(inventory.Key{Index: byDitto, Namespace: namespace}))
	for _, o := range v.madeByReference(namespace) {
		if v.lookingIn(namespace).isDitto(o) {
			list = append(list, o)
		}
	}
	return list
}

func (v *View) madeByReference(namespace string) []*inventory.Object {
	return v.Find(inventory.Key{Index: byMadeDitto, Namespace: namespace})
}

// lookingIn is the view by which workloads are looked through: all of a cluster's quietly, since those may be many.
func (v *View) lookingIn(namespace string) *View {
	if namespace == "" {
		return v.quietly()
	}
	return v
}

func (v *View) isDitto(o *inventory.Object) bool {
	pods := []*inventory.Object{o}
	if o.PodTemplate() == nil {
		pods, _ = unreadPods(o)
	}
	return slices.ContainsFunc(pods, func(pod *inventory.Object) bool {
		v.Spend(o.Ref.ID(), costOfStep)
		return isDittoPart(Parts(v, pod))
	})
}

func isDittoPart(parts []Part) bool {
	return slices.ContainsFunc(parts, func(p Part) bool { return IsDitto(p.Component) })
}

// canBeMadeDitto says whether a ConfigMap or Secret can make a workload a part of Ditto: a container takes one in as a whole, or
// what tells its program from one.
func canBeMadeDitto(namespace string, template *corev1.PodTemplateSpec) bool {
	return slices.ContainsFunc(runningContainers(&template.Spec), func(c *corev1.Container) bool {
		return len(c.EnvFrom) > 0 || settings.Read(nothing, namespace, template, c, "").LaunchesByReference()
	})
}

// dittoKeys index an object that describes pods by whether they run a part of Ditto, as far as the object shows.
func dittoKeys(namespace string, pods ...*inventory.Object) []inventory.Key {
	index := inventory.Index("")
	for _, pod := range pods {
		if isDittoPart(Parts(nothing, pod)) {
			index = byDitto
			break
		}
		if canBeMadeDitto(namespace, pod.PodTemplate()) {
			index = byMadeDitto
		}
	}
	if index == "" {
		return nil
	}
	return []inventory.Key{{Index: index, Namespace: namespace}, {Index: index}}
}
