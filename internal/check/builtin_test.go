package check_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
	"github.com/dittoguard/dittoguard/rules"
)

var update = flag.Bool("update", false, "rewrite what fixtures expect")

const builtinDir = "../../rules/builtin"

// TestBuiltinRules walks the built-in rules: each has fixtures that pass and fixtures that fail, each fixture says in its
// head what the rule finds in it, and a mutating rule has what its mutations make of them.
func TestBuiltinRules(t *testing.T) {
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(builtinDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !slices.Contains(rules.Names(list), entry.Name()) {
			t.Errorf("%s/%s holds no rule", builtinDir, entry.Name())
		}
	}
	for _, rule := range list {
		t.Run(rule.Metadata.Name, func(t *testing.T) {
			testRule(t, rule, filepath.Join(builtinDir, rule.Metadata.Name))
		})
	}
}

func testRule(t *testing.T, rule rules.HardeningRule, dir string) {
	mutates := len(rule.Spec.Mutations) > 0
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		switch name := entry.Name(); {
		case name == "rule.yaml", name == "pass", name == "fail", name == "fixed" && mutates:
		default:
			t.Errorf("%s: left over", filepath.Join(dir, name))
		}
	}
	for _, kind := range []string{"pass", "fail"} {
		files := fixtures(t, filepath.Join(dir, kind))
		if len(files) == 0 {
			t.Errorf("%s: no %s fixtures", dir, kind)
		}
		for _, file := range files {
			t.Run(kind+"/"+strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
				testFixture(t, rule, file, kind == "fail")
				if mutates {
					testMutation(t, rule, file, kind == "fail")
				}
			})
		}
	}
	if mutates {
		for _, file := range fixtures(t, filepath.Join(dir, "fixed")) {
			if _, err := os.Stat(filepath.Join(dir, "fail", filepath.Base(file))); err != nil {
				t.Errorf("%s: left over: %v", file, err)
			}
		}
	}
}

// fixtures are the manifests in a folder; a configuration beside one ends in .configuration.yaml.
func fixtures(t *testing.T, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, file := range all {
		switch {
		case strings.HasSuffix(file, ".configuration.yaml"):
			if base := strings.TrimSuffix(file, ".configuration.yaml") + ".yaml"; !slices.Contains(all, base) {
				t.Errorf("%s: left over", file)
			}
		case filepath.Ext(file) == ".yaml":
			files = append(files, file)
		default:
			t.Errorf("%s: left over", file)
		}
	}
	return files
}

// load reads a fixture, and makes the checker that its configuration asks for, with the given rules or with all.
func load(t testing.TB, file string, only ...rules.HardeningRule) (*inventory.Memory, *check.Checker) {
	t.Helper()
	loaded, err := manifest.Load([]string{file}, nil, manifest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	inv := inventory.NewMemory(ditto.Keys, nil)
	for _, o := range loaded.Objects {
		inv.Put(o)
	}
	beside := strings.TrimSuffix(file, ".yaml") + ".configuration.yaml"
	if only == nil && !exists(beside) {
		return inv, everything()
	}
	cfg := config.Default()
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	if exists(beside) {
		if cfg, err = config.Load(beside, rules.Names(list)); err != nil {
			t.Fatal(err)
		}
	}
	if only != nil {
		list = only
	}
	return inv, newChecker(t, list, cfg)
}

// everything is the checker of all built-in rules with the default configuration. It is made once: compiling the rules
// anew for each fixture takes longer than all the judging.
var everything = sync.OnceValue(func() *check.Checker {
	list, err := rules.Builtin()
	if err != nil {
		panic(err)
	}
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true})
	checker, err := check.New(check.Options{Rules: list, Config: config.Default(), Passwords: passwords})
	if err != nil {
		panic(err)
	}
	return checker
})

