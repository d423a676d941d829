// Package webhook answers the API server's admission requests: AdmissionReview in, judgement by check.Judge, response
// out. It holds no rule and knows nothing of Ditto. What it adds to a judgement is freshness (what decides is read
// again, live, before the answer), the exceptions for deletions and for the cluster's own controllers, and the words of
// the answer.
//
// NewValidator and NewMutator make the handlers, Run serves them.
package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-logr/logr"
	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// defaultTimeout bounds a request that says nothing of its timeout.
const defaultTimeout = 4 * time.Second

// Options are what the handlers work with.
type Options struct {
	// Judge returns the judge in force, nil if there is none yet. It is asked once a request, so that one request is
	// judged by one configuration.
	Judge func() check.Judge
	// Inventory is the cluster without the request, as far as the cache has seen it.
	Inventory inventory.Reader
	// Synced says whether the inventory has been read completely. Before that every request fails. Nil means always.
	Synced func() bool
	// Live begins the live side of a request that may store an object, which is there before or will be after; both are
	// nil if it stores nothing. A nil Live means that the inventory is never behind.
	Live func(before, after *inventory.Object) Live
	// Unheard is told that a request was answered of which Live has not heard. Where the webhook fails open, it may
	// store something all the same. It may be nil.
	Unheard func()
	// BreakGlass says that nothing is refused in a namespace for now, until when and why; empty if it is. A nil one
	// never does.
	BreakGlass func(namespace string) string
	// Handover has the validating webhook take over what the mutating one decoded; nil has it decode everything.
	Handover *Handover
	// Recorder counts; nil counts nothing.
	Recorder Recorder
	// Log gets one line for each refusal and each failure. The zero value logs nothing.
	Log logr.Logger
}

func (o Options) withDefaults() Options {
	if o.Recorder == nil {
		o.Recorder = noRecorder{}
	}
	if o.Unheard == nil {
		o.Unheard = func() {}
	}
	if o.BreakGlass == nil {
		o.BreakGlass = func(string) string { return "" }
	}
	if o.Log.GetSink() == nil {
		o.Log = logr.Discard()
	}
	return o
}

// answer is how a request was answered; fresh says that something was read live for it.
type answer struct {
	admission.Response
	fresh bool
}

// handler wraps what the validator and the mutator have in common: deadline, panics, failures, durations.
func (o Options) handler(webhook string,
	decide func(context.Context, check.Judge, *admissionv1.AdmissionRequest) (answer, error)) admission.Handler {
	return admission.HandlerFunc(func(ctx context.Context, req admission.Request) (response admission.Response) {
		start := time.Now()
		if f, ok := ctx.Value(failureKey{}).(*failure); ok {
			f.heard = true
		}
		var got answer
		defer func() {
			if p := recover(); p != nil {
				o.Unheard() // perhaps
				o.Recorder.RuleError()
				o.Log.Error(errPanic, "judging panicked", "webhook", webhook, "panic", describePanic(p),
					"object", subjectOf(&req.AdmissionRequest).String(), "stack", string(debug.Stack()))
				response = o.unjudged(ctx, &req.AdmissionRequest, errPanic)
			}
			o.Recorder.Duration(webhook, string(req.Operation), got.fresh, time.Since(start))
		}()
		ctx, cancel := withDeadline(ctx)
		defer cancel()
		got, err := o.decide(ctx, &req.AdmissionRequest, decide)
		if err != nil {
			err = notJudged(ctx, subjectOf(&req.AdmissionRequest), err, time.Since(start))
			o.Log.Error(err, "request could not be judged", "webhook", webhook, "operation", req.Operation, "user",
				req.UserInfo.Username)
			return o.unjudged(ctx, &req.AdmissionRequest, err)
		}
		return got.Response
	})
}

// unjudged answers a request that could not be judged: with a failure, unless nothing is refused for now.
func (o Options) unjudged(ctx context.Context, req *admissionv1.AdmissionRequest, err error) admission.Response {
	glass := o.BreakGlass(req.Namespace)
	if glass == "" {
		return fail(ctx, err)
	}
	response := admission.Allowed("").WithWarnings(warning(glass + ": let in without judgement: " + err.Error()))
	response.AuditAnnotations = map[string]string{"exempted": glass, "unjudged": bounded([]string{err.Error()})}
	return response
}

func (o Options) decide(
	ctx context.Context, req *admissionv1.AdmissionRequest,
	decide func(context.Context, check.Judge, *admissionv1.AdmissionRequest) (answer, error),
) (answer, error) {
	switch req.Operation {
	case admissionv1.Create, admissionv1.Update, admissionv1.Delete:
	default:
		return answer{Response: admission.Allowed("")}, nil
	}
	if o.Synced != nil && !o.Synced() {
		o.Unheard()
		return answer{}, errors.New("the cluster has not been read completely yet")
	}
	judge := o.Judge()
	if judge == nil {
		o.Unheard()
		return answer{}, errors.New("no configuration has been loaded yet")
	}
	return decide(ctx, judge, req)
}

