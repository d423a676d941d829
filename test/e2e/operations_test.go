package e2e

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/test/cluster"
)

// install installs the chart with these modes, in a control plane of a test's own.
func install(t *testing.T, c *cluster.Cluster, enforce string, extra map[string]any, protected ...string) {
	t.Helper()
	configuration := map[string]any{
		"apiVersion": "dittoguard.io/v1alpha1", "kind": "Configuration",
		"modes": map[string]any{"enforce": enforce, "warn": "restricted", "audit": "restricted"},
	}
	text, err := values(protected, configuration, extra)
	if err != nil {
		t.Fatal(err)
	}
	if err := installChart(t.Context(), c, text); err != nil {
		t.Fatal(err)
	}
}

// policies are the failure policies of every webhook of dittoguard, by name.
func policies(t *testing.T, c *cluster.Cluster) map[string]string {
	t.Helper()
	found := map[string]string{}
	var validating admissionregistrationv1.ValidatingWebhookConfigurationList
	var mutating admissionregistrationv1.MutatingWebhookConfigurationList
	for _, list := range []client.ObjectList{&validating, &mutating} {
		if err := c.Client.List(t.Context(), list); err != nil {
			t.Fatal(err)
		}
	}
	for _, configuration := range validating.Items {
		for _, w := range configuration.Webhooks {
			found[w.Name] = string(*w.FailurePolicy)
		}
	}
	for _, configuration := range mutating.Items {
		for _, w := range configuration.Webhooks {
			found[w.Name] = string(*w.FailurePolicy)
		}
	}
	return found
}

// TestDryRun: everything gets in and nothing is changed, but it is said what would be refused; and a webhook that is down
// stops nothing.
func TestDryRun(t *testing.T) {
	t.Parallel()
	c := own(t, "ditto")
	install(t, c, "off", nil, "ditto")
	want := map[string]string{
		"protected.validate.dittoguard.io": "Ignore", "other.validate.dittoguard.io": "Ignore", "cluster.validate.dittoguard.io": "Ignore",
	}
	if diff := cmp.Diff(want, policies(t, c)); diff != "" {
		t.Errorf("webhooks: -want +got:\n%s", diff)
	}
	s := serve(t, c)
	helmTest(t, c, "The webhook lets in a harmless ConfigMap.", "It lets in a published password, and warns: dittoguard: sample-credentials: ")
	n := in{c, "ditto"}
	eventually(t, "a warning", func(ctx context.Context) (bool, any) {
		out, err := c.Kubectl(ctx, strings.NewReader(n.ingress()), "apply", "-n", "ditto", "--dry-run=server", "-f", "testdata/exposed.yaml")
		return err == nil && strings.Contains(out, "Warning: dittoguard: "), out
	})
	has(t, n.admitted(t, "", "apply", "--filename", "testdata/exposed.yaml"),
		"deployment.apps/gateway created", "Warning: dittoguard: preauth-exposed: ", "ingress.networking.k8s.io/api created")
	if got := n.env(t); len(got) != 0 {
		t.Errorf("a dry run changed the object: %v", got)
	}
	eventually(t, "the finding in the audit log", func(context.Context) (bool, any) {
		got := n.annotations(t, "ingresses")
		return strings.Contains(got["protected.validate.dittoguard.io/findings"], "preauth-exposed Deployment ditto/gateway"), got
	})
	s.Kill()
	n.admitted(t, "", "delete", "--filename", "testdata/exposed.yaml")
	n.admitted(t, "", "apply", "--filename", "testdata/exposed.yaml")
}

// TestTheWebhookIsDown: protected namespaces are closed, unless they say that they fail open, all others open, and uninstalling leaves nothing that blocks.
func TestTheWebhookIsDown(t *testing.T) {
	t.Parallel()
	c := own(t, "ditto", "lenient", unprotected)
	install(t, c, "baseline", map[string]any{"protectedNamespaces": []any{"ditto", map[string]any{"name": "lenient", "failurePolicy": "Ignore"}}})
	want := map[string]string{
		"protected.validate.dittoguard.io": "Fail", "other.validate.dittoguard.io": "Ignore", "cluster.validate.dittoguard.io": "Ignore",
		"protected.mutate.dittoguard.io": "Fail", "other.mutate.dittoguard.io": "Ignore",
		"protected-open.validate.dittoguard.io": "Ignore", "protected-open.mutate.dittoguard.io": "Ignore",
	}
	if diff := cmp.Diff(want, policies(t, c)); diff != "" {
		t.Errorf("webhooks: -want +got:\n%s", diff)
	}
	s := serve(t, c)
	enforcing(t, c, "ditto")
	enforcing(t, c, "lenient")
	enforcing(t, c, unprotected)
	ditto, lenient, elsewhere := in{c, "ditto"}, in{c, "lenient"}, in{c, unprotected}
	ditto.admitted(t, internal, "apply", "--filename", "-")
	helmTest(t, c, "The webhook lets in a harmless ConfigMap.", "It refuses a published password: ConfigMap ditto/dittoguard-probe is refused by dittoguard: sample-credentials")
	breaksTheGlass(t, s, ditto)
	s.Kill()

	out, err := c.Kubectl(t.Context(), strings.NewReader(ditto.ingress()), "apply", "--namespace", "ditto", "--filename", "-")
	if err == nil {
		t.Errorf("a protected namespace is open while the webhook is down:\n%s", out)
	}
	has(t, out, `failed calling webhook "protected.mutate.dittoguard.io"`)
	elsewhere.admitted(t, "", "apply", "--filename", "testdata/exposed.yaml")
	lenient.admitted(t, "", "apply", "--filename", "testdata/exposed.yaml")
	// What dittoguard does not judge is not its business.
	ditto.admitted(t, "", "create", "serviceaccount", "some")
	ditto.admitted(t, "", "scale", "deployment/gateway", "--replicas=2")
	// The way out that the chart's notes name, and the one that lasts.
	ditto.admitted(t, "", "get", "deployments", "--all-namespaces")
	if out, err := c.Helm(t.Context(), "uninstall", cluster.Release, "--namespace", cluster.Namespace); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := policies(t, c); len(got) != 0 {
		t.Errorf("left after uninstalling: %v", got)
	}
	eventually(t, "everything gets in", func(ctx context.Context) (bool, any) {
		out, err := c.Kubectl(ctx, strings.NewReader(ditto.ingress()), "apply", "--namespace", "ditto", "--filename", "-")
		return err == nil, out
	})
	for _, kind := range []string{"rolebinding", "role", "configmap", "secret", "service", "deployment"} {
		got := ditto.admitted(t, "", "get", kind, "--all-namespaces", "--selector=app.kubernetes.io/instance="+cluster.Release, "--output=name")
		if got != "" {
			t.Errorf("left after uninstalling: %s", got)
		}
	}
}
