package engine

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apiserver/pkg/cel/environment"

	"github.com/dittoguard/dittoguard/rules"
)

// exposureRule is about as large as the rules that are evaluated for each exposure.
func exposureRule(name string) rules.HardeningRule {
	r := rule(rules.EachExposure, func(s *rules.Spec) {
		s.Variables = []admissionregistrationv1.Variable{
			{Name: "open", Expression: "ditto.exposure.public && has(ditto.gateway) && ditto.gateway.preAuthentication.state == 'on'"},
			{Name: "identified", Expression: "ditto.exposure.identity == 'set'"},
		}
		s.Validations = []rules.Validation{{
			Expression:        "!variables.open || variables.identified",
			MessageExpression: "'gateway \"' + ditto.gateway.name + '\" can be reached: ' + ditto.exposure.hops.join(' -> ')",
		}}
		s.Unknowns = []rules.Unknown{{
			Expression:        "ditto.exposure.public && ditto.gateway.preAuthentication.state == 'unknown'",
			What:              "pre-authentication of the gateway",
			MessageExpression: "'read ' + ditto.gateway.preAuthentication.source",
		}}
	})
	r.Metadata.Name = name
	return r
}

func exposureFacts() *facts {
	return &facts{
		Gateway:  &gateway{Name: "ditto-gateway", PreAuthentication: setting{State: "on", Source: "env"}},
		Exposure: &exposure{Public: true, Identity: "set", Hops: []string{"Ingress a", "Service b", "Deployment c"}},
	}
}

// BenchmarkNew is the environment that all rules share.
func BenchmarkNew(b *testing.B) {
	environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := New(reflect.TypeFor[*facts]()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCompile compiles eight rules of six expressions each, as a start of the program does.
func BenchmarkCompile(b *testing.B) {
	e := newEngine(b)
	documents := make([]rules.HardeningRule, 8)
	for i := range documents {
		documents[i] = exposureRule(fmt.Sprintf("rule-%d", i))
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, d := range documents {
			if _, err := e.Compile(d); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkEvaluate judges one exposure by one rule: two variables, a validation that holds, an unknown.
func BenchmarkEvaluate(b *testing.B) {
	r := compile(b, exposureRule("a"))
	in := Input{Facts: exposureFacts()}
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if out := r.Evaluate(ctx, in); !out.Matched || len(out.Violations)+len(out.Unknowns) > 0 {
			b.Fatal(out)
		}
	}
}

// BenchmarkEvaluate_Violated is the same with a violation and its message.
func BenchmarkEvaluate_Violated(b *testing.B) {
	r := compile(b, exposureRule("a"))
	in := Input{Facts: exposureFacts()}
	in.Facts.(*facts).Exposure.Identity = "client"
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if out := r.Evaluate(ctx, in); len(out.Violations) != 1 {
			b.Fatal(out)
		}
	}
}
