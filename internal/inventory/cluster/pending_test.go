package cluster

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	ktypes "k8s.io/apimachinery/pkg/types"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// trusting is a cluster whose cache is never updated, and whose journal is complete.
func trusting(t *testing.T, s *server, cached ...client.Object) *Cluster {
	t.Helper()
	c := stale(t, s, cached...)
	c.opts.Others = Alone(func(inventory.Reader) bool { return true })
	_, last, _ := c.journal.Doubted()
	c.journal.Trust(last)
	return c
}

func of(t *testing.T, o client.Object) *inventory.Object {
	t.Helper()
	gvks, _, err := clientscheme.Scheme.ObjectKinds(o)
	if err != nil {
		t.Fatal(err)
	}
	wrapped, err := wrap(o.DeepCopyObject(), gvks[0])
	if err != nil {
		t.Fatal(err)
	}
	return wrapped
}

func withUID[T client.Object](uid string, o T) T {
	o.SetUID(ktypes.UID(uid))
	return o
}

// store is a request that stores an object which is the API server's already, or will be.
func store(t *testing.T, c *Cluster, before, after *inventory.Object) {
	t.Helper()
	c.Begin(before, after).End(true)
}

var deploymentsOfDitto = []inventory.Question{{Key: inventory.KindKey(inventory.Deployment, "ditto")}, byName(configMapID("ditto", "settings"))}

