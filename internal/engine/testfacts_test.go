package engine

import (
	"reflect"
	"testing"

	"github.com/dittoguard/dittoguard/rules"
)

// The facts of these tests have every kind of field that a fact may have.
type (
	facts struct {
		Gateway  *gateway  `cel:"gateway"`
		Exposure *exposure `cel:"exposure"`
	}
	setting struct {
		State  string `cel:"state"`
		Source string `cel:"source"`
		secret string
	}
	gateway struct {
		Name              string  `cel:"name"`
		PreAuthentication setting `cel:"preAuthentication"`
		DevopsSecured     setting `cel:"devopsSecured"`
		StatusSecured     setting `cel:"statusSecured"`
		Hidden            string
	}
	exposure struct {
		Public      bool              `cel:"public"`
		Number      int64             `cel:"number"`
		Weight      float64           `cel:"weight"`
		Identity    string            `cel:"identity"`
		Hops        []string          `cel:"hops"`
		Steps       []setting         `cel:"steps"`
		Annotations map[string]string `cel:"annotations"`
		Value       any               `cel:"value"`
		Back        *facts            `cel:"back"`
	}
)

func newEngine(t testing.TB) *Engine {
	t.Helper()
	e, err := New(reflect.TypeFor[*facts]())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// rule is a document with the parts that a test is about.
func rule(each rules.Each, change func(*rules.Spec)) rules.HardeningRule {
	r := rules.HardeningRule{
		Metadata: rules.Metadata{Name: "test"},
		Spec:     rules.Spec{Title: "the title", Match: rules.Match{Each: each}},
		Source:   rules.Source{File: "test/rule.yaml", Line: 1},
	}
	change(&r.Spec)
	return r
}

func compile(t testing.TB, r rules.HardeningRule) *Rule {
	t.Helper()
	out, err := newEngine(t).Compile(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// validate is a rule with one validation.
func validate(each rules.Each, expression string) rules.HardeningRule {
	return rule(each, func(s *rules.Spec) { s.Validations = []rules.Validation{{Expression: expression}} })
}
