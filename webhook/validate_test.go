package webhook

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

const refused = "Service ditto/api is refused by dittoguard: same-label (guide section 3): labelled like the other\n  fix: use another label"

var namespaceQuestion = inventory.Question{ID: inventory.ID{GroupKind: inventory.Namespace, Name: "ditto"}}

var otherQuestion = inventory.Question{ID: inventory.ID{GroupKind: inventory.Service, Namespace: "ditto", Name: "other"}}

func namespaceManifest(deleted bool) string {
	if deleted {
		return `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"ditto","deletionTimestamp":"2026-01-02T03:04:05Z"}}`
	}
	return `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"ditto"}}`
}

func TestValidatorReadsAgainWhatDecides(t *testing.T) {
	other := object(t, service("other", "gateway"))
	harmless := object(t, service("other", "elsewhere"))
	id := other.Ref.ID()
	for _, test := range []struct {
		name    string
		cached  []*inventory.Object
		answers []func([]inventory.Question) ([]inventory.Change, error)
		request *admissionv1.AdmissionRequest

		want     string // the message; empty is allowed
		failure  string
		asked    [][]inventory.Question
		exempted string
	}{
		{
			name:    "a request that decides nothing is answered from the cache",
			cached:  []*inventory.Object{other},
			request: create(service("api", "")),
		},
		{
			name:    "a denial that live reads confirm stands",
			cached:  []*inventory.Object{other},
			request: create(service("api", "gateway")),
			want:    refused,
			asked:   [][]inventory.Question{{otherQuestion}},
		},
		{
			name:    "a denial that rests on a deleted object does not stand",
			cached:  []*inventory.Object{other},
			answers: []func([]inventory.Question) ([]inventory.Change, error){answers(inventory.Change{ID: id}), answers()},
			request: create(service("api", "gateway")),
			// Before it is let in, what is on its way is waited for.
			asked: [][]inventory.Question{{otherQuestion}, {otherQuestion}},
		},
		{
			name:    "an object that the cache has not seen yet leads to a denial",
			answers: []func([]inventory.Question) ([]inventory.Change, error){answers(inventory.Change{ID: id, Object: other})},
			request: create(service("api", "gateway")),
			want:    refused,
			// The second time nothing may be left out.
			asked: [][]inventory.Question{{otherQuestion}, {otherQuestion}},
		},
		{
			name:    "an allowing answer that cannot be confirmed is a failure",
			cached:  []*inventory.Object{harmless},
			answers: []func([]inventory.Question) ([]inventory.Change, error){unreadable},
			request: create(service("api", "gateway")),
			failure: "500 dittoguard: judging Service ditto/api: what decides this request could not be read from the API server: reading Service ditto/other: no route",
			asked:   [][]inventory.Question{{otherQuestion}},
		},
		{
			name:    "a denial that cannot be confirmed is a failure",
			cached:  []*inventory.Object{other},
			answers: []func([]inventory.Question) ([]inventory.Change, error){unreadable},
			request: create(service("api", "gateway")),
			failure: "500 dittoguard: judging Service ditto/api: what decides this request could not be read from the API server: reading Service ditto/other: no route",
			asked:   [][]inventory.Question{{otherQuestion}},
		},
		{
			name:     "a deletion in a namespace that the cache knows to end is let through, unless there may be another one of that name",
			cached:   []*inventory.Object{other, object(t, namespaceManifest(true))},
			request:  deletion(service("api", "gateway")),
			asked:    [][]inventory.Question{{namespaceQuestion}},
			exempted: exemptTerminating,
		},
		{
			name:   "a deletion in a namespace that has taken the place of another one is refused",
			cached: []*inventory.Object{other, object(t, namespaceManifest(true))},
			answers: []func([]inventory.Question) ([]inventory.Change, error){
				answers(inventory.Change{ID: namespaceQuestion.ID, Object: object(t, namespaceManifest(false))}), answers(),
				answers(inventory.Change{ID: namespaceQuestion.ID, Object: object(t, namespaceManifest(false))}),
			},
			request: deletion(service("api", "gateway")),
			want:    "deletion of " + refused,
			asked:   [][]inventory.Question{{namespaceQuestion}, {otherQuestion}, {namespaceQuestion}},
		},
		{
			name:   "a deletion in a namespace that has just begun to end is let through",
			cached: []*inventory.Object{other, object(t, namespaceManifest(false))},
			answers: []func([]inventory.Question) ([]inventory.Change, error){
				answers(),
				answers(inventory.Change{ID: inventory.ID{GroupKind: inventory.Namespace, Name: "ditto"}, Object: object(t, namespaceManifest(true))}),
			},
			request: deletion(service("api", "gateway")),
			asked: [][]inventory.Question{
				{otherQuestion}, {{ID: inventory.ID{GroupKind: inventory.Namespace, Name: "ditto"}}},
			},
			exempted: exemptTerminating,
		},
		{
			name:    "a deletion in a namespace that stays is refused",
			cached:  []*inventory.Object{other, object(t, namespaceManifest(false))},
			request: deletion(service("api", "gateway")),
			want:    "deletion of " + refused,
			asked: [][]inventory.Question{
				{otherQuestion}, {{ID: inventory.ID{GroupKind: inventory.Namespace, Name: "ditto"}}},
			},
		},
		{
			name:     "what the garbage collector deletes is let through",
			cached:   []*inventory.Object{other, object(t, namespaceManifest(false))},
			request:  by("system:serviceaccount:kube-system:generic-garbage-collector", deletion(service("api", "gateway"))),
			exempted: exemptCleaning,
		},
		{
			name:    "creating in a namespace that is being deleted exempts from nothing",
			cached:  []*inventory.Object{other, object(t, namespaceManifest(true))},
			request: create(service("api", "gateway")),
			want:    refused,
			asked:   [][]inventory.Question{{otherQuestion}},
		},
		{
			name:    "a dry run is answered alike",
			cached:  []*inventory.Object{other},
			request: dryRun(create(service("api", "gateway"))),
			want:    refused,
			asked:   [][]inventory.Question{{otherQuestion}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			memory := inventory.NewMemory(nil, nil)
			for _, o := range test.cached {
				memory.Put(o)
			}
			server := &live{answers: test.answers}
			recorder := &counts{}
			validator := NewValidator(Options{Judge: using(rules()), Inventory: memory, Live: server.begin, Recorder: recorder})
			response, failure := post(t, validator, test.request)
			if failure != test.failure {
				t.Fatalf("failure %q, want %q", failure, test.failure)
			}
			if diff := cmp.Diff(test.asked, server.asked); diff != "" {
				t.Errorf("live reads (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]bool{len(test.asked) > 0}, recorder.fresh); diff != "" {
				t.Errorf("fresh label (-want +got):\n%s", diff)
			}
			if failure != "" {
				return
			}
			if response.Allowed != (test.want == "") || response.Result.Message != test.want {
				t.Errorf("allowed %v, message %q; want %q", response.Allowed, response.Result.Message, test.want)
			}
			if test.want != "" && (response.Result.Code != 403 || response.Result.Reason != metav1.StatusReasonForbidden) {
				t.Errorf("code %d, reason %q", response.Result.Code, response.Result.Reason)
			}
			if got := response.AuditAnnotations["exempted"]; got != test.exempted {
				t.Errorf("exempted %q, want %q", got, test.exempted)
			}
			if test.exempted != "" && len(response.Warnings) == 0 {
				t.Error("what is let through is not warned of")
			}
		})
	}
}

func unreadable([]inventory.Question) ([]inventory.Change, error) {
	return nil, errors.New("reading Service ditto/other: no route")
}

func by(user string, req *admissionv1.AdmissionRequest) *admissionv1.AdmissionRequest {
	req.UserInfo.Username = user
	return req
}

func dryRun(req *admissionv1.AdmissionRequest) *admissionv1.AdmissionRequest {
	yes := true
	req.DryRun = &yes
	return req
}

// chained asks one more question for each object that it finds.
func chained(length int) judge {
	return judge{change: func(_ context.Context, inv inventory.Reader, _ check.Change) (check.Verdict, error) {
		recorder := inventory.NewRecorder(inv)
		for n := range length {
			if recorder.Get(inventory.Service, "ditto", fmt.Sprint("hop-", n)) == nil {
				break
			}
		}
		return check.Verdict{Decisive: true, Read: recorder.Asked()}, nil
	}}
}

func TestValidatorFollowsNewQuestions(t *testing.T) {
	for _, test := range []struct {
		name    string
		length  int
		rounds  int
		failure string
	}{
		{name: "each round asks the new questions only", length: 3, rounds: 3},
		{
			name: "more rounds than allowed are a failure", length: maxRounds + 1, rounds: maxRounds,
			failure: "500 dittoguard: judging Service ditto/api: what decides this request is still changing after it was read 24 times, try again",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := &live{answers: []func([]inventory.Question) ([]inventory.Change, error){
				// Each round, the API server has what it is asked for.
				func(questions []inventory.Question) ([]inventory.Change, error) {
					var changes []inventory.Change
					for _, q := range questions {
						changes = append(changes, inventory.Change{ID: q.ID, Object: object(t, service(q.ID.Name, "x"))})
					}
					return changes, nil
				},
			}}
			validator := NewValidator(Options{Judge: using(chained(test.length)), Inventory: inventory.NewMemory(nil, nil), Live: server.begin})
			_, failure := post(t, validator, create(service("api", "x")))
			if failure != test.failure {
				t.Errorf("failure %q, want %q", failure, test.failure)
			}
			if len(server.asked) != test.rounds {
				t.Fatalf("%d rounds, want %d", len(server.asked), test.rounds)
			}
			for n, questions := range server.asked {
				if len(questions) != 1 || questions[0].ID.Name != fmt.Sprint("hop-", n) {
					t.Errorf("round %d asked %v", n, questions)
				}
			}
		})
	}
}

