package recognize

import (
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
)

// The proxies that are read.
const (
	NginxSoftware  = "nginx"
	Oauth2Software = "oauth2-proxy"
)

// software is a program that hands requests on to others, by which an object of Kubernetes can be told to run it.
type software struct {
	// name is what people call it.
	name string
	// images are the last elements of the names of its images, commands what starts it, and files the folders that its
	// configuration lies in.
	images, commands, files []string
	// tunnel: it reaches out to whoever sends it requests, so that it is a way in without an object that opens one.
	tunnel bool
}

// proxySoftware are the proxies that people run beside nginx. Controllers of entry points have kinds of their own, and
// are proxies where they are told by hand what to forward. Sources: the images' documentation.
var proxySoftware = []software{
	{name: Oauth2Software, images: []string{"oauth2-proxy", "oauth2_proxy"},
		commands: []string{"oauth2-proxy", "oauth2_proxy"}, files: []string{"/etc/oauth2-proxy", "/etc/oauth2_proxy"}},
	{name: "HAProxy", images: []string{"haproxy", "haproxy-alpine", "haproxy-debian"}, commands: []string{"haproxy"},
		files: []string{"/usr/local/etc/haproxy", "/etc/haproxy", "/bitnami/haproxy"}},
	{name: "Caddy", images: []string{"caddy"}, commands: []string{"caddy"}, files: []string{"/etc/caddy"}},
	{name: "Envoy", images: []string{"envoy", "envoy-alpine", "envoy-distroless", "envoy-contrib"},
		commands: []string{"envoy"}, files: []string{"/etc/envoy"}},
	{name: "Traefik", images: []string{"traefik"}, commands: []string{"traefik"}, files: []string{"/etc/traefik"}},
	{
		name: "Apache httpd", images: []string{"httpd", "apache"},
		commands: []string{"httpd", "httpd-foreground", "apache2", "apachectl", "apache2ctl"},
		files:    []string{"/usr/local/apache2/conf", "/etc/httpd", "/etc/apache2", "/opt/bitnami/apache"},
	},
	{name: "lighttpd", images: []string{"lighttpd"}, commands: []string{"lighttpd"}, files: []string{"/etc/lighttpd"}},
	{name: "socat", images: []string{"socat"}, commands: []string{"socat"}},
	{name: "Varnish", images: []string{"varnish"}, commands: []string{"varnishd"}, files: []string{"/etc/varnish"}},
	{name: "Squid", images: []string{"squid"}, commands: []string{"squid"}, files: []string{"/etc/squid"}},
	{name: "KrakenD", images: []string{"krakend"}, commands: []string{"krakend"}, files: []string{"/etc/krakend"}},
	{name: "Tyk", images: []string{"tyk-gateway"}, files: []string{"/opt/tyk-gateway"}},
	{name: "Kong", images: []string{"kong", "kong-gateway"}, commands: []string{"kong"},
		files: []string{"/kong", "/etc/kong"}},
	{name: "APISIX", images: []string{"apisix"}, commands: []string{"apisix"}, files: []string{"/usr/local/apisix"}},
	{name: "Emissary", images: []string{"emissary", "ambassador", "aes"}},
	{name: "Skipper", images: []string{"skipper"}, commands: []string{"skipper"}},
	{name: "Pomerium", images: []string{"pomerium"}, commands: []string{"pomerium"}, files: []string{"/pomerium"}},
	{
		name: "Gatekeeper for Keycloak", images: []string{"gatekeeper", "gogatekeeper", "louketo-proxy",
			"keycloak-gatekeeper"},
		commands: []string{"gatekeeper", "louketo-proxy", "keycloak-proxy"},
	},
	{name: "stunnel", images: []string{"stunnel"}, commands: []string{"stunnel", "stunnel4"},
		files: []string{"/etc/stunnel"}},
	{name: "Ghostunnel", images: []string{"ghostunnel"}, commands: []string{"ghostunnel"}},
	{name: "Tinyproxy", images: []string{"tinyproxy"}, commands: []string{"tinyproxy"},
		files: []string{"/etc/tinyproxy"}},
	{name: "mitmproxy", images: []string{"mitmproxy"}, commands: []string{"mitmproxy", "mitmdump", "mitmweb"}},
	{name: "gost", images: []string{"gost"}, commands: []string{"gost"}, files: []string{"/etc/gost"}},

	{name: "cloudflared", images: []string{"cloudflared"}, commands: []string{"cloudflared"},
		files: []string{"/etc/cloudflared"}, tunnel: true},
	{name: "ngrok", images: []string{"ngrok"}, commands: []string{"ngrok"}, files: []string{"/etc/ngrok"},
		tunnel: true},
	{name: "Tailscale", images: []string{"tailscale"}, commands: []string{"tailscaled", "containerboot"}, tunnel: true},
	{name: "frp", images: []string{"frpc"}, commands: []string{"frpc"}, files: []string{"/etc/frp"}, tunnel: true},
	{name: "inlets", images: []string{"inlets", "inlets-pro"}, commands: []string{"inlets", "inlets-pro"},
		tunnel: true},
	{name: "zrok", images: []string{"zrok"}, commands: []string{"zrok"}, tunnel: true},
	{name: "OpenZiti", images: []string{"ziti-tunnel", "ziti-edge-tunnel", "ziti-host"},
		commands: []string{"ziti-tunnel", "ziti-edge-tunnel"}, tunnel: true},
	{name: "chisel", images: []string{"chisel"}, commands: []string{"chisel"}, tunnel: true},
	{name: "rathole", images: []string{"rathole"}, commands: []string{"rathole"}, tunnel: true},
	{name: "wstunnel", images: []string{"wstunnel"}, commands: []string{"wstunnel"}, tunnel: true},
	{name: "bore", images: []string{"bore"}, commands: []string{"bore"}, tunnel: true},
	{name: "NetBird", images: []string{"netbird"}, commands: []string{"netbird"}, tunnel: true},
	{name: "autossh", images: []string{"autossh"}, commands: []string{"autossh"}, tunnel: true},
}

