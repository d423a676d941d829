package oauth2proxy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/dittoguard/dittoguard/internal/ditto/oauth2proxy"
)

// read sums a configuration up.
type read struct {
	Upstreams        []oauth2proxy.Upstream
	Listen           []oauth2proxy.Listen
	LoggedIn, Anyone string
	Skips            string
	UserFile         string
	EveryUser        bool
	Unknown          []string
}

func TestRead(t *testing.T) {
	gateway := oauth2proxy.Upstream{Host: "gateway", Port: 8080, Path: "/"}
	plain := []oauth2proxy.Listen{{Port: 4180}}
	alpha := func(text string) oauth2proxy.Input {
		return oauth2proxy.Input{
			Args: []string{"--alpha-config=/etc/alpha.yaml"}, Env: map[string]string{"HOST": "gateway"},
			Files: map[string]string{"/etc/alpha.yaml": "upstreamConfig: {upstreams: [{id: a, path: /, uri: 'http://gateway:8080'}]}\nserver: {BindAddress: '0.0.0.0:4180'}\n" + text},
		}
	}
	withUsers := func(in oauth2proxy.Input) oauth2proxy.Input {
		in.Args = append(in.Args, "--htpasswd-file=/etc/users")
		return in
	}
	for name, test := range map[string]struct {
		in   oauth2proxy.Input
		want read
	}{
		"nothing": {oauth2proxy.Input{}, read{Listen: plain, LoggedIn: "client", Anyone: "client"}},
		"flags": {
			oauth2proxy.Input{Args: []string{
				"/bin/oauth2-proxy", "--upstream", "http://gateway:8080/", "--upstream=http://ui/ui/,static://202", "--http-address=0.0.0.0:8000",
				"--email-domain=*", "--reverse-proxy", "--htpasswd-file", "/etc/users",
			}},
			read{
				Upstreams: []oauth2proxy.Upstream{{Host: "ui", Port: 80, Path: "/ui/"}, gateway, {Path: "/"}}, Listen: []oauth2proxy.Listen{{Port: 8000}},
				LoggedIn: "client", Anyone: "client", UserFile: "/etc/users", EveryUser: true,
			},
		},
		"environment": {
			oauth2proxy.Input{Env: map[string]string{"OAUTH2_PROXY_UPSTREAMS": "http://gateway:8080", "OAUTH2_PROXY_SKIP_AUTH_ROUTES": "GET=^/health$"}},
			read{
				Upstreams: []oauth2proxy.Upstream{gateway}, Listen: plain, LoggedIn: "client", Anyone: "client",
				Skips: "skip-auth-route lets some paths through without a login",
			},
		},
		"file, and a flag before it": {
			oauth2proxy.Input{Args: []string{"--config=/etc/o.cfg", "--http-address=:1"}, Files: map[string]string{
				"/etc/o.cfg": "upstreams = [\n  \"https://gateway:8443/api/\"\n]\nhttp_address = \":2\"\nemail_domains = \"*\"\ntrusted_ips = [\"10.0.0.0/8\"]\n",
			}},
			read{
				Upstreams: []oauth2proxy.Upstream{{Host: "gateway", Port: 8443, Path: "/api/"}}, Listen: []oauth2proxy.Listen{{Port: 1}},
				LoggedIn: "client", Anyone: "client", EveryUser: true, Skips: "trusted-ip lets some addresses through without a login",
			},
		},
		"a file that is not there": {
			oauth2proxy.Input{Args: []string{"--config=/etc/o.cfg"}},
			read{Listen: plain, LoggedIn: "client", Anyone: "client", Unknown: []string{"file /etc/o.cfg was not found"}},
		},
		"with a certificate": {
			oauth2proxy.Input{Args: []string{"--tls-cert-file=/a", "--tls-key-file=/b", "--https-address=:8443"}},
			read{Listen: []oauth2proxy.Listen{{Port: 8443, TLS: true}}, LoggedIn: "client", Anyone: "client"},
		},
		"whoever says that the path is another": {
			oauth2proxy.Input{Args: []string{"--reverse-proxy", "--skip-auth-route=^/health$"}},
			read{
				Listen: plain, LoggedIn: "client", Anyone: "client",
				Skips: "with reverse-proxy, and without trusted-proxy-ip, a header says which path skip-auth-route is compared with",
			},
		},
		"preflight requests and tokens": {
			oauth2proxy.Input{Args: []string{"--skip-auth-preflight", "--skip-jwt-bearer-tokens", "--skip-auth-route=OPTIONS=^/"}},
			read{Listen: plain, LoggedIn: "client", Anyone: "client"},
		},
		"alpha without the header": {alpha(""), read{Upstreams: []oauth2proxy.Upstream{gateway}, Listen: plain, LoggedIn: "client", Anyone: "client"}},
		"alpha with a claim": {
			alpha("injectRequestHeaders: [{name: X-Ditto-Pre-Authenticated, values: [{claimSource: {claim: user, prefix: 'oauth:'}}]}]"),
			read{Upstreams: []oauth2proxy.Upstream{gateway}, Listen: plain, LoggedIn: "set", Anyone: "possibly-empty"},
		},
		"alpha with a claim, as older versions write it": {
			alpha("injectRequestHeaders: [{name: x-ditto-pre-authenticated, values: [{claim: email}]}]"),
			read{Upstreams: []oauth2proxy.Upstream{gateway}, Listen: plain, LoggedIn: "set", Anyone: "possibly-empty"},
		},
		"alpha with a claim that users of a password file lack": {
			withUsers(alpha("injectRequestHeaders: [{name: x-ditto-pre-authenticated, values: [{claimSource: {claim: email}}]}]")),
			read{Upstreams: []oauth2proxy.Upstream{gateway}, Listen: plain, LoggedIn: "possibly-empty", Anyone: "possibly-empty", UserFile: "/etc/users"},
		},
		"alpha with a claim that users of a password file have": {
			withUsers(alpha("injectRequestHeaders: [{name: x-ditto-pre-authenticated, values: [{claimSource: {claim: user}}]}]")),
			read{Upstreams: []oauth2proxy.Upstream{gateway}, Listen: plain, LoggedIn: "set", Anyone: "possibly-empty", UserFile: "/etc/users"},
		},
		"alpha with a claim that few have": {
			alpha("injectRequestHeaders: [{name: x-ditto-pre-authenticated, values: [{claimSource: {claim: preferred_username}}]}]"),
			read{Upstreams: []oauth2proxy.Upstream{gateway}, Listen: plain, LoggedIn: "possibly-empty", Anyone: "possibly-empty"},
		},
		"alpha with a constant": {
			alpha("injectRequestHeaders: [{name: x-ditto-pre-authenticated, values: [{secretSource: {value: bmdpbng6Z3Vlc3Q=}}]}]"),
			read{Upstreams: []oauth2proxy.Upstream{gateway}, Listen: plain, LoggedIn: "set", Anyone: "set"},
		},
		"alpha that keeps the client's": {
			alpha("injectRequestHeaders: [{name: x-ditto-pre-authenticated, preserveRequestValue: true, values: [{claimSource: {claim: user}}]}]"),
			read{Upstreams: []oauth2proxy.Upstream{gateway}, Listen: plain, LoggedIn: "client", Anyone: "client"},
		},
		"alpha that takes it away": {
			alpha("injectRequestHeaders: [{name: x_ditto_pre_authenticated, values: [{claimSource: {claim: user}}]}]"),
			read{Upstreams: []oauth2proxy.Upstream{gateway}, Listen: plain, LoggedIn: "removed", Anyone: "removed"},
		},
		"alpha with variables": {
			oauth2proxy.Input{
				Args: []string{"--alpha-config", "/a"}, Env: map[string]string{"HOST": "gateway"},
				Files: map[string]string{"/a": "upstreamConfig: {upstreams: [{path: /, uri: 'http://${HOST}:8080'}]}\ninjectRequestHeaders: [{name: '${NAME}'}]"},
			},
			read{
				Upstreams: []oauth2proxy.Upstream{gateway}, LoggedIn: "client", Anyone: "client",
				Unknown: []string{"variable NAME of the alpha configuration is not known"},
			},
		},
		"alpha that is not there": {
			oauth2proxy.Input{Args: []string{"--alpha-config", "/a"}},
			read{LoggedIn: "unknown", Anyone: "unknown", Unknown: []string{"file /a was not found"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := oauth2proxy.Read(test.in)
			got := read{
				Listen: c.Listen, LoggedIn: c.LoggedIn.State, Anyone: c.Anyone.State, UserFile: c.UserFile, EveryUser: c.EveryUser, Unknown: c.Unknown,
			}
			for _, u := range c.Upstreams {
				got.Upstreams = append(got.Upstreams, *u)
			}
			if c.Skips != nil {
				got.Skips = c.Skips.Why
			}
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreUnexported(oauth2proxy.Upstream{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestClientPathFor(t *testing.T) {
	c := oauth2proxy.Read(oauth2proxy.Input{
		Args: []string{"--alpha-config=/a"},
		Files: map[string]string{"/a": `
upstreamConfig:
  upstreams:
  - {id: ditto, path: /api/, uri: "http://gateway:8080"}
  - {id: connections, path: /api/2/connections, uri: "http://nobody"}
  - {id: health, path: /health, uri: "http://gateway:8080"}
  - {id: ops, path: "^/ops/(.*)$", rewriteTarget: "/devops/$1", uri: "http://gateway:8080"}
  - {id: odd, path: "^/(a|b)/x", rewriteTarget: "/$1", uri: "http://gateway:8080"}
`},
	})
	type answer struct {
		Path      string
		OK, Known bool
	}
	got := map[string]answer{}
	for _, path := range []string{"/api/2/things", "/api/2/connections", "/health", "/health/x", "/devops/logging", "/status"} {
		for _, u := range c.Upstreams {
			if client, ok, known := u.ClientPathFor(path); (ok || !known) && u.Rewrite != "/$1" {
				got[path] = answer{client, ok, known}
			}
		}
	}
	want := map[string]answer{
		"/api/2/things": {"/api/2/things", true, true}, "/api/2/connections": {"/api/2/connections", true, true},
		"/health": {"/health", true, true}, "/devops/logging": {"/ops/logging", true, true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSkips(t *testing.T) {
	for _, test := range []struct {
		route, path, want string
	}{
		{"^/health$", "/health", "/health"},
		{"^/health$", "/api/2/things", ""},
		{"/health", "/api/2/things", "/api/2/things/health"},
		{"GET!=^/api/2/things$", "/api/2/things", "/api/2/things/x"},
		{"!=^/api", "/api/2/things", ""},
		{"!=^/api", "/ws/2", "/ws/2"},
		{"GET=^/api", "/api/2/things", "/api/2/things"},
	} {
		c := oauth2proxy.Read(oauth2proxy.Input{Args: []string{"--skip-auth-route=" + test.route}})
		if got, _ := c.Skips.PathFor(test.path); got != test.want {
			t.Errorf("%s: %s: %q, want %q", test.route, test.path, got, test.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("--upstream=http://a:1/,static://2", "upstreams = [\"http://b\"]", "upstreamConfig: {upstreams: [{path: /, uri: 'http://${A}'}]}")
	f.Add("--skip-auth-route=GET!=^/x(", "a = 1\nb = [", "injectRequestHeaders: [{name: x-ditto-pre-authenticated, values: [null, {claim: user}]}]")
	f.Fuzz(func(t *testing.T, arg, file, alpha string) {
		for _, args := range [][]string{{arg, "--config=/f"}, {arg, "--alpha-config=/a"}} {
			c := oauth2proxy.Read(oauth2proxy.Input{Args: args, Files: map[string]string{"/f": file, "/a": alpha}})
			for _, u := range c.Upstreams {
				u.ClientPathFor("/api/2/things")
			}
			if c.Skips != nil {
				c.Skips.PathFor("/api/2/things")
			}
		}
	})
}
