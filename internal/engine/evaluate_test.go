package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	apiservercel "k8s.io/apiserver/pkg/cel"

	"github.com/dittoguard/dittoguard/rules"
)

// described is an outcome as text, errors marked.
func described(out Outcome) []string {
	var lines []string
	mark := func(kind, message string, err error) {
		if err != nil {
			kind += " (error)"
		}
		lines = append(lines, kind+": "+message)
	}
	if out.Err != nil {
		mark("err", out.Err.Error(), nil)
	}
	for _, v := range out.Violations {
		mark("violation", v.Message, v.Err)
	}
	for _, u := range out.Unknowns {
		mark("unknown", u.Message, u.Err)
	}
	if !out.Matched {
		lines = append(lines, "not matched")
	}
	return lines
}

func TestEvaluate_Unknowns(t *testing.T) {
	unknowns := []rules.Unknown{
		{Expression: "ditto.gateway.preAuthentication.state == 'unknown'", What: "pre-authentication", MessageExpression: "' read ' + ditto.gateway.preAuthentication.source"},
		{Expression: "ditto.gateway.devopsSecured.state == 'unknown'", What: "DevOps", MessageExpression: "''"},
		{Expression: "ditto.exposure.public", What: "the way in", MessageExpression: "'x'"},
	}
	tests := []struct {
		name       string
		validation string
		facts      *facts
		want       []string
	}{
		{"nothing is unknown", "true", &facts{Gateway: &gateway{}, Exposure: &exposure{}}, nil},
		{"the message says what would settle it", "true",
			&facts{Gateway: &gateway{PreAuthentication: setting{State: "unknown", Source: "Secret a"}}, Exposure: &exposure{}}, []string{"unknown: read Secret a"}},
		{"without a message it is named", "true", &facts{Gateway: &gateway{DevopsSecured: setting{State: "unknown"}}, Exposure: &exposure{}}, []string{"unknown: DevOps"}},
		{"what cannot be evaluated is unknown", "true", &facts{Gateway: &gateway{}},
			[]string{"unknown (error): the way in: expression 'ditto.exposure.public' resulted in error: there is no exposure here"}},
		{"a violation leaves nothing open", "false", &facts{Gateway: &gateway{DevopsSecured: setting{State: "unknown"}}}, []string{"violation: failed expression: false"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := compile(t, rule(rules.EachGateway, func(s *rules.Spec) {
				s.Validations, s.Unknowns = []rules.Validation{{Expression: test.validation}}, unknowns
			}))
			if diff := cmp.Diff(test.want, described(r.Evaluate(context.Background(), Input{Facts: test.facts}))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What was found before the budget ran out stays, and what could not be evaluated is a violation.
func TestEvaluate_BudgetSpent(t *testing.T) {
	costly := "!object.spec.big.contains(object.spec.some)"
	r := compile(t, rule(rules.EachObject, func(s *rules.Spec) {
		s.Validations = []rules.Validation{{Expression: "false", Message: "first"}}
		for range 40 {
			s.Validations = append(s.Validations, rules.Validation{Expression: costly})
		}
	}))
	out := r.Evaluate(context.Background(), Input{Object: subject()})
	want := []string{
		"violation: first",
		"violation (error): validation failed due to running out of cost budget, no further validation rules will be run",
	}
	if diff := cmp.Diff(want, described(out)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(out.Violations) == 2 && !errors.Is(out.Violations[1].Err, apiservercel.ErrOutOfBudget) {
		t.Errorf("got %#v", out.Violations[1].Err)
	}
}

// A message that overspends is an error of its violation, which stays one.
func TestEvaluate_BudgetSpentByMessages(t *testing.T) {
	costly := "object.spec.big.contains(object.spec.some) ? 'a' : 'b'"
	r := compile(t, rule(rules.EachObject, func(s *rules.Spec) {
		for range 20 {
			s.Validations = append(s.Validations, rules.Validation{Expression: "false", Message: "plain", MessageExpression: costly})
		}
	}))
	got := described(r.Evaluate(context.Background(), Input{Object: subject()}))
	var want []string
	for i := range 20 {
		switch {
		case i < 16:
			want = append(want, "violation: b")
		case i == 16:
			want = append(want, "violation (error): failed messageExpression: validation failed due to running out of cost budget, no further validation rules will be run")
		default:
			want = append(want, "violation: plain")
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A variable costs once, however often it is read, and it costs the rule that reads it.
func TestEvaluate_BudgetOfVariables(t *testing.T) {
	costly := "!object.spec.big.contains(object.spec.some)"
	once := compile(t, rule(rules.EachObject, func(s *rules.Spec) {
		s.Variables = []admissionregistrationv1.Variable{{Name: "v", Expression: costly}}
		for range 40 {
			s.Validations = append(s.Validations, rules.Validation{Expression: "variables.v"})
		}
	}))
	if got := described(once.Evaluate(context.Background(), Input{Object: subject()})); got != nil {
		t.Errorf("one variable, read often: %v", got)
	}
	each := compile(t, rule(rules.EachObject, func(s *rules.Spec) {
		for i := range 20 {
			name := fmt.Sprintf("v%d", i)
			s.Variables = append(s.Variables, admissionregistrationv1.Variable{Name: name, Expression: costly})
			s.Validations = append(s.Validations, rules.Validation{Expression: "variables." + name})
		}
	}))
	out := each.Evaluate(context.Background(), Input{Object: subject()})
	if len(out.Violations) != 1 || out.Violations[0].Index != 16 || !errors.Is(out.Violations[0].Err, apiservercel.ErrOutOfBudget) {
		t.Errorf("twenty variables, each read once: %+v", out)
	}
}

// What the API server hides is hidden: the objects in the request, the managed fields of the namespace.
func TestEvaluate_HiddenFields(t *testing.T) {
	r := compile(t, rule(rules.EachObject, func(s *rules.Spec) {
		s.Validations = []rules.Validation{
			{Expression: "dyn(request).object == null && dyn(request).oldObject == null"},
			{Expression: "!has(dyn(namespaceObject).metadata.managedFields) && namespaceObject.metadata.name == 'shop'"},
		}
	}))
	got := described(r.Evaluate(context.Background(), Input{
		Request: &admissionv1.AdmissionRequest{
			Object: runtime.RawExtension{Raw: []byte(`{"a":1}`)}, OldObject: runtime.RawExtension{Raw: []byte(`{"a":1}`)},
		},
		Namespace: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop", ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "m"}}}},
	}))
	if got != nil {
		t.Errorf("got %v", got)
	}
}

func TestEvaluate_Cancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	got := described(compile(t, validate(rules.EachObject, "true")).Evaluate(ctx, Input{Object: subject()}))
	if diff := cmp.Diff([]string{"violation (error): evaluating: context canceled"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A rule compiled lazily tells its errors when it is used, and never passes.
func TestCompileLazily(t *testing.T) {
	e := newEngine(t)
	good := e.CompileLazily(validate(rules.EachObject, "object.spec.replicas == 3"), nil)
	if got := described(good.Evaluate(context.Background(), Input{Object: subject()})); got != nil {
		t.Errorf("got %v", got)
	}
	bad := e.CompileLazily(validate(rules.EachObject, "none"), nil)
	want := []string{"err: compiling: test/rule.yaml:1: spec.validations[0].expression: undeclared reference to 'none' (in container '')", "not matched"}
	if diff := cmp.Diff(want, described(bad.Evaluate(context.Background(), Input{}))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !bad.NeedsDitto() || !bad.Matches(&Attributes{}) {
		t.Error("a rule that does not compile must not be exported, and must not be skipped")
	}
}

// TestConcurrency evaluates two rules from many goroutines while others are compiled; -race watches.
func TestConcurrency(t *testing.T) {
	e := newEngine(t)
	kept, err := newEngine(t).Checked(exposureRule("a"))
	if err != nil {
		t.Fatal(err)
	}
	first, lazy := e.CompileLazily(exposureRule("a"), kept), e.CompileLazily(exposureRule("b"), nil)
	in := Input{Facts: exposureFacts(), Object: subject()}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 50 {
				for _, r := range []*Rule{first, lazy} {
					if got := described(r.Evaluate(context.Background(), in)); got != nil {
						t.Errorf("got %v", got)
					}
				}
			}
		})
		wg.Go(func() {
			other := rule(rules.EachObject, func(s *rules.Spec) {
				s.Variables = []admissionregistrationv1.Variable{{Name: "open", Expression: fmt.Sprintf("'a string %d'", i)}}
				s.Validations = []rules.Validation{{Expression: "variables.open.startsWith('a')"}}
			})
			if _, err := e.Compile(other); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// TestCompile_EqualRulesOnce: what was compiled serves every rule with the same spec, and an error names the document at hand.
func TestCompile_EqualRulesOnce(t *testing.T) {
	e := newEngine(t)
	planOf := func(r rules.HardeningRule) *plan {
		t.Helper()
		compiled, err := e.Compile(r)
		if err != nil {
			t.Fatal(err)
		}
		made, _ := compiled.compiled()
		return made
	}
	one, namesake := validate(rules.EachObject, "object.spec.replicas == 3"), validate(rules.EachObject, "object.spec.replicas == 3")
	namesake.Metadata.Name, namesake.Source.File = "another", "another.yaml"
	if planOf(one) != planOf(namesake) {
		t.Error("compiled twice")
	}
	if planOf(one) == planOf(validate(rules.EachObject, "object.spec.replicas == 4")) {
		t.Error("another expression has the same plan")
	}
	for _, file := range []string{"a.yaml", "b.yaml"} {
		bad := validate(rules.EachObject, "none")
		bad.Source.File = file
		if _, err := e.Compile(bad); err == nil || !strings.HasPrefix(err.Error(), file) {
			t.Errorf("%s: %v", file, err)
		}
	}
	for i := range 2 * mostPlans {
		planOf(validate(rules.EachObject, fmt.Sprintf("true || %d == 1", i)))
	}
	if len(e.plans) > mostPlans {
		t.Errorf("%d plans are kept", len(e.plans))
	}

	fixOf := func(file, message string) (*fixPlan, error) {
		r := validate(rules.EachObject, "true")
		r.Source.File, r.Spec.Fixes = file, []rules.Fix{{MessageExpression: message}}
		compiled, err := e.Compile(r)
		if err != nil {
			return nil, err
		}
		made, err := compiled.fixes()
		return &made[0], err
	}
	fix, err := fixOf("a.yaml", "'Do it'")
	if again, errAgain := fixOf("b.yaml", "'Do it'"); err != nil || errAgain != nil || fix != again {
		t.Errorf("a fix is compiled twice (%v, %v)", err, errAgain)
	}
	if other, err := fixOf("a.yaml", "'Do that'"); err != nil || fix == other {
		t.Errorf("another message has the same fix (%v)", err)
	}
	for _, file := range []string{"a.yaml", "b.yaml"} {
		if _, err := fixOf(file, "none"); err == nil || !strings.HasPrefix(err.Error(), file) {
			t.Errorf("%s: %v", file, err)
		}
	}
	for i := range 2 * mostPlans {
		if _, err := fixOf("a.yaml", fmt.Sprintf("'%d'", i)); err != nil {
			t.Fatal(err)
		}
	}
	if len(e.fixes) > mostPlans {
		t.Errorf("%d plans of fixes are kept", len(e.fixes))
	}
}

// One input is judged by many rules, so none may change it.
func TestEvaluate_InputIsNotAltered(t *testing.T) {
	in := Input{Object: subject(), OldObject: subject(), Params: map[string]any{"a": int64(1)}, Facts: exposureFacts()}
	compile(t, exposureRule("a")).Evaluate(context.Background(), in)
	if diff := cmp.Diff(subject(), in.Object); diff != "" {
		t.Error(diff)
	}
	if got := described(compile(t, withParams(validate(rules.EachObject, "params.a == 1 && oldObject == object"))).Evaluate(context.Background(), in)); got != nil {
		t.Error(strings.Join(got, "\n"))
	}
}

// withParams declares a parameter of each type.
func withParams(rule rules.HardeningRule) rules.HardeningRule {
	rule.Spec.Params = []rules.Param{
		{Name: "a", Type: rules.ParamInteger}, {Name: "b", Type: rules.ParamBoolean},
		{Name: "s", Type: rules.ParamString}, {Name: "list", Type: rules.ParamStrings},
	}
	return rule
}

// TestParams: expressions see what the rule declares, with its type, and nothing else.
func TestParams(t *testing.T) {
	values := map[string]any{"a": int64(3), "b": true, "s": "text", "list": []any{"x", "y"}}
	for _, expression := range []string{
		"params.a + 1 == 4", "params.b", "params.s.startsWith('te')", "params.list.join('+') == 'x+y'", "has(params.a)",
		"params.?s.orValue('other') == 'text'", "params != null",
	} {
		rule := compile(t, withParams(validate(rules.EachObject, expression)))
		if got := described(rule.Evaluate(context.Background(), Input{Object: subject(), Params: values})); got != nil {
			t.Errorf("%s: %s", expression, strings.Join(got, "\n"))
		}
	}
	for expression, want := range map[string]string{
		"params.c == 1":              "undefined field 'c'",
		"has(params.requestsPerSec)": "undefined field 'requestsPerSec'",
		"params.?c.orValue(1) == 1":  "undefined field 'c'",
		"params.a == 'text'":         "no matching overload",
		"params.b + 1 == 2":          "no matching overload",
		"params['a'] == 1":           "no matching overload",
	} {
		if _, err := newEngine(t).Compile(withParams(validate(rules.EachObject, expression))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", expression, err, want)
		}
	}
}

func TestCompileNative(t *testing.T) {
	tests := []struct {
		name string
		rule rules.HardeningRule
		want string
	}{
		{"a rule about one object", rule(rules.EachObject, func(s *rules.Spec) {
			s.Variables = []admissionregistrationv1.Variable{{Name: "n", Expression: "object.spec.replicas"}}
			s.Validations = []rules.Validation{{Expression: "variables.n == 3", MessageExpression: "string(variables.n)"}}
			s.Mutations = []rules.Mutation{{PatchType: "JSONPatch", JSONPatch: &admissionregistrationv1.JSONPatch{Expression: "[JSONPatch{op: 'remove', path: '/a'}]"}}}
		}), ""},
		{"a rule with facts", validate(rules.EachGateway, "has(ditto.gateway)"),
			"test/rule.yaml:1: spec.match.each: an admission policy sees one object; this rule is for each gateway"},
		{"a library that is too new", validate(rules.EachObject, "semver('1.2.3').major() == 1"), "undeclared reference to 'semver'"},
		{"an unknown variable", validate(rules.EachObject, "variables.none == 1"), "undefined field 'none'"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := CompileNative(test.rule, 32)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestReadsOldObject(t *testing.T) {
	tests := []struct {
		expression string
		want       bool
	}{
		{"oldObject == null || object.spec.replicas == 1", true},
		{"object.?spec.?old.orValue([]).all(o, o != oldObject.x)", true},
		{"object.oldObject == 'oldObject'", false},
		{"oldObject ==", false},
	}
	for _, test := range tests {
		if got := ReadsOldObject(validate(rules.EachObject, test.expression)); got != test.want {
			t.Errorf("%s: %t", test.expression, got)
		}
	}
	inVariable := rule(rules.EachObject, func(s *rules.Spec) {
		s.Variables = []admissionregistrationv1.Variable{{Name: "n", Expression: "oldObject"}}
	})
	if !ReadsOldObject(inVariable) {
		t.Error("a variable does not count")
	}
}
