package engine

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"github.com/dittoguard/dittoguard/rules"
)

// readsOf are the reads of a rule with a variable and one validation.
func readsOf(t *testing.T, variable, expression string) string {
	t.Helper()
	r := compile(t, rule(rules.EachExposure, func(s *rules.Spec) {
		if variable != "" {
			s.Variables = []admissionregistrationv1.Variable{{Name: "v", Expression: variable}}
		}
		s.Validations = []rules.Validation{{Expression: expression}}
	}))
	return strings.Join(r.Reads().Verdict.list(), " ")
}

func TestReads(t *testing.T) {
	const everything = "exposure.* facts.* gateway.* setting.*"
	for _, test := range []struct{ name, variable, expression, want string }{
		{"nothing of the facts", "", "params != null && object == null", ""},
		{"fields", "", "ditto.exposure.public && ditto.exposure.number == 1", "exposure.number exposure.public facts.exposure"},
		{"a field of a struct in a struct", "", "ditto.gateway.preAuthentication.state == 'on'", "facts.gateway gateway.preAuthentication setting.state"},
		{"whether something is there", "", "has(ditto.gateway) && has(ditto.exposure.identity)", "exposure.identity facts.exposure facts.gateway"},
		{"whether a text is empty", "", "ditto.exposure.identity != '' && '' != ditto.gateway.name", "exposure.identity? facts.exposure facts.gateway gateway.name?"},
		{"whether a text is another one", "", "ditto.exposure.identity != 'set'", "exposure.identity facts.exposure"},
		{"whether two texts are the same", "", "ditto.exposure.identity != ditto.gateway.name", "exposure.identity facts.exposure facts.gateway gateway.name"},
		{"both", "", "ditto.exposure.identity != '' && ditto.exposure.identity == 'set'", "exposure.identity exposure.identity? facts.exposure"},
		{"items of a list", "", "ditto.exposure.steps.exists(s, s.state == 'on')", "exposure.steps facts.exposure setting.state"},
		{"items that are kept", "", "ditto.exposure.steps.filter(s, s.state == 'on').size() == 0", "exposure.steps facts.exposure setting.* setting.state"},
		{"an item", "", "ditto.exposure.steps[0].state == 'on'", "exposure.steps facts.exposure setting.* setting.state"},
		{"the number of items", "", "size(ditto.exposure.hops) == 0", "exposure.hops facts.exposure"},
		{"whole structs", "", "ditto.gateway.preAuthentication == ditto.gateway.statusSecured",
			"facts.gateway gateway.preAuthentication gateway.statusSecured setting.*"},
		{"one of two structs", "", "(ditto.exposure.public ? ditto.gateway.preAuthentication : ditto.gateway.statusSecured).state == 'on'",
			"exposure.public facts.exposure facts.gateway gateway.preAuthentication gateway.statusSecured setting.* setting.state"},
		{"a struct in a list", "", "[ditto.gateway.preAuthentication].exists(s, s.state == 'on')", "facts.gateway gateway.preAuthentication setting.* setting.state"},
		{"a struct in a map", "", "{'a': ditto.gateway.preAuthentication}.a.state == 'on'", "facts.gateway gateway.preAuthentication setting.* setting.state"},
		{"behind dyn()", "", "dyn(ditto.exposure).public == true", "exposure.* facts.* facts.exposure gateway.* setting.*"},
		{"optional selection", "", "ditto.?exposure.?public.orValue(false)", everything},
		{"a value of JSON", "", "ditto.exposure.value == ''", "exposure.value facts.exposure"},
		{"a type that leads back to itself", "", "ditto.exposure.back.exposure.public", "exposure.back exposure.public facts.exposure"},
		{"a variable", "ditto.exposure.public", "variables.v", "exposure.public facts.exposure"},
		{"a variable that is not read", "ditto.exposure.public", "true", ""},
		{"a field of a variable", "ditto.gateway.preAuthentication", "variables.v.state == 'on'", "facts.gateway gateway.preAuthentication setting.state"},
		{"all of a variable", "ditto.gateway.preAuthentication", "variables.v == variables.v", "facts.gateway gateway.preAuthentication setting.*"},
		{"a variable by another way", "ditto.exposure.public", "dyn(variables).v == true", "exposure.public facts.exposure"},
		{"items of a variable", "ditto.exposure.steps.map(s, s.state)", "variables.v.exists(s, s == 'on')", "exposure.steps facts.exposure setting.state"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := readsOf(t, test.variable, test.expression); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// What messages and keys read decides only what a rule says, and so does what its fixes read, who are not asked for an outcome.
func TestReads_OfWords(t *testing.T) {
	r := compile(t, rule(rules.EachExposure, func(s *rules.Spec) {
		s.Variables = []admissionregistrationv1.Variable{{Name: "who", Expression: "ditto.gateway.name"}}
		s.MatchConditions = []admissionregistrationv1.MatchCondition{{Name: "a", Expression: "ditto.exposure.public"}}
		s.Validations = []rules.Validation{{Expression: "ditto.exposure.number == 1", MessageExpression: "variables.who", KeyExpression: "ditto.exposure.hops"}}
		s.Unknowns = []rules.Unknown{{Expression: "ditto.exposure.weight > 0.5", What: "what", MessageExpression: "ditto.exposure.identity"}}
		s.Fixes = []rules.Fix{{When: "ditto.exposure.annotations.size() > 0", Text: "fix"}}
	}))
	const verdict = "exposure.number exposure.public exposure.weight facts.exposure"
	for _, tt := range []struct {
		name string
		got  Reads
		want string
	}{
		{"the verdict", r.Reads().Verdict, verdict},
		{"what is violated", r.Reads().Violated, "exposure.hops " + verdict + " facts.gateway gateway.name"},
		{"what is unknown", r.Reads().Unknown, "exposure.identity " + verdict},
	} {
		if got := strings.Join(tt.got.list(), " "); got != tt.want {
			t.Errorf("%s reads %q, want %q", tt.name, got, tt.want)
		}
	}
}

// A rule that was checked before reads what it read then.
func TestReads_OfCheckedRules(t *testing.T) {
	kept, err := newEngine(t).Checked(everyForm())
	if err != nil {
		t.Fatal(err)
	}
	reads := compile(t, everyForm()).Reads()
	if diff := cmp.Diff(reads, newEngine(t).CompileLazily(everyForm(), kept).Reads()); diff != "" || len(reads.Verdict) == 0 {
		t.Errorf("(-compiled +kept):\n%s", diff)
	}
}
