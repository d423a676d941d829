package check

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/ingress"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// What a request does not touch, mutations leave as it is, so that whoever compares a cluster with Git sees nothing
// move; and where it touches nothing that decides, it need not be judged twice.

// decidesNothing says whether a request changes nothing of a workload that could make anything worse: no fact comes
// from the labels and annotations of what makes pods, as opposed to those of the pods, nor from how many they are to
// be. A new generation can only take earlier pods out of account, until the controller has seen it
// (world.View.Outgoing). If so, it returns what decides, encoded.
func decidesNothing(change Change) (decides []byte, nothing bool) {
	if change.Object == nil || change.OldObject == nil {
		return nil, false
	}
	now, old := whatDecides(change.Object), whatDecides(change.OldObject)
	return now, now != nil && bytes.Equal(now, old)
}

// whatDecides is a workload without what decides nothing, encoded; nil for other objects, and where it is not known.
func whatDecides(o *inventory.Object) []byte {
	bare := func(meta metav1.ObjectMeta) metav1.ObjectMeta {
		// The number of its revision tells earlier pods of a Deployment from those that it is to have.
		revision := meta.Annotations[world.RevisionAnnotation]
		meta.Labels, meta.ManagedFields, meta.ResourceVersion, meta.Generation = nil, nil, "", 0
		meta.Annotations = map[string]string{world.RevisionAnnotation: revision}
		return meta
	}
	var workload interface{ Marshal() ([]byte, error) }
	switch t := o.Typed.(type) {
	case *appsv1.Deployment:
		copied := *t
		copied.ObjectMeta, copied.Spec.Replicas, workload = bare(t.ObjectMeta), nil, &copied
	case *appsv1.StatefulSet:
		copied := *t
		copied.ObjectMeta, copied.Spec.Replicas, workload = bare(t.ObjectMeta), nil, &copied
	case *appsv1.DaemonSet:
		copied := *t
		copied.ObjectMeta, workload = bare(t.ObjectMeta), &copied
	default:
		return nil
	}
	encoded, err := workload.Marshal()
	if err != nil {
		return nil
	}
	return encoded
}

// touchesEntry says whether a request changes how an entry lets requests in: its spec, or an annotation that some
// controller reads. A label on a running Ingress is no reason to inject what its last apply did not ask for.
func touchesEntry(change Change) bool {
	// A workload is here only if its pod template is changed (mutable), which is part of its spec.
	if change.OldObject == nil || change.Object.PodTemplate() != nil {
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
// that is no change. Few are put back, and for each of them all are looked through once.
func inOldOrder(env, asked, before []any) []any {
	ordered, texts, old := slices.Clone(asked), textsOf(asked), textsOf(before)
	here, own := setOf(textsOf(env)), setOf(texts)
	for at, item := range before {
		if own[old[at]] || !here[old[at]] {
			continue
		}
		places := map[string]int{}
		for i, text := range slices.Backward(texts) {
			places[text] = i
		}
		to := 0
		for _, predecessor := range slices.Backward(old[:at]) {
			if i, there := places[predecessor]; there {
				to = i + 1
				break
			}
		}
		ordered, texts = slices.Insert(ordered, to, item), slices.Insert(texts, to, old[at])
	}
	there := setOf(texts)
	for i, text := range textsOf(env) {
		if !there[text] {
			there[text] = true
			ordered, texts = append(ordered, env[i]), append(texts, text)
		}
	}
	if len(ordered) != len(env) || slices.Equal(texts, textsOf(env)) {
		return nil
	}
	return ordered
}

// textsOf are items as text that is the same where they are, so that they can be looked up.
func textsOf(items []any) []string {
	texts := make([]string, len(items))
	for i, item := range items {
		text, _ := json.Marshal(item) // what was decoded from JSON can be encoded
		texts[i] = string(text)
	}
	return texts
}

func setOf(texts []string) map[string]bool {
	set := make(map[string]bool, len(texts))
	for _, text := range texts {
		set[text] = true
	}
	return set
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
