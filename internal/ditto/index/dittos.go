package index

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/settings"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// canBeMadeDitto says whether a ConfigMap or Secret can make a workload a part of Ditto: a container takes one in as a
// whole, or what tells its program from one.
func canBeMadeDitto(namespace string, template *corev1.PodTemplateSpec) bool {
	return slices.ContainsFunc(podspec.RunningContainers(&template.Spec), func(c *corev1.Container) bool {
		return len(c.EnvFrom) > 0 || settings.Read(recognize.Nothing, namespace, template, c, "").LaunchesByReference()
	})
}

// dittoKeys index an object that describes pods by whether they run a part of Ditto, as far as the object shows.
func dittoKeys(namespace string, pods ...*inventory.Object) []inventory.Key {
	index := inventory.Index("")
	for _, pod := range pods {
		if recognize.AnyDitto(recognize.Parts(recognize.Nothing, pod)) {
			index = ByDitto
			break
		}
		if canBeMadeDitto(namespace, pod.PodTemplate()) {
			index = ByMadeDitto
		}
	}
	if index == "" {
		return nil
	}
	return []inventory.Key{{Index: index, Namespace: namespace}, {Index: index}}
}
