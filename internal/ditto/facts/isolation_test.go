package facts

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/objects"
)

// isolationOf shows what the first port of the only component among the documents is, and its grants.
func isolationOf(t *testing.T, knows func(schema.GroupKind, string) bool, documents string) (tri.State, []Grant) {
	t.Helper()
	inv := inventory.NewMemory(index.Of, knows)
	for _, o := range objects.Of(t, documents) {
		inv.Put(o)
	}
	view := world.New(t.Context(), inv, world.Options{Cache: world.NewCache()})
	for _, o := range inv.All() {
		if parts := view.Parts(o); len(parts) > 0 {
			facts := OfComponent(view, parts[0])
			for _, p := range facts.Ports {
				if p.Isolated != facts.Ports[0].Isolated {
					t.Errorf("ports of one pod are isolated differently: %+v", facts.Ports)
				}
			}
			return facts.Ports[0].Isolated, facts.Grants
		}
	}
	t.Fatal("there is no component")
	return tri.State{}, nil
}

func TestIsolation(t *testing.T) {
	const statefulSet = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: things, namespace: ditto}
spec:
  template:
    metadata: {labels: {app: things}}
    spec:
      initContainers:
      - {name: migrate, image: migrate, ports: [{name: old, containerPort: 2551}]}
      - {name: sidecar, image: sidecar, restartPolicy: Always, ports: [{name: scrape, containerPort: 9095}]}
      containers: [{name: things, image: ditto-things}]
---
`
	policy := func(name, spec string) string {
		return "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: " + name + ", namespace: ditto}\nspec: " + spec + "\n---\n"
	}
	other := func(api, kind, namespace string) string {
		return "apiVersion: " + api + "\nkind: " + kind + "\nmetadata: {name: x, namespace: " + namespace + "}\n---\n"
	}
	on := tri.State{State: tri.On, Source: "NetworkPolicy a"}
	off := tri.State{State: tri.Off, Source: "no NetworkPolicy", Why: "no NetworkPolicy selects the pods"}
	unknown := func(why string) tri.State { return tri.State{State: tri.Unknown, Why: why} }
	for _, test := range []struct {
		name, policies string
		knows          func(schema.GroupKind, string) bool
		want           tri.State
		grants         []Grant
	}{
		{name: "without a policy", want: off},
		{name: "with one", policies: policy("a", "{podSelector: {}}"), want: on},
		{name: "with two", policies: policy("a", "{podSelector: {}}") + policy("b", "{podSelector: {matchLabels: {app: things}}}"),
			want: tri.State{State: tri.On, Source: "NetworkPolicy a, b"}},
		{name: "policies that cannot be read", knows: func(gk schema.GroupKind, _ string) bool { return gk != inventory.NetworkPolicy },
			want: unknown("the NetworkPolicies of namespace ditto cannot be read")},
		{name: "a policy for one pod of the set", policies: policy("a", "{podSelector: {}}") + policy("b", "{podSelector: {matchLabels: {statefulset.kubernetes.io/pod-name: things-0}}}"),
			want: unknown("whether NetworkPolicy ditto/b selects the pods depends on labels that only running pods have")},
		{name: "a policy for pods without a label that these get", policies: policy("b", "{podSelector: {matchExpressions: [{key: apps.kubernetes.io/pod-index, operator: DoesNotExist}]}}"),
			want: unknown("whether NetworkPolicy ditto/b selects the pods depends on labels that only running pods have")},
		{name: "a policy for one pod of another set", policies: policy("b", "{podSelector: {matchLabels: {app: policies, statefulset.kubernetes.io/pod-name: things-0}}}"), want: off},
		{name: "a label that these pods never get", policies: policy("b", "{podSelector: {matchLabels: {pod-template-hash: abc}}}"), want: off},
		{name: "a plugin's policy in the namespace", policies: policy("a", "{podSelector: {}}") + other("projectcalico.org/v3", "NetworkPolicy", "ditto"),
			want: unknown("NetworkPolicy ditto/x (projectcalico.org) may open or close the port, and is not evaluated")},
		{name: "a plugin's policy elsewhere", policies: policy("a", "{podSelector: {}}") + other("cilium.io/v2", "CiliumNetworkPolicy", "shop"), want: on},
		{name: "a plugin's policy for the cluster, wherever it says it is", policies: other("cilium.io/v2", "CiliumClusterwideNetworkPolicy", "shop"),
			want: unknown("CiliumClusterwideNetworkPolicy shop/x (cilium.io) may open or close the port, and is not evaluated")},
		{name: "grants are put together by policy and peer", want: on,
			policies: policy("a", "{podSelector: {}, ingress: [{ports: [{port: 2551}, {port: 2551}], from: [{podSelector: {}}]}, {ports: [{port: 7626}], from: [{podSelector: {}}, {ipBlock: {cidr: 192.0.2.0/24}}]}]}"),
			grants: []Grant{
				{Policy: "a", Scope: ScopeNamespace, Who: "every pod of namespace ditto", Ports: []Port{{recognize.PortRemoting, 2551}, {recognize.PortManagement, 7626}}},
				{Policy: "a", Scope: ScopeAddresses, Who: "addresses in 192.0.2.0/24", Ports: []Port{{recognize.PortManagement, 7626}}},
			}},
		{name: "a port by the name that a sidecar gives it, not one that is over by then", want: on,
			policies: policy("a", "{podSelector: {}, ingress: [{ports: [{port: scrape}, {port: old}]}]}"),
			grants:   []Grant{{Policy: "a", Scope: ScopeEveryone, Who: "everyone", Ports: []Port{{recognize.PortMetrics, 9095}}}}},
		{name: "a grant for nobody is none", want: on,
			policies: policy("a", "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: DoesNotExist}]}}]}]}")},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, grants := isolationOf(t, test.knows, strings.TrimSuffix(statefulSet+test.policies, "---\n"))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("isolated (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.grants, grants); diff != "" {
				t.Errorf("grants (-want +got):\n%s", diff)
			}
		})
	}
}
