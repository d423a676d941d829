package e2e

import (
	"context"
	"strings"
	"testing"
	"time"
)

// TestObjectsThatOutrunTheCache: dittoguard's watches are seconds behind, and the objects of a way in follow one another at
// once. What completes it is refused all the same: as long as dittoguard remembers all that it let in, what that may have changed is read
// again before a request is allowed; where it cannot know, everything that decides is.
func TestObjectsThatOutrunTheCache(t *testing.T) {
	t.Run("remembered", func(t *testing.T) { outrun(t, true) })
	t.Run("read", func(t *testing.T) { outrun(t, false) })
}

func outrun(t *testing.T, remembers bool) {
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
		if c.fails && enforced[c.rule] && c.name != "preauth-exposed/fail/ingress-nginx-mirror" {
			f.cases = append(f.cases, c)
			seen[c.rule] = true
		}
	}
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
			return strings.Contains(metrics, "\ndittoguard_journal_trusted 1\n"), err
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
	if trusted := strings.Contains(metrics, "\ndittoguard_journal_trusted 1\n"); err != nil || trusted != remembers {
		t.Errorf("the journal is trusted: %t, %v", trusted, err)
	}
	for line := range strings.Lines(metrics) {
		if strings.HasPrefix(line, "dittoguard_live_requests_total") {
			t.Log(strings.TrimSpace(line))
		}
	}
}
