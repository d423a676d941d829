package check

import (
	"maps"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/ingress"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// What a request does not touch, mutations leave as it is, so that whoever compares a cluster with Git sees nothing
// move.

// touchesEntry says whether a request changes how an entry lets requests in: its spec, or an annotation that some
// controller reads. A label on a running Ingress is no reason to inject what its last apply did not ask for.
func touchesEntry(change Change) bool {
	if change.OldObject == nil {
		return true
	}
	now, old := change.Object, change.OldObject
	return !reflect.DeepEqual(now.Content()["spec"], old.Content()["spec"]) ||
		!maps.Equal(ingress.Annotations(now.Meta.Annotations), ingress.Annotations(old.Meta.Annotations))
}

// putBack moves environment variables that a mutation has set, and that were there before the request, to where they
// were. A tool that replaces the object takes them out each time; added at the end they would restart the pods. It
// returns nil where nothing moves.
func putBack(change Change, mutated *inventory.Object) map[string]any {
	if change.OldObject == nil || mutated.PodTemplate() == nil {
		return nil
	}
	content := runtime.DeepCopyJSON(mutated.Content())
	moved := false
	for _, list := range []string{"initContainers", "containers"} {
		asked, old := containersOf(change.Object.Content(), list), containersOf(change.OldObject.Content(), list)
		for name, container := range containersOf(content, list) {
			env, _ := container["env"].([]any)
			before, _ := old[name]["env"].([]any)
			own, _ := asked[name]["env"].([]any)
			if ordered := inOldOrder(env, own, before); ordered != nil {
				container["env"], moved = ordered, true
			}
		}
	}
	if !moved {
		return nil
	}
	return content
}

// inOldOrder puts what is in env, and not in what the request asks for, behind what it stood behind before; nil where
// that is no change.
func inOldOrder(env, asked, before []any) []any {
	has := func(list []any, item any) bool {
		return slices.ContainsFunc(list, func(x any) bool { return reflect.DeepEqual(x, item) })
	}
	ordered := slices.Clone(asked)
	for at, item := range before {
		if has(asked, item) || !has(env, item) {
			continue
		}
		to := 0
		for _, predecessor := range slices.Backward(before[:at]) {
			if i := slices.IndexFunc(ordered, func(x any) bool { return reflect.DeepEqual(x, predecessor) }); i >= 0 {
				to = i + 1
				break
			}
		}
		ordered = slices.Insert(ordered, to, item)
	}
	for _, item := range env {
		if !has(ordered, item) {
			ordered = append(ordered, item)
		}
	}
	if len(ordered) != len(env) || reflect.DeepEqual(ordered, env) {
		return nil
	}
	return ordered
}

// containersOf are the containers of a workload's pods, by name, as they stand in its content.
func containersOf(content map[string]any, list string) map[string]map[string]any {
	spec, _ := content["spec"].(map[string]any)
	if template, ok := spec["template"].(map[string]any); ok {
		spec, _ = template["spec"].(map[string]any)
	}
	found := map[string]map[string]any{}
	containers, _ := spec[list].([]any)
	for _, c := range containers {
		container, _ := c.(map[string]any)
		if name, ok := container["name"].(string); ok {
			found[name] = container
		}
	}
	return found
}
