package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/export"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
	"github.com/dittoguard/dittoguard/test/missing"
)

// mutatingRules are of a test's own: no built-in rule for each object mutates.
const mutatingRules = `apiVersion: dittoguard.io/v1alpha1
kind: HardeningRule
metadata: {name: reviewed}
spec:
  title: A pod template does not say that it was reviewed
  rationale: A test's own.
  guide: "6"
  level: restricted
  severity: low
  match:
    each: object
    resourceRules:
    - {operations: [CREATE, UPDATE, DELETE], apiGroups: [apps], apiVersions: [v1], resources: [deployments]}
  mutations:
  - patchType: ApplyConfiguration
    applyConfiguration:
      expression: |-
        Object{spec: Object.spec{template: Object.spec.template{metadata: Object.spec.template.metadata{
        annotations: {'example.com/reviewed': 'no'}}}}}
  remediation: None.
---
apiVersion: dittoguard.io/v1alpha1
kind: HardeningRule
metadata: {name: counted}
spec:
  title: A ConfigMap does not count its keys
  rationale: A test's own.
  guide: "6"
  level: restricted
  severity: low
  match:
    each: object
    resourceRules:
    - {operations: ["*"], apiGroups: [""], apiVersions: [v1], resources: [configmaps]}
  matchConditions:
  - name: has-data
    expression: has(object.data)
  variables:
  - name: count
    expression: string(size(object.data))
  mutations:
  - patchType: JSONPatch
    jsonPatch:
      expression: |-
        'count' in object.data ? [] : [JSONPatch{op: 'add', path: '/data/count', value: variables.count}]
  remediation: None.
`

// TestExportedMutatingPolicies: what an exported mutating policy makes of an object is what dittoguard makes of it, and
// like dittoguard it leaves a pod template alone that an update does not change.
func TestExportedMutatingPolicies(t *testing.T) {
	t.Parallel()
	c := own(t, "ditto")
	list, err := rules.Load(fstest.MapFS{"rules.yaml": {Data: []byte(mutatingRules)}})
	if err != nil {
		t.Fatal(err)
	}
	policies, err := export.AdmissionPolicies(list, export.Options{})
	if err != nil || len(policies.List) != 2 || len(policies.Notes) > 0 {
		t.Fatal(policies, err)
	}
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true})
	t.Cleanup(passwords.Close)
	checker, err := check.New(check.Options{Rules: list, Passwords: passwords})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := c.Kubectl(t.Context(), nil, "get", "mutatingadmissionpolicies.v1.admissionregistration.k8s.io"); err != nil {
		if !strings.Contains(out, "doesn't have a resource type") {
			t.Fatalf("%v\n%s", err, out)
		}
		missing.Data(t, "exported mutating policies, since the API server has no MutatingAdmissionPolicy of v1")
	}
	n := in{c, "ditto"}
	n.admitted(t, internal, "apply", "--filename", "-") // before the policies
	dir := t.TempDir()
	if _, err := export.Write(dir, policies.List); err != nil {
		t.Fatal(err)
	}
	if out, err := c.Kubectl(t.Context(), nil, "apply", "-f", dir); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}

	objects := []*unstructured.Unstructured{
		deploymentOf(t, "new"),
		{Object: map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "empty", "namespace": "ditto"}}},
		{Object: map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "two", "namespace": "ditto"},
			"data": map[string]any{"a": "1", "b": "2"}}},
		{Object: map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "counted", "namespace": "ditto"},
			"data": map[string]any{"count": "many"}}},
	}
	for _, o := range objects {
		want := decisive(mutated(t, checker, o, nil))
		eventually(t, o.GetName()+" is mutated as the engine does it", func(ctx context.Context) (bool, any) {
			got := o.DeepCopy()
			if err := c.Client.Create(ctx, got, client.DryRunAll); err != nil {
				return false, err
			}
			diff := cmp.Diff(want, decisive(got))
			return diff == "", diff
		})
	}

	old := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "apps/v1", "kind": "Deployment"}}
	if err := c.Client.Get(t.Context(), client.ObjectKey{Namespace: "ditto", Name: "gateway"}, old); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		change func(u *unstructured.Unstructured)
	}{
		{"a label", func(u *unstructured.Unstructured) { u.SetLabels(map[string]string{"team": "iot"}) }},
		{"another pod", func(u *unstructured.Unstructured) {
			if err := unstructured.SetNestedField(u.Object, "iot", "spec", "template", "metadata", "labels", "team"); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		now := old.DeepCopy()
		test.change(now)
		want := decisive(mutated(t, checker, now, old))
		if err := c.Client.Update(t.Context(), now, client.DryRunAll); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, decisive(now)); diff != "" {
			t.Errorf("%s: -dittoguard +the policy:\n%s", test.name, diff)
		}
	}
	n.admitted(t, "", "delete", "deployment/gateway")
}

// deploymentOf is a Deployment by that name.
func deploymentOf(t *testing.T, name string) *unstructured.Unstructured {
	t.Helper()
	first, _, _ := bytes.Cut([]byte(internal), []byte("---\n"))
	o, err := inventory.Decode(yamlToJSON(t, first), inventory.Source{})
	if err != nil {
		t.Fatal(err)
	}
	u := &unstructured.Unstructured{Object: o.Content()}
	u.SetName(name)
	u.SetNamespace("ditto")
	return u
}

// decisive is what the rules of this test mutate.
func decisive(u *unstructured.Unstructured) map[string]any {
	annotations, _, _ := unstructured.NestedMap(u.Object, "spec", "template", "metadata", "annotations")
	data, _, _ := unstructured.NestedMap(u.Object, "data")
	return map[string]any{"annotations": annotations, "data": data}
}

// mutated is what dittoguard makes of an object.
func mutated(t *testing.T, checker *check.Checker, now, old *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	gvk := now.GroupVersionKind()
	change := check.Change{Request: &admissionv1.AdmissionRequest{
		Operation: admissionv1.Create, Name: now.GetName(), Namespace: now.GetNamespace(),
		Kind: metav1.GroupVersionKind{Group: gvk.Group, Version: gvk.Version, Kind: gvk.Kind},
	}}
	var err error
	if change.Object, err = inventory.FromUnstructured(now); err != nil {
		t.Fatal(err)
	}
	if old != nil {
		change.Request.Operation = admissionv1.Update
		if change.OldObject, err = inventory.FromUnstructured(old); err != nil {
			t.Fatal(err)
		}
	}
	mutation, err := checker.Mutate(t.Context(), inventory.NewMemory(index.Of, nil), change)
	if err != nil {
		t.Fatal(err)
	}
	if mutation.Object == nil {
		return now.DeepCopy()
	}
	u := &unstructured.Unstructured{}
	if err := json.Unmarshal(mutation.Object, &u.Object); err != nil {
		t.Fatal(err)
	}
	return u
}

func yamlToJSON(t *testing.T, text []byte) []byte {
	t.Helper()
	raw, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
