package check_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/sample"
)

// watched is an inventory that tells what its changes touch.
type watched struct {
	*inventory.Memory

	touched check.Touched
}

func newWatched() *watched {
	w := &watched{Memory: inventory.NewMemory(index.Of, nil)}
	w.OnChange = func(before, after *inventory.Object, keys []inventory.Key) {
		if after == nil {
			after = before
		}
		id := after.Ref.ID()
		w.touched.Objects = append(w.touched.Objects, id)
		w.touched.Prints = append(w.touched.Prints, inventory.Question{ID: id}.Print())
		for _, key := range keys {
			w.touched.Prints = append(w.touched.Prints, inventory.Question{Key: key}.Print())
		}
	}
	return w
}

// lines are what was found, one thing a line, in order.
func lines(t testing.TB, findings []check.Finding, unknown []check.Unknown, exceptions []check.AppliedException) []string {
	t.Helper()
	var list []string
	add := func(what string, v any) {
		line, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, what+" "+string(line))
	}
	for _, f := range findings {
		add("finding", f)
	}
	for _, u := range unknown {
		add("unknown", u)
	}
	for _, e := range exceptions {
		add("exception", e)
	}
	slices.Sort(list)
	return list
}

func standingLines(t testing.TB, s *check.Standing) []string {
	t.Helper()
	var all check.Found
	for _, id := range s.Subjects() {
		found := s.Of(t.Context(), id)
		all.Findings = append(all.Findings, found.Findings...)
		all.Unknown = append(all.Unknown, found.Unknown...)
		all.Exceptions = append(all.Exceptions, found.Exceptions...)
	}
	if n, err := s.Failed(); n > 0 {
		t.Fatal(err)
	}
	return lines(t, all.Findings, all.Unknown, all.Exceptions)
}

// TestStandingIsWhatAFullJudgementSays changes the objects of several fixtures at once at random, several at a time, and compares
// what stands after each step with a judgement of everything from nothing.
func TestStandingIsWhatAFullJudgementSays(t *testing.T) {
	t.Parallel()
	files := append(fixtureFiles(t, "fail"), fixtureFiles(t, "pass")...)
	worlds, steps := 120, 25
	if testing.Short() || sample.Taken() {
		worlds, steps = 12, 12
	}
	changed, again := 0, 0
	for world := range worlds {
		r := rand.New(rand.NewPCG(uint64(world), 12))
		var objects []*inventory.Object
		var names []string
		checker := everything()
		for range 1 + r.IntN(4) {
			file := files[r.IntN(len(files))]
			inv, _ := load(t, file)
			objects = append(objects, inv.All()...)
			names = append(names, file)
		}
		inv := newWatched()
		for _, o := range objects {
			if r.IntN(2) == 0 {
				inv.Put(o)
			}
		}
		standing, err := checker.Stand(t.Context(), inv, inv.All(), nil)
		if err != nil {
			t.Fatal(err)
		}
		inv.touched = check.Touched{}
		for step := range steps {
			var did []string
			for range 1 + r.IntN(3) {
				did = append(did, disturb(t, r, inv, objects))
			}
			touched, err := standing.Update(t.Context(), inv.touched)
			if err != nil {
				t.Fatal(err)
			}
			changed, again = changed+len(inv.touched.Objects), again+len(touched)
			inv.touched = check.Touched{}
			all := judged(t, checker, inv.Memory)
			if diff := cmp.Diff(lines(t, all.Findings, all.Unknown, all.Exceptions), standingLines(t, standing)); diff != "" {
				t.Fatalf("world %d of %s, step %d: %s (-everything judged +standing):\n%s", world, names, step, strings.Join(did, ", "), diff)
			}
		}
	}
	t.Logf("%d changes, %d subjects judged again", changed, again)
}

// disturb adds, removes, edits or relabels an object.
func disturb(t testing.TB, r *rand.Rand, inv *watched, objects []*inventory.Object) string {
	t.Helper()
	o := objects[r.IntN(len(objects))]
	here := inv.Get(o.Ref.GroupKind(), o.Ref.Namespace, o.Ref.Name)
	switch n := r.IntN(10); {
	case here == nil:
		inv.Put(o)
		return fmt.Sprint("add ", o.Ref)
	case n < 4:
		inv.Delete(o.Ref.ID())
		return fmt.Sprint("delete ", o.Ref)
	case n < 8:
		content := runtime.DeepCopyJSON(here.Content())
		e := edits[r.IntN(len(edits))]
		if !e.apply(r, fieldsOf(content)) {
			inv.Put(o)
			return fmt.Sprint("restore ", o.Ref)
		}
		inv.Put(decoded(t, content))
		return fmt.Sprint(e.name, " of ", o.Ref)
	}
	content := runtime.DeepCopyJSON(here.Content())
	labels, _ := content["metadata"].(map[string]any)["labels"].(map[string]any)
	if labels == nil {
		labels = map[string]any{}
	}
	key := []string{"dittoguard.io/enforce", "app", "app.kubernetes.io/name"}[r.IntN(3)]
	labels[key] = []string{"off", "restricted", "gateway"}[r.IntN(3)]
	content["metadata"].(map[string]any)["labels"] = labels
	inv.Put(decoded(t, content))
	return fmt.Sprintf("label %s=%s of %s", key, labels[key], o.Ref)
}

func decoded(t testing.TB, content map[string]any) *inventory.Object {
	t.Helper()
	raw, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	o, err := inventory.DecodeStored(raw)
	if err != nil {
		t.Fatal(err)
	}
	return o
}
