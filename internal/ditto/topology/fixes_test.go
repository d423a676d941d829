package topology

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

func TestFixOf(t *testing.T) {
	annotations := map[string]string{"nginx.org/b": "2", "a~b": "{rate}"}
	added := []facts.Addition{{Path: "/metadata/annotations/a~0b", Value: "{rate}"}, {Path: "/metadata/annotations/nginx.org~1b", Value: "2"}}
	none := facts.Addition{Path: "/metadata/annotations", Value: map[string]any{}}
	filter := way.Edit{Path: "/spec/rules/0/filters/-", Value: "x", Does: "let it remove x"}
	other := way.Edit{Path: "/spec/rules/1/filters/-", Value: "x", Does: "let it remove x"}
	for _, tt := range []struct {
		name string
		fix  way.Fix
		has  map[string]string
		want facts.Fix
	}{
		{"advice alone", way.Fix{Advice: "do"}, nil, facts.Fix{Advice: "do"}},
		{"annotations beside others", way.Fix{Annotations: annotations}, map[string]string{"c": ""},
			facts.Fix{Patch: added, Does: `set annotation a~b: "{rate}", nginx.org/b: "2"`}},
		{"the first annotations", way.Fix{Annotations: annotations}, nil,
			facts.Fix{Patch: append([]facts.Addition{none}, added...), Does: `set annotation a~b: "{rate}", nginx.org/b: "2"`}},
		{"the same in two rules", way.Fix{Edits: []way.Edit{filter, other}}, nil, facts.Fix{
			Patch: []facts.Addition{{Path: filter.Path, Value: "x"}, {Path: other.Path, Value: "x"}}, Does: "let it remove x",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			entry := &inventory.Object{Meta: &metav1.ObjectMeta{Annotations: tt.has}}
			if diff := cmp.Diff(tt.want, fixOf(&tt.fix, entry)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A fix is that of the outermost step that has one; what a step further in would change is not the entry.
func TestFold_KeepsTheOutermostFix(t *testing.T) {
	var f fold
	f.fix(way.LimitRequests, way.Fix{Annotations: map[string]string{"outer": "1"}})
	f.steps++
	f.fix(way.LimitRequests, way.Fix{Advice: "inner", Annotations: map[string]string{"inner": "1"}})
	f.fix(way.ServeTLS, way.Fix{Advice: "inner", Edits: []way.Edit{{Path: "/spec"}}})
	want := way.Fixes{
		way.LimitRequests: {Advice: "inner", Annotations: map[string]string{"outer": "1"}}, way.ServeTLS: {Advice: "inner"},
	}
	if diff := cmp.Diff(want, f.fixes); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
