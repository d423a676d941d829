package engine

import (
	"context"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"
	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/cel/environment"

	"github.com/dittoguard/dittoguard/rules"
)

// subject is the object that the parity cases are about.
func subject() map[string]any {
	return map[string]any{
		"apiVersion": "apps/v1",
		"kind":       "Deployment",
		"metadata": map[string]any{
			"name": "web", "namespace": "shop",
			"labels":      map[string]any{"app": "web", "app.kubernetes.io/name": "web"},
			"annotations": map[string]any{"none": nil},
		},
		"spec": map[string]any{
			"replicas": int64(3),
			"ratio":    0.5,
			"paused":   false,
			// contains() costs a tenth of one length times a tenth of the other, and little time.
			"big":  strings.Repeat("x", 60000),
			"some": strings.Repeat("y", 1000),
			"more": strings.Repeat("y", 2000),
			"template": map[string]any{"spec": map[string]any{"containers": []any{
				map[string]any{"name": "a", "image": "example/a:1"},
				map[string]any{"name": "b", "image": "example/b"},
			}}},
		},
	}
}

func parityAttributes(object map[string]any) (*admission.VersionedAttributes, schema.GroupVersionResource) {
	gvk := schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}
	gvr := schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	u := &unstructured.Unstructured{Object: object}
	attr := admission.NewAttributesRecord(u, nil, gvk, "shop", "web", gvr, "", admission.Create, &metav1.CreateOptions{}, false,
		&user.DefaultInfo{Name: "jane", Groups: []string{"devs"}, Extra: map[string][]string{"k": {"v"}}})
	return &admission.VersionedAttributes{Attributes: attr, VersionedKind: gvk, VersionedObject: admission.NewLazyObject(u)}, gvr
}

// oracle judges with the API server's own validator. It returns one message for each validation, empty where it passes.
func oracle(t *testing.T, r rules.HardeningRule, ns *corev1.Namespace) (messages []string, matched bool) {
	t.Helper()
	compiler, err := plugincel.NewCompositedCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))
	if err != nil {
		t.Fatal(err)
	}
	decls := plugincel.OptionalVariableDeclarations{HasParams: true}
	for _, v := range r.Spec.Variables {
		if res := compiler.CompileAndStoreVariable(accessor{name: v.Name, source: v.Expression, want: cel.AnyType},
			decls, environment.StoredExpressions); res.Error != nil {
			t.Fatal(res.Error)
		}
	}
	var conditions, validations, texts []plugincel.ExpressionAccessor
	for i := range r.Spec.MatchConditions {
		conditions = append(conditions, (*matchconditions.MatchCondition)(&r.Spec.MatchConditions[i]))
	}
	for _, v := range r.Spec.Validations {
		validations = append(validations, &validating.ValidationCondition{Expression: v.Expression, Message: v.Message})
		if v.MessageExpression == "" {
			texts = append(texts, nil)
			continue
		}
		texts = append(texts, &validating.MessageExpressionCondition{MessageExpression: v.MessageExpression})
	}
	var matcher matchconditions.Matcher
	if len(conditions) > 0 {
		matcher = matchconditions.NewMatcher(compiler.CompileCondition(conditions, decls, environment.StoredExpressions), nil, "policy", "validate", "p")
	}
	validator := validating.NewValidator(compiler.CompileCondition(validations, decls, environment.StoredExpressions), matcher,
		compiler.CompileCondition(nil, decls, environment.StoredExpressions), compiler.CompileCondition(texts, decls, environment.StoredExpressions), nil, nil)
	attr, gvr := parityAttributes(subject())
	result := validator.Validate(context.Background(), gvr, attr, nil, ns, celconfig.RuntimeCELCostBudget, nil)
	for _, d := range result.Decisions {
		if d.Action == validating.ActionAdmit {
			messages = append(messages, "")
			continue
		}
		messages = append(messages, d.Message)
	}
	return messages, len(result.Decisions) > 0
}

// ours judges with the engine, in the oracle's terms.
func ours(t *testing.T, r rules.HardeningRule, ns *corev1.Namespace) (messages []string, matched bool) {
	t.Helper()
	attr, gvr := parityAttributes(subject())
	out := compile(t, r).Evaluate(context.Background(), Input{
		Object:    subject(),
		Request:   plugincel.CreateAdmissionRequest(attr.Attributes, metav1.GroupVersionResource(gvr), metav1.GroupVersionKind(attr.VersionedKind)),
		Namespace: ns,
	})
	if out.Err != nil {
		return []string{out.Err.Error()}, true
	}
	if !out.Matched {
		return nil, false
	}
	messages = make([]string, len(r.Spec.Validations))
	for _, v := range out.Violations {
		messages[v.Index] = v.Message
	}
	return messages, true
}

