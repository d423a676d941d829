package edges

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// ingressNginx is ingress-nginx: its controller reads Ingresses from a real API server, and writes the configuration of a real nginx,
// in which its own Lua chooses upstreams, certificates and redirects.
//
// The controller and nginx have the paths of its image for themselves: a root that is made for each run, in which only what is
// installed is the machine's, and processes of their own, which end with the controller.
var ingressNginx = &Edge{
	Name: "ingress-nginx", Software: "ingress-nginx", Login: login, Secure: true, Together: true, Generated: someIngresses,
	Note: "the module is of the days before the release; with nginx 1.22.1 and the Lua module 0.10.23 of Debian in the place of " +
		"nginx 1.25.5 and OpenResty's, without HTTP/2, TCP and UDP; of several addresses of a Service the first is taken in turn by a " +
		"line of our own, since Debian has no lua-resty-balancer",
	Classes: `apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: v1
kind: Namespace
metadata: {name: edge}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: default, namespace: edge}
---
apiVersion: v1
kind: Pod
metadata: {name: edge, namespace: edge}
spec:
  automountServiceAccountToken: false
  containers: [{name: none, image: none}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: snippets, namespace: edge}
data: {allow-snippet-annotations: "true", limit-req-status-code: "429"}
`,
	Beside: func(s *Scenario) string {
		return s.expand(endpoints(s, port) + certificate() + ingressNginxReady)
	},
	// Upstreams are there as soon as the first is not answered with 503 over TLS, where nothing redirects, and certificates once the
	// second, which has no upstream, redirects. What the ConfigMap of a scenario says holds for both.
	Ready: func(s *Scenario) []Probe {
		return []Probe{{Secure: true, Host: "ready." + s.Namespace() + ".invalid", Target: "/"}, {Host: "tls-" + s.Namespace() + ".invalid", Target: "/"}}
	},
	Answers: []int{http.StatusPermanentRedirect, http.StatusUnauthorized, http.StatusForbidden},
	Command: func(bin, dir, kubeconfig string, list ...*Scenario) (*exec.Cmd, doors, error) {
		args := []string{
			"--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", ownRoot, "sh", bin, filepath.Join(dir, "root"), kubeconfig,
			"--kubeconfig=/kubeconfig", "--update-status=false", "--disable-leader-election", "--enable-metrics=false", "--sync-rate-limit=10",
			"--healthz-port=10254", "--configmap=edge/snippets",
		}
		var namespaces []string
		var hosts strings.Builder
		for _, s := range list {
			for i, name := range services {
				fmt.Fprintf(&hosts, "%s %s.%s.svc.cluster.local\n", s.Address(i), name, s.Namespace())
			}
			namespaces = append(namespaces, s.Namespace())
			args = append(args, s.Args...)
		}
		args = append(args, "--watch-namespace-selector=kubernetes.io/metadata.name in (edge,"+strings.Join(namespaces, ",")+")")
		// nginx asks for the names in its configuration once; nobody answers those that it asks for later.
		if err := os.WriteFile(filepath.Join(dir, "hosts"), []byte(hosts.String()), 0o644); err != nil {
			return nil, doors{}, err
		}
		cmd := leashed("unshare", args...)
		at := doors{plain: "127.0.0.1:80", secure: "127.0.0.1:443"}
		return cmd, at, free(at.plain, at.secure, "127.0.0.1:10246")
	},
	Version: func(ctx context.Context, bin string) (string, error) {
		return versionOf(ctx, regexp.MustCompile(`Release: +v?(\d\S*)`), filepath.Join(bin, "ingress-nginx"), "--version")
	},
}

const ingressNginxReady = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ready, namespace: $ns, annotations: {nginx.ingress.kubernetes.io/ssl-redirect: "false"}}
spec:
  ingressClassName: nginx
  rules:
  - host: ready.$ns.invalid
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: auth, port: {number: 8080}}}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: tls, namespace: $ns, annotations: {nginx.ingress.kubernetes.io/ssl-redirect: "true"}}
spec:
  ingressClassName: nginx
  tls: [{hosts: [tls-$ns.invalid], secretName: tls}]
  rules:
  - host: tls-$ns.invalid
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: none, port: {number: 8080}}}}]}
`

// ownRoot makes a root for the controller and nginx, and becomes the controller.
const ownRoot = `bin=$1 root=$2 kubeconfig=$3
shift 3
mkdir -p "$root/etc/ingress-controller/telemetry" "$root/dev" "$root/proc" "$root/tmp/nginx" "$root/var/log/nginx" "$root/var/lib/nginx" "$root/usr"
cp -r "$bin/nginx" "$root/etc/nginx"
cp "$bin/ingress-nginx" "$kubeconfig" "$root"
cp /etc/ld.so.cache "$root/../hosts" "$root/etc"
printf 'root:x:0:0:root:/:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\n' >"$root/etc/group"
printf 'nameserver 127.0.0.1\n' >"$root/etc/resolv.conf"
mount --rbind /usr "$root/usr"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
for folder in bin lib lib64 sbin; do
  if [ -L "/$folder" ]; then
    ln -s "usr/$folder" "$root/$folder"
  elif [ -d "/$folder" ]; then
    mkdir "$root/$folder"
    mount --rbind "/$folder" "$root/$folder"
  fi
done
exec env -i PATH=/etc/nginx:/usr/sbin:/usr/bin:/bin NGINX_BINARY=/etc/nginx/nginx LD_LIBRARY_PATH=/etc/nginx/modules \
  LUA_PATH='/etc/nginx/lua/?.lua' LUA_CPATH='/etc/nginx/lua/?.so' POD_NAME=edge POD_NAMESPACE=edge \
  chroot "$root" /ingress-nginx "$@"
`
