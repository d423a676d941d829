package audit

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/rules"
)

const gateway = `
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
        image: docker.io/eclipse/ditto-gateway:3.9.6
        env:
        - {name: ENABLE_PRE_AUTHENTICATION, value: "true"}
        - {name: DEVOPS_PASSWORD, value: s3cret-in-the-manifest}
        - {name: STATUS_PASSWORD, valueFrom: {secretKeyRef: {name: devops, key: status}}}
        ports: [{name: http, containerPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: gateway, namespace: ditto}
spec: {selector: {app: gateway}, ports: [{name: http, port: 8080, targetPort: http}]}
---
`

const entry = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: api, namespace: ditto}
spec:
  ingressClassName: nginx
  tls: [{hosts: [ditto.example.com], secretName: tls}]
  rules:
  - host: ditto.example.com
    http: {paths: [{path: /api/2/things, pathType: Prefix, backend: {service: {name: gateway, port: {name: http}}}}]}
---
`

// of are the results of a policy in a report.
func of(t *testing.T, report any, policy string) []any {
	t.Helper()
	var found []any
	list, _ := report.(map[string]any)["results"].([]any)
	for _, one := range list {
		if one.(map[string]any)["policy"] == policy {
			found = append(found, one)
		}
	}
	return found
}

// TestWhatAnIngressOpensIsReported: what was there before is found from the start; what a change opens and closes follows, as a report, an
// Event and a metric; and what has nothing to do with it writes nothing.
func TestWhatAnIngressOpensIsReported(t *testing.T) {
	audited(t, []string{"openreports"}, gateway, func(w *world) {
		if said := w.said(); slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, "preauth-exposed") }) || len(said) == 0 {
			t.Errorf("from the start: %q", said)
		}
		w.writes()
		w.apply(entry)
		w.settle()
		if got := w.said(); !containsAll(got, []string{
			"Warning PolicyViolation Deployment ditto/gateway: preauth-exposed", "Warning PolicyViolation Ingress ditto/api: edge-rate-limit",
		}) {
			t.Errorf("Events after the Ingress came: %q", got)
		}
		report := w.reports("openreports")["dittoguard-deployment-gateway"]
		if report == nil {
			t.Fatalf("reports: %v", w.reports("openreports"))
		}
		results := of(t, report.Object, "preauth-exposed")
		if len(results) != 1 {
			t.Fatalf("results: %v", report.Object["results"])
		}
		properties := results[0].(map[string]any)["properties"].(map[string]any)
		message := results[0].(map[string]any)["message"].(string)
		if !strings.Contains(message, "pre-authentication is on") {
			t.Error(message)
		}
		delete(results[0].(map[string]any), "message")
		want := map[string]any{}
		if err := yaml.Unmarshal([]byte(`
source: dittoguard
policy: preauth-exposed
category: Ditto hardening guide, section 1
severity: critical
result: fail
scored: true
timestamp: {seconds: 0, nanos: 0}
properties:
  action: deny
  level: baseline
  entry: Ingress ditto/api
`), &want); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"way", "routes", "keys", "fix", "id"} {
			if properties[name] == nil {
				t.Errorf("no %s in %v", name, properties)
			}
			delete(properties, name)
		}
		at := results[0].(map[string]any)["timestamp"].(map[string]any)["seconds"]
		results[0].(map[string]any)["timestamp"] = want["timestamp"]
		if diff := cmp.Diff(normal(t, want), normal(t, results[0])); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		delete(report.Object, "results")
		summary := report.Object["summary"]
		delete(report.Object, "summary")
		wantReport := map[string]any{}
		if err := yaml.Unmarshal([]byte(`
apiVersion: openreports.io/v1alpha1
kind: Report
metadata:
  name: dittoguard-deployment-gateway
  namespace: ditto
  labels: {app.kubernetes.io/managed-by: dittoguard}
  ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: gateway, uid: deployment-gateway}]
source: dittoguard
scope: {apiVersion: apps/v1, kind: Deployment, namespace: ditto, name: gateway, uid: deployment-gateway}
`), &wantReport); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(normal(t, wantReport), normal(t, report.Object)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if fails := summary.(map[string]any)["fail"]; fails == int64(0) {
			t.Errorf("summary: %v", summary)
		}
		if err := testutil.GatherAndCompare(w.metrics, strings.NewReader(`
