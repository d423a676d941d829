package engine

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"github.com/dittoguard/dittoguard/rules"
)

func TestFacts(t *testing.T) {
	step := []setting{{State: "on", Source: "a"}, {State: "off", Source: "b", secret: "x"}}
	full := &facts{
		Gateway: &gateway{Name: "g", PreAuthentication: setting{State: "on"}, DevopsSecured: setting{State: "on"}},
		Exposure: &exposure{Public: true, Number: 8080, Weight: 0.5, Identity: "set", Hops: []string{"a", "b"}, Steps: step,
			Annotations: map[string]string{"k": "v"}, Value: map[string]any{"remove": []any{"a"}}},
	}
	full.Exposure.Back = full
	empty := &facts{Exposure: &exposure{}}
	tests := []struct {
		name, expression string
		facts            any
		want             string // the message of the violation, empty if the expression is true
	}{
		{"a string", "ditto.gateway.name == 'g'", full, ""},
		{"a struct in a struct", "ditto.gateway.preAuthentication.state == 'on'", full, ""},
		{"numbers and booleans", "ditto.exposure.public && ditto.exposure.number == 8080 && ditto.exposure.weight < 1.0", full, ""},
		{"a list of strings", "ditto.exposure.hops == ['a', 'b'] && 'b' in ditto.exposure.hops && ditto.exposure.hops[1] == 'b'", full, ""},
		{"a list of structs", "ditto.exposure.steps.exists(s, s.state == 'off' && s.source == 'b') && ditto.exposure.steps[0].state == 'on'", full, ""},
		{"a map", "ditto.exposure.annotations['k'] == 'v' && ditto.exposure.annotations.all(k, k == 'k')", full, ""},
		{"a value of JSON", "ditto.exposure.value.remove == ['a'] && type(ditto.exposure.value) != string", full, ""},
		{"a value of JSON that is not there", "ditto.exposure.value == null", empty, ""},
		{"a type that leads back to itself", "ditto.exposure.back.exposure.back.gateway.name == 'g'", full, ""},
		{"equal structs are equal", "ditto.gateway.preAuthentication == ditto.gateway.devopsSecured && ditto.exposure.steps[0] != ditto.exposure.steps[1]", full, ""},
		{"behind dyn()", "dyn(ditto).gateway.preAuthentication.state == 'on' && has(dyn(ditto).gateway)", full, ""},
		{"an unknown field behind dyn()", "dyn(ditto).gateway.none == 'on'", full, "expression 'dyn(ditto).gateway.none == 'on'' resulted in error: no such field: none"},
		{"a string that is empty is there", "has(ditto.exposure.identity) && ditto.exposure.identity == ''", empty, ""},
		{"a boolean that is false is there", "has(ditto.exposure.public) && !ditto.exposure.public", empty, ""},
		{"a nil list is empty", "size(ditto.exposure.hops) == 0 && size(ditto.exposure.steps) == 0 && size(ditto.exposure.annotations) == 0", empty, ""},
		{"a nil pointer is absent", "!has(ditto.gateway) && has(ditto.exposure)", empty, ""},
		{"optional selection of a nil pointer", "!ditto.?gateway.hasValue() && ditto.?gateway.?name.orValue('none') == 'none'", empty, ""},
		{"reading through a nil pointer is an error", "ditto.gateway.preAuthentication.state != 'on'", empty,
			"expression 'ditto.gateway.preAuthentication.state != 'on'' resulted in error: there is no gateway here"},
		{"has() behind a nil pointer is an error", "!has(ditto.gateway.name)", empty,
			"expression '!has(ditto.gateway.name)' resulted in error: there is no gateway here"},
		{"comparing a nil pointer is an error", "ditto.gateway == null", empty,
			"expression 'ditto.gateway == null' resulted in error: there is no gateway here"},
		{"a nil pointer behind dyn() is an error", "dyn(ditto).gateway.name != 'x'", empty,
			"expression 'dyn(ditto).gateway.name != 'x'' resulted in error: there is no gateway here"},
		{"no facts at all", "!has(ditto.gateway)", nil, "expression '!has(ditto.gateway)' resulted in error: no such attribute(s): ditto"},
		{"a nil pointer as facts", "!has(ditto.gateway)", (*facts)(nil), "expression '!has(ditto.gateway)' resulted in error: no such attribute(s): ditto"},
		{"facts cannot be made up", "dittoguard.gateway{name: 'g'}.name == 'g'", full,
			"expression 'dittoguard.gateway{name: 'g'}.name == 'g'' resulted in error: dittoguard.gateway cannot be made in a rule"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out := compile(t, validate(rules.EachExposure, test.expression)).Evaluate(context.Background(), Input{Facts: test.facts})
			var got string
			for _, v := range out.Violations {
				got = v.Message
				if v.Err == nil {
					got = "plain violation: " + v.Message
				}
			}
			if got != test.want || out.Err != nil || !out.Matched {
				t.Errorf("got %q, %v, want %q", got, out.Err, test.want)
			}
		})
	}
}

