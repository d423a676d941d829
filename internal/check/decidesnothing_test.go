package check

import (
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

func TestDecidesNothing(t *testing.T) {
	const (
		deployment = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"gateway","namespace":"ditto","generation":3,"labels":{},
"annotations":{"deployment.kubernetes.io/revision":"3"}},"spec":{"replicas":1,"paused":false,"template":{"metadata":{"labels":{"app":"x"}}}},
"status":{"observedGeneration":3}}`
		service = `{"apiVersion":"v1","kind":"Service","metadata":{"name":"gateway","namespace":"ditto","labels":{}},"spec":{}}`
	)
	for _, test := range []struct {
		name, object, was, is string
		want                  bool
	}{
		{"nothing", deployment, "", "", true},
		{"a label", deployment, `"labels":{}`, `"labels":{"a":"b"}`, true},
		{"an annotation", deployment, `"annotations":{`, `"annotations":{"a":"b",`, true},
		{"bookkeeping", deployment, `"name":"gateway"`, `"name":"gateway","resourceVersion":"7","managedFields":[{"manager":"x"}]`, true},
		{"a label of its pods", deployment, `"app":"x"`, `"app":"y"`, false},
		{"the number of its revision", deployment, `"deployment.kubernetes.io/revision":"3"`, `"deployment.kubernetes.io/revision":"2"`, false},
		{"a pause", deployment, `"paused":false`, `"paused":true`, false},
		{"a number of replicas", deployment, `"replicas":1`, `"replicas":2`, true},
		{"a new generation", deployment, `"generation":3,`, `"generation":4,`, true},
		{"how far a rollout is", deployment, `"observedGeneration":3`, `"observedGeneration":2`, false},
		{"owners", deployment, `"name":"gateway"`, `"name":"gateway","ownerReferences":[{"name":"x"}]`, false},
		{"a StatefulSet's label", strings.Replace(deployment, "Deployment", "StatefulSet", 1), `"labels":{}`, `"labels":{"a":"b"}`, true},
		{"a DaemonSet's label", strings.Replace(deployment, "Deployment", "DaemonSet", 1), `"labels":{}`, `"labels":{"a":"b"}`, true},
		{"a ReplicaSet's label", strings.Replace(deployment, "Deployment", "ReplicaSet", 1), `"labels":{}`, `"labels":{"a":"b"}`, false},
		{"a Service's label", service, `"labels":{}`, `"labels":{"a":"b"}`, false},
	} {
		decode := func(text string) *inventory.Object {
			o, err := inventory.Decode([]byte(text), inventory.Source{})
			if err != nil {
				t.Fatal(err)
			}
			return o
		}
		text := strings.Replace(test.object, test.was, test.is, 1)
		if test.was != "" && text == test.object {
			t.Fatalf("%s: nothing to replace", test.name)
		}
		if _, got := decidesNothing(Change{OldObject: decode(test.object), Object: decode(text)}); got != test.want {
			t.Errorf("%s: decides nothing: %v, want %v", test.name, got, test.want)
		}
	}
	for _, change := range []Change{{Object: &inventory.Object{}}, {OldObject: &inventory.Object{}}} {
		if _, nothing := decidesNothing(change); nothing {
			t.Error("what comes or goes decides nothing")
		}
	}
}
