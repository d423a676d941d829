package inventory_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// byGroup files a ConfigMap under its labels, so that a change can take it from one key to another.
func byGroup(o *inventory.Object) []inventory.Key {
	return []inventory.Key{{Index: "group", Value: o.Meta.Labels["group"]}}
}

func configMap(name, group, version string) *inventory.Object {
	return inventory.FromTyped(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
		Namespace: "ditto", Name: name, Labels: map[string]string{"group": group}, ResourceVersion: version,
	}}, schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"})
}

// Whatever was put and deleted, in whatever order, with reads in between or not: an inventory, and an overlay on it, find
// what a plain list of the objects holds, in order, and what a reader got stays as it was.
func TestMemoryAndOverlay_FindWhatIsThere(t *testing.T) {
	for _, names := range []int{5, 40, 3000} {
		for _, readEvery := range []int{1, 7, 100_000} {
			t.Run(fmt.Sprintf("%d names, a read every %d changes", names, readEvery), func(t *testing.T) {
				random := rand.New(rand.NewPCG(1, uint64(names)))
				memory, model := inventory.NewMemory(byGroup, nil), map[string]*inventory.Object{}
				type answer struct{ got, was []*inventory.Object }
				var kept []answer
				for i := range 3 * names {
					name := fmt.Sprintf("settings-%d", random.IntN(names))
					switch o := configMap(name, fmt.Sprint(random.IntN(2)), fmt.Sprint(i)); random.IntN(4) {
					case 0:
						memory.Delete(o.Ref.ID())
						delete(model, name)
					case 1:
						if again := model[name]; again != nil {
							o = again // the very same object once more
						}
						fallthrough
					default:
						memory.Put(o)
						model[name] = o
					}
					if i%readEvery == 0 {
						got := memory.Find(inventory.Key{Index: "group", Value: "0"})
						kept = append(kept, answer{got, slices.Clone(got)})
					}
				}
				compare(t, memory, model)
				var changes []inventory.Change
				for i := range names/2 + 1 {
					name := fmt.Sprintf("settings-%d", random.IntN(2*names))
					o := configMap(name, fmt.Sprint(random.IntN(2)), fmt.Sprint("overlay ", i))
					model[name] = o
					if random.IntN(3) == 0 {
						delete(model, name)
						changes = append(changes, inventory.Change{ID: o.Ref.ID()})
						continue
					}
					changes = append(changes, inventory.Change{ID: o.Ref.ID(), Object: o})
				}
				compare(t, inventory.NewOverlay(memory, changes...), model)
				for _, a := range kept {
					if !slices.Equal(a.got, a.was) {
						t.Fatal("a change reached what a reader had got")
					}
				}
			})
		}
	}
}

func compare(t *testing.T, r inventory.Reader, model map[string]*inventory.Object) {
	t.Helper()
	for _, key := range []inventory.Key{
		{Index: "group", Value: "0"}, {Index: "group", Value: "1"},
		inventory.KindKey(inventory.ConfigMap, ""), inventory.KindKey(inventory.ConfigMap, "ditto"),
	} {
		var want, got []string
		for _, o := range model {
			if key.Index == inventory.ByKind || o.Meta.Labels["group"] == key.Value {
				want = append(want, o.Ref.Name+" "+o.Meta.ResourceVersion)
			}
		}
		slices.Sort(want)
		for _, o := range r.Find(key) {
			got = append(got, o.Ref.Name+" "+o.Meta.ResourceVersion)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", key, diff)
		}
	}
}

func TestMemory_IsSafeForConcurrentUse(t *testing.T) {
	memory := inventory.NewMemory(byGroup, nil)
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for i := range 500 {
				memory.Put(configMap(fmt.Sprintf("settings-%d-%d", worker, i), "0", "1"))
				if found := memory.Find(inventory.Key{Index: "group", Value: "0"}); !slices.IsSortedFunc(found, byName) {
					t.Error("not in order")
				}
			}
		})
	}
	group.Wait()
	if n := len(memory.Find(inventory.Key{Index: "group", Value: "0"})); n != 2000 {
		t.Errorf("%d objects, want 2000", n)
	}
}

func byName(a, b *inventory.Object) int { return a.Ref.Compare(b.Ref) }
