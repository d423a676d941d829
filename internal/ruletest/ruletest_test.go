package ruletest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ruletest"
)

// The command's scripts (cmd/dittoguard/testdata/script/test.txtar) show what most of this says; here is what they leave out.

const mutating = `apiVersion: dittoguard.io/v1alpha1
kind: HardeningRule
metadata: {name: mutating}
spec:
  title: It mutates
  rationale: And finds nothing.
  level: restricted
  severity: low
  match:
    each: object
    resourceRules:
    - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [services]}
  matchConditions:
  - name: as-the-request-says
    expression: request.kind.kind == 'Service' && request.resource.resource == 'services'
  mutations:
  - patchType: JSONPatch
    jsonPatch: {expression: EXPRESSION}
  remediation: None.
`

const service = "apiVersion: v1\nkind: Service\nmetadata: {name: a, labels: {x: z}}\nspec: {clusterIP: None}\n"

// run writes a rule and its fixtures and returns what is wrong with them.
func run(t *testing.T, expression string, fixtures map[string]string) []string {
	t.Helper()
	t.Chdir(t.TempDir())
	fixtures["rule.yaml"] = strings.Replace(mutating, "EXPRESSION", expression, 1)
	for name, text := range fixtures {
		file := filepath.Join("mutating", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	suites, err := ruletest.Load(".")
	if err != nil {
		t.Fatal(err)
	}
	problems := suites[0].Problems
	for _, c := range suites[0].Cases {
		problems = append(problems, c.Run(t.Context(), false).Problems...)
	}
	return problems
}

func TestMutations(t *testing.T) {
	const once = `"object.spec.clusterIP == 'None' ? [JSONPatch{op: 'replace', path: '/spec/clusterIP', value: '10.0.0.1'}] : []"`
	const changed = "---\n# It mutates\napiVersion: v1\nkind: Service\nmetadata:\n  labels:\n    x: z\n  name: a\n  namespace: default\nspec:\n  clusterIP: 10.0.0.1\n"
	assigned := strings.Replace(service, "None", "10.0.0.1", 1)
	for _, test := range []struct {
		name, expression string
		fixtures         map[string]string
		want             []string
	}{
		{"a rule that only mutates fails by changing something", once, map[string]string{"fail/a.yaml": service, "fixed/a.yaml": changed, "pass/a.yaml": assigned}, nil},
		{
			"and where it changes nothing it does not fail", once, map[string]string{"fail/a.yaml": assigned, "pass/a.yaml": assigned},
			[]string{"mutating/fail/a.yaml: the rule changes nothing, but this fixture should fail"},
		},
		{
			"a change that is made again and again", `"[JSONPatch{op: 'add', path: '/metadata/labels/z', value: object.metadata.labels.?z.orValue('') + 'z'}]"`,
			map[string]string{"fail/a.yaml": service, "pass/a.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"},
			[]string{"mutating/fail/a.yaml: Service default/a: changed again when it is sent again: It mutates, then It mutates"},
		},
		{
			"a change that cannot be made", `"[JSONPatch{op: 'remove', path: '/spec/none'}]"`,
			map[string]string{"fail/a.yaml": service, "pass/a.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"},
			[]string{"mutating/fail/a.yaml: Service default/a: rule mutating: "},
		},
		{
			"no YAML", once, map[string]string{"fail/a.yaml": service, "fixed/a.yaml": changed, "pass/a.yaml": "kind: ["},
			[]string{"mutating/pass/a.yaml:1: "},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := run(t, test.expression, test.fixtures)
			for i, want := range test.want {
				// What other packages say is theirs.
				if i < len(got) && strings.HasSuffix(want, ": ") && strings.HasPrefix(got[i], want) {
					got[i] = want
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
