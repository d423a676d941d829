package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// TestRequestsInFlightAreBounded: what is more than there is room for waits, and is told to come back after half of its time, whichever of
// the two webhooks it is for.
func TestRequestsInFlightAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const slots = 2
		var judging, most int
		var mu sync.Mutex
		slow := judge{change: func(context.Context, inventory.Reader, check.Change) (check.Verdict, error) {
			mu.Lock()
			judging++
			most = max(most, judging)
			mu.Unlock()
			time.Sleep(4 * time.Second)
			mu.Lock()
			judging--
			mu.Unlock()
			return check.Verdict{}, nil
		}}
		slow.mutate = func(ctx context.Context, inv inventory.Reader, change check.Change) (check.Mutation, error) {
			_, err := slow.change(ctx, inv, change)
			return check.Mutation{}, err
		}
		recorder := &counts{}
		unheard := 0
		room := newFlight(slots, recorder, func() { unheard++ })
		options := Options{Judge: using(slow), Inventory: inventory.NewMemory(nil, nil)}
		failures := map[string]int{}
		var requests sync.WaitGroup
		for _, h := range []admission.Handler{NewValidator(options), NewMutator(options), NewValidator(options), NewMutator(options), NewValidator(options)} {
			requests.Go(func() {
				_, failure := postTo(t, handle(h, room), "/?timeout=10s", create(service("api", "x")))
				mu.Lock()
				failures[failure]++
				mu.Unlock()
			})
		}
		synctest.Wait()
		if n := recorder.inFlight.Load(); n != slots {
			t.Errorf("%d are in flight", n)
		}
		requests.Wait()
		// Two are answered after 4 s, two after 8 s, and the last one begins then, but has too little time left.
		want := map[string]int{"": 4, "429 dittoguard: not judged: 2 other requests are being judged, and none of them ended within 4.5s (retry after 1 s)": 1}
		if diff := cmp.Diff(want, failures); most != slots || diff != "" {
			t.Errorf("%d at once (-want +got):\n%s", most, diff)
		}
		if unheard != 1 {
			t.Errorf("%d requests were turned away that a webhook that fails open lets in", unheard)
		}
		if recorder.inFlight.Load() != 0 || len(room.slots) != 0 {
			t.Errorf("%d are still in flight", recorder.inFlight.Load())
		}
	})
}

// TestWhatIsNotReadIsNotHeard: an API server may have given up before all of a request was read, and stored it.
func TestWhatIsNotReadIsNotHeard(t *testing.T) {
	unheard := 0
	room := newFlight(1, nil, func() { unheard++ })
	h := handle(NewValidator(Options{Judge: using(rules()), Inventory: inventory.NewMemory(nil, nil)}), room)
	if _, failure := postTo(t, h, ValidatePath, create(service("api", "x"))); failure != "" || unheard != 0 {
		t.Errorf("%s; %d requests were not heard", failure, unheard)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, ValidatePath, io.MultiReader(strings.NewReader(`{"kind":`), iotest.ErrReader(io.ErrUnexpectedEOF)))
	r.Header.Set("Content-Type", "application/json")
	h.ServeHTTP(httptest.NewRecorder(), r)
	if unheard != 1 {
		t.Errorf("%d requests were not heard, of one that was cut short", unheard)
	}
}

// TestARequestThatFindsNoRoomFails, and says why.
func TestARequestThatFindsNoRoomFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ends := make(chan struct{})
		waiting := judge{change: func(context.Context, inventory.Reader, check.Change) (check.Verdict, error) {
			<-ends
			return check.Verdict{}, nil
		}}
		recorder := &counts{}
		room := newFlight(1, recorder, nil)
		h := handle(NewValidator(Options{Judge: using(waiting), Inventory: inventory.NewMemory(nil, nil)}), room)
		var first sync.WaitGroup
		first.Go(func() { postTo(t, h, "/validate?timeout=30s", create(service("first", "x"))) })
		synctest.Wait()
		_, failure := postTo(t, h, "/validate?timeout=10s", create(service("api", "x")))
		const want = "429 dittoguard: not judged: 1 other requests are being judged, and none of them ended within 4.5s (retry after 1 s)"
		if failure != want || recorder.turnedAway.Load() != 1 {
			t.Errorf("%s (%d turned away), want %s", failure, recorder.turnedAway.Load(), want)
		}
		close(ends)
		first.Wait()
	})
}

// TestAJudgementThatIsCutShortIsNone, whatever the judge makes of it: neither a refusal nor an admission, and said once.
func TestAJudgementThatIsCutShortIsNone(t *testing.T) {
	thirty := func() error {
		var errs []error
		for i := range 30 {
			errs = append(errs, fmt.Errorf("rule r%d: ConfigMap shop/nginx: %w", i, context.DeadlineExceeded))
		}
		return errors.Join(errs...)
	}
	denial := check.Verdict{Denied: []check.Finding{{Rule: "r", Message: "the rule could not be evaluated: context deadline exceeded"}}}
	for _, test := range []struct {
		name    string
		verdict check.Verdict
		err     error
		detail  string
	}{
		{name: "an admission"},
		{name: "a refusal", verdict: denial},
		{name: "the context's error", err: context.DeadlineExceeded},
		{name: "many errors", err: thirty(), detail: ": rule r0: ConfigMap shop/nginx: context deadline exceeded"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				recorder := &counts{}
				slow := judge{
					change: func(ctx context.Context, _ inventory.Reader, _ check.Change) (check.Verdict, error) {
						<-ctx.Done()
						return test.verdict, test.err
					},
					mutate: func(ctx context.Context, _ inventory.Reader, _ check.Change) (check.Mutation, error) {
						<-ctx.Done()
						return check.Mutation{}, test.err
					},
				}
				options := Options{Judge: using(slow), Inventory: inventory.NewMemory(nil, nil), Recorder: recorder}
				want := "500 dittoguard: Service ditto/api was not judged in time (9s)" + test.detail
				for name, h := range map[string]admission.Handler{"validate": NewValidator(options), "mutate": NewMutator(options)} {
					if _, failure := post(t, h, create(service("api", "x"))); failure != want {
						t.Errorf("%s: %s, want %s", name, failure, want)
					}
				}
				if recorder.ruleErrors != 2 || len(recorder.decisions) > 0 {
					t.Errorf("%d errors, decisions %v", recorder.ruleErrors, recorder.decisions)
				}
			})
		})
	}
}

// TestReadsThatTakeTooLongAreSaidOnce, in the words of who made them.
func TestReadsThatTakeTooLongAreSaidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := func(_, _ *inventory.Object) Live { return slow{} }
		_, failure := post(t, NewValidator(Options{Judge: using(rules()), Inventory: inventory.NewMemory(nil, nil), Live: begin}), create(service("api", "x")))
		const want = "500 dittoguard: Service ditto/api was not judged in time (9s): " +
			"what decides this request could not be read from the API server: 30 of 31 live reads did not end in time (every HTTPRoute and 29 more): context deadline exceeded"
		if failure != want {
			t.Errorf("%s, want %s", failure, want)
		}
	})
}

// slow reads until the time is over.
type slow struct{}

// Refresh implements Live.
func (slow) Refresh(ctx context.Context, _ []inventory.Question, _ bool) ([]inventory.Change, bool, error) {
	<-ctx.Done()
	return nil, true, fmt.Errorf("30 of 31 live reads did not end in time (every HTTPRoute and 29 more): %w", ctx.Err())
}

// Remembers implements Live.
func (slow) Remembers() bool { return false }

// End implements Live.
func (slow) End(bool) {}
