package check_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// putBack has the gateway of the fixture updated with n environment variables more, all of which were there before, and without one
// that had been injected among them.
func (w *opts) putBack(b testing.TB, n int) {
	b.Helper()
	asked := w.typed(b, inventory.Deployment, "ditto", "twins-ditto-gateway").(*appsv1.Deployment).DeepCopy()
	asked.Spec.Template.Labels["version"] = "2"
	container := &asked.Spec.Template.Spec.Containers[0]
	const name = "GATEWAY_SSE_THROTTLING_ENABLED"
	env := slices.DeleteFunc(container.Env, func(e corev1.EnvVar) bool { return e.Name == name })
	for i := range n {
		env = append(env, corev1.EnvVar{Name: fmt.Sprint("SETTING_", i), Value: "some value"})
	}
	container.Env = env
	old := asked.DeepCopy()
	injected := corev1.EnvVar{Name: name, Value: "true"}
	old.Spec.Template.Spec.Containers[0].Env = slices.Insert(slices.Clone(env), n/2, injected)

	gvk := gvkOf(asked)
	m, err := w.checker.Mutate(b.Context(), w.inventory, check.Change{
		Request: &admissionv1.AdmissionRequest{
			Kind: metav1.GroupVersionKind(gvk), Namespace: "ditto", Operation: admissionv1.Update,
		},
		Object: wrap(b, asked), OldObject: wrap(b, old),
	})
	if err != nil {
		b.Fatal(err)
	}
	if m.Object == nil || strings.Count(string(m.Object), name) != 1 {
		b.Fatalf("%s was not put back once, but %v", name, m.Notes)
	}
}

// TestMutate_PutsBackAmongMany holds that putting back a variable among twice as many takes about twice as much. It is memory that is
// counted, which each comparison of two variables takes some of, and not time.
func TestMutate_PutsBackAmongMany(t *testing.T) {
	world := newWorld(t)
	world.putBack(t, 1) // what is made once
	once := allocated(func() { world.putBack(t, 500) })
	twice := allocated(func() { world.putBack(t, 1000) })
	if growth := float64(twice) / float64(once); growth > 2.6 {
		t.Errorf("twice as many take %.2f times as much", growth)
	}
}

// BenchmarkPutBack is the same for people.
func BenchmarkPutBack(b *testing.B) {
	for _, n := range []int{1_000, 4_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			world := newWorld(b)
			b.ReportAllocs()
			for b.Loop() {
				world.putBack(b, n)
			}
		})
	}
}
