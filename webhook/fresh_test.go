package webhook

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// TestWhatRequestsMayStore: a request begins before it is judged, with what it may store. What is refused is not stored; what is let
// in, or could not be judged, may be.
func TestWhatRequestsMayStore(t *testing.T) {
	other := object(t, service("other", "gateway"))
	for _, test := range []struct {
		name         string
		request      *admissionv1.AdmissionRequest
		answers      []func([]inventory.Question) ([]inventory.Change, error)
		began, ended bool
	}{
		{"let in", create(service("api", "elsewhere")), nil, true, true},
		{"refused", create(service("api", "gateway")), nil, true, false},
		{"refused, and let in all the same", by(garbageCollector, deletion(service("api", "gateway"))), nil, true, true},
		{"not judged", create(service("api", "elsewhere")), []func([]inventory.Question) ([]inventory.Change, error){unreadable}, true, true},
		{"a dry run", dryRun(create(service("api", "elsewhere"))), nil, false, true},
	} {
		memory := inventory.NewMemory(nil, nil)
		memory.Put(other)
		server := &live{answers: test.answers}
		post(t, NewValidator(Options{Judge: using(rules()), Inventory: memory, Live: server.begin}), test.request)
		if diff := cmp.Diff([][]bool{{test.began}, {test.ended}}, [][]bool{server.began, server.ends}); diff != "" {
			t.Errorf("%s: -want +got:\n%s", test.name, diff)
		}
	}
}

// TestOnlyARefusalAsksForEverything: an admission may leave out what no earlier request can have changed, and is not judged again if that
// is all. What is then refused is read whole.
func TestOnlyARefusalAsksForEverything(t *testing.T) {
	other := object(t, service("other", "gateway"))
	for _, test := range []struct {
		name    string
		cached  []*inventory.Object
		pending bool // what the journal leads to refuses it
		certain []bool
		judged  int
		refused bool
	}{
		{name: "let in", certain: []bool{false}, judged: 1},
		{name: "refused", cached: []*inventory.Object{other}, certain: []bool{true}, judged: 2, refused: true},
		{name: "refused for what is yet to be seen", pending: true, certain: []bool{false, true}, judged: 3, refused: true},
	} {
		memory := inventory.NewMemory(nil, nil)
		for _, o := range test.cached {
			memory.Put(o)
		}
		server := &live{still: !test.pending}
		if test.pending {
			server.answers = append(server.answers, answers(inventory.Change{ID: other.Ref.ID(), Object: other}), answers())
		}
		toy, judged := rules(), 0
		counted := judge{change: func(ctx context.Context, inv inventory.Reader, change check.Change) (check.Verdict, error) {
			judged++
			return toy.Change(ctx, inv, change)
		}}
		response, failure := post(t, NewValidator(Options{Judge: using(counted), Inventory: memory, Live: server.begin}), create(service("api", "gateway")))
		if failure != "" {
			t.Fatal(failure)
		}
		if diff := cmp.Diff(test.certain, server.certain); diff != "" || judged != test.judged || response.Allowed == test.refused {
			t.Errorf("%s: judged %d times, allowed %t; certain: -want +got:\n%s", test.name, judged, response.Allowed, diff)
		}
	}
}

// TestMutationIsMissedForNoOldAnswer: what a cache that is behind makes of an object is asked again, whether it is a change or none. Where
// that would take reading everything, that it is none is not.
func TestMutationIsMissedForNoOldAnswer(t *testing.T) {
	other := object(t, service("other", "gateway"))
	labels := judge{mutate: func(_ context.Context, inv inventory.Reader, change check.Change) (check.Mutation, error) {
		recorder := inventory.NewRecorder(inv)
		var m check.Mutation
		if recorder.Get(inventory.Service, "ditto", "other") != nil {
			m.Object = []byte(service("api", "labelled"))
		}
		m.Read = recorder.Asked()
		return m, nil
	}}
	server := &live{answers: []func([]inventory.Question) ([]inventory.Change, error){answers(inventory.Change{ID: other.Ref.ID(), Object: other}), answers()}}
	response, failure := post(t, NewMutator(Options{Judge: using(labels), Inventory: inventory.NewMemory(nil, nil), Live: server.begin}), create(service("api", "")))
	if failure != "" || len(response.Patch) == 0 {
		t.Errorf("%s, patch %s", failure, response.Patch)
	}
	if diff := cmp.Diff([]bool{false, true}, server.certain); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	forgets := &live{forgets: true}
	if _, failure := post(t, NewMutator(Options{Judge: using(labels), Inventory: inventory.NewMemory(nil, nil), Live: forgets.begin}), create(service("api", ""))); failure != "" || len(forgets.asked) > 0 {
		t.Errorf("%s, asked %v", failure, forgets.asked)
	}
	if diff := cmp.Diff([][]bool{{false}, {false}}, [][]bool{server.began, server.ends}); diff != "" {
		t.Errorf("a mutation stores nothing: -want +got:\n%s", diff)
	}
}