// nginxFolders are where nginx reads its configuration: of its own image and of distributions, of the Software
// Collections image that Ditto's OpenShift manifests use, of OpenResty, Bitnami and the images that OpenShift builds
// sources with.
var nginxFolders = []string{
	"/etc/nginx", "/opt/bitnami/nginx/conf", "/usr/local/openresty/nginx/conf", "/opt/app-root/etc/nginx.d",
	"/opt/app-root/etc/nginx.default.d", "/opt/app-root/etc/nginx-start",
}

// softwareOf names the proxy that a container runs, empty if it is none that is known. image is the last element of its
// image's name, mounts is where something is mounted.
func softwareOf(image string, c *corev1.Container, mounts map[string]bool) string {
	words := commandWords(c)
	if image == "nginx" || strings.HasPrefix(image, "nginx-") || image == "openresty" ||
		slices.Contains(words, "nginx") || slices.Contains(words, "openresty") {
		return NginxSoftware
	}
	for mount := range mounts {
		if path.Base(mount) == "nginx.conf" ||
			slices.ContainsFunc(nginxFolders, func(folder string) bool { return podspec.Within(mount, folder) }) {
			return NginxSoftware
		}
	}
	for i := range proxySoftware {
		s := &proxySoftware[i]
		if slices.Contains(s.images, image) ||
			slices.ContainsFunc(s.commands, func(command string) bool { return slices.Contains(words, command) }) {
			return s.name
		}
	}
	for i := range proxySoftware {
		for _, folder := range proxySoftware[i].files {
			for mount := range mounts {
				if podspec.Within(mount, folder) {
					return proxySoftware[i].name
				}
			}
		}
	}
	return ""
}

// ProxyImages are the last elements of the names of images that are known for proxies.
func ProxyImages() []string {
	images := []string{"nginx", "nginx-unprivileged", "openresty"}
	for _, s := range proxySoftware {
		images = append(images, s.images...)
	}
	return images
}

// IsTunnel says whether a proxy is a way in by itself.
func IsTunnel(name string) bool {
	return slices.ContainsFunc(proxySoftware, func(s software) bool { return s.name == name && s.tunnel })
}

// commandWords are the programs that a container's command may start: its first word, and, where that is a shell, the
// words of its script that stand where a command does.
func commandWords(c *corev1.Container) []string {
	argv := slices.Concat(c.Command, c.Args)
	for len(argv) > 0 && (isInit(argv[0]) || strings.HasPrefix(argv[0], "-")) {
		argv = argv[1:]
	}
	if len(argv) == 0 {
		return nil
	}
	words := []string{path.Base(argv[0])}
	if i := slices.Index(argv, "-c"); podspec.IsShell(words[0]) && i > 0 && i+1 < len(argv) {
		start := true
		for _, word := range scriptWords(argv[i+1]) {
			if start || word == "exec" {
				words = append(words, path.Base(word))
			}
			start = word == "exec" || word == ";" || word == "&&" || word == "||" || word == "|" || word == "&" ||
				word == "do" || word == "then"
		}
	}
	return words
}

// isInit: a program that only starts another one.
func isInit(name string) bool {
	switch path.Base(name) {
	case "tini", "dumb-init", "env":
		return true
	}
	return false
}

// scriptWords splits a shell script roughly: what ends a command is a word of its own.
func scriptWords(script string) []string {
	return strings.Fields(strings.NewReplacer("\n", " ; ", ";", " ; ", "&&", " && ", "||", " || ", "(", " ; ", ")",
		" ; ").Replace(script))
}
