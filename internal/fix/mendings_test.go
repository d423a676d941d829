package fix_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/fix"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
	"github.com/dittoguard/dittoguard/rules"
	"github.com/dittoguard/dittoguard/test/sample"
)

// TestMend: with a patch of files in place, the finding that it is for is gone, and nothing else is denied.
func TestMend(t *testing.T) {
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	passwords := htpasswd.NewVerifier(htpasswd.Options{Work: 10_000_000, CheapWork: 100_000_000, NoBackground: true})
	t.Cleanup(passwords.Close)
	checker, err := check.New(check.Options{Rules: list, Proved: true, Config: config.Default(), Passwords: passwords})
	if err != nil {
		t.Fatal(err)
	}
	judged := func(text string) ([][]*inventory.Object, check.Result, string) {
		file := filepath.Join(t.TempDir(), "a.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		loaded, err := manifest.Load([]string{file}, nil, manifest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var results []check.Result
		for _, world := range loaded.Worlds() {
			inv := inventory.NewMemory(index.Of, nil)
			for _, o := range world {
				inv.Put(o)
			}
			result, err := checker.All(t.Context(), inv, inv.All())
			if err != nil {
				t.Fatal(err)
			}
			results = append(results, result)
		}
		return loaded.Worlds(), check.Merge(results...), file
	}
	same := func(a check.Finding) func(check.Finding) bool {
		return func(b check.Finding) bool {
			return fix.KeyOf(a) == fix.KeyOf(b) && slices.ContainsFunc(a.Keys, func(key string) bool { return slices.Contains(b.Keys, key) })
		}
	}
	fixtures, err := filepath.Glob("../../rules/builtin/*/fail/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	fixtures = slices.DeleteFunc(fixtures, func(f string) bool { return strings.HasSuffix(f, ".configuration.yaml") })
	mended, without := 0, 0
	for i, fixture := range sample.Of(fixtures, 20) {
		if i%4 != 0 {
			continue // what TestFixtures takes longer for
		}
		text, err := os.ReadFile(fixture)
		if err != nil {
			t.Fatal(err)
		}
		worlds, before, file := judged(string(text))
		mendings, err := fix.Mend(t.Context(), checker, worlds, func(string) (string, error) { return string(text), nil })
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range before.Findings {
			list := mendings.Of(f)
			if len(list) == 0 {
				without++
			}
			for _, m := range list {
				if len(m.Files) != 1 || m.Files[0].Name != file || m.Files[0].Before != string(text) || m.Message == "" {
					t.Fatalf("%s: %+v", fixture, m)
				}
				_, after, _ := judged(m.Files[0].After)
				if slices.ContainsFunc(after.Findings, same(f)) {
					t.Errorf("%s: %s is still there with %q", fixture, fix.KeyOf(f), m.Message)
				}
				mended++
				for _, other := range after.Findings {
					was := func(b check.Finding) bool { return fix.KeyOf(b) == fix.KeyOf(other) && b.Action == check.ActionDeny }
					if other.Action == check.ActionDeny && !slices.ContainsFunc(before.Findings, was) {
						t.Errorf("%s: %q brings up %s", fixture, m.Message, fix.KeyOf(other))
					}
				}
			}
		}
	}
	if mended < 10 || without == 0 {
		t.Errorf("%d findings were mended, %d were not", mended, without)
	}
}
