package charts_test

import (
	"encoding/json"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/admission"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// TestConditions_WhatIsMutated: the mutating webhook is not asked about what it would leave as it is anyway.
func TestConditions_WhatIsMutated(t *testing.T) {
	c := compile(t, "protected.mutate.dittoguard.io")
	const (
		gateway = `spec: {containers: [{name: gateway, image: "eclipse/ditto-gateway:3.9.0"}]}`
		newer   = `spec: {containers: [{name: gateway, image: "eclipse/ditto-gateway:3.9.1"}]}`
		owned   = ", ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: gateway, controller: true}]"
	)
	object := func(meta, spec string) string {
		return "metadata: {name: gateway, namespace: ditto" + meta + "}\n" + spec
	}
	template := func(meta, more, template string) string {
		return object(meta, "spec: {"+more+"template: {"+template+"}}")
	}
	running := template("", "replicas: 1, ", gateway)
	for _, test := range []struct {
		name, resource, object, old string
		asked                       bool
		// mutates says that what is asked about becomes something else by the built-in rules.
		mutates bool
	}{
		{"a Deployment that comes", "deployments", running, "", true, true},
		{"a label", "deployments", template(", labels: {a: b}", "replicas: 1, ", gateway), running, false, false},
		{"a number of replicas", "deployments", template("", "replicas: 2, ", gateway), running, false, false},
		{"another image", "deployments", template("", "replicas: 1, ", newer), running, true, true},
		{"another image in a StatefulSet", "statefulsets", template("", "", newer), running, true, true},
		{"another image in a DaemonSet", "daemonsets", template("", "", newer), running, true, true},
		{"a label of a StatefulSet", "statefulsets", template(", labels: {a: b}", "", gateway), running, false, false},
		{"no template before", "deployments", running, object("", "spec: {}"), true, true},
		{"a template of nothing before", "deployments", running, object("", "spec: {template: null}"), true, true},
		{"a ReplicaSet of its own", "replicasets", running, "", true, true},
		{"a ReplicaSet of a Deployment", "replicasets", template(owned, "", gateway), "", false, false},
		{"another template of that", "replicasets", template(owned, "", newer), running, false, false},
		{"a Pod of its own", "pods", object("", gateway), "", true, true},
		{"a Pod without owners", "pods", object(", ownerReferences: []", gateway), "", true, true},
		{"a Pod of a ReplicaSet", "pods", object(owned, gateway), "", false, false},
		{"an Ingress that changes nothing", "ingresses", object("", "spec: {}"), object("", "spec: {}"), true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := request{
				resource: test.resource, operation: admission.Update, object: fromYAML(t, test.object), old: fromYAML(t, test.old),
			}
			if r.old == nil {
				r.operation = admission.Create
			}
			if got := c.asked(t, r); got != test.asked {
				t.Errorf("asked %v, want %v", got, test.asked)
			}
			if got := mutates(t, r); got != test.mutates {
				t.Errorf("mutates %v, want %v", got, test.mutates)
			}
		})
	}
}

// mutates says whether the built-in rules make something else of a request's object.
func mutates(t *testing.T, r request) bool {
	t.Helper()
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true, Work: 1, CheapWork: 1})
	defer passwords.Close()
	checker, err := check.New(check.Options{Rules: list, Proved: true, Passwords: passwords})
	if err != nil {
		t.Fatal(err)
	}
	gvk := resources[r.resource]
	decode := func(from runtime.Object) *inventory.Object {
		if from == nil {
			return nil
		}
		from.(*unstructured.Unstructured).SetGroupVersionKind(gvk)
		raw, err := json.Marshal(from)
		if err != nil {
			t.Fatal(err)
		}
		o, err := inventory.Decode(raw, inventory.Source{})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	mutation, err := checker.Mutate(t.Context(), inventory.NewMemory(index.Of, nil), check.Change{
		Request: &admissionv1.AdmissionRequest{Kind: metav1.GroupVersionKind(gvk), Operation: admissionv1.Operation(r.operation)},
		Object:  decode(r.object), OldObject: decode(r.old),
	})
	if err != nil {
		t.Fatal(err)
	}
	return mutation.Object != nil
}
