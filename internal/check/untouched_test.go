package check_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// updated is what the mutations make of an object that takes the place of another one.
func updated(t *testing.T, checker *check.Checker, inv inventory.Reader, old, now *inventory.Object) check.Mutation {
	t.Helper()
	m, err := checker.Mutate(t.Context(), inv, check.Change{
		Request: &admissionv1.AdmissionRequest{Operation: admissionv1.Update, Name: now.Ref.Name, Namespace: now.Ref.Namespace},
		Object:  now, OldObject: old,
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestMutate_LeavesAloneWhatIsNotTouched: a label or somebody's bookkeeping on a running Ingress injects nothing; a change of
// its spec, or of what its controller reads, does.
func TestMutate_LeavesAloneWhatIsNotTouched(t *testing.T) {
	list, cfg := edgeRules(t)
	checker := newChecker(t, list, cfg)
	class := "\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: nginx}\nspec: {controller: k8s.io/ingress-nginx}\n"
	ingress := withTLS(nginxIngress("api", "/api/2/things", "gateway", `proxy-buffering: "on"`))
	inv := inventoryOf(t, gatewayDeployment(noPreAuth)+"---"+gatewayService+"---"+class+"---"+ingress)
	old := decodeAll(t, ingress)[0]
	for _, test := range []struct {
		name, was, is string
		injects       bool
	}{
		{"nothing", "", "", false},
		{"a label", "metadata: {", "metadata: {labels: {team: iot}, ", false},
		{"an annotation that no controller reads", "annotations: {", "annotations: {argocd.argoproj.io/tracking-id: ditto, ", false},
		{"an annotation of its controller", `proxy-buffering: "on"`, `proxy-buffering: "off"`, true},
		{"its spec", "/api/2/things", "/api/2/policies", true},
	} {
		text := strings.Replace(ingress, test.was, test.is, 1)
		if test.was != "" && text == ingress {
			t.Fatalf("%s: nothing to replace in\n%s", test.name, ingress)
		}
		if m := updated(t, checker, inv, old, decodeAll(t, text)[0]); (m.Object != nil) != test.injects {
			t.Errorf("%s: %v", test.name, m.Notes)
		}
	}
}

// TestMutate_PutsBackInPlace: an environment variable that an apply takes out comes back to where it was, so that the pods are as
// they were; and two gateways in one pod are both named.
func TestMutate_PutsBackInPlace(t *testing.T) {
	checker := newChecker(t, []rules.HardeningRule{onlyRule(t, "stream-throttling")}, config.Default())
	deployment := func(first, second string) *inventory.Object {
		return decodeAll(t, `
apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway}
spec:
  selector: {matchLabels: {app: gateway}}
  template:
    metadata: {labels: {app: gateway}}
    spec:
      containers:
      - {name: gateway, image: ditto-gateway, env: [`+first+`]}
      - {name: second, image: ditto-gateway, env: [`+second+`]}
`)[0]
	}
	const (
		a, b = "{name: A, value: a}", "{name: B, value: b}"
		ws   = `{name: GATEWAY_WEBSOCKET_THROTTLING_ENABLED, value: "true"}`
		sse  = `{name: GATEWAY_SSE_THROTTLING_ENABLED, value: "true"}`
	)
	join := func(items ...string) string { return strings.Join(items, ", ") }
	const both = "set GATEWAY_WEBSOCKET_THROTTLING_ENABLED=true, GATEWAY_SSE_THROTTLING_ENABLED=true on container gateway; " +
		"set GATEWAY_WEBSOCKET_THROTTLING_ENABLED=true, GATEWAY_SSE_THROTTLING_ENABLED=true on container second"
	for _, test := range []struct {
		name           string
		old, now, want *inventory.Object
		note           string
	}{
		{"both gateways", deployment(b, b), deployment(a, a), deployment(join(a, ws, sse), join(a, ws, sse)), both},
		{
			"taken out of the middle", deployment(join(a, ws, sse, b), join(ws, sse)), deployment(join(a, b), ""),
			deployment(join(a, ws, sse, b), join(ws, sse)), both,
		},
		{
			"from different places, beside what is new", deployment(join(ws, a, sse), join(ws, sse, a)), deployment(join(a, b), a),
			deployment(join(ws, a, sse, b), join(ws, sse, a)), both,
		},
		{
			"a value that was another", deployment(join(`{name: GATEWAY_SSE_THROTTLING_ENABLED, value: "false"}`, a), join(ws, sse)), deployment(a, join(ws, sse)),
			deployment(join(a, ws, sse), join(ws, sse)),
			"set GATEWAY_WEBSOCKET_THROTTLING_ENABLED=true, GATEWAY_SSE_THROTTLING_ENABLED=true on container gateway",
		},
	} {
		inv := inventory.NewMemory(index.Of, nil)
		inv.Put(test.old)
		m := updated(t, checker, inv, test.old, test.now)
		if diff := cmp.Diff(test.note, m.Notes["stream-throttling"]); diff != "" {
			t.Errorf("%s: note (-want +got):\n%s", test.name, diff)
		}
		got, err := inventory.Decode(m.Object, inventory.Source{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want.PodTemplate(), got.PodTemplate()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}