// notJudged says once why a request was not judged. Of a judgement that was cut short only what took so long is of
// interest: whatever else it says is of a piece of a judgement.
func notJudged(ctx context.Context, subject inventory.Ref, err error, after time.Duration) error {
	if ctx.Err() == nil {
		return fmt.Errorf("judging %s: %w", subject, err)
	}
	text := fmt.Sprintf("%s was not judged in time (%s)", subject, after.Round(100*time.Millisecond))
	if errors.Is(ctx.Err(), context.Canceled) {
		text = fmt.Sprintf("%s was not judged: the client closed the connection after %s", subject,
			after.Round(100*time.Millisecond))
	}
	if detail := firstLine(err); detail != ctx.Err().Error() {
		text += ": " + detail
	}
	return errors.New(text)
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// errNotJSON is a mistake of the judge. What the decoder says may quote the object.
var errNotJSON = errors.New("the changed object is not valid JSON")

// errPanic is all that a client learns of a panic.
var errPanic = errors.New("internal error, see dittoguard's log")

// describePanic is what the log may hold of a panic: the runtime's own words, of any other value only its type, since
// that value may hold a piece of an object.
func describePanic(p any) string {
	if err, ok := p.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", p)
}

// failureKey is where Handler keeps a request's failure in its context.
type failureKey struct{}

// failure is why a request was not judged, and when the answer has to be there.
type failure struct {
	err      error
	deadline time.Time
	// heard says that the request was read.
	heard bool
}

// fail answers a request that could not be judged. Under Handler that becomes an HTTP error.
func fail(ctx context.Context, err error) admission.Response {
	if f, ok := ctx.Value(failureKey{}).(*failure); ok {
		f.err = err
	}
	return admission.Errored(http.StatusInternalServerError, err)
}

// withDeadline bounds a request. Whoever asked may be gone before that.
func withDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline := time.Now().Add(defaultTimeout)
	if f, ok := ctx.Value(failureKey{}).(*failure); ok {
		deadline = f.deadline
	}
	return context.WithDeadline(ctx, deadline)
}

// timeoutOf is how long an answer may take: nine tenths of what the API server says that it waits for, so that it gets
// to hear of a failure.
func timeoutOf(r *http.Request) time.Duration {
	if timeout, err := time.ParseDuration(r.URL.Query().Get("timeout")); err == nil && timeout > 0 {
		return timeout * 9 / 10
	}
	return defaultTimeout
}

// Handler serves an admission handler over HTTP.
//
// A request that could not be judged is answered with HTTP status 500. An AdmissionReview that says "not allowed" is a
// refusal to the API server whatever its code; only a failed call makes it apply the webhook's failurePolicy, and what
// a failure means differs between protected namespaces and others.
func Handler(h admission.Handler) http.Handler { return handle(h, nil) }

// handle is Handler for a webhook that shares room with others. What finds none waits, unread, for half of the time
// that it may take, and is then told to come back, which an API server does as long as it has time itself (HTTP status
// 429, RFC 6585, section 4).
func handle(h admission.Handler, room *flight) http.Handler {
	review := reviewing(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := &failure{deadline: time.Now().Add(timeoutOf(r))}
		waiting, cancel := context.WithTimeout(r.Context(), time.Until(f.deadline)/2)
		defer cancel()
		leave, err := room.enter(waiting)
		if err != nil {
			w.Header().Set("Retry-After", "1")
			http.Error(w, "dittoguard: "+err.Error(), http.StatusTooManyRequests)
			return
		}
		defer leave()
		review.ServeHTTP(&failureWriter{ResponseWriter: w, failure: f},
			r.WithContext(context.WithValue(r.Context(), failureKey{}, f)))
		if !f.heard {
			// It did not come as a whole, or is none. An API server that gave up before all of it was read may store
			// it.
			room.missed()
		}
	})
}

// failureWriter writes the failure, once there is one, instead of the AdmissionReview.
type failureWriter struct {
	http.ResponseWriter
	failure *failure
	written bool
}

// Write implements http.ResponseWriter.
func (w *failureWriter) Write(p []byte) (int, error) {
	if w.failure.err == nil {
		return w.ResponseWriter.Write(p)
	}
	if !w.written {
		w.written = true
		http.Error(w.ResponseWriter, "dittoguard: "+w.failure.err.Error(), http.StatusInternalServerError)
	}
	return len(p), nil
}
