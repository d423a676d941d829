package check_test

import (
	"os"
	"strings"
	"testing"
)

// What cannot be done is not advised: what hands connections on has no paths to leave out.
func TestAdviceForWaysWithoutPaths(t *testing.T) {
	const (
		handsOn = " passes connections on, and has no paths to leave out: let an Ingress or a route that reads HTTP send the gateway what " +
			"clients need in its place; operators reach /devops, /status and /overall with kubectl port-forward."
		takeOut = "Take /devops, /status and /overall out of "
		reach   = "; operators reach them with kubectl port-forward."
	)
	for file, want := range map[string]string{
		"preauth-exposed/fail/tcp-route.yaml":           "TCPRoute ditto/api" + handsOn,
		"preauth-exposed/fail/f5-transport-server.yaml": "TransportServer ditto/ditto" + handsOn,
		"preauth-exposed/fail/grpc-route.yaml":          takeOut + "GRPCRoute ditto/api" + reach,
		"preauth-exposed/fail/traefik-service.yaml":     takeOut + "IngressRoute ditto/api" + reach,
		"preauth-exposed/fail/default-backend.yaml": "Give Ingress ditto/api rules for the paths that clients need, in the place of its default " +
			"backend; operators reach /devops, /status and /overall with kubectl port-forward.",
		"preauth-exposed/fail/external-ip.yaml": "Take externalIPs out of Service gateway, and let an Ingress or a route send the paths of the API there.",
	} {
		text, err := os.ReadFile("../../rules/builtin/" + file)
		if err != nil {
			t.Fatal(err)
		}
		advice := map[string]bool{}
		for _, f := range judged(t, checkerOf(t, "devops-exposed"), inventoryOf(t, string(text))).Findings {
			advice[strings.Join(strings.Fields(f.Advice), " ")] = true
		}
		if !advice[want] || len(advice) != 1 {
			t.Errorf("%s: advised %v, want %q", file, advice, want)
		}
	}
}
