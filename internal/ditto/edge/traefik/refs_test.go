package traefik

import (
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// FuzzTraefikCandidates: whatever a name inside Traefik is taken apart into makes that name again, and a hostile one costs
// little.
func FuzzTraefikCandidates(f *testing.F) {
	f.Add("ns-name@kubernetescrd, other@file,,@", "Middleware")
	f.Add("a-b-c-d@kubernetescrd", "TraefikService")
	f.Add(strings.Repeat("a-", 300)+"@kubernetescrd", "Middleware")
	f.Fuzz(func(t *testing.T, value, kind string) {
		for _, ref := range annotatedMiddlewares(map[string]string{Prefix + routerMiddlewares: value}, routerMiddlewares) {
			word, _, _ := strings.Cut(ref.Name, "@")
			list := ref.candidates()
			for _, id := range list {
				if id.Namespace+"-"+id.Name != word {
					t.Errorf("%q is taken for %s in %s", word, id.Name, id.Namespace)
				}
			}
			if len(list) > 2*63 {
				t.Errorf("%d candidates", len(list))
			}
		}
		for _, b := range wordBackends(value) {
			if joined := b.Namespace + "-" + b.Name + "-" + b.Port.String(); b.Port.IntVal == 0 && joined != value {
				t.Errorf("%q is taken for %q", value, joined)
			}
		}
		ref := reference{Kind: kind, Namespace: "ns", TraefikRef: crd.TraefikRef{Name: value}}
		if o, ambiguous := ref.resolve(nil); o != nil || ambiguous {
			t.Error("found something in nothing")
		}
	})
}
