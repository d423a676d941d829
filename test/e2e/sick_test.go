package e2e

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/test/cluster"
)

// routeTo leads to a gateway from everywhere.
func routeTo(name string) string {
	return fmt.Sprintf(`apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: %[1]s, namespace: ditto}
spec: {host: %[1]s.example.com, to: {kind: Service, name: %[1]s}, port: {targetPort: http}}
`, name)
}

// TestAKindThatCannotBeRead: the objects of a custom resource cannot be listed, since the webhook that converts them is gone,
// before dittoguard is started and later. It is ready all the same, says what it does not know, and judges the rest; and it
// knows the kind again once the API server can read it.
func TestAKindThatCannotBeRead(t *testing.T) {
	t.Parallel()
	c := own(t, "ditto")
	n := in{c, "ditto"}
	define := func(conversion string) {
		t.Helper()
		n.admitted(t, cluster.RoutesConverted(conversion), "apply", "--server-side", "--filename", "-")
		n.admitted(t, "", "wait", "--for=condition=Established", "customresourcedefinition/routes.route.openshift.io")
	}
	listed := func(want bool) {
		t.Helper()
		eventually(t, "the conversion has changed", func(ctx context.Context) (bool, any) {
			out, err := c.Kubectl(ctx, nil, "get", "routes.v1.route.openshift.io", "--namespace", "ditto")
			return (err == nil) == want, out
		})
	}
	define(cluster.WellConversion)
	listed(true)
	n.admitted(t, routeTo("jwt"), "apply", "--filename", "-")
	define(cluster.BrokenConversion)
	listed(false)

	install(t, c, "baseline", nil, "ditto")
	s := serve(t, c)
	const kind = "Route.route.openshift.io"
	known := func(want bool) {
		t.Helper()
		eventually(t, fmt.Sprintf("the kind is known: %t", want), func(ctx context.Context) (bool, any) {
			ready, detail := s.Ready(ctx)
			metrics, err := s.Metrics(ctx)
			return ready && err == nil && strings.Contains(detail, "unknown: "+kind+": ") != want &&
				strings.Contains(metrics, `dittoguard_unread_kind{kind="`+kind+`"} 1`) != want, detail
		})
	}
	known(false)
	_, detail := s.Ready(t.Context())
	has(t, detail, `conversion webhook for route.openshift.io/v0, Kind=Route failed`)

	out, err := exec.CommandContext(t.Context(), shared.binary, "audit", "--output", "wide", "--kubeconfig", c.Kubeconfig).Output()
	if err != nil {
		t.Errorf("audit: %v", err)
	}
	has(t, string(out), "unknown: every Route\n", "it could not be listed: ", "conversion webhook for route.openshift.io/v0, Kind=Route failed")

	// Everything else is judged, as ever.
	enforcing(t, c, "ditto")
	jwt := strings.NewReplacer("gateway", "jwt", `value: "true"`, `value: "false"`)
	const unknown = "objects of kind " + kind + " cannot be read; some may lead to it"
	has(t, n.admitted(t, jwt.Replace(believing)+"---"+jwt.Replace(service), "apply", "--filename", "-"), "Warning: dittoguard: ", unknown)
	n.admitted(t, internal, "apply", "--filename", "-")
	n.refused(t, "preauth-exposed", n.ingress(), "apply", "--filename", "-")
	n.admitted(t, "", "scale", "deployment/gateway", "--replicas=2")

	define(cluster.WellConversion)
	listed(true)
	known(true)
	n.refused(t, "preauth-exposed", routeTo("gateway"), "apply", "--filename", "-")
	// The Route from before is known, too: the gateway that it leads to may not begin to believe everybody.
	has(t, n.refused(t, "preauth-exposed", "", "set", "env", "deployment/jwt", "ENABLE_PRE_AUTHENTICATION=true"), "way in: Route ditto/jwt")
	if out := n.admitted(t, "", "set", "env", "deployment/jwt", "SOME=thing", "--dry-run=server"); strings.Contains(out, unknown) {
		t.Errorf("it is still unknown:\n%s", out)
	}

	// A kind that falls sick later: what was read of it still counts, before anybody has noticed and after.
	define(cluster.BrokenConversion)
	listed(false)
	answer, err := c.Kubectl(t.Context(), nil, "set", "env", "deployment/jwt", "ENABLE_PRE_AUTHENTICATION=true", "--namespace", "ditto")
	if err == nil {
		t.Fatalf("got in\n%s", answer)
	}
	// An API server of 1.34 converts for every list, so that what is read live fails: then the request does, closed.
	if !strings.Contains(answer, "reading every Route in ditto: conversion webhook") {
		has(t, answer, refused, "preauth-exposed (guide section ")
	}
	known(false)
	has(t, n.refused(t, "preauth-exposed", "", "set", "env", "deployment/jwt", "ENABLE_PRE_AUTHENTICATION=true"), "way in: Route ditto/jwt")
	n.admitted(t, "", "scale", "deployment/gateway", "--replicas=1")
	if ready, detail := s.Ready(t.Context()); !ready {
		t.Error(detail)
	}
}
