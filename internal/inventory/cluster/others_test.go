package cluster

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/journal"
)

// replica is another process, which has a journal.
type replica struct {
	theirs, ours *journal.Journal

	mu    sync.Mutex
	name  string
	next  uint64
	asked int
	err   error
}

// Ask implements Others.
func (r *replica) Ask(context.Context, inventory.Reader, bool) ([]*journal.Entry, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	if r.err != nil {
		return nil, r.err
	}
	page := r.theirs.Since(r.name, r.next, r.ours.Clock())
	r.name, r.next = page.Journal, page.Next
	return r.ours.Merge(page), nil
}

// beside is a cluster that is trusted, with another process.
func beside(t *testing.T, s *server) (*Cluster, *replica) {
	t.Helper()
	c := trusting(t, s)
	r := &replica{theirs: journal.New(), ours: c.journal}
	c.opts.Others = r
	for range 3 { // so that what begins there once is earlier
		c.Begin(nil, nil).End(false)
	}
	return c, r
}

// TestWhatOthersLetInIsRead, if it may have changed an answer, and is waited for as long as it is judged there. Each request asks once, and
// while it waits.
func TestWhatOthersLetInIsRead(t *testing.T) {
	gateway := withUID("g", deployment("ditto", "gateway"))
	for _, test := range []struct {
		name     string
		theirs   func(t *testing.T, s *server, c *Cluster, j *journal.Journal)
		requests []string
		taken    time.Duration
	}{
		{name: "nothing"},
		{name: "something else", theirs: func(t *testing.T, _ *server, c *Cluster, j *journal.Journal) {
			j.Begin(nil, of(t, withUID("x", deployment("shop", "shop"))), c.memory.Keys).End(true)
		}},
		{name: "an object that is there", theirs: func(t *testing.T, s *server, c *Cluster, j *journal.Journal) {
			j.Begin(nil, of(t, gateway), c.memory.Keys).End(true)
			_ = s.WithWatch.Create(t.Context(), gateway.DeepCopy())
		}, requests: []string{"get Deployment ditto/gateway"}},
		{name: "one that is refused there in the end", theirs: func(t *testing.T, _ *server, c *Cluster, j *journal.Journal) {
			r := j.Begin(nil, of(t, gateway), c.memory.Keys)
			go func() {
				time.Sleep(time.Second)
				r.End(false)
			}()
		}, requests: []string{"get Deployment ditto/gateway"}, taken: time.Second},
		{name: "one that is judged there for long", theirs: func(t *testing.T, s *server, c *Cluster, j *journal.Journal) {
			r := j.Begin(nil, of(t, gateway), c.memory.Keys)
			go func() {
				time.Sleep(5 * time.Second)
				r.End(true)
				_ = s.WithWatch.Create(t.Context(), gateway.DeepCopy())
			}()
		}, requests: []string{"get Deployment ditto/gateway"}, taken: 5 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(t)
			c, other := beside(t, s)
			if test.theirs != nil {
				test.theirs(t, s, c, other.theirs)
			}
			began := time.Now()
			r := c.Begin(nil, nil)
			_, fresh, err := r.Refresh(t.Context(), deploymentsOfDitto, false)
			if taken := time.Since(began); err != nil || fresh != (test.requests != nil) || !r.Remembers() || taken < test.taken || taken > test.taken+200*time.Millisecond {
				t.Errorf("%s: fresh %t after %s, %v", test.name, fresh, taken, err)
			}
			seen := map[string]bool{}
			for _, request := range s.requests() {
				seen[request] = true
			}
			for _, request := range test.requests {
				if !seen[request] {
					t.Errorf("%s: %s is not made", test.name, request)
				}
				delete(seen, request)
			}
			if len(seen) > 0 {
				t.Errorf("%s: %v", test.name, seen)
			}
			asked := other.asked
			if _, _, err := r.Refresh(t.Context(), deploymentsOfDitto, false); err != nil || other.asked != asked {
				t.Errorf("%s: others were asked again: %v", test.name, err)
			}
			time.Sleep(time.Minute)
		})
	}
}

// TestWhoeverIsNotHeardMakesDoubt: then everything is read live, in the very request that has noticed it.
func TestWhoeverIsNotHeardMakesDoubt(t *testing.T) {
	for name, spoil := range map[string]func(*replica){
		"not heard":                func(r *replica) { r.err = errors.New("refused") },
		"heard that it has missed": func(r *replica) { r.theirs.Miss() },
	} {
		s := newServer(t)
		c, other := beside(t, s)
		spoil(other)
		r := c.Begin(nil, nil)
		_, fresh, err := r.Refresh(t.Context(), deploymentsOfDitto, false)
		want := []string{"get ConfigMap ditto/settings", "list metadata of Deployment ditto"}
		if diff := cmp.Diff(want, s.requests()); err != nil || !fresh || diff != "" || c.Trusted() {
			t.Errorf("%s: fresh %t, %v; -want +got:\n%s", name, fresh, err, diff)
		}
	}
}

// TestEntriesThatComeLate: what the cache shows already ends an entry that is brought in after that.
func TestEntriesThatComeLate(t *testing.T) {
	s := newServer(t, withUID("old", configMap("ditto", "old", "")), withUID("gone", configMap("ditto", "gone", "")))
	opts := testOptions()
	opts.Journal = journal.New()
	other := &replica{theirs: journal.New(), ours: opts.Journal}
	opts.Others = other
	c := start(t, s, opts)
	s.awaitWatches(t)
	begin := func(before, after *inventory.Object) { other.theirs.Begin(before, after, c.memory.Keys).End(true) }
	old, gone := c.Reader().Get(inventory.ConfigMap, "ditto", "old"), c.Reader().Get(inventory.ConfigMap, "ditto", "gone")
	created := withUID("new", configMap("ditto", "new", ""))
	change := old.Typed.(*corev1.ConfigMap).DeepCopy()
	change.Data = map[string]string{"key": "changed"}
	for _, err := range []error{
		s.WithWatch.Create(t.Context(), created), s.WithWatch.Update(t.Context(), change),
		s.WithWatch.Delete(t.Context(), configMap("ditto", "gone", "")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "all is shown", func() bool {
		changed := c.Reader().Get(inventory.ConfigMap, "ditto", "old")
		return c.Reader().Get(inventory.ConfigMap, "ditto", "gone") == nil && c.Reader().Get(inventory.ConfigMap, "ditto", "new") != nil &&
			changed.Meta.ResourceVersion != old.Meta.ResourceVersion
	})
	// The fake API server counts versions for each object by itself.
	for _, i := range c.informers {
		i.UpdateResourceVersion("1000")
	}
	begin(nil, of(t, withUID("new", configMap("ditto", "new", ""))))
	begin(old, of(t, change))
	begin(gone, nil)
	begin(nil, of(t, withUID("u", configMap("ditto", "unseen", ""))))
	c.askOthers(t.Context(), false)
	if n := c.journal.Len(); n != 1 {
		t.Errorf("%d entries are open, want that of what is not shown", n)
	}
}
