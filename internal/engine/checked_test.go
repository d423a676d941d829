package engine

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"github.com/dittoguard/dittoguard/rules"
)

// everyForm is a rule with each field that has an expression, over all kinds of types.
func everyForm() rules.HardeningRule {
	return rule(rules.EachExposure, func(s *rules.Spec) {
		s.Params = []rules.Param{{Name: "allowed", Type: rules.ParamStrings}}
		s.MatchConditions = []admissionregistrationv1.MatchCondition{{Name: "a", Expression: "ditto.exposure.public || params.allowed.exists(a, a == 'x')"}}
		s.Variables = []admissionregistrationv1.Variable{
			{Name: "sources", Expression: "ditto.exposure.steps.filter(s, s.state == 'on').map(s, s.source)"},
			{Name: "annotations", Expression: "ditto.exposure.annotations"},
			{Name: "whole", Expression: "ditto.exposure"},
		}
		s.Validations = []rules.Validation{
			{
				Expression:        "variables.sources.size() < 1",
				MessageExpression: "'of ' + variables.sources.join(',') + variables.whole.hops[0]",
				KeyExpression:     "variables.sources",
			},
			{Expression: "variables.annotations['missing'] == ''"},
		}
		s.Unknowns = []rules.Unknown{{Expression: "true", What: "what"}}
		s.Mutations = []rules.Mutation{{
			PatchType:         admissionregistrationv1.PatchTypeJSONPatch,
			JSONPatch:         &admissionregistrationv1.JSONPatch{Expression: "[JSONPatch{op: 'add', path: '/metadata/labels', value: {'sources': variables.sources.join('.')}}]"},
			MessageExpression: "'labelled ' + object.metadata.name",
		}}
		s.Fixes = []rules.Fix{{When: "variables.sources.size() > 0", MessageExpression: "'unset ' + variables.sources[0]"}}
	})
}

// TestChecked: a rule from what was kept says and does what the same rule says and does that was compiled, and what was kept of
// another rule, or is broken, is not used.
func TestChecked(t *testing.T) {
	compiled, err := newEngine(t).Compile(everyForm())
	if err != nil {
		t.Fatal(err)
	}
	kept, err := newEngine(t).Checked(everyForm())
	if err != nil {
		t.Fatal(err)
	}
	again, err := newEngine(t).Checked(everyForm())
	if err != nil || !bytes.Equal(kept, again) {
		t.Errorf("the same rule is kept in other words: %v", err)
	}
	facts := exposureFacts()
	facts.Exposure.Steps = []setting{{State: "on", Source: "env"}, {State: "off", Source: "file"}, {State: "on", Source: "flag"}}
	in := Input{Facts: facts, Object: subject(), Params: map[string]any{"allowed": []string{"x"}}}
	says := func(r *Rule) []any {
		out := r.Evaluate(context.Background(), in)
		object, notes, err := r.Mutate(context.Background(), in)
		if err != nil {
			t.Error(err)
		}
		keys := []string{}
		for _, v := range out.Violations {
			keys = append(keys, v.Keys...)
		}
		fixes, err := r.Fixes(context.Background(), in)
		if err != nil || len(fixes) != 1 {
			t.Fatal(fixes, err)
		}
		return []any{described(out), keys, object, notes, fixes[0].Message, r.NeedsDitto(), r.FactsDecide()}
	}
	want := says(compiled)
	if violations := want[0].([]string); len(violations) != 2 || violations[0] != "violation: of env,flagIngress a" {
		t.Fatalf("the rule says %v", want)
	}
	e := newEngine(t)
	if diff := cmp.Diff(want, says(e.CompileLazily(everyForm(), kept))); diff != "" {
		t.Errorf("what was kept (-compiled +kept):\n%s", diff)
	}
	other := everyForm()
	other.Spec.Validations[0].MessageExpression = "'another'"
	for name, made := range map[string]*Rule{
		"kept of another rule": newEngine(t).CompileLazily(other, kept),
		"broken":               newEngine(t).CompileLazily(other, slices.Concat(kept[:len(kept)/2], []byte("x"))),
		"no CBOR":              newEngine(t).CompileLazily(other, []byte("x")),
	} {
		if got := described(made.Evaluate(context.Background(), in)); len(got) == 0 || got[0] != "violation: another" {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestChecked_NothingIsParsed: a program that has what was kept does not parse.
func TestChecked_NothingIsParsed(t *testing.T) {
	broken := everyForm()
	kept, err := newEngine(t).Checked(broken)
	if err != nil {
		t.Fatal(err)
	}
	saved := recall(&broken, kept)
	if saved == nil {
		t.Fatal("what was kept of a rule is not found for it")
	}
	var missing []string
	for _, field := range []string{
		"spec.matchConditions[0].expression", "spec.variables[0].expression", "spec.variables[1].expression",
		"spec.validations[0].expression", "spec.validations[0].messageExpression", "spec.validations[0].keyExpression",
		"spec.unknowns[0].expression", "spec.mutations[0].jsonPatch.expression", "spec.mutations[0].messageExpression",
		"spec.fixes[0].when", "spec.fixes[0].messageExpression",
	} {
		if saved.find(field) == nil {
			missing = append(missing, field)
		}
	}
	if len(missing) > 0 {
		t.Errorf("not kept: %q", missing)
	}
}