# HELP dittoguard_audit_leader 1 if this replica audits, 0 if another one does.
# TYPE dittoguard_audit_leader gauge
dittoguard_audit_leader 1
`), "dittoguard_audit_leader"); err != nil {
			t.Error(err)
		}
		if n := w.findings("preauth-exposed", "deny", "ditto"); n != 1 {
			t.Errorf("dittoguard_findings is %d", n)
		}

		if w.writes() == 0 {
			t.Error("nothing was written")
		}
		w.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: leader, namespace: kube-system}\ndata: {holder: a}\n")
		w.settle()
		// What is found keeps its time, and is written no more, if everything is judged again.
		time.Sleep(2 * time.Hour)
		w.settle()
		if n := w.writes(); n > 0 {
			t.Errorf("%d writes though nothing changed", n)
		}
		w.apply(strings.Replace(entry, "/api/2/things", "/api/2/things/x", 1))
		w.settle()
		results = of(t, w.reports("openreports")["dittoguard-deployment-gateway"].Object, "preauth-exposed")
		if again := results[0].(map[string]any)["timestamp"].(map[string]any)["seconds"]; again != at {
			t.Errorf("found at %v, and later at %v", at, again)
		}
		if said := w.said(); len(said) > 0 {
			t.Errorf("Events though no verdict changed: %q", said)
		}

		w.Delete(w.Find(kindKey("Ingress", "networking.k8s.io"))[0].Ref.ID())
		w.settle()
		if got := w.said(); !containsAll(got, []string{"Normal PolicyResolved Deployment ditto/gateway: preauth-exposed"}) {
			t.Errorf("Events after the Ingress went: %q", got)
		}
		if report := w.reports("openreports")["dittoguard-ingress-api"]; report != nil {
			t.Errorf("the report of what is gone: %v", report)
		}
		if len(of(t, w.reports("openreports")["dittoguard-deployment-gateway"].Object, "preauth-exposed")) > 0 || w.findings("preauth-exposed", "deny", "ditto") != 0 {
			t.Error("it is still reported")
		}
	})
}

// TestNoSecretIsTold: a password that is written out is found, and nowhere repeated.
func TestNoSecretIsTold(t *testing.T) {
	audited(t, []string{"policyreport"}, gateway+entry, func(w *world) {
		text, err := yaml.Marshal(w.reports("policyreport"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "literal-secrets") || strings.Contains(string(text), "s3cret") {
			t.Errorf("%s", text)
		}
	})
}

// TestWithoutAnAPIOfReports: that is said once and is no error, Events and metrics are there, and an API that comes later is noticed; of two
// it is the first, whose reports take the place of the other's.
func TestWithoutAnAPIOfReports(t *testing.T) {
	audited(t, nil, gateway+entry, func(w *world) {
		time.Sleep(3 * time.Hour)
		w.settle()
		const says = "no reports, since openreports.io/v1alpha1 and wgpolicyk8s.io/v1alpha2 are not installed; Events and metrics are there"
		if n := strings.Count(w.logged(), says); n != 1 {
			t.Errorf("said %d times:\n%s", n, w.logged())
		}
		if note := w.auditor.Note(); !strings.Contains(note, says) {
			t.Error(note)
		}
		if len(w.said()) == 0 || w.findings("preauth-exposed", "deny", "ditto") != 1 || w.writes() != 0 {
			t.Error("without reports there is nothing else")
		}
		w.served.install("policyreport")
		time.Sleep(2 * lookForReports)
		w.settle()
		if w.reports("policyreport")["dittoguard-deployment-gateway"] == nil || strings.Contains(w.auditor.Note(), says) {
			t.Errorf("%v: %s", w.reports("policyreport"), w.auditor.Note())
		}
		w.served.install("policyreport", "openreports")
		time.Sleep(2 * lookForReports)
		w.settle()
		if w.reports("openreports")["dittoguard-deployment-gateway"] == nil || len(w.reports("policyreport")) > 0 {
			t.Errorf("%d and %d reports", len(w.reports("openreports")), len(w.reports("policyreport")))
		}
		if said := w.said(); len(said) > 0 {
			t.Errorf("told again: %q", said)
		}
	})
}

// TestAnotherReplicaGoesOn: it tells nothing again that a report has kept, and tells what was mended meanwhile.
func TestAnotherReplicaGoesOn(t *testing.T) {
	audited(t, []string{"openreports"}, gateway+entry, func(w *world) {
		if !containsAll(w.said(), []string{"Warning PolicyViolation Deployment ditto/gateway: preauth-exposed"}) {
			t.Fatal("it was not told")
		}
		w.again(func() {})
		if said := w.said(); len(said) > 0 {
			t.Errorf("told again: %q", said)
		}
		w.again(func() { w.Delete(w.Find(kindKey("Ingress", "networking.k8s.io"))[0].Ref.ID()) })
		if said := w.said(); !containsAll(said, []string{"Normal PolicyResolved Deployment ditto/gateway: preauth-exposed"}) {
			t.Errorf("told: %q", said)
		}
		if w.reports("openreports")["dittoguard-ingress-api"] != nil {
			t.Error("the report of what went meanwhile is still there")
		}
	})
}

// TestALapsedException: what it let pass is found as soon as its last day is over, and nothing needs to change for it.
func TestALapsedException(t *testing.T) {
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	audited(t, []string{"openreports"}, gateway+entry, func(w *world) {
		until := time.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly)
		w.configure(list, "exceptions:\n- {rules: [preauth-exposed], match: {namespace: ditto}, reason: on purpose, expires: "+until+"}\n")
		w.settle()
		results := of(t, w.reports("openreports")["dittoguard-deployment-gateway"].Object, "preauth-exposed")
		if len(results) != 1 || results[0].(map[string]any)["result"] != "skip" || results[0].(map[string]any)["message"] != "excepted until "+until+": on purpose" {
			t.Errorf("while the exception counts: %v", results)
		}
		w.said()
		time.Sleep(48 * time.Hour)
		w.settle()
		results = of(t, w.reports("openreports")["dittoguard-deployment-gateway"].Object, "preauth-exposed")
		if len(results) != 1 || results[0].(map[string]any)["result"] != "fail" {
			t.Errorf("when it has lapsed: %v", results)
		}
		if said := w.said(); !containsAll(said, []string{"Warning PolicyViolation Deployment ditto/gateway: preauth-exposed"}) {
			t.Errorf("told: %q", said)
		}
	})
}

func containsAll(list, want []string) bool {
	return !slices.ContainsFunc(want, func(s string) bool { return !slices.Contains(list, s) })
}
