package export

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/engine"
	"github.com/dittoguard/dittoguard/rules"
)

// head is what all rules of these tests begin with.
const head = `apiVersion: dittoguard.io/v1alpha1
kind: HardeningRule
metadata: {name: NAME}
spec:
  title: A title
  rationale: Because.
  guide: "1"
  level: LEVEL
  severity: high
  remediation: Do this.
  match:
    each: object
    resourceRules:
    - {operations: [CREATE, UPDATE, DELETE], apiGroups: [""], apiVersions: [v1], resources: [pods]}
`

func ruleText(name, level, more string) string {
	return strings.NewReplacer("NAME", name, "LEVEL", level).Replace(head) + more
}

const (
	validates = "  validations: [{expression: 'object.spec.hostNetwork != true', message: on the host}]\n"
	compares  = "  validations: [{expression: 'oldObject != null || object.spec.hostNetwork != true', message: on the host}]\n"
	mutates   = "  mutations: [{patchType: JSONPatch, jsonPatch: {expression: '[JSONPatch{op: \"remove\", path: \"/a\"}]'}}]\n"
)

func load(t *testing.T, texts ...string) []rules.HardeningRule {
	t.Helper()
	list, err := rules.Load(fstest.MapFS{"rules.yaml": {Data: []byte(strings.Join(texts, "---\n"))}})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func configuration(t *testing.T, text string, list []rules.HardeningRule) *config.Config {
	t.Helper()
	c, err := config.Parse("configuration.yaml", []byte("apiVersion: dittoguard.io/v1alpha1\nkind: Configuration\n"+text), list)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// shape is what a test compares of an exported rule.
func shape(p Policies) map[string]string {
	got := map[string]string{}
	for _, one := range p.List {
		var words []string
		if one.ValidatingBinding != nil {
			for _, action := range one.ValidatingBinding.Spec.ValidationActions {
				words = append(words, string(action))
			}
			words = append(words, string(*one.Validating.Spec.FailurePolicy))
		}
		if one.Mutating != nil {
			words = append(words, "mutates")
		}
		got[one.Rule] = strings.Join(words, " ")
	}
	return got
}

func TestAdmissionPolicies_Actions(t *testing.T) {
	list := load(t, ruleText("base", "baseline", validates), ruleText("part", "baseline", validates+"  partOf: base\n"),
		ruleText("strict", "restricted", validates), ruleText("both", "restricted", validates+mutates), ruleText("changes", "baseline", mutates))
	tests := []struct {
		name, configuration string
		actions             []admissionregistrationv1.ValidationAction
		want                map[string]string
		notes               []string
	}{
		{"the defaults", "", nil, map[string]string{
			"base": "Deny Fail", "part": "Deny Fail", "strict": "Warn Audit Ignore", "both": "Warn Audit Ignore mutates", "changes": "mutates"}, nil},
		{"actions by flag", "", []admissionregistrationv1.ValidationAction{admissionregistrationv1.Audit}, map[string]string{
			"base": "Audit Ignore", "part": "Audit Ignore", "strict": "Audit Ignore", "both": "Audit Ignore mutates", "changes": "mutates"}, nil},
		{"a dry run that mutates nothing", "modes: {enforce: off, warn: baseline, audit: restricted}\n", nil, map[string]string{
			"base": "Warn Audit Ignore", "part": "Warn Audit Ignore", "strict": "Audit Ignore", "both": "Audit Ignore"},
			[]string{"rule changes is not exported: the configuration neither enforces it nor warns of it nor records it"}},
		{"a whole rule that is moved takes its part along", "rules: {base: {level: restricted}, strict: {level: baseline}}\n", nil, map[string]string{
			"base": "Warn Audit Ignore", "part": "Warn Audit Ignore", "strict": "Deny Fail", "both": "Warn Audit Ignore mutates", "changes": "mutates"}, nil},
		{"a part that is moved by itself", "rules: {part: {level: restricted}, both: {mutate: false}}\n", nil, map[string]string{
			"base": "Deny Fail", "part": "Warn Audit Ignore", "strict": "Warn Audit Ignore", "both": "Warn Audit Ignore", "changes": "mutates"}, nil},
		{"what nothing is asked of", "modes: {enforce: baseline, warn: off, audit: off}\n", nil, map[string]string{
			"base": "Deny Fail", "part": "Deny Fail", "both": "mutates", "changes": "mutates"},
			[]string{"rule strict is not exported: the configuration neither enforces it nor warns of it nor records it"}},
		{"exceptions from a rule, its part and none", `exceptions:
- {rules: [base], match: {namespace: a}, reason: test, expires: 2030-01-01}
- {rules: [base], match: {namespace: a}, reason: test, expires: 2020-01-01}
- {rules: [part], match: {namespace: a}, reason: test, expires: 2030-01-01}
`, nil, map[string]string{
			"base": "Deny Fail", "part": "Deny Fail", "strict": "Warn Audit Ignore", "both": "Warn Audit Ignore mutates", "changes": "mutates"},
			[]string{
				"the policy of rule base ignores the exception in line 4 of the configuration",
				"the policy of rule part ignores the exception in line 4 of the configuration",
				"the policy of rule part ignores the exception in line 6 of the configuration",
			}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := AdmissionPolicies(list, Options{
				Config: configuration(t, test.configuration, list), Actions: test.actions,
				Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, shape(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.notes, got.Notes); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAdmissionPolicies_EnforceVersion: a policy does not deny what is newer than the version that is enforced.
func TestAdmissionPolicies_EnforceVersion(t *testing.T) {
	const since = "  since: v0.2\n"
	list := load(t, ruleText("old", "baseline", since+validates), ruleText("new", "baseline", strings.Replace(since, "2", "3", 1)+validates),
		ruleText("newer", "baseline", since+strings.Replace(validates, "}]", "}, {expression: 'false', message: never, since: v0.3}]", 1)))
	got, err := AdmissionPolicies(list, Options{Config: configuration(t, "modes: {enforce: baseline, enforceVersion: v0.2}\n", list)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"old": "Deny Fail", "new": "Warn Audit Ignore", "newer": "Deny Fail"}, shape(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, p := range got.List {
		if n := len(p.Validating.Spec.Validations); n != 1 {
			t.Errorf("%s has %d validations", p.Rule, n)
		}
	}
	if diff := cmp.Diff([]string{"the policy of rule newer leaves out what is new in v0.3: what is enforced is v0.2"}, got.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

func TestAdmissionPolicies_Errors(t *testing.T) {
	newer := ruleText("newer", "baseline", "  validations: [{expression: \"semver('1.2.3').major() == 1\"}]\n")
	params := ruleText("params", "baseline", "  validations: [{expression: \"params.most > 1\"}]\n")
	list := load(t, ruleText("fine", "baseline", validates), newer, params, ruleText("changes", "baseline", mutates))
	tests := []struct {
		name  string
		list  []rules.HardeningRule
		names []string
		minor uint
		// want are parts of the error, notes what is said if there is none.
		want  []string
		notes []string
	}{
		{"an old Kubernetes", list, nil, 29, []string{"kubernetes 1.29 has no ValidatingAdmissionPolicy in v1; 1.30 is the first"}, nil},
		{"names that are none", list, []string{"fine", "find"}, 0, []string{`there is no rule "find"; the rules are changes, fine, newer, params`}, nil},
		{"rules that are too new, by name", list, []string{"newer", "changes", "params"}, 32, []string{
			`rule "changes" cannot be exported: kubernetes 1.32 has no MutatingAdmissionPolicy in v1; 1.36 is the first`,
			`rule "newer" cannot be exported: rules.yaml:`, "undeclared reference to 'semver'",
			`rule "params" cannot be exported: rules.yaml:`, "undeclared reference to 'params'",
		}, nil},
		{"the same without names", list, nil, 32, nil, []string{"rule changes is not exported: ", "rule newer is not exported: ", "rule params is not exported: "}},
		{"nothing is left", load(t, newer), nil, 32, []string{"no rule is left to export\n", "rule newer is not exported: "}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := AdmissionPolicies(test.list, Options{Rules: test.names, Minor: test.minor})
			if (err != nil) != (test.want != nil) {
				t.Fatalf("%v", err)
			}
			for _, part := range test.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("nothing of %q in:\n%v", part, err)
				}
			}
			if len(got.Notes) != len(test.notes) {
				t.Fatalf("notes %q", got.Notes)
			}
			for i, note := range test.notes {
				if !strings.HasPrefix(got.Notes[i], note) {
					t.Errorf("got %q, want %q", got.Notes[i], note)
				}
			}
		})
	}
}

func TestUpdatesAreSaid(t *testing.T) {
	only := strings.Replace(ruleText("create", "baseline", validates), "CREATE, UPDATE, DELETE", "CREATE", 1)
	list := load(t, ruleText("anew", "baseline", validates), ruleText("compares", "baseline", compares), only)
	policies, err := AdmissionPolicies(list, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, p := range policies.List {
		got[p.Rule] = p.Validating.Annotations["dittoguard.io/updates"]
	}
	if diff := cmp.Diff(map[string]string{"anew": updatesAnew, "compares": updatesCompared, "create": ""}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestExpressionsAreVerbatim: of every built-in rule that is exported, what is read back from its file is what the rule says.
func TestExpressionsAreVerbatim(t *testing.T) {
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	policies, err := AdmissionPolicies(list, Options{})
	if err != nil || len(policies.Notes) > 0 {
		t.Fatal(err, policies.Notes)
	}
	byName := map[string]rules.HardeningRule{}
	for _, r := range list {
		byName[r.Metadata.Name] = r
	}
	for _, p := range policies.List {
		text, err := p.YAML()
		if err != nil {
			t.Fatal(err)
		}
		documents := strings.Split(string(text), "---\n")
		if len(documents) != 3 || !strings.HasPrefix(documents[0], header) {
			t.Fatalf("%s: %d documents, the first is %q", p.Rule, len(documents), documents[0])
		}
		var policy admissionregistrationv1.ValidatingAdmissionPolicy
		if err := yaml.UnmarshalStrict([]byte(documents[1]), &policy); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(documents[1], "\nstatus:") {
			t.Errorf("%s: a policy with a status", p.Rule)
		}
		r := byName[p.Rule]
		if diff := cmp.Diff(r.Spec.MatchConditions, policy.Spec.MatchConditions); diff != "" {
			t.Errorf("%s: match conditions (-rule +policy):\n%s", p.Rule, diff)
		}
		if diff := cmp.Diff(r.Spec.Variables, policy.Spec.Variables); diff != "" {
			t.Errorf("%s: variables (-rule +policy):\n%s", p.Rule, diff)
		}
		if diff := cmp.Diff(r.Spec.Match.ResourceRules, policy.Spec.MatchConstraints.ResourceRules); diff != "" {
			t.Errorf("%s: resources (-rule +policy):\n%s", p.Rule, diff)
		}
		var want, got [][2]string
		for _, v := range r.Spec.Validations {
			want = append(want, [2]string{v.Expression, v.MessageExpression})
		}
		for _, v := range policy.Spec.Validations {
			got = append(got, [2]string{v.Expression, v.MessageExpression})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: validations (-rule +policy):\n%s", p.Rule, diff)
		}
	}
}

// TestMutatingPolicies: a mutating policy never matches DELETE, and its own condition compiles.
func TestMutatingPolicies(t *testing.T) {
	policies, err := AdmissionPolicies(load(t, ruleText("changes", "baseline", mutates)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	policy := policies.List[0].Mutating
	want := []admissionregistrationv1.OperationType{"CREATE", "UPDATE"}
	if diff := cmp.Diff(want, policy.Spec.MatchConstraints.ResourceRules[0].Operations); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	r := load(t, ruleText("condition", "baseline", mutates))[0]
	r.Spec.MatchConditions = policy.Spec.MatchConditions
	if err := engine.CompileNative(r, firstMutatingMinor); err != nil || len(r.Spec.MatchConditions) != 1 {
		t.Error(err, r.Spec.MatchConditions)
	}
}

func TestWrite(t *testing.T) {
	one := load(t, ruleText("one", "baseline", validates))
	two := load(t, ruleText("one", "baseline", validates), ruleText("two", "baseline", validates))
	write := func(t *testing.T, dir string, list []rules.HardeningRule) ([]string, error) {
		t.Helper()
		policies, err := AdmissionPolicies(list, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return Write(dir, policies.List)
	}
	names := func(t *testing.T, dir string) []string {
		t.Helper()
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, entry := range entries {
			list = append(list, entry.Name())
		}
		return list
	}
	t.Run("a folder that is not there", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "a", "b")
		if stale, err := write(t, dir, two); err != nil || stale != nil {
			t.Fatal(stale, err)
		}
		if diff := cmp.Diff([]string{"dittoguard-one.yaml", "dittoguard-two.yaml"}, names(t, dir)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		stale, err := write(t, dir, one)
		if diff := cmp.Diff([]string{filepath.Join(dir, "dittoguard-two.yaml")}, stale); diff != "" || err != nil {
			t.Errorf("stale (-want +got):\n%s%v", diff, err)
		}
	})
	for name, place := range map[string]func(file string) error{
		"somebody else's file": func(file string) error { return os.WriteFile(file, []byte("kind: Pod\n"), 0o600) },
		"an empty file":        func(file string) error { return os.WriteFile(file, nil, 0o600) },
		"a folder":             func(file string) error { return os.Mkdir(file, 0o700) },
		"a link":               func(file string) error { return os.Symlink("/dev/null", file) },
	} {
		t.Run(name+" in the place of a policy", func(t *testing.T) {
			dir := t.TempDir()
			if err := place(filepath.Join(dir, "dittoguard-two.yaml")); err != nil {
				t.Fatal(err)
			}
			_, err := write(t, dir, two)
			if err == nil || !strings.HasPrefix(err.Error(), filepath.Join(dir, "dittoguard-two.yaml")) || !strings.HasSuffix(err.Error(), "nothing was written") {
				t.Errorf("got %v", err)
			}
			if diff := cmp.Diff([]string{"dittoguard-two.yaml"}, names(t, dir)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	t.Run("what else is in the folder stays", func(t *testing.T) {
		dir := t.TempDir()
		for _, name := range []string{"kustomization.yaml", "dittoguard-mine.yaml", ".dittoguard-x"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("# mine\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if stale, err := write(t, dir, one); err != nil || stale != nil {
			t.Errorf("%v %v", stale, err)
		}
		if diff := cmp.Diff([]string{".dittoguard-x", "dittoguard-mine.yaml", "dittoguard-one.yaml", "kustomization.yaml"}, names(t, dir)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
