package check_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/check"
)

// TestMerge_Installations: what runs in a namespace is whatever runs there in one of the versions of its objects.
func TestMerge_Installations(t *testing.T) {
	merged := check.Merge(
		check.Result{Installations: []check.Installation{{Namespace: "a", Releases: []string{"3.9"}, Components: []string{"gateway"}, Entries: 1}}},
		check.Result{Installations: []check.Installation{
			{Namespace: "a", Releases: []string{"3.9", "4.6"}, Components: []string{"gateway", "things"}, Entries: 2},
			{Namespace: "b", Components: []string{"things"}},
		}},
	)
	want := []check.Installation{
		{Namespace: "a", Releases: []string{"3.9", "4.6"}, Components: []string{"gateway", "things"}, Entries: 2},
		{Namespace: "b", Components: []string{"things"}},
	}
	if diff := cmp.Diff(want, merged.Installations); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
