package e2e

import (
	"strings"
	"testing"
)

// internal is a gateway that believes in identities, and that nothing leads to from outside.
const internal = `apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway}
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
        - {name: DEVOPS_PASSWORD, valueFrom: {secretKeyRef: {name: devops, key: devops}}}
        - {name: STATUS_PASSWORD, valueFrom: {secretKeyRef: {name: devops, key: status}}}
        ports:
        - {name: http, containerPort: 8080}
---
apiVersion: v1
kind: Service
metadata: {name: gateway}
spec:
  type: ClusterIP
  selector: {app: gateway}
  ports:
  - {name: http, port: 8080, targetPort: http}
`

// Whatever tool completes the way in, and whichever object it changes, is refused; the same tools work where they do no harm.
func TestEveryToolIsRefused(t *testing.T) {
	t.Parallel()
	n := in{need(t).Cluster, "tools"}
	n.admitted(t, internal, "apply", "--filename", "-")
	for _, test := range []struct {
		name, stdin string
		args        []string
	}{
		{"apply", n.ingress(), []string{"apply", "--filename", "-"}},
		{"server-side apply", n.ingress(), []string{"apply", "--server-side", "--filename", "-"}},
		{"create from a file", n.ingress(), []string{"create", "--filename", "-"}},
		{"create", "", []string{"create", "ingress", "api", "--class=nginx", "--rule=tools.example.com/api/2/things*=gateway:8080"}},
		{"strategic merge patch", "", []string{"patch", "service/gateway", "--patch", `{"spec": {"type": "LoadBalancer"}}`}},
		{"merge patch", "", []string{"patch", "service/gateway", "--type=merge", "--patch", `{"spec": {"type": "NodePort"}}`}},
		{"JSON patch", "", []string{"patch", "service/gateway", "--type=json", "--patch", `[{"op": "add", "path": "/spec/externalIPs", "value": ["192.0.2.1"]}]`}},
		{"expose", "", []string{"expose", "deployment/gateway", "--name=public", "--type=NodePort", "--port=8080"}},
		{"replace", strings.Replace(internal, "type: ClusterIP", "type: LoadBalancer", 1), []string{"replace", "--filename", "-"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			has(t, n.refused(t, "preauth-exposed", test.stdin, test.args...), "way in: ")
		})
	}
	t.Run("edit", func(t *testing.T) {
		edited := in{n.WithEnv("EDITOR=sed -i s/ClusterIP$/NodePort/", "TMPDIR="+t.TempDir()), n.namespace}
		edited.refused(t, "preauth-exposed", "", "edit", "service/gateway")
	})
	t.Run("nothing of it is there", func(t *testing.T) {
		if got := n.admitted(t, "", "get", "ingress,service", "--output=name"); got != "service/gateway\n" {
			t.Error(got)
		}
		if got := n.admitted(t, "", "get", "service/gateway", "--output=jsonpath={.spec.type}{.spec.externalIPs}"); got != "ClusterIP" {
			t.Error(got)
		}
	})
	t.Run("harmless uses", func(t *testing.T) {
		n.admitted(t, "", "scale", "deployment/gateway", "--replicas=2")
		n.admitted(t, "", "label", "service/gateway", "team=iot")
		n.admitted(t, "", "expose", "deployment/gateway", "--name=other", "--port=8080")
		n.admitted(t, "", "delete", "service/other")
		edited := in{n.WithEnv("EDITOR=sed -i 's/team: iot/team: edge/'", "TMPDIR="+t.TempDir()), n.namespace}
		has(t, edited.admitted(t, "", "edit", "service/gateway"), "service/gateway edited")
		n.admitted(t, "", "delete", "deployment/gateway", "service/gateway")
	})
}

// TestARelabelledPodIsJudged: a Pod gets into the reach of a public Service by its labels alone.
func TestARelabelledPodIsJudged(t *testing.T) {
	t.Parallel()
	n := in{need(t).Cluster, "relabel"}
	n.admitted(t, "", "create", "service", "loadbalancer", "public", "--tcp=80:8080")
	n.admitted(t, "", "run", "gateway", "--image=docker.io/eclipse/ditto-gateway:3.9.6", "--labels=app=hidden",
		"--env=ENABLE_PRE_AUTHENTICATION=true", "--env=DEVOPS_PASSWORD=correct-horse", "--env=STATUS_PASSWORD=battery-staple")
	has(t, n.refused(t, "preauth-exposed", "", "label", "pod/gateway", "app=public", "--overwrite"), "LoadBalancer of Service relabel/public")
	n.admitted(t, "", "label", "pod/gateway", "app=other", "--overwrite")
	// The Service comes to the Pod just as well.
	n.refused(t, "preauth-exposed", "", "set", "selector", "service/public", "app=other")
}

func TestServerDryRunIsRefusedInTheSameWordsAndLeavesNothing(t *testing.T) {
	t.Parallel()
	n := in{need(t).Cluster, "dry-run"}
	has(t, n.admitted(t, internal, "apply", "--dry-run=server", "--filename", "-"), "deployment.apps/gateway created (server dry run)")
	if got := n.admitted(t, "", "get", "deployment,service", "--output=name"); got != "" {
		t.Errorf("a dry run left %s", got)
	}
	n.admitted(t, internal, "apply", "--filename", "-")
	dry := n.refused(t, "preauth-exposed", n.ingress(), "apply", "--dry-run=server", "--filename", "-")
	if real := n.refused(t, "preauth-exposed", n.ingress(), "apply", "--filename", "-"); real != dry {
		t.Errorf("with --dry-run=server:\n%s\nwithout:\n%s", dry, real)
	}
}

// closed lets Ditto's own pods in, and nobody else.
const closed = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed}
spec:
  podSelector: {}
  policyTypes: [Ingress]
  ingress:
  - from: [{podSelector: {matchLabels: {app: gateway}}}]
`

// TestWhatIsolatesCannotBeDeleted, where the whole guide is enforced; but a namespace that is being deleted can be emptied.
func TestWhatIsolatesCannotBeDeleted(t *testing.T) {
	t.Parallel()
	n := in{need(t).Cluster, "terminating"}
	n.admitted(t, closed+"---\n"+internal, "apply", "--filename", "-")
	// Before the label says so, it is warned of.
	has(t, n.admitted(t, "", "delete", "networkpolicy/closed", "--dry-run=server"), "Warning: dittoguard: network-isolation: ")
	n.admitted(t, "", "label", "namespace", n.namespace, "dittoguard.io/enforce=restricted")
	out := n.refused(t, "network-isolation", "", "delete", "networkpolicy/closed")
	has(t, out, "deletion of NetworkPolicy terminating/closed "+refused)
	n.refused(t, "network-isolation", "", "patch", "networkpolicy/closed", "--type=merge", "--patch", `{"spec": {"ingress": [{}]}}`)
	n.admitted(t, "", "annotate", "networkpolicy/closed", "example.com/contact=iot")

	n.admitted(t, "", "delete", "namespace", n.namespace, "--wait=false")
	n.admitted(t, "", "delete", "networkpolicy,deployment,service", "--all")
}
