package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// judge is a check.Judge made of functions.
type judge struct {
	change func(ctx context.Context, inv inventory.Reader, change check.Change) (check.Verdict, error)
	mutate func(ctx context.Context, inv inventory.Reader, change check.Change) (check.Mutation, error)
}

func (j judge) Change(ctx context.Context, inv inventory.Reader, change check.Change) (check.Verdict, error) {
	return j.change(ctx, inv, change)
}

func (j judge) Mutate(ctx context.Context, inv inventory.Reader, change check.Change) (check.Mutation, error) {
	return j.mutate(ctx, inv, change)
}

// rules is the judge of a toy rule: a Service may not be labelled the way the Service `other` beside it is.
// Whoever changes a Service's label changes something decisive.
func rules() judge {
	return judge{change: func(_ context.Context, inv inventory.Reader, change check.Change) (check.Verdict, error) {
		recorder := inventory.NewRecorder(inv)
		o := change.Object
		if o == nil {
			o = change.OldObject
		}
		other := recorder.Get(inventory.Service, o.Ref.Namespace, "other")
		v := check.Verdict{Decisive: o.Meta.Labels["app"] != ""}
		if other != nil && other.Meta.Labels["app"] == o.Meta.Labels["app"] {
			v.Denied = []check.Finding{{Rule: "same-label", Subject: o.Ref, Guide: "3", Message: "labelled like the other", Advice: "use another label"}}
		}
		v.Read = recorder.Asked()
		return v, nil
	}}
}

func object(t *testing.T, manifest string) *inventory.Object {
	t.Helper()
	o, err := inventory.Decode([]byte(manifest), inventory.Source{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// service is a Service in namespace ditto.
func service(name, app string) string {
	return fmt.Sprintf(`{"apiVersion":"v1","kind":"Service","metadata":{"namespace":"ditto","name":%q,"labels":{"app":%q}},"spec":{}}`, name, app)
}

// live is the API server's side: what Refresh answers, and what it was asked.
type live struct {
	mu      sync.Mutex
	answers []func(questions []inventory.Question) ([]inventory.Change, error)
	asked   [][]inventory.Question
	// certain are how it was asked; still says that nothing can have changed, as far as the journal goes.
	certain []bool
	still   bool
	forgets bool
	// began and ends say of each request whether it might store something, at its beginning and at its end.
	began, ends []bool
}

func (l *live) begin(before, after *inventory.Object) Live {
	l.began = append(l.began, before != nil || after != nil)
	return l
}

// Remembers implements Live.
func (l *live) Remembers() bool { return !l.forgets }

// End implements Live.
func (l *live) End(stores bool) { l.ends = append(l.ends, stores) }

// Refresh implements Live.
func (l *live) Refresh(_ context.Context, questions []inventory.Question, certain bool) ([]inventory.Change, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.certain = append(l.certain, certain)
	if l.still && !certain {
		return nil, false, nil
	}
	l.asked = append(l.asked, questions)
	if len(l.answers) == 0 {
		return nil, true, nil
	}
	next := l.answers[0]
	if len(l.answers) > 1 {
		l.answers = l.answers[1:]
	}
	changes, err := next(questions)
	return changes, true, err
}

func answers(changes ...inventory.Change) func([]inventory.Question) ([]inventory.Change, error) {
	return func([]inventory.Question) ([]inventory.Change, error) { return changes, nil }
}

// create is a request to create a Service in namespace ditto, for tests to alter.
func create(manifest string) *admissionv1.AdmissionRequest {
	return &admissionv1.AdmissionRequest{
		UID: "1", Operation: admissionv1.Create, Namespace: "ditto", Name: "api",
		Kind:     metav1.GroupVersionKind{Version: "v1", Kind: "Service"},
		Resource: metav1.GroupVersionResource{Version: "v1", Resource: "services"},
		Object:   runtime.RawExtension{Raw: []byte(manifest)},
	}
}

func deletion(manifest string) *admissionv1.AdmissionRequest {
	req := create(manifest)
	req.Operation, req.OldObject, req.Object = admissionv1.Delete, req.Object, runtime.RawExtension{}
	return req
}

// post sends the request the way the API server does, and returns the response, or the HTTP error.
func post(t *testing.T, h admission.Handler, req *admissionv1.AdmissionRequest) (*admissionv1.AdmissionResponse, string) {
	t.Helper()
	return postTo(t, Handler(h), ValidatePath+"?timeout=10s", req)
}

func postTo(t *testing.T, h http.Handler, url string, req *admissionv1.AdmissionRequest) (*admissionv1.AdmissionResponse, string) {
	t.Helper()
	body, err := json.Marshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"}, Request: req,
	})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		after := ""
		if seconds := w.Header().Get("Retry-After"); seconds != "" {
			after = " (retry after " + seconds + " s)"
		}
		return nil, fmt.Sprintf("%d %s", w.Code, strings.TrimSpace(w.Body.String())) + after
	}
	var review admissionv1.AdmissionReview
	if err := json.Unmarshal(w.Body.Bytes(), &review); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	if review.Response.UID != req.UID {
		t.Errorf("response for %q, want %q", review.Response.UID, req.UID)
	}
	return review.Response, ""
}

// counts is a Recorder that remembers.
type counts struct {
	mu         sync.Mutex
	decisions  []string
	fresh      []bool
	ruleErrors int
	liveReads  []bool
	inFlight   atomic.Int64
	turnedAway atomic.Int64
	reloads    []bool
}

func (c *counts) Decision(rule, mode, decision string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.decisions = append(c.decisions, rule+" "+mode+" "+decision)
}

func (c *counts) Duration(_, _ string, fresh bool, _ time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fresh = append(c.fresh, fresh)
}
func (c *counts) RuleError()                                         { c.ruleErrors++ }
func (c *counts) LiveRead(ok bool)                                   { c.liveReads = append(c.liveReads, ok) }
func (c *counts) LiveRequest(bool)                                   {}
func (c *counts) InFlight(change int)                                { c.inFlight.Add(int64(change)) }
func (c *counts) Responses(_ string, next http.Handler) http.Handler { return next }
func (c *counts) TurnedAway()                                        { c.turnedAway.Add(1) }
func (c *counts) Reload(ok bool, _ time.Time)                        { c.reloads = append(c.reloads, ok) }

func using(j check.Judge) func() check.Judge { return func() check.Judge { return j } }
