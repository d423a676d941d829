package check

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/rules"
)

// TestCheckedExpressions: what the binary has of the built-in rules is what parsing and checking them makes. `make generate` sets
// DITTOGUARD_GENERATE to have it written anew.
func TestCheckedExpressions(t *testing.T) {
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	compiler, err := compiler()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, rule := range list {
		name := rule.Metadata.Name
		made, err := compiler.Checked(rule)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, name+".cbor")
		if bytes.Equal(made, checkedOf(name)) {
			continue
		}
		if os.Getenv("DITTOGUARD_GENERATE") == "" {
			t.Errorf("%s: its checked expressions are out of date; run make generate", name)
		} else if err := os.WriteFile(filepath.Join("checked", name+".cbor"), made, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir("checked")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-rules +there are):\n%s", diff)
	}
}