// TestOnlyWhatMayHaveChangedIsRead: nothing, where no earlier request can have changed an answer.
func TestOnlyWhatMayHaveChangedIsRead(t *testing.T) {
	gateway := at("4", withUID("g", deployment("ditto", "gateway")))
	settings := at("3", configMap("ditto", "settings", "old"))
	changed := at("5", configMap("ditto", "settings", "new"))
	for _, test := range []struct {
		name     string
		live     []client.Object
		earlier  func(t *testing.T, c *Cluster)
		certain  bool
		changes  map[string]string
		requests []string
	}{
		{name: "nothing was stored", live: []client.Object{settings}},
		{
			name: "something else was stored", live: []client.Object{settings},
			earlier: func(t *testing.T, c *Cluster) {
				store(t, c, nil, of(t, withUID("x", deployment("shop", "shop"))))
				store(t, c, nil, of(t, withUID("y", configMap("ditto", "other", ""))))
			},
		},
		{
			name: "an object that is not shown yet", live: []client.Object{settings, gateway},
			earlier:  func(t *testing.T, c *Cluster) { store(t, c, nil, of(t, withUID("g", deployment("ditto", "gateway")))) },
			changes:  map[string]string{"Deployment ditto/gateway": "4"},
			requests: []string{"get Deployment ditto/gateway"},
		},
		{
			name: "a change that is not shown yet", live: []client.Object{changed},
			earlier:  func(t *testing.T, c *Cluster) { store(t, c, of(t, settings), of(t, changed)) },
			changes:  map[string]string{"ConfigMap ditto/settings": "5"},
			requests: []string{"get ConfigMap ditto/settings"},
		},
		{
			name:     "a deletion that is not shown yet",
			earlier:  func(t *testing.T, c *Cluster) { store(t, c, of(t, settings), nil) },
			changes:  map[string]string{"ConfigMap ditto/settings": "gone"},
			requests: []string{"get ConfigMap ditto/settings"},
		},
		{
			name: "one request was refused", live: []client.Object{settings},
			earlier: func(t *testing.T, c *Cluster) {
				c.Begin(nil, of(t, withUID("g", deployment("ditto", "gateway")))).End(false)
			},
		},
		{
			name: "a refusal asks for everything", live: []client.Object{settings, gateway}, certain: true,
			changes:  map[string]string{"Deployment ditto/gateway": "4"},
			requests: []string{"get Deployment ditto/gateway", "get metadata of ConfigMap ditto/settings", "list metadata of Deployment ditto"},
		},
		{
			name: "so does a journal that is not complete", live: []client.Object{settings, gateway},
			earlier:  func(_ *testing.T, c *Cluster) { c.journal.Doubt() },
			changes:  map[string]string{"Deployment ditto/gateway": "4"},
			requests: []string{"get Deployment ditto/gateway", "get metadata of ConfigMap ditto/settings", "list metadata of Deployment ditto"},
		},
		{
			name: "and another process", live: []client.Object{settings, gateway},
			earlier:  func(_ *testing.T, c *Cluster) { c.opts.Others = Alone(func(inventory.Reader) bool { return false }) },
			changes:  map[string]string{"Deployment ditto/gateway": "4"},
			requests: []string{"get Deployment ditto/gateway", "get metadata of ConfigMap ditto/settings", "list metadata of Deployment ditto"},
		},
		{
			name: "and more than is read one by one", live: []client.Object{settings},
			earlier: func(t *testing.T, c *Cluster) {
				storeMany(t, c)
			},
			requests: []string{"get metadata of ConfigMap ditto/settings", "list metadata of Deployment ditto"},
		},
		{
			name: "several changes of an object are read once", live: []client.Object{changed},
			earlier: func(t *testing.T, c *Cluster) {
				store(t, c, of(t, at("2", configMap("ditto", "settings", "older"))), of(t, settings))
				store(t, c, of(t, settings), of(t, changed))
			},
			changes:  map[string]string{"ConfigMap ditto/settings": "5"},
			requests: []string{"get ConfigMap ditto/settings"},
		},
		{
			name: "in doubt what is known to come is read as well", live: []client.Object{settings, gateway},
			earlier: func(t *testing.T, c *Cluster) {
				store(t, c, nil, of(t, withUID("g", deployment("ditto", "gateway"))))
				c.journal.Doubt()
			},
			changes:  map[string]string{"Deployment ditto/gateway": "4"},
			requests: []string{"get Deployment ditto/gateway", "get Deployment ditto/gateway", "get metadata of ConfigMap ditto/settings", "list metadata of Deployment ditto"},
		},
		{
			name: "Secrets that are not watched have no entry", live: []client.Object{settings},
			earlier: func(t *testing.T, c *Cluster) {
				release := secret("ditto", "release")
				release.Type = helmReleaseType
				for _, s := range []*corev1.Secret{release, secret("other", "s"), secret("dittoguard", "ca")} {
					store(t, c, nil, of(t, s))
				}
				if n := c.journal.Len(); n != 0 {
					t.Errorf("%d entries", n)
				}
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newServer(t, test.live...)
			c := trusting(t, s, settings)
			if test.earlier != nil {
				test.earlier(t, c)
			}
			r := c.Begin(nil, nil)
			changes, fresh, err := r.Refresh(t.Context(), deploymentsOfDitto, test.certain)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, change := range changes {
				ref := inventory.Ref{Kind: change.ID.Kind, Namespace: change.ID.Namespace, Name: change.ID.Name}.String()
				got[ref] = "gone"
				if change.Object != nil {
					got[ref] = change.Object.Meta.ResourceVersion
				}
			}
			if test.changes == nil {
				test.changes = map[string]string{}
			}
			if diff := cmp.Diff(test.changes, got); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.requests, s.requests()); diff != "" || fresh != (test.requests != nil) {
				t.Errorf("fresh %t; requests (-want +got):\n%s", fresh, diff)
			}
			if _, again, err := r.Refresh(t.Context(), deploymentsOfDitto, test.certain); again || err != nil || len(s.requests()) > 0 {
				t.Errorf("the same questions are read again: %t, %v", again, err)
			}
		})
	}
}

