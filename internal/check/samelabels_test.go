package check_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// TestChange_SameLabelsElsewhere: Services that choose pods by the same labels in other namespaces have no part in a change of one,
// and nothing of theirs is asked.
func TestChange_SameLabelsElsewhere(t *testing.T) {
	const service = `
apiVersion: v1
kind: Service
metadata: {name: public, namespace: ditto}
spec: {type: LoadBalancer, selector: {app: gateway}, ports: [{port: 8080}]}
`
	asked := map[int]int{}
	for _, others := range []int{1, 30} {
		texts := []string{gatewayDeployment(noPreAuth)}
		for i := range others {
			texts = append(texts, strings.ReplaceAll(gatewayDeployment(noPreAuth)+"---"+service, "namespace: ditto", fmt.Sprintf("namespace: other-%d", i)))
		}
		o := decodeAll(t, service)[0]
		got := verdict(t, everything(), inventoryOf(t, strings.Join(texts, "---")), check.Change{
			Request: &admissionv1.AdmissionRequest{Name: o.Ref.Name, Namespace: o.Ref.Namespace, Operation: admissionv1.Create}, Object: o,
		})
		if !got.Decisive {
			t.Fatal("a way in to the gateway decides nothing")
		}
		for _, q := range got.Read {
			if text := fmt.Sprint(q); strings.Contains(text, "other-") {
				t.Errorf("%d others: asked for %s", others, text)
			}
		}
		asked[others] = len(got.Read)
	}
	if asked[1] != asked[30] {
		t.Errorf("%d questions beside one, and %d beside 30", asked[1], asked[30])
	}
}

// TestChange_FilterOfOtherPods: an EnvoyFilter for pods that cannot be those of a Gateway has no part in it.
func TestChange_FilterOfOtherPods(t *testing.T) {
	const filter = `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: limit, namespace: istio-system}
spec:
  workloadSelector: {labels: {LABEL}}
  configPatches: [{applyTo: HTTP_FILTER, match: {context: GATEWAY}, patch: {operation: INSERT_BEFORE}}]
`
	const gateway = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: infra}
spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 80, protocol: HTTP}, hosts: ["*"]}]}
`
	inv := inventoryOf(t, gateway)
	for label, concerned := range map[string]bool{"istio: egressgateway": false, "istio: ingressgateway": true, "tier: edge": true} {
		o := decodeAll(t, strings.Replace(filter, "LABEL", label, 1))[0]
		got := verdict(t, everything(), inv, check.Change{
			Request: &admissionv1.AdmissionRequest{Name: o.Ref.Name, Namespace: o.Ref.Namespace, Operation: admissionv1.Create}, Object: o,
		})
		asks := slices.ContainsFunc(got.Read, func(q inventory.Question) bool { return q.ID.Namespace == "infra" || q.Key.Namespace == "infra" })
		if !got.Decisive || asks != concerned {
			t.Errorf("%s: decisive %t, asks for the Gateway: %t, want %t", label, got.Decisive, asks, concerned)
		}
	}
}
