package e2e

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestObjectsThatOutrunTheCache: dittoguard's watches are seconds behind, and the objects of a way in follow one another at
// once. What completes it is refused all the same: as long as dittoguard remembers all that it let in, what that may have changed is read
// again before a request is allowed; where it cannot know, everything that decides is. (`make test` has it with two replicas alone.)
func TestObjectsThatOutrunTheCache(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		return
	}
	for name, remembers := range map[string]bool{"remembered": true, "read": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outrun(t, remembers)
		})
	}
}

// TestObjectsThatOutrunTheCacheOfTwo: as before, and every other request is answered by another replica. Each knows what both have let in. In the
// middle one of them is lost, with what nobody has heard of yet.
func TestObjectsThatOutrunTheCacheOfTwo(t *testing.T) {
	t.Parallel()
	f := outrunning(t, true, func(c *testCase) bool {
		// A hash is checked in the background by whoever has met it, and the replicas do not tell one another.
		return !slices.ContainsFunc(c.orders, func(o *order) bool { return slices.ContainsFunc(o.objects, holdsHashes) })
	})
	f.replicas = []string{"replica-one", "replica-two"}
	if err := f.install(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.behind.Kill()
		if t.Failed() {
			for _, s := range f.behind.Serves {
				t.Log(s.Tail(15))
			}
		}
	})
	trusted := func(names ...string) {
		t.Helper()
		for _, name := range names {
			eventually(t, "the journal of "+name+" is trusted", func(ctx context.Context) (bool, any) {
				metrics, err := f.behind.Serves[name].Metrics(ctx)
				return strings.Contains(metrics, journalTrusted), err
			})
		}
	}
	trusted(f.replicas...)
	checker, namespaces := newChecker(t, f.configuration), f.namespaces(t)
	arrive := func(t *testing.T, cases []*testCase) {
		for _, c := range cases {
			for _, order := range c.orders {
				t.Run(c.name+"/"+order.name, func(t *testing.T) {
					t.Parallel()
					f.arrive(t, newOracle(checker, namespaces, order.namespaces), order)
				})
			}
		}
	}
	half := len(f.cases) / 2
	t.Run("two", func(t *testing.T) { arrive(t, f.cases[:half]) })
	trusted(f.replicas...)
	for name, dealt := range f.behind.Dealt {
		metrics, err := f.behind.Serves[name].Metrics(t.Context())
		if err != nil || dealt.Load() == 0 {
			t.Errorf("%s was dealt %d requests, %v", name, dealt.Load(), err)
		}
		logReads(t, metrics)
	}
	t.Run("one of them lost", func(t *testing.T) {
		rest := f.cases[half:]
		var lost sync.WaitGroup
		lost.Go(func() {
			time.Sleep(2 * time.Second)
			if err := f.behind.Lose(t.Context(), f.replicas[1]); err != nil {
				t.Error(err)
			}
		})
		t.Run("arrive", func(t *testing.T) { arrive(t, rest) })
		lost.Wait()
	})
	trusted(f.replicas[0])
}

const journalTrusted = "\ndittoguard_journal_trusted 1\n"

func logReads(t *testing.T, metrics string) {
	t.Helper()
	for line := range strings.Lines(metrics) {
		if strings.HasPrefix(line, "dittoguard_live_requests_total") {
			t.Log(strings.TrimSpace(line))
		}
	}
}

// outrunning is a control plane of its own for cases that are refused, with watches that are seconds behind. Nothing is installed in it.
func outrunning(t *testing.T, remembers bool, fits func(*testCase) bool) *fixture {
	t.Helper()
	enforced, _ := builtinRules(t)
	shared := need(t)
	// Nobody else is there to let something in.
	f := &fixture{Cluster: own(t), binary: shared.binary, lag: 5 * time.Second, flags: []string{"--settle=1s"}}
	if !remembers {
		f.flags = []string{"--settle=24h"}
	}
	seen := map[string]bool{}
	for _, c := range shared.cases {
		if (testing.Short() || !remembers) && seen[c.rule] {
			continue // one of each rule
		}
		// An Ingress can copy requests to a Service of another namespace, which is the one way that is not looked for live: it
		// would take every Ingress of the cluster.
		if c.fails && fits(c) && enforced[c.rule] && c.name != "preauth-exposed/fail/ingress-nginx-mirror" {
			f.cases = append(f.cases, c)
			seen[c.rule] = true
		}
	}
	return f
}

func outrun(t *testing.T, remembers bool) {
	f := outrunning(t, remembers, func(*testCase) bool { return true })
	if err := f.install(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.serve.Kill()
		if t.Failed() {
			t.Log(f.serve.Tail(15))
		}
	})
	if remembers {
		eventually(t, "the journal is trusted", func(ctx context.Context) (bool, any) {
			metrics, err := f.serve.Metrics(ctx)
			return strings.Contains(metrics, journalTrusted), err
		})
	}
	checker, namespaces := newChecker(t, f.configuration), f.namespaces(t)
	t.Run("arrive", func(t *testing.T) {
		for _, c := range f.cases {
			for _, order := range c.orders {
				t.Run(c.name+"/"+order.name, func(t *testing.T) {
					t.Parallel()
					f.arrive(t, newOracle(checker, namespaces, order.namespaces), order)
				})
			}
		}
	})
	metrics, err := f.serve.Metrics(t.Context())
	if trusted := strings.Contains(metrics, journalTrusted); err != nil || trusted != remembers {
		t.Errorf("the journal is trusted: %t, %v", trusted, err)
	}
	logReads(t, metrics)
}