func TestValidatorFailsWithoutAnswer(t *testing.T) {
	panicking := judge{change: func(context.Context, inventory.Reader, check.Change) (check.Verdict, error) { panic("hunter2") }}
	failing := judge{change: func(context.Context, inventory.Reader, check.Change) (check.Verdict, error) {
		return check.Verdict{}, errors.New("rule x: cost limit exceeded")
	}}
	secret := create(`{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","namespace":"ditto"},"data":{"a":4711}}`)
	secret.Kind.Kind = "Secret"
	for _, test := range []struct {
		name    string
		options Options
		request *admissionv1.AdmissionRequest
		want    string
		errors  int
	}{
		{name: "the judge fails", options: Options{Judge: using(failing)}, want: "500 dittoguard: judging Service ditto/api: rule x: cost limit exceeded", errors: 1},
		{name: "the judge panics", options: Options{Judge: using(panicking)}, want: "500 dittoguard: internal error, see dittoguard's log", errors: 1},
		{name: "nothing is configured", options: Options{Judge: using(nil)}, want: "500 dittoguard: judging Service ditto/api: no configuration has been loaded yet"},
		{
			name:    "the cluster has not been read",
			options: Options{Judge: using(failing), Synced: func() bool { return false }},
			want:    "500 dittoguard: judging Service ditto/api: the cluster has not been read completely yet",
		},
		{name: "there is no object", options: Options{Judge: using(failing)}, request: create("null"), want: "500 dittoguard: judging Service ditto/api: the request has neither object nor oldObject"},
		{name: "a Secret cannot be decoded, and nothing of it is quoted", options: Options{Judge: using(failing)}, request: secret, want: "500 dittoguard: judging Secret ditto/api: reading request.object: not a valid Secret"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log strings.Builder
			recorder, server, unheard := &counts{}, &live{}, 0
			test.options.Recorder = recorder
			test.options.Inventory = inventory.NewMemory(nil, nil)
			test.options.Live, test.options.Unheard = server.begin, func() { unheard++ }
			test.options.Log = funcr.New(func(prefix, args string) { log.WriteString(args) }, funcr.Options{})
			if test.request == nil {
				test.request = create(service("api", "x"))
			}
			_, got := post(t, NewValidator(test.options), test.request)
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if recorder.ruleErrors != test.errors {
				t.Errorf("%d rule errors, want %d", recorder.ruleErrors, test.errors)
			}
			// It may be stored all the same.
			if kept := len(server.ends) == 1 && server.began[0] && server.ends[0]; !kept && unheard == 0 {
				t.Errorf("nobody remembers it: began %v, ended %v", server.began, server.ends)
			}
			if log.Len() == 0 || strings.Contains(log.String(), "hunter2") {
				t.Errorf("log is %q", log.String())
			}
		})
	}
}

