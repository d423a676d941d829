package explain

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMerge(t *testing.T) {
	way := func(route string) Way { return Way{Route: route} }
	in := func(namespace string, ways ...Way) Explanation {
		return Explanation{Installations: []Installation{{Namespace: namespace, WaysIn: ways, Components: []Component{{Component: "gateway"}}}}}
	}
	got := Merge(in("a", way("/x"), way("/y")), in("a", way("/y"), way("/z")), in("b", way("/x")))
	want := Explanation{Installations: []Installation{
		{Namespace: "a", WaysIn: []Way{way("/x"), way("/y"), way("/z")}, Components: []Component{{Component: "gateway"}}, PasswordFiles: []PasswordFile{}, Unknown: []Unknown{}},
		{Namespace: "b", WaysIn: []Way{way("/x")}, Components: []Component{{Component: "gateway"}}, PasswordFiles: []PasswordFile{}, Unknown: []Unknown{}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
