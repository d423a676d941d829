package check_test

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// TestControllerConfigMapThatCannotBeRead: what a controller is told for all Ingresses may close a way or open one, so that both
// are unknown where nobody can read it. One that is known not to be there tells the controller nothing.
func TestControllerConfigMapThatCannotBeRead(t *testing.T) {
	for file, found := range map[string]bool{
		"../../rules/builtin/preauth-exposed/fail/ingress-nginx-main-snippet.yaml":       true,
		"../../rules/builtin/preauth-exposed/pass/ingress-nginx-annotations-prefix.yaml": false,
	} {
		for _, known := range []bool{true, false} {
			fixture, checker := load(t, file)
			inv := inventory.NewMemory(index.Of, func(gk schema.GroupKind, _ string) bool { return known || gk != inventory.ConfigMap })
			for _, o := range fixture.All() {
				if o.Ref.GroupKind() != inventory.ConfigMap {
					inv.Put(o)
				}
			}
			result := judged(t, checker, inv)
			finds := slices.ContainsFunc(result.Findings, func(f check.Finding) bool { return f.Rule == "preauth-exposed" })
			unknown := slices.ContainsFunc(result.Unknown, func(u check.Unknown) bool { return u.Rule == "preauth-exposed" })
			if finds != (found && known) || unknown == known {
				t.Errorf("%s, known %v: found %v, unknown %v", file, known, finds, unknown)
			}
		}
	}
}