func TestFacts_OfAnotherType(t *testing.T) {
	out := compile(t, validate(rules.EachGateway, "true")).Evaluate(context.Background(), Input{Facts: &gateway{}})
	if out.Err == nil || out.Matched || out.Err.Error() != "evaluating: facts are *engine.gateway, expected *engine.facts" {
		t.Errorf("got %+v", out)
	}
}

func TestNew_RefusesTypesThatCannotBeDeclared(t *testing.T) {
	tests := []struct {
		name  string
		facts reflect.Type
		want  string
	}{
		{"no type", nil, "declaring facts: expected a pointer to a struct, got <nil>"},
		{"a struct", reflect.TypeFor[facts](), "declaring facts: expected a pointer to a struct, got engine.facts"},
		{"a channel", reflect.TypeFor[*struct {
			C chan int `cel:"c"`
		}](), "declaring facts: struct { C chan int \"cel:\\\"c\\\"\" }: the type's name is empty or taken"},
		{"a field without a CEL type", reflect.TypeFor[*badField](), "declaring facts: engine.badField.C: chan int has no CEL type"},
		{"two fields of one name", reflect.TypeFor[*badTwice](), "declaring facts: engine.badTwice.B: the tag cel:\"a\" is unusable"},
		{"a hidden field with a tag", reflect.TypeFor[*badHidden](), "declaring facts: engine.badHidden.a: the tag cel:\"a\" is unusable"},
		{"a list of pointers", reflect.TypeFor[*badList](), "declaring facts: engine.badList.L: []*engine.setting: a list of pointers has no CEL type, its elements could be nil"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := New(test.facts); err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

type (
	badField struct {
		C chan int `cel:"c"`
	}
	badTwice struct {
		A string `cel:"a"`
		B string `cel:"a"`
	}
	badHidden struct {
		a string `cel:"a"` //nolint:unused // that it cannot be read is the point
	}
	badList struct {
		L []*setting `cel:"l"`
	}
)

// TestCompile_ReportsEverything has one error in each kind of field.
func TestCompile_ReportsEverything(t *testing.T) {
	r := rule(rules.EachGateway, func(s *rules.Spec) {
		s.Variables = []admissionregistrationv1.Variable{
			{Name: "gateway", Expression: "ditto.gateway"},
			{Name: "bad", Expression: "ditto.gatway"},
			{Name: "all", Expression: "[ditto.gateway.devopsSecured]"},
		}
		s.MatchConditions = []admissionregistrationv1.MatchCondition{{Name: "a", Expression: "'a'"}}
		s.Validations = []rules.Validation{
			{Expression: "ditto.gateway.preAuthentification.state == 'on'"},
			{Expression: "variables.gateway.nam == 'x'", MessageExpression: "1"},
			{Expression: "variables.all[0].stat == 'x'"},
			{Expression: "variables.none == 1"},
			{Expression: "variables.bad == 1"},
			{Expression: "ditto.gateway.Hidden == 'x'"},
			{Expression: "true &&\n  none"},
			{Expression: "true &&"},
			{Expression: "ditto.gateway.name == 1"},
			{Expression: "object.spec.paused"},
			{Expression: "Object{} == Object{}"},
			{Expression: "authorizer.path('/').check('get').allowed()"},
		}
		s.Unknowns = []rules.Unknown{{Expression: "request.none == ''", MessageExpression: "ditto.gateway"}}
		s.Mutations = []rules.Mutation{
			{PatchType: "JSONPatch", JSONPatch: &admissionregistrationv1.JSONPatch{Expression: "Object{}"}},
			{PatchType: "ApplyConfiguration", ApplyConfiguration: &admissionregistrationv1.ApplyConfiguration{Expression: "ditto"}, MessageExpression: "2"},
			{PatchType: "JSONPatch"},
		}
	})
	lines := map[string]int{"spec.validations[0].expression": 21}
	r.Source.LineOf = func(field string) int { return lines[field] + 1 }
	_, err := newEngine(t).Compile(r)
	if err == nil {
		t.Fatal("compiled")
	}
	want := []string{
		"test/rule.yaml:1: spec.variables[1].expression: undefined field 'gatway'",
		"test/rule.yaml:1: spec.matchConditions[0].expression: must evaluate to bool but got string",
		"test/rule.yaml:22: spec.validations[0].expression: undefined field 'preAuthentification'",
		"test/rule.yaml:1: spec.validations[1].expression: undefined field 'nam'",
		"test/rule.yaml:1: spec.validations[1].messageExpression: must evaluate to string but got int",
		"test/rule.yaml:1: spec.validations[2].expression: undefined field 'stat'",
		"test/rule.yaml:1: spec.validations[3].expression: undefined field 'none'",
		"test/rule.yaml:1: spec.validations[5].expression: undefined field 'Hidden'",
		"test/rule.yaml:1: spec.validations[6].expression: undeclared reference to 'none' (in container '') (line 2, column 3 of the expression)",
		"test/rule.yaml:1: spec.validations[7].expression: Syntax error: mismatched input '<EOF>' expecting {…}",
		"test/rule.yaml:1: spec.validations[8].expression: found no matching overload for '_==_' applied to '(string, int)'",
		"test/rule.yaml:1: spec.validations[9].expression: must evaluate to bool but got dyn",
		"test/rule.yaml:1: spec.validations[10].expression: undeclared reference to 'Object' (in container '')",
		"test/rule.yaml:1: spec.validations[10].expression: undeclared reference to 'Object' (in container '')",
		"test/rule.yaml:1: spec.validations[11].expression: undeclared reference to 'authorizer' (in container '')",
		"test/rule.yaml:1: spec.unknowns[0].expression: undefined field 'none'",
		"test/rule.yaml:1: spec.unknowns[0].messageExpression: must evaluate to string but got dittoguard.gateway",
		"test/rule.yaml:1: spec.mutations[0].jsonPatch.expression: must evaluate to list(JSONPatch) but got Object",
		"test/rule.yaml:1: spec.mutations[1].messageExpression: must evaluate to string but got int",
		"test/rule.yaml:1: spec.mutations[1].applyConfiguration.expression: must evaluate to Object but got dittoguard.facts",
		"test/rule.yaml:1: spec.mutations[2]: needs the block that its patchType names",
	}
	got := strings.Split(err.Error(), "\n")
	for i, line := range got {
		if before, _, ok := strings.Cut(line, "expecting {"); ok {
			got[i] = before + "expecting {…}"
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A rule for each object has no facts; finding out at the first request would deny it.
func TestCompile_NoDittoForEachObject(t *testing.T) {
	_, err := newEngine(t).Compile(validate(rules.EachObject, "has(ditto.gateway)"))
	if err == nil || err.Error() != "test/rule.yaml:1: spec.validations[0].expression: rules for each object have no `ditto`" {
		t.Errorf("got %v", err)
	}
}

func TestNeedsDitto(t *testing.T) {
	for expression, want := range map[string]bool{
		"true":              false,
		"object.ditto == 1": false,
		// The name is taken: a variable of a comprehension that bears it counts as the variable.
		"[1].all(ditto, ditto == 1)":           true,
		"has(ditto.gateway)":                   true,
		"[1].all(x, ditto.gateway.name == '')": true,
	} {
		if got := compile(t, validate(rules.EachGateway, expression)).NeedsDitto(); got != want {
			t.Errorf("%s: got %v", expression, got)
		}
	}
}