// TestWhatIsOnItsWayIsWaitedFor, as long as it may take; and what is refused elsewhere after that is not.
func TestWhatIsOnItsWayIsWaitedFor(t *testing.T) {
	for _, test := range []struct {
		name   string
		stored time.Duration // after the answer; never if zero
		taken  time.Duration
	}{
		{"stored in a moment", 100 * time.Millisecond, 200 * time.Millisecond},
		{"never stored", 0, 2200 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(t)
			c := trusting(t, s)
			gateway := withUID("g", deployment("ditto", "gateway"))
			store(t, c, nil, of(t, gateway))
			if test.stored > 0 {
				go func() {
					time.Sleep(test.stored)
					_ = s.WithWatch.Create(t.Context(), gateway.DeepCopy())
				}()
			}
			began := time.Now()
			changes, fresh, err := c.Begin(nil, nil).Refresh(t.Context(), deploymentsOfDitto, false)
			if err != nil || !fresh || len(changes) != 1 || (changes[0].Object != nil) != (test.stored > 0) {
				t.Errorf("%s: %v, %t, %v", test.name, changes, fresh, err)
			}
			if taken := time.Since(began); taken > test.taken || taken < test.stored {
				t.Errorf("%s: it took %s", test.name, taken)
			}
			// Whoever comes later does not wait, but looks: it may be stored still.
			time.Sleep(2 * time.Second)
			s.requests()
			began = time.Now()
			if _, _, err := c.Begin(nil, nil).Refresh(t.Context(), deploymentsOfDitto, false); err != nil || time.Since(began) > 10*time.Millisecond {
				t.Errorf("%s: %v after %s", test.name, err, time.Since(began))
			}
			if diff := cmp.Diff([]string{"get Deployment ditto/gateway"}, s.requests()); diff != "" {
				t.Errorf("%s: -want +got:\n%s", test.name, diff)
			}
		})
	}
}

// storeMany stores more than is read one by one, or will.
func storeMany(t *testing.T, c *Cluster) {
	t.Helper()
	for i := range mostPending + 1 {
		store(t, c, nil, of(t, withUID("x", deployment("ditto", fmt.Sprint("d", i)))))
	}
}

// TestEverythingOnItsWayIsWaitedFor: also where it is more than is read one by one, where the journal is not complete, and as long as it is judged;
// and of several requests about an object for the last.
func TestEverythingOnItsWayIsWaitedFor(t *testing.T) {
	gateway := withUID("g", deployment("ditto", "gateway"))
	lands := func(t *testing.T, s *server) {
		go func() {
			time.Sleep(time.Second)
			_ = s.WithWatch.Create(t.Context(), gateway.DeepCopy())
		}()
	}
	for _, test := range []struct {
		name    string
		earlier func(t *testing.T, s *server, c *Cluster)
	}{
		{"many", func(t *testing.T, s *server, c *Cluster) {
			storeMany(t, c)
			store(t, c, nil, of(t, gateway))
			lands(t, s)
		}},
		{"in doubt", func(t *testing.T, s *server, c *Cluster) {
			store(t, c, nil, of(t, gateway))
			c.journal.Doubt()
			lands(t, s)
		}},
		{"judged for long", func(t *testing.T, s *server, c *Cluster) {
			r := c.Begin(nil, of(t, gateway))
			go func() {
				time.Sleep(10 * time.Second)
				lands(t, s)
				r.End(true)
			}()
		}},
		{"in place of another one", func(t *testing.T, s *server, c *Cluster) {
			old := withUID("old", deployment("ditto", "gateway"))
			if err := s.WithWatch.Create(t.Context(), old); err != nil {
				t.Fatal(err)
			}
			store(t, c, nil, of(t, gateway))
			go func() {
				time.Sleep(time.Second)
				_ = s.WithWatch.Delete(t.Context(), old)
				_ = s.WithWatch.Create(t.Context(), gateway.DeepCopy())
			}()
		}},
		{"after one that came to nothing", func(t *testing.T, s *server, c *Cluster) {
			old := deployment("ditto", "gateway")
			if err := s.WithWatch.Create(t.Context(), old); err != nil {
				t.Fatal(err)
			}
			next := withUID("g", old.DeepCopy())
			next.Labels = map[string]string{"app": "gateway"}
			store(t, c, of(t, old), of(t, next))
			// It asks about a version that is none any more.
			store(t, c, of(t, at("0", old.DeepCopy())), of(t, next))
			go func() {
				time.Sleep(time.Second)
				_ = s.WithWatch.Update(t.Context(), next)
			}()
		}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(t)
			c := trusting(t, s)
			test.earlier(t, s, c)
			changes, fresh, err := c.Begin(nil, nil).Refresh(t.Context(), deploymentsOfDitto, false)
			var got *inventory.Object
			for _, change := range changes {
				if change.ID.Name == gateway.Name {
					got = change.Object
				}
			}
			if err != nil || !fresh || got == nil || got.Meta.UID != "g" {
				t.Errorf("%s: %v, %t, %v", test.name, changes, fresh, err)
			}
			time.Sleep(time.Minute)
		})
	}
}

