package recognize

import (
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/command"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
)

// The proxies that are read.
const (
	NginxSoftware  = "nginx"
	Oauth2Software = "oauth2-proxy"
)

// sshSoftware is ssh with a port of its server's that it forwards from.
const sshSoftware = "ssh -R"

// software is a program that hands requests on to others, by which an object of Kubernetes can be told to run it.
type software struct {
	// name is what people call it.
	name string
	// images are the last elements of the names of its images, commands what starts it, and files the folders that its
	// configuration lies in.
	images, commands, files []string
	// words are those that, in an image's name, make it one with it: corp/haproxy-edge.
	words []string
	// tunnel: it reaches out to whoever sends it requests, so that it is a way in without an object that opens one.
	tunnel bool
}

// proxySoftware are the proxies that people run beside nginx. Controllers of entry points have kinds of their own, and
// are proxies where they are told by hand what to forward. Sources: the images' documentation.
var proxySoftware = []software{
	{name: Oauth2Software, images: []string{"oauth2-proxy", "oauth2_proxy"},
		commands: []string{"oauth2-proxy", "oauth2_proxy"}, files: []string{"/etc/oauth2-proxy", "/etc/oauth2_proxy"}},
	{name: "Angie", images: []string{"angie"}, words: []string{"angie"}, commands: []string{"angie"},
		files: []string{"/etc/angie"}},
	{name: "HAProxy", words: []string{"haproxy"}, images: []string{"haproxy", "haproxy-alpine", "haproxy-debian"}, commands: []string{"haproxy"},
		files: []string{"/usr/local/etc/haproxy", "/etc/haproxy", "/bitnami/haproxy"}},
	{name: "Caddy", words: []string{"caddy"}, images: []string{"caddy"}, commands: []string{"caddy"}, files: []string{"/etc/caddy"}},
	{name: "Envoy", words: []string{"envoy"}, images: []string{"envoy", "envoy-alpine", "envoy-distroless", "envoy-contrib"},
		commands: []string{"envoy"}, files: []string{"/etc/envoy"}},
	{name: "Traefik", words: []string{"traefik"}, images: []string{"traefik"}, commands: []string{"traefik"}, files: []string{"/etc/traefik"}},
	{
		name: "Apache httpd", words: []string{"httpd", "apache2"}, images: []string{"httpd", "apache"},
		commands: []string{"httpd", "httpd-foreground", "apache2", "apachectl", "apache2ctl"},
		files:    []string{"/usr/local/apache2/conf", "/etc/httpd", "/etc/apache2", "/opt/bitnami/apache"},
	},
	{name: "lighttpd", words: []string{"lighttpd"}, images: []string{"lighttpd"}, commands: []string{"lighttpd"}, files: []string{"/etc/lighttpd"}},
	{name: "socat", words: []string{"socat"}, images: []string{"socat"}, commands: []string{"socat"}},
	{name: "Varnish", words: []string{"varnish"}, images: []string{"varnish"}, commands: []string{"varnishd"}, files: []string{"/etc/varnish"}},
	{name: "Squid", words: []string{"squid"}, images: []string{"squid"}, commands: []string{"squid"}, files: []string{"/etc/squid"}},
	{name: "KrakenD", words: []string{"krakend"}, images: []string{"krakend"}, commands: []string{"krakend"}, files: []string{"/etc/krakend"}},
	{name: "Tyk", images: []string{"tyk-gateway"}, files: []string{"/opt/tyk-gateway"}},
	{name: "Kong", words: []string{"kong"}, images: []string{"kong", "kong-gateway"}, commands: []string{"kong"},
		files: []string{"/kong", "/etc/kong"}},
	{name: "APISIX", words: []string{"apisix"}, images: []string{"apisix"}, commands: []string{"apisix"}, files: []string{"/usr/local/apisix"}},
	{name: "Emissary", images: []string{"emissary", "ambassador", "aes"}},
	{name: "Skipper", images: []string{"skipper"}, commands: []string{"skipper"}},
	{name: "Pomerium", words: []string{"pomerium"}, images: []string{"pomerium"}, commands: []string{"pomerium"}, files: []string{"/pomerium"}},
	{
		name: "Gatekeeper for Keycloak", images: []string{"gatekeeper", "gogatekeeper", "louketo-proxy",
			"keycloak-gatekeeper"},
		commands: []string{"gatekeeper", "louketo-proxy", "keycloak-proxy"},
	},
	{name: "stunnel", words: []string{"stunnel"}, images: []string{"stunnel"}, commands: []string{"stunnel", "stunnel4"},
		files: []string{"/etc/stunnel"}},
	{name: "Ghostunnel", words: []string{"ghostunnel"}, images: []string{"ghostunnel"}, commands: []string{"ghostunnel"}},
	{name: "Tinyproxy", words: []string{"tinyproxy"}, images: []string{"tinyproxy"}, commands: []string{"tinyproxy"},
		files: []string{"/etc/tinyproxy"}},
	{name: "mitmproxy", words: []string{"mitmproxy"}, images: []string{"mitmproxy"}, commands: []string{"mitmproxy", "mitmdump", "mitmweb"}},
	{name: "gost", images: []string{"gost"}, commands: []string{"gost"}, files: []string{"/etc/gost"}},

	{name: "cloudflared", words: []string{"cloudflared"}, images: []string{"cloudflared"}, commands: []string{"cloudflared"},
		files: []string{"/etc/cloudflared"}, tunnel: true},
	{name: "ngrok", words: []string{"ngrok"}, images: []string{"ngrok"}, commands: []string{"ngrok"}, files: []string{"/etc/ngrok"},
		tunnel: true},
	{name: "Tailscale", words: []string{"tailscale"}, images: []string{"tailscale"}, commands: []string{"tailscaled", "containerboot"}, tunnel: true},
	{name: "frp", words: []string{"frpc"}, images: []string{"frpc"}, commands: []string{"frpc"}, files: []string{"/etc/frp"}, tunnel: true},
	{name: "inlets", images: []string{"inlets", "inlets-pro"}, commands: []string{"inlets", "inlets-pro"},
		tunnel: true},
	{name: "zrok", words: []string{"zrok"}, images: []string{"zrok"}, commands: []string{"zrok"}, tunnel: true},
	{name: "OpenZiti", images: []string{"ziti-tunnel", "ziti-edge-tunnel", "ziti-host"},
		commands: []string{"ziti-tunnel", "ziti-edge-tunnel"}, tunnel: true},
	{name: "chisel", words: []string{"chisel"}, images: []string{"chisel"}, commands: []string{"chisel"}, tunnel: true},
	{name: "rathole", words: []string{"rathole"}, images: []string{"rathole"}, commands: []string{"rathole"}, tunnel: true},
	{name: "wstunnel", words: []string{"wstunnel"}, images: []string{"wstunnel"}, commands: []string{"wstunnel"}, tunnel: true},
	{name: "bore", images: []string{"bore"}, commands: []string{"bore"}, tunnel: true},
	{name: "NetBird", words: []string{"netbird"}, images: []string{"netbird"}, commands: []string{"netbird"}, tunnel: true},
	{name: "autossh", words: []string{"autossh"}, images: []string{"autossh"}, commands: []string{"autossh"}, tunnel: true},
	{name: sshSoftware, tunnel: true},
	{name: "newt", images: []string{"newt"}, commands: []string{"newt"}, tunnel: true},
	{name: "localtunnel", images: []string{"localtunnel"}, words: []string{"localtunnel"},
		commands: []string{"lt", "localtunnel"}, tunnel: true},
	// Whatever it is, it is called one.
	{name: "tunnel", words: []string{"tunnel"}, tunnel: true},
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
	started := programs(c)
	if strings.HasPrefix(image, "nginx-") || hasWord(image, nginxWords) ||
		slices.ContainsFunc(started, func(c command.Command) bool { return IsNginx(c.Program()) }) {
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
		if slices.Contains(s.images, image) || slices.ContainsFunc(started, s.runs) {
			return s.name
		}
	}
	for i := range proxySoftware {
		if hasWord(image, proxySoftware[i].words) {
			return proxySoftware[i].name
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

// nginxWords are the words by which the name of an image says that it is an nginx, or a fork with the same
// configuration at the same place.
var nginxWords = []string{"nginx", "openresty", "freenginx", "tengine"}

// IsNginx says whether a program is nginx.
func IsNginx(program string) bool {
	return program == "nginx-debug" || slices.Contains(nginxWords, program)
}

// besideProxies are words of images that stand beside a proxy whose name they have: what watches it, tells it what to
// do, or is asked by it.
var besideProxies = []string{
	"admin", "agent", "amplify", "auth", "bench", "benchmark", "certs", "cli", "config", "configurator", "control",
	"controller", "controlplane", "dashboard", "docs", "exporter", "fabric", "gen", "ingress", "init", "injector", "log",
	"logger", "logs", "manager", "metrics", "monitor", "operator", "plugin", "plugins", "prometheus", "ratelimit",
	"reloader", "test", "tests", "ui", "webhook", "wrapper",
}

// hasWord says whether one of the words stands in the name of an image, and none that makes it something else.
func hasWord(image string, words []string) bool {
	if len(words) == 0 {
		return false
	}
	parts := strings.FieldsFunc(strings.ToLower(image), func(r rune) bool { return r == '-' || r == '_' || r == '.' })
	return slices.ContainsFunc(parts, func(part string) bool { return slices.Contains(words, part) }) &&
		!slices.ContainsFunc(parts, func(part string) bool { return slices.Contains(besideProxies, part) })
}

// runs says whether a command starts the program.
func (s *software) runs(c command.Command) bool {
	program := c.Program()
	if program == "ssh" && s.name == sshSoftware {
		return forwardsBack(c.Words[1:])
	}
	return slices.Contains(s.commands, program)
}

// forwardsBack says whether ssh opens a port at the other end (-R, RemoteForward), by which requests come in.
func forwardsBack(args []string) bool {
	return slices.ContainsFunc(args, func(arg string) bool {
		// Options without a value may stand before it in one word: -NTR.
		before, _, remote := strings.Cut(arg, "R")
		return remote && strings.HasPrefix(arg, "-") && strings.Trim(before[1:], "46AaCfGgKkMNnqsTtVvXxYy") == "" ||
			strings.Contains(strings.ToLower(arg), "remoteforward")
	})
}

// ProxyImages are the last elements of the names of images that are known for proxies.
func ProxyImages() []string {
	images := append([]string{"nginx-unprivileged"}, nginxWords...)
	for _, s := range proxySoftware {
		images = append(append(images, s.images...), s.words...)
	}
	return images
}

// IsTunnel says whether a proxy is a way in by itself.
func IsTunnel(name string) bool {
	return slices.ContainsFunc(proxySoftware, func(s software) bool { return s.name == name && s.tunnel })
}

// programs are the programs that a container may start, by its command line and behind its start.
func programs(c *corev1.Container) []command.Command {
	argv := slices.Concat(c.Command, c.Args)
	for len(argv) > 0 && strings.HasPrefix(argv[0], "-") {
		argv = argv[1:]
	}
	var list []command.Command
	if len(argv) > 0 {
		list, _ = command.Of(argv)
	}
	if c.Lifecycle != nil && c.Lifecycle.PostStart != nil && c.Lifecycle.PostStart.Exec != nil {
		started, _ := command.Of(c.Lifecycle.PostStart.Exec.Command)
		list = append(list, started...)
	}
	return list
}
