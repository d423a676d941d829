package check_test

import (
	"slices"
	"testing"

	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/rules"
)

// TestChangesOfIsolation brings NetworkPolicies and what decides about them in and out, with the whole guide enforced.
func TestChangesOfIsolation(t *testing.T) {
	const gateway = `
kind: Deployment
apiVersion: apps/v1
metadata: {name: gateway}
spec:
  selector: {matchLabels: {app: gateway}}
  template:
    metadata: {labels: {app: gateway}}
    spec: {containers: [{name: gateway, image: ditto-gateway}]}
`
	const things = `
kind: Deployment
apiVersion: apps/v1
metadata: {name: things}
spec:
  selector: {matchLabels: {app: things}}
  template:
    metadata: {labels: {app: things}}
    spec: {containers: [{name: things, image: ditto-things}]}
`
	policy := func(name, spec string) string {
		return "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: " + name + "}\nspec: " + spec + "\n"
	}
	namespace := func(name, labels string) string {
		return "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + name + ", labels: " + labels + "}\n"
	}
	closed := policy("closed", "{podSelector: {}}")
	refused := []string{"network-isolation Deployment ditto/gateway"}
	both := []string{"network-isolation Deployment ditto/gateway", "network-isolation Deployment ditto/things"}

	rule := onlyRule(t, "network-isolation")
	for _, s := range []sequence{
		{name: "the policy comes first", steps: []step{
			{apply: gateway, denied: refused}, {apply: closed}, {apply: gateway}, {apply: things},
		}},
		{name: "a policy that isolates is not taken away", there: closed + "---\n" + gateway + "---\n" + things, steps: []step{
			{delete: closed, denied: both},
			{apply: policy("closed", "{podSelector: {matchLabels: {app: gateway}}}"), denied: []string{"network-isolation Deployment ditto/things"}},
			{apply: policy("closed", "{podSelector: {}, policyTypes: [Egress]}"), denied: both},
			{apply: policy("again", "{podSelector: {}}")}, {delete: closed},
		}},
		{name: "a policy that isolates is not loosened", there: closed + "---\n" + gateway + "---\n" + things, steps: []step{
			{apply: policy("closed", "{podSelector: {}, ingress: [{}]}"), denied: both},
			{apply: policy("http", "{podSelector: {matchLabels: {app: gateway}}, ingress: [{ports: [{port: 8080}]}]}"), denied: refused},
			{apply: policy("http", "{podSelector: {matchLabels: {app: gateway}}, ingress: [{ports: [{port: 8080}], from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: edge}}}]}]}")},
			{apply: policy("http", "{podSelector: {}, ingress: [{ports: [{port: 8080}], from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: edge}}}]}]}"), denied: []string{"network-isolation Deployment ditto/things"}},
		}},
		{name: "what is open may be closed bit by bit, and not opened again", there: gateway, steps: []step{
			{apply: policy("some", "{podSelector: {matchLabels: {app: gateway}}, ingress: [{ports: [{port: 2551}]}]}")},
			{apply: policy("some", "{podSelector: {matchLabels: {app: gateway}}, ingress: [{ports: [{port: 2551}, {port: 7626}]}]}"), denied: refused},
			{apply: policy("some", "{podSelector: {matchLabels: {app: gateway}}, ingress: [{ports: [{port: 2551}], from: [{namespaceSelector: {}}]}]}")},
			{apply: policy("some", "{podSelector: {matchLabels: {app: gateway}}, ingress: [{ports: [{port: 2551}], from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}]}]}")},
			{apply: policy("some", "{podSelector: {matchLabels: {app: gateway}}, ingress: [{ports: [{port: 2551}], from: [{namespaceSelector: {}}]}]}"), denied: refused},
			{apply: policy("some", "{podSelector: {matchLabels: {app: gateway}}, ingress: [{ports: [{port: 2551}], from: [{podSelector: {}}]}]}")},
			{delete: policy("some", ""), denied: refused},
		}},
		{name: "a workload that leaves its policy", there: policy("gateway", "{podSelector: {matchLabels: {app: gateway}}}") + "---\n" + gateway, steps: []step{
			{apply: `
kind: Deployment
apiVersion: apps/v1
metadata: {name: gateway}
spec:
  selector: {matchLabels: {app: gw}}
  template:
    metadata: {labels: {app: gw}}
    spec: {containers: [{name: gateway, image: ditto-gateway}]}
`, denied: refused},
		}},
		{name: "a namespace gets the label that opens the port",
			there: namespace("kube-system", "{}") + "---\n" + namespace("shop", "{}") + "---\n" + gateway + "---\n" +
				policy("team", "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: iot}}}], ports: [{port: 2551}]}]}"),
			steps: []step{
				{apply: namespace("shop", "{team: web}")}, {apply: namespace("shop", "{team: iot}"), denied: refused},
				{apply: namespace("lab", "{team: iot}"), denied: refused},
			}},
		{name: "policies elsewhere concern nobody here", there: closed + "---\n" + gateway, steps: []step{
			{apply: "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: open, namespace: shop}\nspec: {podSelector: {}, ingress: [{}]}\n"},
		}},
	} {
		t.Run(s.name, func(t *testing.T) {
			s.run(t, newChecker(t, []rules.HardeningRule{rule}, &config.Config{
				Modes: config.Modes{Enforce: config.ModeRestricted, Warn: config.ModeOff, Audit: config.ModeOff},
			}))
		})
	}
}

func onlyRule(t *testing.T, name string) rules.HardeningRule {
	t.Helper()
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.Index(rules.Names(list), name)
	if at < 0 {
		t.Fatalf("there is no rule %s", name)
	}
	return list[at]
}
