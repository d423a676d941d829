package engine

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"github.com/dittoguard/dittoguard/rules"
)

func jsonPatch(expression, message string) rules.Mutation {
	return rules.Mutation{PatchType: admissionregistrationv1.PatchTypeJSONPatch,
		JSONPatch: &admissionregistrationv1.JSONPatch{Expression: expression}, MessageExpression: message}
}

func applyConfiguration(expression string) rules.Mutation {
	return rules.Mutation{PatchType: admissionregistrationv1.PatchTypeApplyConfiguration,
		ApplyConfiguration: &admissionregistrationv1.ApplyConfiguration{Expression: expression}}
}

func deployment() map[string]any {
	return map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": map[string]any{"name": "g", "namespace": "d", "annotations": map[string]any{"a/b": "1"}},
		"spec": map[string]any{"replicas": int64(2), "template": map[string]any{"spec": map[string]any{"containers": []any{
			map[string]any{"name": "g", "image": "i", "env": []any{map[string]any{"name": "A", "value": "1"}}},
		}}}},
	}
}

func TestMutate(t *testing.T) {
	annotation := "[JSONPatch{op: 'add', path: '/metadata/annotations/' + jsonpatch.escapeKey('x/y'), value: ditto.gateway.name}]"
	env := `Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{containers: [
		Object.spec.template.spec.containers{name: 'g', env: [Object.spec.template.spec.containers.env{name: 'B', value: ditto.gateway.name}]}]}}}}`
	withAnnotation := func(m map[string]any) map[string]any {
		m["metadata"].(map[string]any)["annotations"].(map[string]any)["x/y"] = "gw"
		return m
	}
	withEnv := func(m map[string]any) map[string]any {
		c := m["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)["containers"].([]any)[0].(map[string]any)
		c["env"] = append(c["env"].([]any), map[string]any{"name": "B", "value": "gw"})
		return m
	}
	tests := []struct {
		name      string
		condition string
		variable  string
		mutations []rules.Mutation
		want      map[string]any
		notes     []string
		err       string
	}{
		{name: "a JSON patch with a fact and an escaped key", mutations: []rules.Mutation{jsonPatch(annotation, "'added x/y to ' + object.metadata.name")},
			want: withAnnotation(deployment()), notes: []string{"added x/y to g"}},
		{name: "without a message the title is the note", mutations: []rules.Mutation{jsonPatch(annotation, "")},
			want: withAnnotation(deployment()), notes: []string{"the title"}},
		{name: "an apply configuration merges lists by their keys", mutations: []rules.Mutation{applyConfiguration(env)},
			want: withEnv(deployment()), notes: []string{"the title"}},
		{name: "one after the other, variables computed anew", variable: "'x/y' in object.metadata.annotations",
			mutations: []rules.Mutation{jsonPatch(annotation, "'first ' + string(variables.v)"),
				jsonPatch("variables.v ? [JSONPatch{op: 'remove', path: '/spec/replicas'}] : []", "'second ' + string(variables.v)")},
			want: func() map[string]any {
				m := withAnnotation(deployment())
				delete(m["spec"].(map[string]any), "replicas")
				return m
			}(), notes: []string{"first false", "second true"}},
		{name: "an empty patch changes nothing", mutations: []rules.Mutation{jsonPatch("true ? [] : "+annotation, "'x'"), applyConfiguration("Object{}")}},
		{name: "a patch to what is there changes nothing", mutations: []rules.Mutation{jsonPatch("[JSONPatch{op: 'replace', path: '/spec/replicas', value: 2}]", "'x'")}},
		{name: "a test that fails changes nothing", mutations: []rules.Mutation{jsonPatch("[JSONPatch{op: 'test', path: '/spec/replicas', value: 3}, JSONPatch{op: 'remove', path: '/spec'}]", "")}},
		{name: "a false condition", condition: "false", mutations: []rules.Mutation{jsonPatch(annotation, "")}},
		{name: "a condition that fails", condition: "object.none == 1", mutations: []rules.Mutation{jsonPatch(annotation, "")},
			err: "expression 'object.none == 1' resulted in error: no such key: none"},
		{name: "an expression that fails", mutations: []rules.Mutation{jsonPatch("[JSONPatch{op: 'add', path: ditto.exposure.identity, value: 1}]", "")},
			err: "spec.mutations[0]: expression '[JSONPatch{op: 'add', path: ditto.exposure.identity, value: 1}]' resulted in error: there is no exposure here"},
		{name: "a path that is not there", mutations: []rules.Mutation{jsonPatch(annotation, ""), jsonPatch("[JSONPatch{op: 'remove', path: '/none'}]", "")},
			err: "spec.mutations[1]: JSON Patch: error in remove for path: '/none': Unable to remove nonexistent key: none: missing value"},
		{name: "an atomic list cannot be applied", mutations: []rules.Mutation{applyConfiguration(`Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{containers: [
			Object.spec.template.spec.containers{name: 'g', args: ['a']}]}}}}`)},
			err: "spec.mutations[0]: error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.template.spec.containers[0].args"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := compile(t, rule(rules.EachGateway, func(s *rules.Spec) {
				s.Mutations = test.mutations
				if test.condition != "" {
					s.MatchConditions = []admissionregistrationv1.MatchCondition{{Name: "c", Expression: test.condition}}
				}
				if test.variable != "" {
					s.Variables = []admissionregistrationv1.Variable{{Name: "v", Expression: test.variable}}
				}
			}))
			in := Input{Object: deployment(), Facts: &facts{Gateway: &gateway{Name: "gw"}}}
			got, notes, err := r.Mutate(context.Background(), in)
			if err == nil != (test.err == "") || err != nil && err.Error() != test.err {
				t.Fatalf("got error %v, want %q", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("content (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.notes, notes); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(deployment(), in.Object); diff != "" {
				t.Errorf("the input was altered:\n%s", diff)
			}
		})
	}
}

// Applying the guarded form of a mutation twice is applying it once.
func TestMutate_Idempotent(t *testing.T) {
	r := compile(t, rule(rules.EachGateway, func(s *rules.Spec) {
		s.Mutations = []rules.Mutation{
			jsonPatch("object.spec.template.spec.containers[0].env.exists(e, e.name == 'B') ? [] : "+
				"[JSONPatch{op: 'add', path: '/spec/template/spec/containers/0/env/-', value: Object.spec.template.spec.containers.env{name: 'B', value: 'x'}}]", ""),
			applyConfiguration("Object{spec: Object.spec{replicas: 5}}"),
		}
	}))
	first, notes, err := r.Mutate(context.Background(), Input{Object: deployment()})
	if err != nil || first == nil || len(notes) != 2 {
		t.Fatal(first, notes, err)
	}
	second, notes, err := r.Mutate(context.Background(), Input{Object: first})
	if second != nil || notes != nil || err != nil {
		t.Errorf("got %v, %v, %v", second, notes, err)
	}
}

func TestMutate_KindWithoutSchema(t *testing.T) {
	r := compile(t, rule(rules.EachGateway, func(s *rules.Spec) {
		s.Mutations = []rules.Mutation{applyConfiguration("Object{spec: Object.spec{replicas: 5}}")}
	}))
	_, _, err := r.Mutate(context.Background(), Input{Object: map[string]any{"apiVersion": "example.org/v1", "kind": "Thing"}})
	if err == nil {
		t.Fatal("applied")
	}
	t.Log(err)
}