// TestWhoWaitsInVainSaysForWhat.
func TestWhoWaitsInVainSaysForWhat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := trusting(t, newServer(t))
		store(t, c, nil, of(t, withUID("g", deployment("ditto", "gateway"))))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, _, err := c.Begin(nil, nil).Refresh(ctx, deploymentsOfDitto, false)
		const want = "waiting for Deployment ditto/gateway, which another request changes: context deadline exceeded"
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	})
}

// TestWatchesEndEntries: what is created, changed and deleted, as the watches show it.
func TestWatchesEndEntries(t *testing.T) {
	s := newServer(t, withUID("old", configMap("ditto", "old", "")))
	c := start(t, s, testOptions())
	s.awaitWatches(t)
	old := c.Reader().Get(inventory.ConfigMap, "ditto", "old")
	created := withUID("new", configMap("ditto", "new", ""))
	store(t, c, nil, of(t, created))
	change := old.Typed.(*corev1.ConfigMap).DeepCopy()
	change.Data = map[string]string{"key": "changed"}
	store(t, c, old, of(t, change))
	if n := c.journal.Len(); n != 2 {
		t.Fatalf("%d entries", n)
	}
	if err := s.WithWatch.Create(t.Context(), created); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the created object is shown", func() bool { return c.journal.Len() == 1 })
	if err := s.WithWatch.Update(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the change is shown", func() bool { return c.journal.Len() == 0 })
	store(t, c, c.Reader().Get(inventory.ConfigMap, "ditto", "new"), nil)
	if err := s.WithWatch.Delete(t.Context(), configMap("ditto", "new", "")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the deletion is shown", func() bool { return c.Reader().Get(inventory.ConfigMap, "ditto", "new") == nil })
}

// TestTheJournalIsTrustedOnceTheWatchesAreThere: every watch has to have shown what was stored until a moment after the last sign of
// another process.
func TestTheJournalIsTrustedOnceTheWatchesAreThere(t *testing.T) {
	s := newServer(t, configMap("ditto", "a", ""))
	s.listVersion = "5"
	opts := testOptions()
	opts.Settle = time.Nanosecond
	opts.Others = Alone(func(inventory.Reader) bool { return true })
	c := newCluster(s, nil, kindsOf(testKinds, clientscheme.Scheme), opts)
	settling := &settling{}
	check := func() bool {
		t.Helper()
		settled, err := settling.check(t.Context(), c, 0)
		if err != nil {
			t.Fatal(err)
		}
		return settled
	}
	if check() {
		t.Error("nothing was read yet")
	}
	for _, i := range c.informers {
		i.UpdateResourceVersion("4")
	}
	if check() {
		t.Error("the watches are behind")
	}
	for at, i := range c.informers {
		i.UpdateResourceVersion("6")
		if last := at == len(c.informers)-1; check() != last {
			t.Errorf("settled with %s: %t", i, !last)
		}
	}
	s.requests()
	if check(); len(s.requests()) > 0 {
		t.Error("it was read again how far the API server is")
	}
	if settling.check(t.Context(), c, 1); !slices.Contains(s.requests(), "list metadata of ConfigMap ") {
		t.Error("after another doubt it has to be read again")
	}
}
