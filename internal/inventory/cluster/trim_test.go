package cluster

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientscheme "k8s.io/client-go/kubernetes/scheme"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

func TestTrimKeepsWhatDecides(t *testing.T) {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: "p", Labels: map[string]string{"app": "gateway"},
			Annotations:   map[string]string{corev1.LastAppliedConfigAnnotation: "{}", "own": "kept"},
			ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl"}},
		},
		Spec: corev1.PodSpec{HostNetwork: true},
		Status: corev1.PodStatus{
			Phase: corev1.PodRunning, PodIP: "10.0.0.1", PodIPs: []corev1.PodIP{{IP: "10.0.0.1"}}, HostIP: "192.0.2.1",
			Conditions: []corev1.PodCondition{{Type: corev1.PodReady}},
		},
	}
	trim(pod)
	want := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "p", Labels: map[string]string{"app": "gateway"}, Annotations: map[string]string{"own": "kept"}},
		Spec:       corev1.PodSpec{HostNetwork: true},
		Status:     corev1.PodStatus{Phase: corev1.PodRunning, PodIP: "10.0.0.1", PodIPs: []corev1.PodIP{{IP: "10.0.0.1"}}},
	}
	if diff := cmp.Diff(want, pod); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	config := configMap("ditto", "a", "listen 80;")
	config.BinaryData = map[string][]byte{"big": make([]byte, 1<<20)}
	whole := config.DeepCopy()
	trim(config)
	if diff := cmp.Diff(whole, config); diff != "" {
		t.Errorf("a ConfigMap lost something (-want +got):\n%s", diff)
	}
}

// No built-in kind that is read may keep a status, except a Pod's addresses; a new kind has to be added to trim.
func TestTrimDropsEveryStatus(t *testing.T) {
	for _, k := range kindsOf(inventory.Kinds(), clientscheme.Scheme) {
		if !k.builtin {
			continue
		}
		object, err := k.newObject(clientscheme.Scheme)
		if err != nil {
			t.Fatal(err)
		}
		empty, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
		if err != nil {
			t.Fatal(err)
		}
		if _, has := empty["status"]; !has || k.gvk.GroupKind() == inventory.Pod {
			continue
		}
		full := map[string]any{"metadata": map[string]any{"name": "x"}, "status": map[string]any{
			"observedGeneration": int64(7), "phase": "Active", "lastScheduleTime": "2026-01-02T03:04:05Z", "succeeded": int64(1),
			"loadBalancer": map[string]any{"ingress": []any{map[string]any{"ip": "192.0.2.1"}}},
		}}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(full, object); err != nil {
			t.Fatal(err)
		}
		before, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
		if err != nil {
			t.Fatal(err)
		}
		if cmp.Equal(before["status"], empty["status"]) {
			t.Fatalf("%s: the test fills no field of the status", k.gvk.Kind)
		}
		trim(object)
		after, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(empty["status"], after["status"]); diff != "" {
			t.Errorf("%s (-empty +trimmed):\n%s", k.gvk.Kind, diff)
		}
	}
}