func TestRequestsAreCompleted(t *testing.T) {
	pod := create(`{"apiVersion":"v1","kind":"Pod","metadata":{"generateName":"web-"},"spec":{"containers":[]}}`)
	pod.Name, pod.Kind.Kind = "", "Pod"
	namespace := create(namespaceManifest(false))
	namespace.Name, namespace.Kind.Kind = "ditto", "Namespace"
	named := create(`{"apiVersion":"v1","kind":"Service","metadata":{"name":"api"}}`)
	for _, test := range []struct {
		name    string
		request *admissionv1.AdmissionRequest
		want    inventory.Ref
	}{
		{"a generated name has a placeholder", pod, inventory.Ref{APIVersion: "v1", Kind: "Pod", Namespace: "ditto", Name: "web-*"}},
		{"a Namespace lies in no namespace", namespace, inventory.Ref{APIVersion: "v1", Kind: "Namespace", Name: "ditto"}},
		{"the namespace is that of the request", named, inventory.Ref{APIVersion: "v1", Kind: "Service", Namespace: "ditto", Name: "api"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			change, err := changeOf(test.request, nil)
			if err != nil {
				t.Fatal(err)
			}
			if change.Object.Ref != test.want {
				t.Errorf("got %+v, want %+v", change.Object.Ref, test.want)
			}
			if typed := change.Object.Typed.(metav1.Object); typed.GetName() != test.want.Name || typed.GetNamespace() != test.want.Namespace {
				t.Errorf("typed object is %s/%s", typed.GetNamespace(), typed.GetName())
			}
		})
	}
}

