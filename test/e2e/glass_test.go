package e2e

import (
	"context"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/test/cluster"
)

// breaksTheGlass has somebody who has only the chart's Role for it let in for a while what is refused: it is said everywhere, and ends.
func breaksTheGlass(t *testing.T, s *cluster.Serve, n in) {
	t.Helper()
	own := in{n.Cluster, cluster.Namespace}
	const onCall = "--as=on-call"
	breaking := []string{"create", "configmap", "dittoguard-break-glass", onCall, "--from-literal=for=1h", "--from-literal=reason=INC-4711", "--from-literal=namespaces=" + n.namespace}
	if out, err := own.Kubectl(t.Context(), nil, append(breaking, "--namespace", own.namespace)...); err == nil {
		t.Errorf("anybody may break the glass:\n%s", out)
	}
	own.admitted(t, "", "create", "rolebinding", "break-glass", "--role=dittoguard-break-glass", "--user=on-call")
	n.refused(t, "preauth-exposed", n.ingress(), "apply", "--filename", "-")

	own.admitted(t, "", breaking...)
	var said string
	eventually(t, "what is refused is let in", func(ctx context.Context) (bool, any) {
		out, err := n.Kubectl(ctx, strings.NewReader(n.ingress()), "apply", "--namespace", n.namespace, "--filename", "-")
		said = out
		return err == nil, out
	})
	has(t, said, "Warning: dittoguard: break glass until 20", "Z (INC-4711): let in, and refused again after that: preauth-exposed")
	eventually(t, "the audit log says it", func(context.Context) (bool, any) {
		got := n.annotations(t, "ingresses")
		return strings.HasPrefix(got["protected.validate.dittoguard.io/exempted"], "break glass until 20") &&
			strings.Contains(got["protected.validate.dittoguard.io/findings"], "preauth-exposed Deployment ditto/gateway"), got
	})
	eventually(t, "an Event says it", func(context.Context) (bool, any) {
		out := own.admitted(t, "", "get", "events", "--field-selector=reason=BreakGlass", "--output=jsonpath={.items[*].message}")
		return strings.Contains(out, "break-glass: break glass: nothing is refused in ditto until 20"), out
	})
	eventually(t, "what was let in is told", func(context.Context) (bool, any) {
		out := n.admitted(t, "", "get", "events", "--field-selector=reason=PolicyViolation", "--output=jsonpath={.items[*].message}")
		return strings.Contains(out, "preauth-exposed: "), out
	})
	if metrics, err := s.Metrics(t.Context()); err != nil || !strings.Contains(metrics, "\ndittoguard_break_glass_active 1\n") {
		t.Errorf("the metric does not say it: %v", err)
	}
	if ready, detail := s.Ready(t.Context()); !ready || !strings.Contains(detail, "[+]break glass ok, break glass: nothing is refused in ditto until 20") {
		t.Error(detail)
	}

	n.admitted(t, "", "delete", "ingress", "api")
	own.admitted(t, "", "delete", "configmap", "dittoguard-break-glass", onCall)
	eventually(t, "it is refused again", func(ctx context.Context) (bool, any) {
		out, err := n.Kubectl(ctx, strings.NewReader(n.ingress()), "apply", "--namespace", n.namespace, "--filename", "-", "--dry-run=server")
		return err != nil && strings.Contains(out, refused), out
	})
	own.admitted(t, "", "delete", "rolebinding", "break-glass")
}
