package rules

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const paramRule = `apiVersion: dittoguard.io/v1alpha1
kind: HardeningRule
metadata: {name: a}
spec:
  title: t
  rationale: r
  level: baseline
  severity: low
  remediation: r
  match: {each: gateway}
  validations: [{expression: "true"}]
  params:
`

func loadParams(params string) ([]HardeningRule, error) {
	return Load(fstest.MapFS{"a.yaml": {Data: []byte(paramRule + params)}})
}

func TestParams_AreRead(t *testing.T) {
	list, err := loadParams(`  - {name: most, type: integer, default: 5, minimum: 1, maximum: 9, description: How many.}
  - {name: strict, type: boolean, default: false, description: Whether.}
  - {name: how, type: string, default: well, enum: [well, badly], description: How.}
  - {name: since, type: string, default: 2027-01-31, description: When.}
  - {name: names, type: strings, default: [], description: Which.}
`)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"most": int64(5), "strict": true, "how": "well", "since": "2027-01-31", "names": []any{}}
	if diff := cmp.Diff(want, list[0].Values(map[string]any{"strict": true, "other": 1})); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	if got := (HardeningRule{}).Values(map[string]any{"a": 1}); got != nil {
		t.Errorf("a rule without parameters sees %v", got)
	}
}

func TestParams_ThatAreRefused(t *testing.T) {
	for params, want := range map[string][]string{
		"  - {name: a, type: integer, default: x, description: d}\n":                         {`spec.params[0].default: expected an integer, found "x"`},
		"  - {name: a, type: integer, default: 1.5, description: d}\n":                       {`spec.params[0].default: expected an integer, found 1.5`},
		"  - {name: a, type: integer, default: 5, minimum: 6, description: d}\n":             {`spec.params[0].default: expected an integer of at least 6, found 5`},
		"  - {name: a, type: integer, default: 5, maximum: 4, minimum: 5, description: d}\n": {`spec.params[0].maximum: is below the minimum`, `spec.params[0].default: expected an integer from 5 to 4, found 5`},
		"  - {name: a, type: integer, description: d}\n":                                     {`spec.params[0].default: expected an integer, found nothing`},
		"  - {name: a, type: number, default: 5, description: d}\n":                          {`spec.params[0].type: expected integer, boolean, string or strings, got "number"`, `spec.params[0].default: expected a text, found 5`},
		"  - {name: a, type: string, default: c, enum: [b], minimum: 1, description: d}\n":   {`spec.params[0]: minimum and maximum belong to integers only`, `spec.params[0].default: expected b, found "c"`},
		"  - {name: a, type: boolean, default: true, enum: [b], description: d}\n":           {`spec.params[0].enum: belongs to strings only`},
		"  - {name: a-b, type: boolean, default: true}\n  - {type: boolean, default: true, description: d}\n": {
			`spec.params[0].name: "a-b" is not a CEL identifier`, `spec.params[0].description: must not be empty`, `spec.params[1].name: must not be empty`,
		},
		"  - {name: a, type: boolean, default: true, description: d}\n  - {name: a, type: boolean, default: true, description: d}\n": {`spec.params[1].name: "a" is named twice`},
		"  - {name: a, type: strings, default: [1], description: d}\n":                                                               {`spec.params[0].default: expected a list of strings, found [1]`},
		"  - {name: a, type: boolean, default: true, description: d, min: 1}\n":                                                      {`spec.params[0].min: unknown field`},
	} {
		_, err := loadParams(params)
		if err == nil {
			t.Errorf("%s: no error", params)
			continue
		}
		var got []string
		for line := range strings.Lines(err.Error()) {
			_, problem, _ := strings.Cut(strings.TrimSpace(line), ": ")
			got = append(got, problem)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", params, diff)
		}
	}
}
