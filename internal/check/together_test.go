package check

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// What is unknown is said once, however many rules it leaves open, also where a rule has a further reason of its own.
func TestTogether(t *testing.T) {
	gateway, edge := inventory.Ref{Kind: "Deployment", Namespace: "ditto", Name: "gateway"}, inventory.Ref{Kind: "Ingress", Namespace: "ditto", Name: "api"}
	about := func(rule, what, message string, subject inventory.Ref) Unknown {
		return Unknown{Rule: rule, Subject: subject, What: what, Message: message}
	}
	got := Together([]Unknown{
		about("a", "an a", "no Secret", gateway), about("a", "an a", "no ConfigMap", gateway),
		about("b", "a b", "no ConfigMap", gateway), about("b", "a b", "no ConfigMap", gateway),
		about("", "one thing", "no ConfigMap", gateway), about("", "another", "no ConfigMap", gateway),
		about("c", "a c", "x", edge), about("c", "a c", "y", edge), about("d", "a d", "x", edge), about("d", "a d", "y", edge),
	})
	want := []Reason{
		{[]string{"a"}, []Unknown{about("a", "an a", "no Secret", gateway)}},
		{[]string{"a", "b"}, []Unknown{about("a", "an a", "no ConfigMap", gateway)}},
		{nil, []Unknown{about("", "one thing", "no ConfigMap", gateway)}},
		{nil, []Unknown{about("", "another", "no ConfigMap", gateway)}},
		{[]string{"c", "d"}, []Unknown{about("c", "a c", "x", edge), about("c", "a c", "y", edge)}},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