func TestTimeouts(t *testing.T) {
	var left time.Duration
	timing := judge{change: func(ctx context.Context, _ inventory.Reader, _ check.Change) (check.Verdict, error) {
		deadline, _ := ctx.Deadline()
		left = time.Until(deadline)
		return check.Verdict{}, ctx.Err()
	}}
	for _, test := range []struct {
		url  string
		most time.Duration
	}{
		{"/validate?timeout=1s", 900 * time.Millisecond},
		{"/validate?timeout=30s", 27 * time.Second},
		{"/validate?timeout=soon", 4 * time.Second},
		{"/validate?timeout=-1s", 4 * time.Second},
		{"/validate", 4 * time.Second},
	} {
		validator := NewValidator(Options{Judge: using(timing), Inventory: inventory.NewMemory(nil, nil)})
		if _, failure := postTo(t, Handler(validator), test.url, create(service("api", "x"))); failure != "" {
			t.Errorf("%s: %s", test.url, failure)
		}
		if left > test.most || left < test.most-200*time.Millisecond {
			t.Errorf("%s: %s left, want %s", test.url, left, test.most)
		}
	}
}

func TestVerdictsAreCountedLoggedAndAnnotated(t *testing.T) {
	gateway := inventory.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "ditto", Name: "gateway"}
	verdict := check.Verdict{
		Denied:  []check.Finding{{Rule: "a", Subject: gateway, Message: "bad"}},
		Warned:  []check.Finding{{Rule: "b", Subject: gateway, Message: "not good"}},
		Audited: []check.Finding{{Rule: "c", Subject: gateway, Message: "remarkable"}},
		Unknown: []check.Unknown{{Rule: "d", Subject: gateway, What: "the password", Message: "Secret ditto/p cannot be read"}},
	}
	all := judge{change: func(context.Context, inventory.Reader, check.Change) (check.Verdict, error) { return verdict, nil }}
	var lines []string
	recorder := &counts{}
	validator := NewValidator(Options{
		Judge: using(all), Inventory: inventory.NewMemory(nil, nil), Recorder: recorder,
		Log: funcr.New(func(_, args string) { lines = append(lines, args) }, funcr.Options{}),
	})
	response, failure := post(t, validator, dryRun(by("jane", create(service("api", "x")))))
	if failure != "" {
		t.Fatal(failure)
	}
	if diff := cmp.Diff(map[string]string{
		"denied":   "a Deployment ditto/gateway",
		"findings": "b Deployment ditto/gateway; c Deployment ditto/gateway",
		"unknown":  "d Deployment ditto/gateway the password",
	}, response.AuditAnnotations); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{
		"dittoguard: b: Deployment ditto/gateway: not good",
		"dittoguard: d: unknown: Deployment ditto/gateway: the password: Secret ditto/p cannot be read",
	}, response.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a enforce deny", "b warn deny", "c audit deny"}, recorder.decisions); diff != "" {
		t.Errorf("decisions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{
		`"level"=0 "msg"="request refused" "rules"=["a"] "subjects"=["Deployment ditto/gateway"] "object"="Service ditto/api" ` +
			`"operation"="CREATE" "user"="jane" "dryRun"=true`,
	}, lines); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestConnectIsNotJudged(t *testing.T) {
	req := create(`{"apiVersion":"v1","kind":"PodExecOptions"}`)
	req.Operation = admissionv1.Connect
	response, failure := post(t, NewValidator(Options{Judge: using(nil)}), req)
	if failure != "" || !response.Allowed {
		t.Errorf("%v %q", response, failure)
	}
}

