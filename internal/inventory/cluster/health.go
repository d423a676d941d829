package cluster

import (
	"context"
	"fmt"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A kind that every API server serves has to be read, or nothing can be judged. One that is not Kubernetes' own, a
// custom resource, can fail by itself: its conversion webhook is broken, or somebody took the right to list it away.
// Admission does not wait for such a kind. After a while it is *sick*: absence of its objects is no longer trusted
// (Cluster.Knows), which makes what they decide unknown, and it holds nothing up. It is tried again all the time, and
// well once it has been read.

// retryLive is how often a kind is tried live that only live reads have found sick.
const retryLive = 10 * time.Second

// failsAtOnce marks requests that the client is not to repeat by itself: those for kinds that may fall sick. An API
// server that cannot fill its watch cache of a kind says "too many requests", and when to come back: later each time.
// The client would obey ten times before it says so, which is minutes. Reflectors have their own pauses.
type failsAtOnce struct{}

// atOnce takes away what makes the client repeat such a request.
func atOnce(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(request)
		if err == nil && request.Context().Value(failsAtOnce{}) != nil {
			response.Header.Del("Retry-After")
		}
		return response, err
	})
}

// plainWatches has watches arrive uncompressed. An API server that compresses the objects which a watch begins with
// (WatchListCompression, from Kubernetes 1.37 on) compresses all that follows, too, and unpacking that holds 40 kB for
// as long as the watch lasts, for each of some hundred kinds.
func plainWatches(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		if request.URL.Query().Get("watch") == "true" {
			request = request.Clone(request.Context())
			request.Header.Set("Accept-Encoding", "identity")
		}
		return next.RoundTrip(request)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

// ended notes what became of a list or watch that the API server did not take.
func (i *informer) ended(ctx context.Context, doing string, err error) {
	if !i.notInstalled(err) {
		i.failed(ctx, fmt.Errorf("%s: %w", doing, err))
		return
	}
	i.mu.Lock()
	i.absent = true
	i.mu.Unlock()
	_ = i.Replace(nil, "") // adds nothing, so nothing can fail
}

func (i *informer) worked() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.failing.IsZero() {
		i.log.Info("reading the cluster again", "after", time.Since(i.failing).Round(time.Millisecond).String())
	}
	i.failing, i.failure, i.sick, i.byRead = time.Time{}, nil, false, false
}

func (i *informer) failed(ctx context.Context, err error) {
	// 410 and its kin say that a list is due, which follows at once.
	if ctx.Err() != nil || apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.failing.IsZero() {
		i.failing = time.Now()
		i.log.Info("reading the cluster failed, trying again", "error", err.Error())
	}
	i.failure = err
	i.byRead = false
	if time.Since(i.failing) >= i.staleAfter {
		i.giveUp()
	}
}

// refused notes that a live read failed, and says whether the kind is sick by that: the API server is there and cannot,
// or will not, read objects of this kind. Any other error may be one of this moment.
func (i *informer) refused(err error) bool {
	switch apierrors.ReasonForError(err) {
	case metav1.StatusReasonForbidden, metav1.StatusReasonInternalError, metav1.StatusReasonNotAcceptable,
		metav1.StatusReasonStoreReadError:
	default:
		return false
	}
	if i.kind.builtin {
		return false
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.failing.IsZero() {
		i.failing = time.Now()
	}
	i.failure = err
	i.giveUp()
	i.byRead = i.sick && i.isSync
	return true
}

// answered notes that a live read went well. Of a kind that only live reads have found sick, the watch has never
// failed.
func (i *informer) answered() {
	i.mu.Lock()
	well := i.byRead
	i.mu.Unlock()
	if well {
		i.worked()
	}
}

// giveUp makes a kind sick, if it can be. The caller holds the lock.
func (i *informer) giveUp() {
	if i.kind.builtin || i.sick {
		return
	}
	i.sick = true
	i.asked = time.Now()
	i.settle()
	i.log.Info("this kind cannot be read; what its objects decide is unknown until it can be", "error",
		i.failure.Error())
}

// settle says that nothing has to wait for this kind any more. The caller holds the lock.
func (i *informer) settle() {
	select {
	case <-i.settled:
	default:
		close(i.settled)
	}
}

// ready says what is wrong at the time, nil if nothing is that holds admission up.
func (i *informer) ready(now time.Time) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case i.sick, !i.kind.builtin && i.isSync:
		return nil
	case !i.isSync && i.failure != nil:
		return fmt.Errorf("%s: not read yet: %w", i, i.failure)
	case !i.isSync:
		return fmt.Errorf("%s: not read yet", i)
	case !i.failing.IsZero() && now.Sub(i.failing) >= i.staleAfter:
		return fmt.Errorf("%s: watch broken for %s: %w", i, now.Sub(i.failing).Round(time.Second), i.failure)
	}
	return nil
}

// unread says why the kind cannot be read, or that its fields are not; nil if they are.
func (i *informer) unread() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case i.sick:
		return i.failure
	case i.absent:
		return nil
	}
	return servedBeyond(i.kind, i.serving.gvk)
}

// skipsLive says whether the kind is not to be read live now: its informer finds out when it can be read again. If only
// live reads have failed, one of them is tried from time to time.
func (i *informer) skipsLive(now time.Time) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.sick {
		return false
	}
	if !i.byRead || now.Sub(i.asked) < retryLive {
		return true
	}
	i.asked = now
	return false
}

// hasSettled says whether the kind has been read once, or given up. It stays true.
func (i *informer) hasSettled() bool {
	select {
	case <-i.settled:
		return true
	default:
		return false
	}
}

// trusted says whether an object of the kind that is not there can be taken not to exist.
func (i *informer) trusted() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.isSync && !i.sick
}