func newChecker(t testing.TB, list []rules.HardeningRule, cfg *config.Config) *check.Checker {
	t.Helper()
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true, Budget: time.Minute})
	t.Cleanup(passwords.Close)
	checker, err := check.New(check.Options{Rules: list, Config: cfg, Passwords: passwords})
	if err != nil {
		t.Fatal(err)
	}
	return checker
}

func exists(file string) bool { _, err := os.Stat(file); return err == nil }

// The marks of the lines in a fixture's head that say what the rule finds and what it cannot decide.
const (
	findsMark   = "# finds: "
	unknownMark = "# unknown: "
)

func testFixture(t *testing.T, rule rules.HardeningRule, file string, fails bool) {
	inv, checker := load(t, file, rule)
	result := checker.All(context.Background(), inv, inv.All())
	var got []string
	for _, f := range result.Findings {
		if f.Rule == rule.Metadata.Name {
			got = append(got, findsMark+f.Subject.String()+": "+f.Message)
		}
	}
	if fails != (len(got) > 0) {
		t.Errorf("%d findings of the rule", len(got))
	}
	for _, u := range result.Unknown {
		if u.Rule == rule.Metadata.Name {
			got = append(got, unknownMark+u.Subject.String()+": "+u.Message)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want, rest := expectations(string(text))
	if diff := cmp.Diff(want, got); diff != "" {
		if !*update {
			t.Errorf("-want +got (rewrite with -update):\n%s", diff)
			return
		}
		var b strings.Builder
		for _, line := range got {
			b.WriteString(line + "\n")
		}
		if err := os.WriteFile(file, []byte(rest[0]+b.String()+rest[1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// expectations takes the marked lines out of a fixture's head; rest is the text before and after them.
func expectations(text string) (want []string, rest [2]string) {
	at := 0
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, findsMark) || strings.HasPrefix(line, unknownMark) {
			want = append(want, strings.TrimSuffix(line, "\n"))
			at = 1
			continue
		}
		if at == 0 && !strings.HasPrefix(line, "#") {
			at = 1
		}
		rest[at] += line
	}
	return want, rest
}

// testMutation applies a rule's mutations to each object of a fixture: to those that fail it does what fixed/ says, and
// once; those that pass it leaves alone.
func testMutation(t *testing.T, rule rules.HardeningRule, file string, fails bool) {
	inv, checker := load(t, file, rule)
	var out bytes.Buffer
	for _, o := range inv.All() {
		m := mutate(t, checker, inv, o)
		if m.Notes[rule.Metadata.Name] == "" {
			continue
		}
		changed, err := inventory.Decode(m.Object, inventory.Source{})
		if err != nil {
			t.Fatal(err)
		}
		after := inventory.NewOverlay(inv, inventory.Change{ID: o.Ref.ID(), Object: changed})
		if again := mutate(t, checker, after, changed); again.Object != nil {
			t.Errorf("%s: mutated twice: %v", o.Ref, again.Notes)
		}
		text, err := yaml.JSONToYAML(m.Object)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "---\n# %s\n%s", m.Notes[rule.Metadata.Name], text)
	}
	fixed := filepath.Join(filepath.Dir(filepath.Dir(file)), "fixed", filepath.Base(file))
	if !fails {
		if out.Len() > 0 {
			t.Errorf("mutated though it passes:\n%s", out.String())
		}
		return
	}
	want, err := os.ReadFile(fixed)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		if !*update {
			t.Errorf("%s: -want +got (rewrite with -update):\n%s", fixed, diff)
			return
		}
		if out.Len() == 0 {
			err = os.Remove(fixed)
		} else if err = os.MkdirAll(filepath.Dir(fixed), 0o755); err == nil {
			err = os.WriteFile(fixed, out.Bytes(), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func mutate(t *testing.T, checker *check.Checker, inv inventory.Reader, o *inventory.Object) check.Mutation {
	t.Helper()
	m, err := checker.Mutate(context.Background(), inv, check.Change{
		Request: &admissionv1.AdmissionRequest{Operation: admissionv1.Create, Name: o.Ref.Name, Namespace: o.Ref.Namespace},
		Object:  o,
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}
