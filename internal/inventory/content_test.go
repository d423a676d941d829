package inventory_test

import (
	"runtime"
	"testing"
	"weak"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// TestContentOfStoredObjectsIsForgotten: that of a manifest is kept as long as the object, that of an object of a cluster until garbage
// is collected. Either is the same whenever it is asked for.
func TestContentOfStoredObjectsIsForgotten(t *testing.T) {
	raw := []byte(`{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a","namespace":"ditto","finalizers":["example.com/a"]}}`)
	written, err := inventory.Decode(raw, inventory.Source{})
	if err != nil {
		t.Fatal(err)
	}
	u := &unstructured.Unstructured{}
	if err := u.UnmarshalJSON(raw); err != nil {
		t.Fatal(err)
	}
	untyped, err := inventory.FromUnstructured(u)
	if err != nil {
		t.Fatal(err)
	}
	typed := inventory.FromTyped(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "a", Namespace: "ditto", Finalizers: []string{"example.com/a"}},
	}, schema.GroupVersionKind{Version: "v1", Kind: "Secret"})
	want := map[string]any{
		"apiVersion": "v1", "kind": "Secret",
		"metadata": map[string]any{"name": "a", "namespace": "ditto", "finalizers": []any{"example.com/a"}},
	}
	for _, test := range []struct {
		name string
		o    *inventory.Object
		kept bool
	}{{"a manifest", written, true}, {"a custom resource of a cluster", untyped, false}, {"an object of a cluster", typed, false}} {
		asked := func() weak.Pointer[any] {
			content := test.o.Content()
			if diff := cmp.Diff(want, content); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.name, diff)
			}
			return weak.Make(&content["metadata"].(map[string]any)["finalizers"].([]any)[0])
		}
		first := asked()
		runtime.GC()
		if kept := first.Value() != nil; kept != test.kept {
			t.Errorf("%s: kept: %t, expected: %t", test.name, kept, test.kept)
		}
		asked()
		runtime.KeepAlive(test.o)
	}
}

// TestTemplateOfAPod: a Pod is its own template, whatever is in it.
func TestTemplateOfAPod(t *testing.T) {
	pod := &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Name: "p", Labels: map[string]string{"app": "gateway"}},
		Spec:       corev1.PodSpec{HostNetwork: true, Containers: []corev1.Container{{Name: "c", Image: "i"}}, NodeName: "n"},
		Status:     corev1.PodStatus{Phase: corev1.PodRunning},
	}
	o := inventory.FromTyped(pod, schema.GroupVersionKind{Version: "v1", Kind: "Pod"})
	if diff := cmp.Diff(&corev1.PodTemplateSpec{ObjectMeta: pod.ObjectMeta, Spec: pod.Spec}, o.PodTemplate()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