func FuzzChangeOf(f *testing.F) {
	f.Add([]byte(service("api", "x")), []byte("null"))
	f.Add([]byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"generateName":"a-"}}`), []byte(""))
	f.Add([]byte(`[1]`), []byte(`{"kind":3}`))
	f.Fuzz(func(t *testing.T, object, old []byte) {
		req := create("")
		req.Object, req.OldObject = runtime.RawExtension{Raw: object}, runtime.RawExtension{Raw: old}
		change, err := changeOf(req, nil)
		if err == nil && change.Object == nil && change.OldObject == nil {
			t.Error("no object and no error")
		}
		if change.Object != nil && change.Object.Ref.Name != change.Object.Meta.Name {
			t.Errorf("reference to %q, object named %q", change.Object.Ref.Name, change.Object.Meta.Name)
		}
	})
}

// An object that cannot be decoded can be deleted and replaced, but not brought in.
func TestWhatCannotBeReadCanBeReplaced(t *testing.T) {
	const odd = `{"apiVersion":"v1","kind":"Service","metadata":{"namespace":"ditto","name":"api"},"spec":{"ports":"80"}}`
	h := NewValidator(Options{Judge: func() check.Judge { return rules() }, Inventory: inventory.NewMemory(nil, nil)})
	for _, test := range []struct {
		name        string
		object, old string
		operation   admissionv1.Operation
		allowed     bool
	}{
		{"deleted", "", odd, admissionv1.Delete, true},
		{"replaced", service("api", ""), odd, admissionv1.Update, true},
		{"brought in", odd, "", admissionv1.Create, false},
	} {
		req := &admissionv1.AdmissionRequest{
			Operation: test.operation, Namespace: "ditto", Name: "api", Kind: metav1.GroupVersionKind{Version: "v1", Kind: "Service"},
			Object: runtime.RawExtension{Raw: []byte(test.object)}, OldObject: runtime.RawExtension{Raw: []byte(test.old)},
		}
		if got := h.Handle(t.Context(), admission.Request{AdmissionRequest: *req}); got.Allowed != test.allowed {
			t.Errorf("%s: %+v", test.name, got.Result)
		}
	}
}
