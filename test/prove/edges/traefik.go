package edges

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
)

// traefik is Traefik with its three providers for Kubernetes, which read real objects from a real API server. Its entry points are
// those of its chart: web for plain HTTP, websecure with TLS.
//
// Nobody runs pods, so the EndpointSlices of the Services are written beside the objects of a scenario. Their addresses are those of the
// recording backend in the range for benchmarks: an API server refuses the addresses of loopback in them.
var traefik = &Edge{
	Name: "traefik", Software: "Traefik", Login: login, Secure: true, Generated: traefikGenerated,
	Note: "built from its module, with an earlier version of the module that checks passwords, and without the clients of clouds " +
		"(DNS for certificates, ECS)",
	Classes: `apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: traefik}
spec: {controller: traefik.io/ingress-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: traefik}
spec: {controllerName: traefik.io/gateway-controller}
`,
	Beside: func(s *Scenario) string {
		return s.expand(endpoints(s, port) + traefikReady)
	},
	// Each provider tells of its objects by itself.
	Ready: func(s *Scenario) []Probe {
		var list []Probe
		for _, provider := range []string{"ingress", "crd", "gateway"} {
			list = append(list, Probe{Host: provider + "." + s.Namespace() + ".invalid", Target: "/"})
		}
		return list
	},
	Command: func(bin, _, kubeconfig string, list ...*Scenario) (*exec.Cmd, doors, error) {
		at := doors{plain: "127.0.0.1:80", secure: "127.0.0.1:443"}
		args := []string{
			"--global.checkNewVersion=false", "--global.sendAnonymousUsage=false", "--log.level=ERROR",
			"--providers.providersThrottleDuration=100ms",
			"--entryPoints.web.address=" + at.plain, "--entryPoints.websecure.address=" + at.secure, "--entryPoints.websecure.http.tls=true",
		}
		for _, provider := range []string{"kubernetesCRD", "kubernetesIngress", "kubernetesGateway"} {
			args = append(args, "--providers."+provider+"=true")
			if len(list) == 1 {
				args = append(args, "--providers."+provider+".namespaces="+list[0].Namespace())
			}
		}
		for _, s := range list {
			args = append(args, s.Args...)
		}
		cmd := leashed(filepath.Join(bin, "traefik"), args...)
		cmd.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig)
		return cmd, at, nil
	},
	Version: func(ctx context.Context, bin string) (string, error) {
		return versionOf(ctx, regexp.MustCompile(`Version:\s+(\d\S*)`), filepath.Join(bin, "traefik"), "version")
	},
}

// traefikReady is an object of each provider, for a host that no probe asks for.
const traefikReady = `apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: ready, namespace: $ns}
spec:
  routes: [{kind: Rule, match: "Host(` + "`crd.$ns.invalid`" + `)", priority: 1000000, services: [{name: other, port: 8080}]}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ready, namespace: $ns, annotations: {traefik.ingress.kubernetes.io/router.priority: "1000000"}}
spec:
  ingressClassName: traefik
  rules: [{host: ingress.$ns.invalid, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: other, port: {number: 8080}}}}]}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: ready, namespace: $ns}
spec:
  gatewayClassName: traefik
  listeners: [{name: web, port: 80, protocol: HTTP, hostname: gateway.$ns.invalid}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: ready, namespace: $ns}
spec:
  parentRefs: [{name: ready}]
  hostnames: [gateway.$ns.invalid]
  rules: [{backendRefs: [{name: other, port: 8080}]}]
`
