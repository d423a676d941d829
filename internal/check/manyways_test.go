package check

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/engine"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
	"github.com/dittoguard/dittoguard/test/objects"
	"github.com/dittoguard/dittoguard/test/sample"
)

const manyWaysTo = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway, namespace: ditto}
spec:
  selector: {matchLabels: {app: gateway}}
  template:
    metadata: {labels: {app: gateway}}
    spec:
      containers:
      - name: gateway
        image: example.com/iot/ditto-gateway:3.9.6
        ports: [{name: http, containerPort: 8080}]
        env: [{name: ENABLE_PRE_AUTHENTICATION, value: "true"}]
---
apiVersion: v1
kind: Service
metadata: {name: gateway, namespace: ditto}
spec: {selector: {app: gateway}, ports: [{port: 8080}]}
`

func entry(kind, name, spec string) string {
	return "---\napiVersion: " + kind + "\nmetadata: {name: " + name + ", namespace: ditto}\nspec:\n" + spec
}

// TestOutcomes_ManyWaysAreJudgedAsOne counts how often rules are evaluated for thousands of ways to one gateway: for those of one
// entry as for one, whatever their paths, and for those of as many entries only where the name of the entry is in what a rule says.
// A change is judged twice: nothing is evaluated for the side that is the same.
func TestOutcomes_ManyWaysAreJudgedAsOne(t *testing.T) {
	sample.Large(t)
	const n = 4000
	path := "      - {path: /p%d, pathType: Prefix, backend: {service: {name: gateway, port: {number: 8080}}}}\n"
	host := "  ingressClassName: nginx\n  rules:\n  - host: a.example.com\n    http:\n      paths:\n"
	for _, tt := range []struct {
		name  string
		entry func(i int) string
		first string
		// rules say how many may be evaluated for each way; all of them are evaluated a few times.
		rules int
	}{
		{"paths of an Ingress", func(i int) string { return fmt.Sprintf(path, i) }, entry("networking.k8s.io/v1\nkind: Ingress", "api", host), 0},
		{"rules of a VirtualService", func(i int) string {
			return fmt.Sprintf("  - {match: [{uri: {prefix: /p%d}}], route: [{destination: {host: gateway, port: {number: 8080}}}]}\n", i)
		}, entry("networking.istio.io/v1\nkind: VirtualService", "api", "  hosts: [a.example.com]\n  gateways: [edge]\n  http:\n"), 0},
		{"rules of an HTTPRoute", func(i int) string {
			return fmt.Sprintf("  - {matches: [{path: {type: PathPrefix, value: /p%d}}], backendRefs: [{name: gateway, port: 8080}]}\n", i)
		}, entry("gateway.networking.k8s.io/v1\nkind: HTTPRoute", "api", "  parentRefs: [{name: edge}]\n  rules:\n"), 0},
		// Their names are in the words of preauth-exposed, devops-exposed, connections-exposed and paths-as-written.
		{"Ingresses", func(i int) string {
			return entry("networking.k8s.io/v1\nkind: Ingress", fmt.Sprintf("api-%d", i), host) + fmt.Sprintf(path, i)
		}, "", 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Builder{}
			text.WriteString(manyWaysTo + tt.first)
			for i := range n {
				text.WriteString(tt.entry(i))
			}
			list, err := rules.Builtin()
			if err != nil {
				t.Fatal(err)
			}
			passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true})
			defer passwords.Close()
			checker, err := New(Options{Rules: list, Proved: true, Passwords: passwords})
			if err != nil {
				t.Fatal(err)
			}
			inv := inventory.NewMemory(index.Of, nil)
			for _, o := range objects.Of(t, text.String()) {
				inv.Put(o)
			}
			// evaluations are those that judging all ways takes.
			evaluations := func() (ways, count int) {
				view := checker.view(t.Context(), inv, nil)
				part := view.Parts(view.Get(inventory.Deployment, "ditto", "gateway"))[0]
				gateway := checker.outcomes.of(rules.EachGateway, facts.Facts{Gateway: facts.OfGateway(view, part)})
				if part.Component != recognize.Gateway {
					t.Fatalf("it is a %s", part.Component)
				}
				exposures := topology.Exposures(view, part)
				for i := range exposures {
					known := checker.outcomes.ofExposure(gateway, &exposures[i])
					for _, r := range checker.rules[rules.EachExposure] {
						checker.outcomes.evaluate(r, known, func() engine.Outcome {
							count++
							return r.compiled.Evaluate(context.Background(), engine.Input{Facts: &known.Facts, Params: r.params})
						})
					}
				}
				return len(exposures), count
			}
			ways, count := evaluations()
			all := len(checker.rules[rules.EachExposure])
			if most := tt.rules*ways + 4*all; ways < n || count == 0 || count > most {
				t.Errorf("%d evaluations of %d rules for %d ways, want at most %d", count, all, ways, most)
			}
			if _, again := evaluations(); again > 0 {
				t.Errorf("%d evaluations for ways that are as they were", again)
			}
		})
	}
}
