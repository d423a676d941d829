package check_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// BenchmarkStanding is the cost of the continuous audit in clusters of about 1,000 and 10,000 objects, with one Ditto in them: judging
// everything, and what one change costs afterwards; of a namespace that has nothing to do with Ditto, of Ditto's own, and of its ways in.
// B/object is the memory that what stands takes.
func BenchmarkStanding(b *testing.B) {
	for _, layout := range []string{"namespaces", "labels", "hosts"} {
		for _, n := range []int{333, 3_333} {
			world := newWorld(b)
			own := ingress("ditto", "api", "ditto.example.com", "twins-ditto-nginx")
			world.put(own)
			world.crowd(layout, n)
			objects := world.inventory.All()
			name := fmt.Sprintf("%s/%d", layout, len(objects))
			b.Run("all/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					stand(b, world, objects)
				}
			})
			before := heap()
			standing := stand(b, world, objects)
			b.Run("memory/"+name, func(b *testing.B) {
				for b.Loop() {
				}
				b.ReportMetric(float64(heap()-before)/float64(len(objects)), "B/object")
			})
			other := "team-7"
			if layout != "namespaces" {
				other = "ditto"
			}
			for _, o := range []metav1.Object{
				world.typed(b, inventory.Deployment, other, "app-00007").(*appsv1.Deployment),
				world.typed(b, inventory.Ingress, other, "app-00007").(*networkingv1.Ingress),
				world.typed(b, inventory.Deployment, "ditto", "twins-ditto-gateway").(*appsv1.Deployment),
				world.typed(b, inventory.Service, "ditto", "twins-ditto-nginx").(*corev1.Service), own,
			} {
				b.Run(fmt.Sprintf("change/%s/%s-%s", name, strings.ToLower(wrap(b, o).Ref.Kind), o.GetName()), func(b *testing.B) {
					b.ReportAllocs()
					judged := 0
					for b.Loop() {
						judged = bringUpToDate(b, world, standing, wrap(b, o))
					}
					b.ReportMetric(float64(judged), "subjects")
				})
			}
			runtime.KeepAlive(standing)
		}
	}
}

func stand(b *testing.B, world *opts, objects []*inventory.Object) *check.Standing {
	b.Helper()
	standing, err := world.checker.Stand(b.Context(), world.inventory, objects, nil)
	if err != nil {
		b.Fatal(err)
	}
	return standing
}

// bringUpToDate puts an object in, and brings what stands up to date.
func bringUpToDate(b *testing.B, world *opts, standing *check.Standing, o *inventory.Object) int {
	b.Helper()
	var touched check.Touched
	world.inventory.OnChange = func(_, after *inventory.Object, keys []inventory.Key) {
		touched.Objects = append(touched.Objects, after.Ref.ID())
		for _, key := range keys {
			touched.Prints = append(touched.Prints, inventory.Question{Key: key}.Print())
		}
		touched.Prints = append(touched.Prints, inventory.Question{ID: after.Ref.ID()}.Print())
	}
	world.inventory.Put(o)
	subjects, err := standing.Update(b.Context(), touched)
	if err != nil {
		b.Fatal(err)
	}
	return len(subjects)
}

// heap is what is in use after collecting garbage.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
