package peers

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// TestAlone: every Pod counts that the Service selects, from when it is made until it has ended, ready or not.
func TestAlone(t *testing.T) {
	memory := inventory.NewMemory(nil, nil)
	is := Alone("guard", "dittoguard")
	expect := func(want bool, when string) {
		t.Helper()
		if got := is(memory); got != want {
			t.Errorf("%s: %t", when, got)
		}
	}
	meta := func(name string, labels map[string]string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: "guard", Name: name, Labels: labels}
	}
	labels := map[string]string{"app": "dittoguard"}
	pod := func(name string, labels map[string]string, phase corev1.PodPhase) {
		p := &corev1.Pod{ObjectMeta: meta(name, labels), Status: corev1.PodStatus{Phase: phase}}
		memory.Put(inventory.FromTyped(p, corev1.SchemeGroupVersion.WithKind("Pod")))
	}
	expect(false, "a Service that is not known")
	svc := &corev1.Service{ObjectMeta: meta("dittoguard", nil)}
	memory.Put(inventory.FromTyped(svc, corev1.SchemeGroupVersion.WithKind("Service")))
	expect(false, "a Service without a selector")
	svc = &corev1.Service{ObjectMeta: meta("dittoguard", nil), Spec: corev1.ServiceSpec{Selector: labels}}
	memory.Put(inventory.FromTyped(svc, corev1.SchemeGroupVersion.WithKind("Service")))
	expect(true, "no Pod, as beside a cluster")
	pod("one", labels, corev1.PodRunning)
	pod("other", map[string]string{"app": "other"}, corev1.PodRunning)
	pod("before", labels, corev1.PodFailed)
	expect(true, "one Pod that runs")
	pod("two", labels, corev1.PodPending)
	expect(false, "a second one that has not begun")
}
