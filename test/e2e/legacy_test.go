package e2e

import (
	"testing"
)

// What is bad already can be worked with: only what makes it worse, or bad again, is refused.

func TestAnUpdateThatHasNothingToDoWithTheHoleGetsThrough(t *testing.T) {
	t.Parallel()
	n := in{need(t).Cluster, "legacy-updates"}
	const warning = "Warning: dittoguard: preauth-exposed: "
	n.admitted(t, "", "scale", "deployment/gateway", "--replicas=3")
	has(t, n.admitted(t, "", "label", "deployment/gateway", "team=iot"), warning)
	has(t, n.admitted(t, "", "annotate", "deployment/gateway", "example.com/contact=iot"), warning)
	has(t, n.admitted(t, "", "set", "image", "deployment/gateway", "gateway=docker.io/eclipse/ditto-gateway:3.9.7"), warning)
	has(t, n.admitted(t, "", "annotate", "ingress/api", "example.com/contact=iot"), warning)
	n.admitted(t, "", "label", "service/gateway", "team=iot")
	// Half a fix is not stopped either.
	n.admitted(t, "", "set", "env", "deployment/gateway", "DEVOPS_STATUS_SECURED=true")
}

func TestAnUpdateThatMakesItWorseIsRefused(t *testing.T) {
	t.Parallel()
	n := in{need(t).Cluster, "legacy-delete"}
	n.refused(t, "preauth-exposed", "", "expose", "deployment/gateway", "--name=second", "--type=LoadBalancer", "--port=8080")
	n.refused(t, "preauth-exposed", "", "patch", "ingress/api", "--type=json", "--patch",
		`[{"op": "add", "path": "/spec/rules/0/http/paths/-", "value": {"path": "/ws/2", "pathType": "Prefix", "backend": {"service": {"name": "gateway", "port": {"name": "http"}}}}}]`)
	// Taking the way in away is always possible, and taking it away by halves.
	n.admitted(t, "", "delete", "ingress/api")
	n.refused(t, "preauth-exposed", "", "apply", "--filename", "testdata/exposed.yaml")
	n.admitted(t, "", "delete", "deployment/gateway", "service/gateway")
}

func TestAFixGetsThroughAndARollbackDoesNot(t *testing.T) {
	t.Parallel()
	n := in{need(t).Cluster, "legacy-rollback"}
	has(t, n.admitted(t, "", "apply", "--filename", "testdata/fixed.yaml"), "deployment.apps/gateway configured")
	out := n.refused(t, "preauth-exposed", "", "apply", "--filename", "testdata/exposed.yaml")
	has(t, out, "Deployment legacy-rollback/gateway "+refused, "way in: Ingress legacy-rollback/api",
		"Service legacy-rollback/gateway", "fix: ", "ENABLE_PRE_AUTHENTICATION")
	got := n.admitted(t, "", "get", "deployment/gateway", "--output", `jsonpath={.spec.template.spec.containers[0].env[?(@.name=="ENABLE_PRE_AUTHENTICATION")].value}`)
	if got != "false" {
		t.Errorf("ENABLE_PRE_AUTHENTICATION is %q after the refusal", got)
	}
}

func TestAFixByASingleSettingGetsThrough(t *testing.T) {
	t.Parallel()
	n := in{need(t).Cluster, "legacy-fix"}
	n.admitted(t, "", "set", "env", "deployment/gateway", "ENABLE_PRE_AUTHENTICATION=false")
	n.refused(t, "preauth-exposed", "", "set", "env", "deployment/gateway", "ENABLE_PRE_AUTHENTICATION=true")
}
