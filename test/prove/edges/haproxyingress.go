package edges

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
)

// haproxyIngress is haproxy-ingress, which reads Ingresses from a real API server, writes the configuration of a real HAProxy and starts
// that. Its folders are below that of the run, which it and HAProxy know by a name that is short enough for sockets.
//
// Nobody runs pods, so the EndpointSlices of the Services are written beside the objects of a scenario, with addresses as for Traefik.
var haproxyIngress = &Edge{
	Name: "haproxy-ingress", Software: "haproxy-ingress", Login: login, Secure: true, Generated: someHAProxyIngresses,
	Note: "built from its module, with the HAProxy of Debian, which is later than the one in its image",
	Classes: `apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: haproxy}
spec: {controller: haproxy-ingress.github.io/controller}
`,
	Beside: func(s *Scenario) string { return s.expand(certificate() + endpoints(s, port) + haproxyReady) },
	Ready:  func(s *Scenario) []Probe { return []Probe{{Host: "ready." + s.Namespace() + ".invalid", Target: "/"}} },
	// What a ConfigMap says for all Ingresses holds for that host, too.
	Answers: []int{http.StatusFound, http.StatusTemporaryRedirect, http.StatusUnauthorized, http.StatusForbidden},
	Command: func(bin, dir, kubeconfig string, list ...*Scenario) (*exec.Cmd, doors, error) {
		at := doors{plain: "127.0.0.1:80", secure: "127.0.0.1:443"}
		if err := free(at.plain); err != nil {
			return nil, at, err
		}
		for from, to := range map[string]string{"rootfs": "rootfs", "rootfs/etc/lua": "etc/haproxy/lua"} {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, to)), 0o750); err != nil {
				return nil, at, err
			}
			if err := os.CopyFS(filepath.Join(dir, to), os.DirFS(filepath.Join(bin, from))); err != nil {
				return nil, at, err
			}
		}
		args := []string{
			"--kubeconfig=" + kubeconfig, "--local-filesystem-prefix=/proc/self/cwd", "--update-status=false", "--enable-endpointslices-api",
			"--rate-limit-update=10", "--wait-before-update=50ms", "--profiling=false",
		}
		if len(list) == 1 {
			args = append(args, "--watch-namespace="+list[0].Namespace())
		}
		for _, s := range list {
			args = append(args, s.Args...)
		}
		// HAProxy runs by itself, in the background; it ends with the processes that it knows of.
		cmd := leashed("unshare", append([]string{"--pid", "--fork", "--kill-child", filepath.Join(bin, "haproxy-ingress")}, args...)...)
		cmd.Dir = dir
		if len(list) == 1 { // where the parameters of classes are
			cmd.Env = append(os.Environ(), "POD_NAMESPACE="+list[0].Namespace())
		}
		return cmd, at, nil
	},
	Version: func(ctx context.Context, bin string) (string, error) {
		own, err := versionOf(ctx, regexp.MustCompile(`Release:\s+v?(\d\S*)`), filepath.Join(bin, "haproxy-ingress"), "--version")
		if err != nil {
			return "", err
		}
		proxy, err := versionOf(ctx, regexp.MustCompile(`version (\d+\.\d+\.\d+)`), "haproxy", "-v")
		return own + " with HAProxy " + proxy, err
	},
}

// haproxyReady is an Ingress for a host that no probe asks for.
const haproxyReady = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: zz-ready, namespace: $ns}
spec:
  ingressClassName: haproxy
  rules: [{host: ready.$ns.invalid, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: other, port: {number: 8080}}}}]}}]
`
