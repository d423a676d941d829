package rules

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const valid = `apiVersion: dittoguard.io/v1alpha1
kind: HardeningRule
metadata:
  name: NAME
spec:
  title: A title
  rationale: Because.
  guide: "1, 5"
  level: baseline
  severity: high
  match:
    each: gateway
  validations:
  - expression: |
      ditto.gateway.name != ''
    message: bad
  remediation: Do this.
`

func named(name string) string { return strings.Replace(valid, "NAME", name, 1) }

// load loads files and returns the lines of the error.
func load(t *testing.T, files map[string]string) ([]HardeningRule, []string) {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	found, err := Load(fsys)
	if err == nil {
		return found, nil
	}
	if found != nil {
		t.Error("rules beside an error")
	}
	return nil, strings.Split(err.Error(), "\n")
}

func TestLoad(t *testing.T) {
	found, errs := load(t, map[string]string{
		"b/rule.yaml":         named("b"),
		"b/pass/object.yaml":  "kind: Pod\n",
		"b/README.md":         "# b",
		"pass/x.yaml":         "kind: Pod\n",
		".git/x.yaml":         "kind: Pod\n",
		"loose.yml":           "---\n" + named("a") + "---\n---\n" + named("d"),
		"c.json":              `{"apiVersion":"dittoguard.io/v1alpha1","kind":"HardeningRule","metadata":{"name":"c"},"spec":{"title":"t","rationale":"r","guide":"9","level":"restricted","severity":"low","match":{"each":"exposure","subject":"entry"},"validations":[{"expression":"true"}],"remediation":"x"}}`,
		"c/nothing-here.text": "",
	})
	if errs != nil {
		t.Fatal(errs)
	}
	type row struct {
		Name, File string
		Line, Expr int
		Level      Level
	}
	var got []row
	for _, r := range found {
		got = append(got, row{r.Metadata.Name, r.Source.File, r.Source.Line, r.Source.LineOf("spec.validations[0].expression"), r.Spec.Level})
	}
	want := []row{
		{"a", "loose.yml", 2, 15, Baseline}, {"b", "b/rule.yaml", 1, 14, Baseline},
		{"c", "c.json", 1, 1, Restricted}, {"d", "loose.yml", 21, 34, Baseline},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := found[1].Spec.Validations[0].Expression; got != "ditto.gateway.name != ''\n" {
		t.Errorf("expression %q", got)
	}
	if line := found[1].Source.LineOf("spec.validations[7].none"); line != 13 {
		t.Errorf("the line of an unknown field is %d, want that of spec.validations", line)
	}
}

func TestLoadFrom_ShowsTheFolder(t *testing.T) {
	_, err := LoadFrom(fstest.MapFS{"x/rule.yaml": {Data: []byte("kind: [")}}, "rules")
	if err == nil || !strings.HasPrefix(err.Error(), "rules/x/rule.yaml:1: not YAML: ") {
		t.Errorf("got %v", err)
	}
}

// TestLoad_Problems changes one thing of a valid document.
func TestLoad_Problems(t *testing.T) {
	object := "each: object\n    resourceRules:\n    - {operations: [CREATE], apiGroups: [''], apiVersions: [v1], resources: [pods]}"
	tests := []struct {
		name     string
		old, new string
		want     []string
	}{
		{"a misspelt field", "  - expression: |", "  - expresion: |", []string{"x/rule.yaml:14: spec.validations[0].expresion: unknown field"}},
		{"a duplicate field", "  level: baseline", "  level: baseline\n  title: Again", []string{"x/rule.yaml:10: spec.title: duplicate field, first on line 6"}},
		{"a field with other letters", "  level:", "  Level:", []string{"x/rule.yaml:9: spec.Level: unknown field"}},
		{"a number for a string", `guide: "1, 5"`, "guide: 1", []string{"x/rule.yaml:8: spec.guide: expected a string, got a number (quote it)"}},
		{"a boolean for an expression", "expression: |\n      ditto.gateway.name != ''", "expression: true", []string{"x/rule.yaml:14: spec.validations[0].expression: expected a string, got a boolean (quote it)"}},
		{"a list for fields", "    each: gateway", "    - each", []string{"x/rule.yaml:12: spec.match: expected fields, got a list"}},
		{"fields for a list", "  validations:\n  - expression", "  validations:\n    expression", []string{"x/rule.yaml:14: spec.validations: expected a list, got fields"}},
		{"nothing in a list", "  remediation:", "  variables:\n  -\n  remediation:", []string{"x/rule.yaml:18: spec.variables[0]: expected a value, got nothing"}},
		{"an alias", "message: bad", "message: &a bad\n  unknowns: *a", []string{"x/rule.yaml:17: spec.unknowns: YAML aliases are not supported; write the value out"}},
		{"several at once, in order", "  level: baseline\n  severity: high", "  levl: baseline\n  severty: high", []string{
			"x/rule.yaml:9: spec.levl: unknown field", "x/rule.yaml:10: spec.severty: unknown field"}},
		{"another version", "v1alpha1", "v1", []string{`x/rule.yaml:1: apiVersion: expected dittoguard.io/v1alpha1, got "dittoguard.io/v1"`}},
		{"another kind", "HardeningRule", "Pod", []string{`x/rule.yaml:2: kind: expected HardeningRule, got "Pod"`}},
		{"no name", "  name: x", "  name: ''", []string{"x/rule.yaml:4: metadata.name: must not be empty"}},
		{"another name than the folder's", "name: x", "name: y", []string{`x/rule.yaml:4: metadata.name: must be "x" as its folder, got "y"`}},
		{"no title", "title: A title", "title: ' '", []string{"x/rule.yaml:6: spec.title: must not be empty"}},
		{"a title of two lines", "title: A title", "title: \"a\\nb\"", []string{"x/rule.yaml:6: spec.title: must be one line"}},
		{"no rationale", "  rationale: Because.\n", "", []string{"x/rule.yaml:5: spec.rationale: must not be empty"}},
		{"no remediation", "  remediation: Do this.\n", "", []string{"x/rule.yaml:5: spec.remediation: must not be empty"}},
		{"an unknown level", "baseline", "paranoid", []string{`x/rule.yaml:9: spec.level: expected baseline or restricted, got "paranoid"`}},
		{"an unknown severity", "high", "severe", []string{`x/rule.yaml:10: spec.severity: expected critical, high, medium or low, got "severe"`}},
		{"a section that is not there", `"1, 5"`, `"1, 10"`, []string{`x/rule.yaml:8: spec.guide: expected sections "1" to "9" separated by commas, got "1, 10"`}},
		{"section 0", `"1, 5"`, `"0"`, []string{`x/rule.yaml:8: spec.guide: expected sections "1" to "9" separated by commas, got "0"`}},
		{"a section twice", `"1, 5"`, `"5,5"`, []string{"x/rule.yaml:8: spec.guide: section 5 is named twice"}},
		{"an unknown each", "each: gateway", "each: pod", []string{`x/rule.yaml:12: spec.match.each: expected object, gateway, component, exposure, credential, policy or edge, got "pod"`}},
		{"an exposure without subject", "each: gateway", "each: exposure", []string{`x/rule.yaml:11: spec.match.subject: expected target or entry, got ""`}},
		{"a subject elsewhere", "each: gateway", "each: edge\n    subject: entry", []string{"x/rule.yaml:13: spec.match.subject: belongs to rules for each exposure only"}},
		{"a part of itself", "  severity: high", "  severity: high\n  partOf: x", []string{"x/rule.yaml:11: spec.partOf: a rule cannot be a part of itself"}},
		{"a part that sees more than an object", "  severity: high", "  severity: high\n  partOf: y", []string{
			"x/rule.yaml:11: spec.partOf: belongs to rules for each object only", `x/rule.yaml:11: spec.partOf: there is no rule "y"`}},
		{"an object without resources", "each: gateway", "each: object", []string{"x/rule.yaml:11: spec.match.resourceRules: is required for each object"}},
		{"selectors elsewhere", "each: gateway", "each: gateway\n    objectSelector: {}\n    resourceRules: []", []string{
			"x/rule.yaml:13: spec.match.objectSelector: belongs to rules for each object only", "x/rule.yaml:14: spec.match.resourceRules: belongs to rules for each object only"}},
		{"an unknown operation", "each: gateway", strings.Replace(object, "CREATE", "MAKE", 1), []string{
			`x/rule.yaml:14: spec.match.resourceRules[0].operations[0]: expected *, CREATE, UPDATE, DELETE or CONNECT, got "MAKE"`}},
		{"no operation", "each: gateway", strings.Replace(object, "[CREATE]", "[]", 1), []string{"x/rule.yaml:14: spec.match.resourceRules[0].operations: must name at least one"}},
		{"an unknown scope", "each: gateway", strings.Replace(object, "[pods]", "[pods], scope: All", 1), []string{
			`x/rule.yaml:14: spec.match.resourceRules[0].scope: expected *, Namespaced or Cluster, got "All"`}},
		{"a selector that is none", "each: gateway", object + "\n    namespaceSelector:\n      matchExpressions: [{key: a, operator: Is}]", []string{
			`x/rule.yaml:15: spec.match.namespaceSelector: "Is" is not a valid label selector operator`}},
		{"neither validation nor mutation", "  validations:\n  - expression: |\n      ditto.gateway.name != ''\n    message: bad\n", "", []string{
			"x/rule.yaml:5: spec: needs at least one validation or mutation"}},
		{"an empty expression", "      ditto.gateway.name != ''", "", []string{"x/rule.yaml:14: spec.validations[0].expression: must not be empty"}},
		{"a message of two lines", "message: bad", `message: "a\nb"`, []string{"x/rule.yaml:16: spec.validations[0].message: must be one line"}},
		{"an expression of two lines without message", "!= ''\n    message: bad", "!= ''\n      || true", []string{
			"x/rule.yaml:14: spec.validations[0].message: is required where the expression has several lines"}},
		{"conditions and variables without names", "  remediation:", "  matchConditions:\n  - {expression: a}\n  variables:\n  - {name: a-b, expression: a}\n  - {name: a}\n  - {name: a, expression: a}\n  remediation:", []string{
			"x/rule.yaml:18: spec.matchConditions[0].name: must not be empty", `x/rule.yaml:20: spec.variables[0].name: "a-b" is not a CEL identifier`,
			"x/rule.yaml:21: spec.variables[1].expression: must not be empty", `x/rule.yaml:22: spec.variables[2].name: "a" is named twice`}},
		{"an unknown that says nothing", "  remediation:", "  unknowns:\n  - {expression: a}\n  remediation:", []string{
			"x/rule.yaml:18: spec.unknowns[0].what: must not be empty", "x/rule.yaml:18: spec.unknowns[0].messageExpression: must not be empty"}},
		{"a mutation without its block", "  remediation:", "  mutations:\n  - {patchType: JSONPatch, applyConfiguration: {expression: a}}\n  remediation:", []string{
			"x/rule.yaml:18: spec.mutations[0].jsonPatch: is required for patchType JSONPatch", "x/rule.yaml:18: spec.mutations[0].applyConfiguration: does not go with patchType JSONPatch"}},
		{"a mutation with both blocks", "  remediation:", "  mutations:\n  - {patchType: ApplyConfiguration, applyConfiguration: {expression: a}, jsonPatch: {expression: a}}\n  remediation:", []string{
			"x/rule.yaml:18: spec.mutations[0].jsonPatch: does not go with patchType ApplyConfiguration"}},
		{"an unknown patch type", "  remediation:", "  mutations:\n  - {patchType: Merge}\n  remediation:", []string{
			`x/rule.yaml:18: spec.mutations[0].patchType: expected JSONPatch or ApplyConfiguration, got "Merge"`}},
		{"a mutation of what an exposure leads to", "each: gateway\n", "each: exposure\n    subject: target\n  mutations:\n  - {patchType: JSONPatch, jsonPatch: {expression: a}}\n", []string{
			"x/rule.yaml:15: spec.mutations[0]: mutations belong to rules for each object, gateway, edge, or exposure whose subject is the entry"}},
		{"a mutation of a policy", "each: gateway\n", "each: policy\n  mutations:\n  - {patchType: JSONPatch, jsonPatch: {expression: a}}\n", []string{
			"x/rule.yaml:14: spec.mutations[0]: mutations belong to rules for each object, gateway, edge, or exposure whose subject is the entry"}},
		{"a mutation of a component", "each: gateway\n", "each: component\n  mutations:\n  - {patchType: JSONPatch, jsonPatch: {expression: a}}\n", []string{
			"x/rule.yaml:14: spec.mutations[0]: mutations belong to rules for each object, gateway, edge, or exposure whose subject is the entry"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := named("x")
			changed := strings.Replace(text, test.old, test.new, 1)
			if changed == text {
				t.Fatal("the case changes nothing")
			}
			_, errs := load(t, map[string]string{"x/rule.yaml": changed})
			if diff := cmp.Diff(test.want, errs); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoad_SeveralFiles(t *testing.T) {
	_, errs := load(t, map[string]string{
		"a/rule.yaml": named("a"), "b.yaml": named("a"), "c.yaml": "a: [", "d/rule.yaml": strings.Replace(named("d"), "level", "levl", 1), "e.yaml": "- a\n", "f_.yaml": named("A_"),
	})
	want := []string{
		`b.yaml:4: metadata.name: rule "a" is already defined at a/rule.yaml:4`,
		"c.yaml:1: not YAML: did not find expected node content",
		"d/rule.yaml:9: spec.levl: unknown field",
		"e.yaml:1: expected fields, got a list",
		`f_.yaml:4: metadata.name: "A_" is not a DNS label: `,
	}
	if len(errs) == len(want) {
		errs[4], _, _ = strings.Cut(errs[4], "a lowercase")
	}
	if diff := cmp.Diff(want, errs); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLoad_Parts: what a part is part of has to be there, whole, and as strict.
func TestLoad_Parts(t *testing.T) {
	part := func(name, of, level string) string {
		text := strings.Replace(named(name), "each: gateway", "each: object\n    resourceRules:\n    - {operations: [CREATE], apiGroups: [''], apiVersions: [v1], resources: [pods]}", 1)
		return strings.Replace(text, "level: baseline", "level: "+level+"\n  partOf: "+of, 1)
	}
	mild := strings.Replace(named("mild"), "baseline", "restricted", 1)
	files := map[string]string{
		"a.yaml": named("a"), "mild.yaml": mild,
		"b.yaml": part("b", "a", "baseline"), "c.yaml": part("c", "a", "restricted"), "d.yaml": part("d", "mild", "restricted"),
		"e.yaml": part("e", "preauth-exposed", "baseline"),
	}
	found, errs := load(t, files)
	if errs != nil {
		t.Fatal(errs)
	}
	// The whole of e is not among them, so e is all that there is of it.
	if diff := cmp.Diff([]string{"a", "e", "mild"}, Names(WithoutParts(found))); diff != "" {
		t.Errorf("without parts (-want +got):\n%s", diff)
	}
	if len(found) != len(files) {
		t.Errorf("WithoutParts changed its argument: %v", Names(found))
	}
	files["f.yaml"], files["g.yaml"], files["h.yaml"] = part("f", "mild", "baseline"), part("g", "b", "baseline"), part("h", "preauth", "baseline")
	_, errs = load(t, files)
	want := []string{
		`f.yaml:10: spec.partOf: "mild" is restricted, so its part cannot be baseline`,
		`g.yaml:10: spec.partOf: "b" is itself a part of "a"`,
		`h.yaml:10: spec.partOf: there is no rule "preauth"`,
	}
	if diff := cmp.Diff(want, errs); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBuiltin(t *testing.T) {
	found, err := Builtin()
	if err != nil || len(found) == 0 {
		t.Fatal(found, err)
	}
	for _, r := range found {
		if want := "rules/builtin/" + r.Metadata.Name + "/rule.yaml"; r.Source.File != want {
			t.Errorf("%s is in %s", r.Metadata.Name, r.Source.File)
		}
		if r.Spec.Guide == "" {
			t.Errorf("%s: no section of the guide", r.Metadata.Name)
		}
	}
}

// FuzzLoad: no text makes the loader panic; what it accepts is complete, and every field has a line of the file.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(named("x")))
	f.Add([]byte(`{"apiVersion": "dittoguard.io/v1alpha1", "metadata": {"name": 1}}`))
	f.Add([]byte("a: &a [*a]\n---\n? [x]\n: y\n"))
	f.Add([]byte("spec: {<<: {a: b}, match: {objectSelector: {matchLabels: {a: b}}}}"))
	f.Add([]byte("kind: !!binary aGk=\nspec: !x {}\n"))
	f.Add([]byte("!<%0A> a\n"))
	f.Add([]byte("!%0A a\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		found, err := Load(fstest.MapFS{"rule.yaml": {Data: data}})
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if line == "" {
					t.Errorf("an empty line in %q", err)
				}
			}
			return
		}
		lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 1
		for _, r := range found {
			if r.Metadata.Name == "" || r.Spec.Title == "" || len(r.Spec.Validations)+len(r.Spec.Mutations) == 0 {
				t.Errorf("accepted an incomplete rule: %+v", r)
			}
			for _, field := range []string{"", "metadata.name", "spec.validations[0].expression", "none[3].none"} {
				if line := r.Source.LineOf(field); line < 1 || line > lines {
					t.Errorf("%q is on line %d of %d", field, line, lines)
				}
			}
		}
	})
}
