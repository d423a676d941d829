package check

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/engine"
	"github.com/dittoguard/dittoguard/rules"
)

// fill sets everything in a value; lists get two elements.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(7)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0))
		fill(v.Index(1))
	case reflect.Interface:
		v.Set(reflect.ValueOf("text"))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Struct:
		for _, field := range v.Fields() {
			if field.CanSet() {
				fill(field)
			}
		}
	default:
		panic(fmt.Sprintf("%s is not filled", v.Type()))
	}
}

// leaves calls the function with everything in a value that holds no other value.
func leaves(v reflect.Value, path string, visit func(path string, leaf reflect.Value)) {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			leaves(v.Index(i), fmt.Sprintf("%s[%d]", path, i), visit)
		}
	case reflect.Pointer:
		leaves(v.Elem(), path, visit)
	case reflect.Struct:
		for field, value := range v.Fields() {
			if value.CanSet() {
				leaves(value, path+"."+field.Name, visit)
			}
		}
	default:
		visit(path, v)
	}
}

// Facts that differ in anything at all are not taken for one another: what is remembered of them decides who gets in.
func TestOutcomes_TellFactsApart(t *testing.T) {
	o := newOutcomes()
	filled := func() *facts.Facts {
		facts := &facts.Facts{}
		fill(reflect.ValueOf(facts).Elem())
		return facts
	}
	first := o.of(*filled())
	if again := o.of(*filled()); again != first {
		t.Fatal("equal facts are taken for different ones")
	}
	count := 0
	leaves(reflect.ValueOf(filled()).Elem(), "", func(path string, _ reflect.Value) {
		count++
		facts := filled()
		leaves(reflect.ValueOf(facts).Elem(), "", func(other string, leaf reflect.Value) {
			if other == path {
				leaf.SetZero()
			}
		})
		if changed := o.of(*facts); changed == first || changed.print == first.print {
			t.Errorf("a change of %s is not seen", path)
		}
	})
	if count < 50 {
		t.Errorf("only %d fields were looked at", count)
	}
}

// Whatever decides about a way in is seen to change; that a reason is worded otherwise, or a line has moved, decides nothing.
func TestOutcomes_SeeWhatDecides(t *testing.T) {
	o := newOutcomes()
	filled := func() *facts.Exposure {
		exposure := &facts.Exposure{}
		fill(reflect.ValueOf(exposure).Elem())
		return exposure
	}
	forPeople := []string{"Via", "Hops", "DisguisedBy", "IdentityWhy", "PlainWhy", "Advice", "Does", "Source", "Why"}
	first := o.deciding(filled())
	leaves(reflect.ValueOf(filled()).Elem(), "", func(path string, _ reflect.Value) {
		changed := filled()
		leaves(reflect.ValueOf(changed).Elem(), "", func(other string, leaf reflect.Value) {
			if other == path {
				leaf.SetZero()
			}
		})
		name, _, _ := strings.Cut(path[strings.LastIndex(path, ".")+1:], "[")
		if same := o.deciding(changed) == first; same != slices.Contains(forPeople, name) {
			t.Errorf("a change of %s decides: %t", path, !same)
		}
	})
}

// A gateway that changed makes another case of a way in that did not.
func TestOutcomes_ExposureIsJudgedWithItsGateway(t *testing.T) {
	o := newOutcomes()
	exposure := &facts.Exposure{Kind: "Ingress"}
	on := o.of(facts.Facts{Gateway: &facts.GatewayFacts{PreAuthentication: tri.State{State: tri.On}}})
	off := o.of(facts.Facts{Gateway: &facts.GatewayFacts{PreAuthentication: tri.State{State: tri.Off}}})
	cases := []*remembered{o.ofExposure(on, exposure), o.ofExposure(off, exposure), o.ofExposure(nil, exposure)}
	for i, a := range cases {
		for _, b := range cases[:i] {
			if a == b {
				t.Error("taken for one another")
			}
		}
	}
	same := *exposure
	if o.ofExposure(on, &same) != cases[0] {
		t.Error("equal facts are taken for different ones")
	}
}

// Only what the facts decide is remembered, and nothing that failed.
func TestOutcomes_RememberWhatFactsDecide(t *testing.T) {
	compiler, err := engine.New(reflect.TypeFor[*facts.Facts]())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, expression string
		outcome          engine.Outcome
		evaluations      int
	}{
		{"facts", "ditto.gateway.name == 'a'", engine.Outcome{Matched: true}, 1},
		{"the object", "ditto.gateway.name == object.metadata.name", engine.Outcome{Matched: true}, 2},
		{"the request", "ditto.gateway.name == request.name", engine.Outcome{Matched: true}, 2},
		{"the namespace", "ditto.gateway.name == namespaceObject.metadata.name", engine.Outcome{Matched: true}, 2},
		{"a failure", "ditto.gateway.name == 'a'", engine.Outcome{Violations: []engine.Violation{{Err: fmt.Errorf("no time")}}}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			document := rules.HardeningRule{}
			document.Metadata.Name = "rule"
			document.Spec.Match.Each = rules.EachGateway
			document.Spec.Validations = []rules.Validation{{Expression: tt.expression, Message: "no"}}
			compiled, err := compiler.Compile(document)
			if err != nil {
				t.Fatal(err)
			}
			r := &rule{HardeningRule: document, compiled: compiled}
			o := newOutcomes()
			evaluations := 0
			for range 2 {
				facts := o.of(facts.Facts{Gateway: &facts.GatewayFacts{Name: "a"}})
				o.evaluate(r, facts, func() engine.Outcome { evaluations++; return tt.outcome })
			}
			if evaluations != tt.evaluations {
				t.Errorf("%d evaluations, want %d", evaluations, tt.evaluations)
			}
		})
	}
}
