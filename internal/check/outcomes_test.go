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
	"github.com/dittoguard/dittoguard/test/sample"
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

// compiled is a rule about ways in with an expression and a message, as outcomes see it.
func compiled(t *testing.T, expression, message string) *rule {
	t.Helper()
	compiler, err := compiler()
	if err != nil {
		t.Fatal(err)
	}
	document := rules.HardeningRule{}
	document.Metadata.Name = "rule"
	document.Spec.Match.Each = rules.EachExposure
	document.Spec.Validations = []rules.Validation{{Expression: expression, MessageExpression: message}}
	made, err := compiler.Compile(document)
	if err != nil {
		t.Fatal(err)
	}
	return &rule{HardeningRule: document, compiled: made}
}

// filled are facts with everything in them.
func filled() facts.Facts {
	var known facts.Facts
	fill(reflect.ValueOf(&known).Elem())
	return known
}

// withOther are filled facts, one leaf of which is something else.
func withOther(path string) facts.Facts {
	known := filled()
	leaves(reflect.ValueOf(&known).Elem(), "", func(other string, leaf reflect.Value) {
		if other == path {
			leaf.SetZero()
		}
	})
	return known
}

// Facts that differ in anything at all have another print, and are other facts to a rule that looks at all of it.
func TestOutcomes_TellFactsApart(t *testing.T) {
	curious := compiled(t, "dyn(ditto) != null", "'a'")
	o := newOutcomes(map[rules.Each][]*rule{rules.EachExposure: {curious}})
	first := o.of(rules.EachExposure, filled())
	if again := o.of(rules.EachExposure, filled()); again.print != first.print || again.alike != first.alike {
		t.Fatal("equal facts are taken for different ones")
	}
	count := 0
	known := filled()
	leaves(reflect.ValueOf(&known).Elem(), "", func(path string, _ reflect.Value) {
		count++
		changed := o.of(rules.EachExposure, withOther(path))
		if changed.print == first.print {
			t.Errorf("a change of %s is not seen", path)
		}
		// Rules do not see it.
		if hidden := path == ".Exposure.Way"; (changed.alike == first.alike) != hidden {
			t.Errorf("a change of %s is not seen by a rule", path)
		}
	})
	if count < 50 {
		t.Errorf("only %d fields were looked at", count)
	}
}

// Values of JSON that are written alike are told apart where rules tell them apart.
func TestOutcomes_TellValuesApart(t *testing.T) {
	values := []any{nil, "", "1", int64(1), 1.0, true, []any{}, []any{int64(1)}, []any{1.0}, []any{"1"}, map[string]any{}, map[string]any{"1": int64(1)}, map[string]any{"1": "1"}}
	seen := map[string]any{}
	for _, v := range values {
		text := string(appendJSON(nil, v))
		if other, is := seen[text]; is {
			t.Errorf("%#v is taken for %#v", v, other)
		}
		seen[text] = v
	}
}

// Whatever decides about a way in is seen to change; that a reason is worded otherwise, or a line has moved, decides nothing.
func TestOutcomes_SeeWhatDecides(t *testing.T) {
	o := newOutcomes(nil)
	forPeople := []string{"Via", "Hops", "DisguisedBy", "IdentityWhy", "PlainWhy", "Advice", "Does", "Source", "Why"}
	first := o.deciding(filled().Exposure)
	known := filled()
	leaves(reflect.ValueOf(&known).Elem(), "", func(path string, _ reflect.Value) {
		if !strings.HasPrefix(path, ".Exposure.") {
			return
		}
		name, _, _ := strings.Cut(path[strings.LastIndex(path, ".")+1:], "[")
		if same := o.deciding(withOther(path).Exposure) == first; same != slices.Contains(forPeople, name) {
			t.Errorf("a change of %s decides: %t", path, !same)
		}
	})
}

