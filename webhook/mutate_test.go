package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// labeller gives a Service the label of the Service `other`, and is content with what already has one.
var labeller = judge{mutate: func(_ context.Context, inv inventory.Reader, change check.Change) (check.Mutation, error) {
	recorder := inventory.NewRecorder(inv)
	other := recorder.Get(inventory.Service, "ditto", "other")
	if other == nil || change.Object.Meta.Labels["app"] != "" {
		return check.Mutation{Read: recorder.Asked()}, nil
	}
	return check.Mutation{
		Object: []byte(service(change.Object.Ref.Name, other.Meta.Labels["app"])),
		Notes:  map[string]string{"label": "set app to that of the other Service", "a-rule": "did nothing"},
		Read:   recorder.Asked(),
	}, nil
}}

func TestMutator(t *testing.T) {
	other := object(t, service("other", "old"))
	newer := object(t, service("other", "new"))
	for _, test := range []struct {
		name    string
		judge   judge
		request *admissionv1.AdmissionRequest
		answers []func([]inventory.Question) ([]inventory.Change, error)

		patch    string
		warnings []string
		mutated  string
		failure  string
		reads    int
	}{
		{
			name:  "a change rests on what is read live",
			judge: labeller, request: create(service("api", "")),
			answers:  []func([]inventory.Question) ([]inventory.Change, error){answers(inventory.Change{ID: newer.Ref.ID(), Object: newer})},
			patch:    `[{"op":"replace","path":"/metadata/labels/app","value":"new"}]`,
			warnings: []string{"dittoguard: a-rule: did nothing", "dittoguard: label: set app to that of the other Service"},
			mutated:  "a-rule: did nothing; label: set app to that of the other Service",
			reads:    1,
		},
		{
			name:  "that there is nothing to change is asked, too",
			judge: labeller, request: create(service("api", "set")),
			reads: 1,
		},
		{
			name:  "an object whose neighbours cannot be read stays as it is",
			judge: labeller, request: create(service("api", "")),
			answers:  []func([]inventory.Question) ([]inventory.Change, error){unreadable},
			warnings: []string{"dittoguard: Service ditto/api is left unchanged: what decides about it could not be read"},
			reads:    1,
		},
		{
			name: "a rule that fails is a failure",
			judge: judge{mutate: func(context.Context, inventory.Reader, check.Change) (check.Mutation, error) {
				return check.Mutation{}, errors.New("rule y: no such field")
			}},
			request: create(service("api", "")),
			failure: "500 dittoguard: judging Service ditto/api: rule y: no such field",
		},
		{
			name: "an object that is not JSON is a failure, and not quoted",
			judge: judge{mutate: func(context.Context, inventory.Reader, check.Change) (check.Mutation, error) {
				return check.Mutation{Object: []byte("hunter2")}, nil
			}},
			request: create(service("api", "")),
			failure: "500 dittoguard: judging Service ditto/api: the changed object is not valid JSON",
		},
		{
			name:  "a deletion is not looked at",
			judge: labeller, request: deletion(service("api", "")),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			memory := inventory.NewMemory(nil, nil)
			memory.Put(other)
			server := &live{answers: test.answers}
			response, failure := post(t, NewMutator(Options{Judge: using(test.judge), Inventory: memory, Live: server.begin}), test.request)
			if failure != test.failure {
				t.Fatalf("failure %q, want %q", failure, test.failure)
			}
			if len(server.asked) != test.reads {
				t.Errorf("%d live reads, want %d", len(server.asked), test.reads)
			}
			if failure != "" {
				return
			}
			if !response.Allowed {
				t.Error("not allowed")
			}
			if string(response.Patch) != test.patch {
				t.Errorf("patch %s, want %s", response.Patch, test.patch)
			}
			if (response.PatchType != nil) != (test.patch != "") {
				t.Errorf("patch type %v", response.PatchType)
			}
			if diff := cmp.Diff(test.warnings, response.Warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			if got := response.AuditAnnotations["mutated"]; got != test.mutated {
				t.Errorf("mutated %q, want %q", got, test.mutated)
			}
		})
	}
}

func TestPatchKeepsNumbers(t *testing.T) {
	before := `{"apiVersion":"v1","kind":"Service","metadata":{"name":"api","namespace":"ditto","annotations":{}},"spec":{"n":9007199254740993}}`
	adding := judge{mutate: func(context.Context, inventory.Reader, check.Change) (check.Mutation, error) {
		return check.Mutation{Object: []byte(strings.Replace(before, `"annotations":{}`, `"annotations":{"a":"b"}`, 1))}, nil
	}}
	response, failure := post(t, NewMutator(Options{Judge: using(adding), Inventory: inventory.NewMemory(nil, nil)}), create(before))
	if failure != "" {
		t.Fatal(failure)
	}
	var patch []map[string]any
	if err := json.Unmarshal(response.Patch, &patch); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]map[string]any{{"op": "add", "path": "/metadata/annotations/a", "value": "b"}}, patch); diff != "" {
		t.Errorf("patch (-want +got):\n%s", diff)
	}
}
