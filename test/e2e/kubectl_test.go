package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/test/cluster"
)

const refused = "is refused by dittoguard"

// in is a namespace that a test runs kubectl in.
type in struct {
	*cluster.Cluster

	namespace string
}

// admitted runs kubectl, which has to succeed, and returns what it printed.
func (n in) admitted(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	out, err := n.Kubectl(t.Context(), strings.NewReader(stdin), append([]string{"--namespace", n.namespace}, args...)...)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return out
}

// refused runs kubectl, which has to fail with dittoguard's message for the rule, and returns what it printed.
func (n in) refused(t *testing.T, rule, stdin string, args ...string) string {
	t.Helper()
	out, err := n.Kubectl(t.Context(), strings.NewReader(stdin), append([]string{"--namespace", n.namespace}, args...)...)
	if err == nil {
		t.Fatalf("kubectl %s: got in\n%s", strings.Join(args, " "), out)
	}
	has(t, out, refused, rule+" (guide section ")
	return out
}

// has fails the test if the text lacks one of the parts.
func has(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Fatalf("nothing of %q in:\n%s", part, text)
		}
	}
}

// within is how long is waited for what happens within seconds where nobody disturbs it. Only what never happens takes as long.
const within = 5 * time.Minute

// eventually polls until the condition holds.
func eventually(t *testing.T, what string, condition func(ctx context.Context) (ok bool, seen any)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	for {
		ok, seen := condition(ctx)
		if ok {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within %s; last seen: %v", what, within, seen)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// passwords is a ConfigMap that is refused by itself: an htpasswd with Ditto's sample password.
func passwords(namespace string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "nginx-users"},
		Data:       map[string]string{"nginx.htpasswd": "ditto:A6BgmB8IEtPTs\n"},
	}
}

// enforcing waits until the API server asks dittoguard: it learns of a changed webhook configuration a little later.
func enforcing(t *testing.T, c *cluster.Cluster, namespace string) {
	t.Helper()
	eventually(t, "a sample password is refused in "+namespace, func(ctx context.Context) (bool, any) {
		err := c.Client.Create(ctx, passwords(namespace), client.DryRunAll)
		return err != nil && strings.Contains(err.Error(), refused), err
	})
}

const ingress = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: api}
spec:
  ingressClassName: nginx
  rules:
  - host: NAMESPACE.example.com
    http:
      paths:
      - {path: /api/2/things, pathType: Prefix, backend: {service: {name: gateway, port: {number: 8080}}}}
`

// ingressIn leads to the gateway from a host of the namespace's own.
func (n in) ingress() string { return strings.ReplaceAll(ingress, "NAMESPACE", n.namespace) }