// A rule is evaluated again for what its expressions read, and for nothing else: while it says nothing, what it would say does
// not matter.
func TestOutcomes_AskWhatIsRead(t *testing.T) {
	sample.Large(t)
	for _, tt := range []struct {
		name, expression, message string
		// silent and said are the leaves of which a change has the rule evaluated again, while it says nothing and where it says
		// something.
		silent, said []string
	}{
		{"a field", "ditto.exposure.public", "'no'", []string{"Exposure.Public"}, []string{"Exposure.Public"}},
		{"a message", "ditto.exposure.public", "ditto.exposure.via", []string{"Exposure.Public"}, []string{"Exposure.Via", "Exposure.Public"}},
		{"whether a text is empty", "ditto.exposure.route != ''", "'no'", []string{"Exposure.Route"}, []string{"Exposure.Route"}},
		{"a field of a fact in a fact", "ditto.exposure.tls.state != 'off'", "ditto.exposure.tls.why",
			[]string{"Exposure.TLS.State"}, []string{"Exposure.TLS.State", "Exposure.TLS.Why"}},
		{"the gateway behind it", "ditto.exposure.public && ditto.gateway.cors.state == 'on'", "'no'",
			[]string{"Gateway.CORS.State", "Exposure.Public"}, []string{"Gateway.CORS.State", "Exposure.Public"}},
		{"a whole fact", "ditto.exposure.tls != ditto.exposure.rateLimited", "'no'",
			[]string{"Exposure.TLS.State", "Exposure.TLS.Source", "Exposure.TLS.Why", "Exposure.RateLimited.State", "Exposure.RateLimited.Source", "Exposure.RateLimited.Why"},
			[]string{"Exposure.TLS.State", "Exposure.TLS.Source", "Exposure.TLS.Why", "Exposure.RateLimited.State", "Exposure.RateLimited.Source", "Exposure.RateLimited.Why"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := compiled(t, tt.expression, tt.message)
			for _, says := range []bool{false, true} {
				outcome, want := engine.Outcome{Matched: true}, tt.silent
				if says {
					outcome.Violations, want = []engine.Violation{{Message: "no"}}, tt.said
				}
				var got []string
				known := filled()
				leaves(reflect.ValueOf(&known).Elem(), "", func(path string, _ reflect.Value) {
					o := newOutcomes(map[rules.Each][]*rule{rules.EachExposure: {r}})
					evaluations := 0
					for _, facts := range []facts.Facts{filled(), withOther(path)} {
						o.evaluate(r, o.of(rules.EachExposure, facts), func() engine.Outcome { evaluations++; return outcome })
					}
					if evaluations > 1 {
						got = append(got, strings.TrimPrefix(path, "."))
					}
				})
				if !slices.Equal(got, want) {
					t.Errorf("says something: %t; evaluated again for a change of %q, want %q", says, got, want)
				}
			}
		})
	}
}

// A text that is only looked at for being empty is the same, whatever else it says.
func TestOutcomes_AskWhetherATextIsEmpty(t *testing.T) {
	r := compiled(t, "ditto.exposure.route != ''", "'no'")
	o := newOutcomes(map[rules.Each][]*rule{rules.EachExposure: {r}})
	evaluations := 0
	for _, route := range []string{"a/1", "a/2", "", "a/3", ""} {
		known := o.ofExposure(nil, &facts.Exposure{Route: route})
		o.evaluate(r, known, func() engine.Outcome { evaluations++; return engine.Outcome{Matched: true} })
	}
	if evaluations != 2 {
		t.Errorf("%d evaluations, want one for each of empty and not empty", evaluations)
	}
}

// A gateway that changed makes another case of a way in that did not, to a rule that looks at it.
func TestOutcomes_ExposureIsJudgedWithItsGateway(t *testing.T) {
	r := compiled(t, "has(ditto.gateway) && ditto.gateway.preAuthentication.state == 'on'", "'no'")
	o := newOutcomes(map[rules.Each][]*rule{rules.EachExposure: {r}})
	exposure := &facts.Exposure{Kind: "Ingress"}
	gateway := func(state string) *remembered {
		return o.of(rules.EachGateway, facts.Facts{Gateway: &facts.GatewayFacts{PreAuthentication: tri.State{State: state}}})
	}
	cases := []*remembered{o.ofExposure(gateway(tri.On), exposure), o.ofExposure(gateway(tri.Off), exposure), o.ofExposure(nil, exposure)}
	for i, a := range cases {
		for _, b := range cases[:i] {
			if a.alike == b.alike {
				t.Error("taken for one another")
			}
		}
	}
	same := *exposure
	if o.ofExposure(gateway(tri.On), &same).alike != cases[0].alike {
		t.Error("equal facts are taken for different ones")
	}
}

// Only what the facts decide is remembered, and nothing that failed.
func TestOutcomes_RememberWhatFactsDecide(t *testing.T) {
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
			r := compiled(t, tt.expression, "'no'")
			o := newOutcomes(map[rules.Each][]*rule{rules.EachExposure: {r}})
			evaluations := 0
			for range 2 {
				known := o.of(rules.EachExposure, facts.Facts{Gateway: &facts.GatewayFacts{Name: "a"}})
				o.evaluate(r, known, func() engine.Outcome { evaluations++; return tt.outcome })
			}
			if evaluations != tt.evaluations {
				t.Errorf("%d evaluations, want %d", evaluations, tt.evaluations)
			}
		})
	}
}
