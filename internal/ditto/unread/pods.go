package unread

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Pods are the pods that an object which is not read describes, each as if it were there by itself: of an old version
// of a workload, and of whatever else has a pod's template in it. broken is what is wrong with the first template that
// is none; of such a one the pod has what could be read.
func Pods(o *inventory.Object) (list []*inventory.Object, broken error) {
	if o.Typed != nil || !bytes.Contains(o.Raw(), []byte(`"containers"`)) {
		return nil, nil
	}
	var visit func(value any)
	visit = func(value any) {
		switch value := value.(type) {
		case []any:
			for _, item := range value {
				visit(item)
			}
		case map[string]any:
			spec, _ := value["spec"].(map[string]any)
			if _, is := spec["containers"].([]any); is {
				pod, err := podOf(o, value)
				list, broken = append(list, pod), cmp.Or(broken, err)
				return
			}
			for _, key := range slices.Sorted(maps.Keys(value)) {
				visit(value[key])
			}
		}
	}
	visit(o.Content())
	return list, broken
}

// podOf is the pod that a template describes, as far as that can be read. What is of the wrong type is left out
// (encoding/json).
func podOf(o *inventory.Object, template map[string]any) (*inventory.Object, error) {
	var t corev1.PodTemplateSpec
	text, err := json.Marshal(template)
	if err == nil {
		err = json.Unmarshal(text, &t)
	}
	return inventory.FromTyped(&corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: o.Ref.Namespace, Name: o.Ref.Name, Labels: t.Labels,
			Annotations: t.Annotations},
		Spec: t.Spec,
	}, schema.GroupVersionKind{Version: "v1", Kind: inventory.Pod.Kind}), err
}
