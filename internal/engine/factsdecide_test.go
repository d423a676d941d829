package engine

import (
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"github.com/dittoguard/dittoguard/rules"
)

// TestFactsDecide: what only mutations read does not count, and variables count where what decides reads them.
func TestFactsDecide(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*rules.Spec)
		want   bool
	}{
		{"facts alone", func(*rules.Spec) {}, true},
		{"a validation reads the object", func(s *rules.Spec) { s.Validations[0].Expression = "object.metadata.name != ''" }, false},
		{"a message does", func(s *rules.Spec) { s.Validations[0].MessageExpression = "string(object.metadata.name)" }, false},
		{"a key does", func(s *rules.Spec) { s.Validations[0].KeyExpression = "[string(object.metadata.name)]" }, false},
		{"an unknown reads the request", func(s *rules.Spec) { s.Unknowns = []rules.Unknown{{Expression: "request.name == ''", What: "it"}} }, false},
		{"a condition reads the namespace", func(s *rules.Spec) {
			s.MatchConditions = []admissionregistrationv1.MatchCondition{{Name: "a", Expression: "namespaceObject.metadata.name == ''"}}
		}, false},
		{"a mutation reads the object", func(s *rules.Spec) {
			s.Mutations = []rules.Mutation{{
				PatchType: admissionregistrationv1.PatchTypeJSONPatch,
				JSONPatch: &admissionregistrationv1.JSONPatch{Expression: "[JSONPatch{op: 'remove', path: '/' + object.metadata.name + variables.nested}]"},
			}}
		}, true},
		{"a validation reads a variable that does", func(s *rules.Spec) { s.Validations[0].Expression = "variables.name != ''" }, false},
		{"a validation reads a variable of such a variable", func(s *rules.Spec) { s.Validations[0].Expression = "variables.nested != ''" }, false},
		{"a validation asks whether there is one", func(s *rules.Spec) { s.Validations[0].Expression = "has(variables.nested)" }, false},
		{"within a comprehension", func(s *rules.Spec) { s.Validations[0].Expression = "[''].all(x, variables.nested != x)" }, false},
		{"not by its name", func(s *rules.Spec) { s.Validations[0].Expression = "[variables].all(v, v.nested != '')" }, false},
		{"by its full name", func(s *rules.Spec) { s.Validations[0].Expression = ".variables.nested != ''" }, false},
		{"a validation reads another variable", func(s *rules.Spec) { s.Validations[0].Expression = "variables.public" }, true},
	} {
		r := rule(rules.EachExposure, func(s *rules.Spec) {
			s.Variables = []admissionregistrationv1.Variable{
				{Name: "name", Expression: "object.metadata.name"},
				{Name: "nested", Expression: "variables.name + '!'"},
				{Name: "public", Expression: "ditto.exposure.public"},
			}
			s.Validations = []rules.Validation{{Expression: "ditto.exposure.public", Message: "no"}}
			test.change(s)
		})
		if got := compile(t, r).FactsDecide(); got != test.want {
			t.Errorf("%s: facts decide: %v, want %v", test.name, got, test.want)
		}
	}
}