// TestParity compares with the API server's validator: the same expressions, the same decision, the same words.
func TestParity(t *testing.T) {
	type V = rules.Validation
	long := "'" + strings.Repeat("y", 6000) + "'"
	// 1.2 million, which is more than PerCallLimit.
	expensive := "!object.spec.big.contains(object.spec.more)"
	// 600,000: only the sum of many exceeds a budget.
	costly := "!object.spec.big.contains(object.spec.some)"
	many := func(n int, v V) []V {
		out := make([]V, n)
		for i := range out {
			out[i] = v
		}
		return out
	}
	tests := []struct {
		name        string
		variables   []admissionregistrationv1.Variable
		conditions  []string
		validations []V
	}{
		{name: "a validation that holds", validations: []V{{Expression: "object.spec.replicas == 3"}}},
		{name: "a validation that does not hold falls back to its expression", validations: []V{{Expression: " object.spec.replicas > 5 "}}},
		{name: "the message is trimmed", validations: []V{{Expression: "false", Message: "  too few  "}}},
		{name: "the message expression wins over the message", validations: []V{{Expression: "false", Message: "m", MessageExpression: "' ' + object.metadata.name + ' '"}}},
		{name: "an empty message expression falls back", validations: []V{{Expression: "false", Message: "m", MessageExpression: "'  '"}}},
		{name: "a message of several lines falls back", validations: []V{{Expression: "false", Message: "m", MessageExpression: `'a\nb'`}}},
		{name: "a message that ends in a line break is trimmed", validations: []V{{Expression: "false", Message: "m", MessageExpression: `'a\n'`}}},
		{name: "a message over five kibibytes falls back", validations: []V{{Expression: "false", Message: "m", MessageExpression: long}}},
		{name: "a message that fails falls back", validations: []V{{Expression: "false", Message: "m", MessageExpression: "string(object.spec.none)"}}},
		{name: "a message that is too expensive falls back", validations: []V{{Expression: "false", Message: "m", MessageExpression: expensive + " ? 'a' : 'b'"}}},
		{name: "no message at all, and an expression of several lines", validations: []V{{Expression: "false &&\n true"}}},
		{name: "several validations are all evaluated", validations: []V{{Expression: "true"}, {Expression: "false", Message: "b"}, {Expression: "false", Message: "c"}}},
		{name: "a missing field is an error, and an error a violation", validations: []V{{Expression: "object.spec.none == 1"}, {Expression: "false", Message: "b"}}},
		{name: "a field of the wrong type", validations: []V{{Expression: "object.spec.replicas.none == 1"}}},
		{name: "a comparison across types", validations: []V{{Expression: "object.spec.ratio < object.spec.replicas"}, {Expression: "object.spec.replicas == 3.0"}}},
		{name: "no such overload", validations: []V{{Expression: "object.spec.replicas.startsWith('a')"}}},
		{name: "oldObject is null on create", validations: []V{{Expression: "oldObject == null"}, {Expression: "oldObject.spec.replicas == 3"}}},
		{name: "params are null", validations: []V{{Expression: "params == null"}}},
		{name: "has", validations: []V{{Expression: "has(object.spec.replicas)"}, {Expression: "has(object.spec.none)"}, {Expression: "has(object.none.none)"}, {Expression: "has(object.metadata.annotations.none)"}}},
		{name: "optional selection", validations: []V{{Expression: "object.?spec.?none.orValue(0) == 1"}, {Expression: "object.?metadata.?labels['app'].orValue('') == 'web'"}}},
		{name: "lists and maps", validations: []V{
			{Expression: "object.spec.template.spec.containers.exists(c, c.image == 'example/b')"},
			{Expression: "object.spec.template.spec.containers.all(c, c.image.contains(':'))", MessageExpression: "object.spec.template.spec.containers.filter(c, !c.image.contains(':')).map(c, c.name).join(', ')"},
			{Expression: "'app' in object.metadata.labels"},
			{Expression: "object.metadata.labels['app.kubernetes.io/name'] == 'db'"},
			{Expression: "object.spec.template.spec.containers[2].name == 'c'"},
			{Expression: "size(object.spec.template.spec.containers) == 2"},
			{Expression: "object.spec.template == object.spec.template"},
			{Expression: "[1, 2] == [1, 3]"},
		}},
		{name: "libraries", validations: []V{
			{Expression: "quantity('1Gi').isGreaterThan(quantity('1Mi'))"}, {Expression: "url('https://a/b').getHost() == 'b'"},
			{Expression: "ip('10.0.0.1').family() == 6"}, {Expression: "cidr('10.0.0.0/8').containsIP('11.0.0.1')"},
			{Expression: "'a-b'.find('[0-9]+') == ''"}, {Expression: "semver('1.2.3').isLessThan(semver('1.2.2'))"},
		}},
		{name: "the request", validations: []V{
			{Expression: "request.userInfo.username == 'jane' && 'devs' in request.userInfo.groups"}, {Expression: "request.operation == 'UPDATE'"},
			{Expression: "request.kind.kind == 'Deployment' && request.resource.resource == 'pods'"}, {Expression: "request.userInfo.extra['k'][0] == 'w'"},
			{Expression: "request.dryRun"}, {Expression: "has(request.subResource)"}, {Expression: "request.options.dryRun == []"},
		}},
		{name: "the request does not show its objects", validations: []V{{Expression: "has(dyn(request).object) && dyn(request).object != null"}}},
		{name: "the namespace", validations: []V{
			{Expression: "namespaceObject.metadata.labels['team'] == 'shop'"}, {Expression: "namespaceObject.metadata.name == 'other'"},
			{Expression: "has(namespaceObject.metadata.annotations)"},
		}},
		{name: "variables see those before them", variables: []admissionregistrationv1.Variable{
			{Name: "n", Expression: "object.spec.replicas"}, {Name: "twice", Expression: "variables.n * 2"},
			{Name: "named", Expression: "object.spec.template.spec.containers.map(c, c.name)"}, {Name: "meta", Expression: "namespaceObject.metadata"},
		}, validations: []V{
			{Expression: "variables.twice == 6"}, {Expression: "variables.twice > 6", MessageExpression: "'got ' + string(variables.twice)"},
			{Expression: "'c' in variables.named"}, {Expression: "variables.meta.name == 'x'"}, {Expression: "has(variables.n)"},
		}},
		{name: "a variable that fails matters to who reads it", variables: []admissionregistrationv1.Variable{{Name: "bad", Expression: "object.spec.none"}},
			validations: []V{{Expression: "true"}, {Expression: "variables.bad == 1"}, {Expression: "true || variables.bad == 1"}, {Expression: "variables.bad == 1 || true"}}},
		{name: "a variable that is too expensive", variables: []admissionregistrationv1.Variable{{Name: "big", Expression: expensive}},
			validations: []V{{Expression: "variables.big"}, {Expression: "variables.big || true"}}},
		{name: "one expression over the limit of a call", validations: []V{{Expression: expensive, Message: "m"}, {Expression: "false", Message: "b"}}},
		{name: "all together over the budget", validations: many(60, V{Expression: costly})},
		{name: "variables over the budget", variables: []admissionregistrationv1.Variable{{Name: "v", Expression: costly}}, validations: many(60, V{Expression: "variables.v && " + costly})},
		{name: "a false condition", conditions: []string{"object.spec.replicas == 3", "false"}, validations: []V{{Expression: "false"}}},
		{name: "conditions that hold", conditions: []string{"object.spec.replicas == 3", "request.operation == 'CREATE'"}, validations: []V{{Expression: "false"}}},
		{name: "a false condition wins over an error", conditions: []string{"object.spec.none == 1", "false"}, validations: []V{{Expression: "false"}}},
		{name: "an error with no false condition", conditions: []string{"true", "object.spec.none == 1"}, validations: []V{{Expression: "true"}}},
		{name: "conditions have no namespace", conditions: []string{"namespaceObject == null"}, validations: []V{{Expression: "namespaceObject != null"}}},
		{name: "conditions over their budget", conditions: []string{costly, costly, costly, costly, costly, costly, costly, costly, costly, costly, costly, costly, costly, costly, costly}, validations: []V{{Expression: "true"}}},
		{name: "variables in conditions", variables: []admissionregistrationv1.Variable{{Name: "n", Expression: "object.spec.replicas"}}, conditions: []string{"variables.n == 4"}, validations: []V{{Expression: "false"}}},
	}
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop", Labels: map[string]string{"team": "shop"}}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := rule(rules.EachObject, func(s *rules.Spec) {
				s.Variables, s.Validations = test.variables, test.validations
				for i, c := range test.conditions {
					s.MatchConditions = append(s.MatchConditions, admissionregistrationv1.MatchCondition{Name: string(rune('a' + i)), Expression: c})
				}
			})
			want, wantMatched := oracle(t, r, ns)
			got, gotMatched := ours(t, r, ns)
			if len(want) == 1 && len(got) > 1 {
				// The API server drops all that was found before the budget ran out; the engine keeps it.
				got = got[len(strings.Split(strings.TrimRight(strings.Join(got, "\x00"), "\x00"), "\x00"))-1:][:1]
			}
			if diff := cmp.Diff(want, got); diff != "" || wantMatched != gotMatched {
				t.Errorf("matched %v, want %v; messages (-API server +engine):\n%s", gotMatched, wantMatched, diff)
			}
		})
	}
}
