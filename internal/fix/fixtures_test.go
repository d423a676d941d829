package fix_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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

var update = flag.Bool("update", false, "rewrite testdata/open.txt")

// follows are rules that may find something because of a plan for another rule, as a warning and never as a denial.
var follows = map[string]string{
	"trust-model":       "without pre-authentication somebody has to name an issuer, whom no plan knows",
	"paths-as-written":  "what an edge leads to no more may still be reached by paths that it forwards as clients write them",
	"devops-basic-auth": "where nobody was asked for a password, everybody is then",
}

// TestFixtures: of every failing fixture, what a plan writes is no longer found, no rule finds anything else, what stays is what the
// plan said, comments survive, and a second run has nothing to do.
func TestFixtures(t *testing.T) {
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	passwords := htpasswd.NewVerifier(htpasswd.Options{Work: 10_000_000, CheapWork: 100_000_000, NoBackground: true})
	t.Cleanup(passwords.Close)
	fixed := map[string]int{}
	var open []string
	for _, rule := range list {
		if rule.Spec.PartOf != "" {
			continue // it has the fixes of the whole
		}
		name := rule.Metadata.Name
		fixtures, err := filepath.Glob("../../rules/builtin/" + name + "/fail/*.yaml")
		if err != nil {
			t.Fatal(err)
		}
		fixtures = slices.DeleteFunc(fixtures, func(f string) bool { return strings.HasSuffix(f, ".configuration.yaml") })
		for _, fixture := range sample.Of(fixtures, 12) {
			cfg := config.Default()
			if named := strings.TrimSuffix(fixture, ".yaml") + ".configuration.yaml"; exists(named) {
				if cfg, err = config.Load(named, list); err != nil {
					t.Fatal(err)
				}
			}
			checker, err := check.New(check.Options{Rules: list, Proved: true, Config: cfg, Passwords: passwords})
			if err != nil {
				t.Fatal(err)
			}
			t.Run(name+"/"+filepath.Base(fixture), func(t *testing.T) {
				mended, left := tryFixture(t, checker, name, fixture)
				if mended {
					fixed[name]++
				}
				if left {
					open = append(open, name+"/"+filepath.Base(fixture))
				}
			})
		}
	}
	if t.Failed() || sample.Taken() {
		return
	}
	// What no plan closes is for people: a fixture that joins them has lost its fix.
	const golden = "testdata/open.txt"
	text := strings.Join(open, "\n") + "\n"
	if *update {
		if err := os.WriteFile(golden, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		t.Errorf("fixtures of which something stays (-%s +now):\n%s", golden, diff)
	}
	// A rule whose fixtures are never fixed has lost its change.
	for _, rule := range list {
		changes := slices.ContainsFunc(rule.Spec.Fixes, func(f rules.Fix) bool { return !f.Change.IsZero() })
		if name := rule.Metadata.Name; changes != (fixed[name] > 0) {
			t.Errorf("%s: it has a fix that is a change: %t; fixtures that are fixed: %d", name, changes, fixed[name])
		}
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// tryFixture says whether something of the rule was mended in the file, and whether something of it is left. The plan is for what a rule finds, and for all that is denied.
func tryFixture(t *testing.T, checker *check.Checker, rule, fixture string) (mended, left bool) {
	t.Helper()
	text, err := os.ReadFile(fixture)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "manifest.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	plan, out := planOf(t, checker, rule, file)
	left = slices.ContainsFunc(plan.Open, func(f check.Finding) bool { return f.Rule == rule })
	if len(out.Files) == 0 {
		return false, left
	}
	for _, f := range out.Files {
		if err := f.Write(); err != nil {
			t.Fatal(err)
		}
	}
	mended = slices.ContainsFunc(plan.Changes, func(c *fix.Change) bool { return slices.Contains(c.Rules, rule) })
	if len(out.Left)+len(out.Values)+len(out.Rendered) > 0 {
		return mended, left // what is found now depends on what was left
	}
	now := judge(t, checker, file)
	if diff := cmp.Diff(found(plan.After), found(now)); diff != "" {
		t.Errorf("found (-as the plan says +as written):\n%s\n%s", diff, after(t, file))
	}
	nothingNew(t, plan.Before, now)
	written := after(t, file)
	for line := range strings.Lines(string(text)) {
		if comment := strings.TrimSpace(line); strings.HasPrefix(comment, "#") && !strings.Contains(written, comment) && !inRemoved(plan) {
			t.Errorf("a comment is gone: %s", comment)
		}
	}
	_, again := planOf(t, checker, rule, file)
	if len(again.Files) > 0 {
		t.Errorf("a second run changes %s", again.Files[0].Name)
	}
	return mended, left
}

// nothingNew requires that no rule finds anything that it did not find before, or only what follows.
func nothingNew(t *testing.T, before, now check.Result) {
	t.Helper()
	known := map[string]bool{}
	for _, f := range before.Findings {
		known[fix.KeyOf(f)] = true
	}
	for _, f := range now.Findings {
		if follows[f.Rule] != "" && f.Action == check.ActionWarn {
			continue
		}
		if f.Action != check.ActionNone && !known[fix.KeyOf(f)] {
			t.Errorf("new: %s %s: %s", f.Action, fix.KeyOf(f), f.Message)
		}
	}
}

// inRemoved says whether a plan removes an object, with whose comments nobody knows what to do.
func inRemoved(plan *fix.Plan) bool {
	return slices.ContainsFunc(plan.Changes, func(c *fix.Change) bool { return c.Gone })
}

func after(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func planOf(t *testing.T, checker *check.Checker, rule, file string) (*fix.Plan, *fix.Output) {
	t.Helper()
	plan, err := fix.Find(t.Context(), checker, load(t, file).Worlds(), fix.Options{
		Closes: func(f check.Finding) bool {
			return f.Action == check.ActionDeny || f.Action == check.ActionWarn && f.Rule == rule
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := fix.Place(plan, func(name string) (string, error) {
		text, err := os.ReadFile(name)
		return string(text), err
	})
	if err != nil {
		t.Fatal(err)
	}
	return plan, out
}

func load(t *testing.T, file string) *manifest.Result {
	t.Helper()
	loaded, err := manifest.Load([]string{file}, nil, manifest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

func judge(t *testing.T, checker *check.Checker, file string) check.Result {
	t.Helper()
	var results []check.Result
	for _, world := range load(t, file).Worlds() {
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
	return check.Sorted(check.Merge(results...))
}

// found are the findings, without where they stand.
func found(result check.Result) []string {
	list := []string{}
	for _, f := range result.Findings {
		list = append(list, string(f.Action)+" "+fix.KeyOf(f)+" "+f.Message)
	}
	slices.Sort(list)
	return slices.Compact(list)
}
