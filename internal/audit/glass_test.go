package audit

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/dittoguard/dittoguard/internal/glass"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// TestTheGlassIsWatched: that it is broken is an Event of the ConfigMap, once, and so is that it is over, whoever audits by then.
func TestTheGlassIsWatched(t *testing.T) {
	audited(t, nil, "", func(w *world) {
		w.options.Glass = glass.New(glass.Options{Inventory: w.Memory, Namespace: "guard", Name: "break", Longest: time.Hour})
		w.restart(func() { w.auditor = New(w.options) })
		broken := func(data string) {
			w.apply(fmt.Sprintf("{apiVersion: v1, kind: ConfigMap, metadata: {name: break, namespace: guard, creationTimestamp: %q}, data: %s}", time.Now().UTC().Format(time.RFC3339), data))
		}
		expect := func(what string, want ...string) {
			t.Helper()
			w.settle()
			if got := w.said(); !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", what, got, want)
			}
		}
		expect("nothing is there")
		broken("{for: 10m, reason: x}")
		expect("broken", "Warning BreakGlass ConfigMap guard/break: break-glass")
		time.Sleep(5 * time.Minute)
		expect("still broken")
		time.Sleep(5 * time.Minute)
		expect("over", "Normal BreakGlassEnded ConfigMap guard/break: break-glass")
		w.Delete(w.Get(inventory.ConfigMap, "guard", "break").Ref.ID())
		expect("gone, which was said")
		broken("{for: 10h, reason: x}")
		expect("too long", "Warning BreakGlassIgnored ConfigMap guard/break: break-glass")
		broken("{for: 10m, reason: x}")
		expect("broken again", "Warning BreakGlass ConfigMap guard/break: break-glass")
		w.Delete(w.Get(inventory.ConfigMap, "guard", "break").Ref.ID())
		expect("taken back", "Normal BreakGlassEnded ConfigMap guard/break: break-glass")
	})
}
