package cluster

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// What an API server says of a kind whose conversion webhook is not there, of one object and of a list.
var (
	errConversion = apierrors.NewInternalError(errors.New("conversion webhook for route.openshift.io/v1 failed"))
	errStored     = &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusInternalServerError, Reason: metav1.StatusReasonStoreReadError,
		Message: "failed to read one or more routes.route.openshift.io from the storage",
	}}
)

// routesWanted are questions that only Routes answer.
var routesWanted = []inventory.Question{
	{Key: inventory.KindKey(crd.Route, "ditto")}, {ID: inventory.ID{GroupKind: crd.Route, Namespace: "ditto", Name: "r"}},
}

// lines collects what is logged.
type lines struct {
	mu   sync.Mutex
	list []string
}

func (l *lines) logger() logr.Logger {
	return funcr.New(func(_, args string) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.list = append(l.list, args)
	}, funcr.Options{})
}

// with counts the lines that hold a text.
func (l *lines) with(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, line := range l.list {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// TestASickKindHoldsNothingUp: an optional kind that cannot be listed from the start is unknown, the rest is read, and it
// is known again once it can be listed.
func TestASickKindHoldsNothingUp(t *testing.T) {
	s := newServer(t, configMap("ditto", "a", "one"), route())
	s.sick = apierrors.NewForbidden(schema.GroupResource{Group: "route.openshift.io", Resource: "routes"}, "", errors.New("no"))
	opts, log := testOptions(), &lines{}
	opts.Log = log.logger()
	c := start(t, s, opts)
	if err := c.Ready(); err != nil {
		t.Errorf("not ready: %v", err)
	}
	const note = `unknown: Route.route.openshift.io: listing: routes.route.openshift.io is forbidden: no`
	if got := c.Note(); got != note {
		t.Errorf("the note is %q, want %q", got, note)
	}
	if !c.HasSynced() || c.Reader().Knows(crd.Route, "ditto") || !c.Reader().Knows(inventory.ConfigMap, "ditto") {
		t.Error("Routes are not the only kind that is unknown")
	}
	s.requests()
	if changes, err := everything(c.Begin(nil, nil))(t.Context(), routesWanted); err != nil || len(changes) != 0 {
		t.Errorf("read live: %v, %v", changes, err)
	}
	time.Sleep(time.Second) // some attempts more
	if n := log.with("unknown until it can"); n != 1 {
		t.Errorf("said %d times", n)
	}

	s.set(func(s *server) { s.sick = nil })
	eventually(t, "Routes are known again", func() bool { return c.Reader().Knows(crd.Route, "ditto") && c.Note() == "" })
	if c.Reader().Get(crd.Route, "ditto", "r") == nil {
		t.Error("no Route")
	}
}

// TestDecliningToStreamIsNoFailure: an API server that begins no watch with all objects is asked for a list instead.
func TestDecliningToStreamIsNoFailure(t *testing.T) {
	s := newServer(t, configMap("ditto", "a", "one"))
	opts, log := testOptions(), &lines{}
	opts.Log = log.logger()
	start(t, s, opts)
	s.awaitWatches(t)
	if n := log.with("reading the cluster failed"); n != 0 {
		t.Errorf("said %d times to have failed", n)
	}
}

// TestAKindThatFallsSick: what was read of it stays, and is not trusted to be all.
func TestAKindThatFallsSick(t *testing.T) {
	s := newServer(t, route())
	c := start(t, s, testOptions())
	s.awaitWatches(t)
	s.set(func(s *server) {
		s.sick = errConversion
		for _, w := range s.watches {
			w.Stop()
		}
	})
	eventually(t, "Routes are unknown", func() bool { return !c.Reader().Knows(crd.Route, "ditto") })
	if err := c.Ready(); err != nil && strings.Contains(err.Error(), "Route") {
		t.Error(err)
	}
	if c.Reader().Get(crd.Route, "ditto", "r") == nil {
		t.Error("what was read is forgotten")
	}
	if !c.HasSynced() {
		t.Error("not synced any more")
	}
}

// TestALiveReadFindsAKindSick: the watch goes on, and lists are refused. The request is judged without them.
func TestALiveReadFindsAKindSick(t *testing.T) {
	s := newServer(t, route())
	c := start(t, s, testOptions())
	s.awaitWatches(t)
	s.set(func(s *server) { s.sick = errStored })
	changes, err := everything(c.Begin(nil, nil))(t.Context(), routesWanted)
	if err != nil || len(changes) != 0 || c.Reader().Knows(crd.Route, "ditto") {
		t.Fatalf("%v, %v, known: %v", changes, err, c.Reader().Knows(crd.Route, "ditto"))
	}
	s.requests()
	s.set(func(s *server) { s.sick = nil })
	if _, err := everything(c.Begin(nil, nil))(t.Context(), routesWanted); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string(nil), s.requests()); diff != "" {
		t.Errorf("tried again at once (-want +got):\n%s", diff)
	}
	for _, i := range c.readers[crd.Route] {
		i.mu.Lock()
		i.asked = i.asked.Add(-retryLive)
		i.mu.Unlock()
	}
	if _, err := everything(c.Begin(nil, nil))(t.Context(), routesWanted); err != nil {
		t.Error(err)
	}
	if !c.Reader().Knows(crd.Route, "ditto") || c.Note() != "" {
		t.Errorf("still unknown: %q", c.Note())
	}

	// An error of the moment, and any error of a kind that is Kubernetes' own, is an error of the request.
	s.set(func(s *server) { s.sick = apierrors.NewTooManyRequests("later", 1) })
	if _, err := everything(c.Begin(nil, nil))(t.Context(), routesWanted); err == nil || !c.Reader().Knows(crd.Route, "ditto") {
		t.Errorf("an overloaded API server: %v", err)
	}
}

// TestAnUnreadableObjectIsThere: a field of the wrong type makes one object unreadable, and no other.
func TestAnUnreadableObjectIsThere(t *testing.T) {
	odd := route()
	odd.SetName("odd")
	odd.Object["spec"] = map[string]any{"host": map[string]any{"a": "b"}}
	s := newServer(t, route(), odd)
	c := start(t, s, testOptions())
	o := c.Reader().Get(crd.Route, "ditto", "odd")
	if o == nil || o.Typed != nil || o.Unreadable != "json: cannot unmarshal object into Go struct field OpenShiftRouteSpec.spec.host of type string" {
		t.Errorf("the Route is %+v", o)
	}
	if c.Reader().Get(crd.Route, "ditto", "r") == nil || !c.Reader().Knows(crd.Route, "ditto") {
		t.Error("it takes the others with it")
	}
	c.memory.Delete(inventory.ID{GroupKind: crd.Route, Namespace: "ditto", Name: "odd"})
	changes, err := everything(c.Begin(nil, nil))(t.Context(), routesWanted)
	if err != nil || len(changes) != 1 || changes[0].Object.Unreadable == "" {
		t.Errorf("read live: %v, %v", changes, err)
	}
}

// TestASickKindIsFoundAtOnce: an API server that asks to come back later, and later again, delays nothing.
func TestASickKindIsFoundAtOnce(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if !strings.HasPrefix(r.URL.Path, "/apis/route.openshift.io/") {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "TooManyRequests", "code": 429}`)
	}))
	defer api.Close()
	c, err := New(&rest.Config{Host: api.URL}, Options{StaleAfter: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	run(t, c)
	eventually(t, "Routes are unknown", func() bool { return strings.Contains(c.Note(), "unknown: Route.route.openshift.io: ") })
}

// TestWatchesArriveUncompressed: what unpacks them would be held for as long as they last.
func TestWatchesArriveUncompressed(t *testing.T) {
	t.Parallel()
	watches := make(chan string, 1)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.RawQuery, "watch=") {
			select {
			case watches <- r.Header.Get("Accept-Encoding"):
			default:
			}
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(api.Close)
	c, err := New(&rest.Config{Host: api.URL}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	run(t, c)
	if encoding := <-watches; encoding != "identity" {
		t.Errorf("a watch asks for %q", encoding)
	}
}
