package e2e

import (
	"testing"
	"time"
)

// TestObjectsThatOutrunTheCache: dittoguard's watches are seconds behind, and the objects of a way in follow one another at
// once. What completes it is refused all the same, for what decides is read again before a request is allowed.
func TestObjectsThatOutrunTheCache(t *testing.T) {
	enforced, _ := builtinRules(t)
	shared := need(t)
	f := &fixture{Cluster: own(t), binary: shared.binary, lag: 5 * time.Second}
	seen := map[string]bool{}
	for _, c := range shared.cases {
		if testing.Short() && seen[c.rule] {
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
}
