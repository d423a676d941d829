package nginxconf

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/upstream"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/vhost"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/test/missing"
)

const mainFile = "/etc/nginx/nginx.conf"

func parse(t *testing.T, files map[string]string) *Config {
	t.Helper()
	c, err := Parse(t.Context(), mainFile, files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// inServer is a configuration with one server on port 80.
func inServer(text string) map[string]string {
	return map[string]string{mainFile: "events {}\nhttp {\nserver {\nlisten 80;\n" + text + "\n}\n}\n"}
}

// proxyLike has the shape of the proxy that Ditto's chart installs: bearer tokens switch basic authentication off and empty
// the header, with the same pattern.
var proxyLike = map[string]string{
	"/etc/nginx/cors.conf": `set $origin $http_origin;
if ($origin != "") { add_header Access-Control-Allow-Origin $origin always; }
if ($request_method = 'OPTIONS') { add_header Access-Control-Max-Age 600; return 204; }
`,
	mainFile: `pid /tmp/nginx.pid;
events { worker_connections 64; }
http {
  include mime.types;
  server_tokens off;
  map $http_authorization $ask { default "Please log in"; "~Bearer" "off"; }
  map $http_authorization $who { default "proxy:${remote_user}"; "~Bearer" ""; }
  upstream gw { server gateway.example:8080; server gateway-2.example:8080 backup; server old.example down; }
  server {
    listen 8080;
    server_name localhost;
    location / { index index.html; }
    location /api {
      include cors.conf;
      auth_basic $ask;
      auth_basic_user_file users.htpasswd;
      proxy_set_header x-ditto-pre-authenticated $who;
      proxy_pass http://gw;
    }
    location /status {
      include cors.conf;
      proxy_pass http://gw/overall/status;
      proxy_set_header Host $http_host;
    }
    location /api/2/connections { proxy_pass http://gw; }
    location /devops { proxy_pass http://gw/devops; proxy_set_header X-Ditto-Pre-Authenticated ""; proxy_hide_header Server; limit_req zone=none; }
  }
}
`}

func TestRoutesOfAProxyLikeTheChart(t *testing.T) {
	c := parse(t, proxyLike)
	off := Setting{State: tri.Off, Why: "no limit_req"}
	version := Setting{State: tri.On, Why: "server_tokens at /etc/nginx/nginx.conf:5"}
	server := Setting{State: tri.Off, Why: "nginx sends its own name"}
	open := Authentication{State: tri.Off, Why: "nothing asks for credentials"}
	targets := []upstream.Target{{Host: "gateway.example", Port: 8080}, {Host: "gateway-2.example", Port: 8080}}
	want := []*Route{
		{
			Location: "/api", File: mainFile, Line: 18, Targets: targets, Access: accessOpen, OwnConnection: true, Raw: true,
			Identity: Identity{State: PossiblyEmpty,
				Why: `proxy_set_header at /etc/nginx/nginx.conf:17: empty when $http_authorization matches "~Bearer"`},
			Authentication: Authentication{State: Conditional, Kind: "basic", UserFiles: []string{"/etc/nginx/users.htpasswd"},
				Why: `auth_basic at /etc/nginx/nginx.conf:15; auth_basic at /etc/nginx/nginx.conf:15 is off when $http_authorization matches "~Bearer"`},
			RateLimited: off, HidesVersion: version, HidesServer: server,
		},
		{
			Location: "/status", File: mainFile, Line: 22, Targets: targets, Access: accessOpen, OwnConnection: true, Prefix: "/overall/status",
			Identity:       Identity{State: Client, Why: "no proxy_set_header names x-ditto-pre-authenticated"},
			Authentication: open, RateLimited: off, HidesVersion: version, HidesServer: server,
		},
		{
			Location: "/api/2/connections", File: mainFile, Line: 25, Targets: targets, Access: accessOpen, OwnConnection: true, Raw: true,
			Identity:       Identity{State: Client, Why: "no proxy_set_header names x-ditto-pre-authenticated"},
			Authentication: open, RateLimited: off, HidesVersion: version, HidesServer: server,
		},
		{
			Location: "/devops", File: mainFile, Line: 26, Targets: targets, Access: accessOpen, OwnConnection: true, Prefix: "/devops",
			Identity:       Identity{State: Removed, Why: "proxy_set_header at /etc/nginx/nginx.conf:26: empty"},
			Authentication: open, HidesVersion: version, HidesServer: server,
			RateLimited: Setting{State: tri.Unknown, Why: "limit_req at /etc/nginx/nginx.conf:26 names a zone that was not found"},
		},
	}
	if diff := cmp.Diff(want, c.Routes(), cmpopts.IgnoreUnexported(Route{}), cmpopts.IgnoreFields(Route{}, "Server")); diff != "" {
		t.Error(diff)
	}
	if len(c.Unknown) != 0 {
		t.Errorf("unknown: %q", c.Unknown)
	}
	wantServer := &Server{Host: vhost.Host{Listen: []vhost.Listen{{Address: "*", Port: 8080}}, Names: []string{"localhost"}}}
	if diff := cmp.Diff(wantServer, c.Servers[0], cmpopts.IgnoreUnexported(Server{})); diff != "" {
		t.Error(diff)
	}
}

func TestLocateInAProxyLikeTheChart(t *testing.T) {
	c := parse(t, proxyLike)
	for _, tt := range []struct{ path, location, upstream string }{
		{"/api/2/things?x=1", "/api", "/api/2/things"},
		{"/api/2/things/../connections", "/api/2/connections", "/api/2/things/../connections"},
		{"/status/health", "/status", "/overall/status/health"},
		{"/%64evops/config", "/devops", "/devops/config"},
		{"/ui", "", ""},
		{"/", "", ""},
		{"no path", "", ""},
	} {
		route, upstream, known := c.Locate(8080, "ditto.example.com", tt.path)
		location := ""
		if route != nil {
			location = route.Location
		}
		if location != tt.location || upstream != tt.upstream || !known {
			t.Errorf("%s: %q, %q, %v", tt.path, location, upstream, known)
		}
	}
	if route, _, known := c.Locate(80, "ditto.example.com", "/api"); route != nil || !known {
		t.Errorf("nobody listens on 80, but %v, %v", route, known)
	}
}

// manyPorts are ports of a server, from 81 on, as many as that.
func manyPorts(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "listen %d; ", 81+i)
	}
	return b.String()
}

func TestClientPathFor(t *testing.T) {
	type answer struct {
		path      string
		ok, known bool
	}
	for _, tt := range []struct {
		name, server, location, gateway string
		want                            answer
	}{
		{"raw", `location / { proxy_pass http://gw; }`, "/", "/devops/config", answer{"/devops/config", true, true}},
		{"another name", `location /status { proxy_pass http://gw/overall/status; }`, "/status", "/overall/status", answer{"/status", true, true}},
		{"not under the prefix", `location /api { proxy_pass http://gw; }`, "/api", "/devops/config", answer{"", false, true}},
		{"a missing slash", `location /api { proxy_pass http://gw/; }`, "/api", "/devops/config", answer{"/apidevops/config", true, true}},
		{"a longer prefix is in the way", `location / { proxy_pass http://gw; } location /devops { return 403; }`, "/", "/devops/config", answer{"", false, true}},
		{"a filter on the client's bytes", `location / { if ($request_uri ~ ^/devops) { return 403; } proxy_pass http://gw; }`, "/", "/devops/config", answer{"/%64evops/config", true, true}},
		{"decoded once too often", `set $up gw; location / { proxy_pass http://$up$uri; } location /devops { return 403; }`, "/", "/devops/config", answer{"/%2564evops/config", true, true}},
		{"a pattern with a capture", `location ~ ^/x/(?:y|z)/(.*)$ { proxy_pass http://gw/$1; }`, "~ ^/x/(?:y|z)/(.*)$", "/devops/config", answer{"/x/y/devops/config", true, true}},
		{"a rewrite", `location /gw/ { rewrite ^/gw/v(\d+)/(.*)$ /$2 break; proxy_pass http://gw; }`, "/gw/", "/devops/config", answer{"/gw/v0/devops/config", true, true}},
		{"a rewrite that leads elsewhere", `location /gw/ { rewrite ^/gw/(.*)$ /fixed break; proxy_pass http://gw; }`, "/gw/", "/devops/config", answer{"", false, false}},
		{"only with a key", `location / { if ($http_key != k) { return 403; } proxy_pass http://gw; }`, "/", "/devops/config", answer{"/devops/config", true, false}},
		{"denied", `location / { deny all; proxy_pass http://gw; }`, "/", "/devops/config", answer{"", false, true}},
		{"a pattern that is not understood", `location ~ ^/(?>a|devops) { proxy_pass http://gw; }`, "~ ^/(?>a|devops)", "/devops/config", answer{"/devops/config", true, false}},
		{"a named location", `location / { try_files $uri @x; } location @x { proxy_pass http://gw; }`, "@x", "/devops/config", answer{"/devops/config", true, true}},
		{
			"the last of many ports alone", manyPorts(16) + `if ($server_port != 96) { return 403; } location / { proxy_pass http://gw; }`,
			"/", "/devops/config", answer{"", false, false},
		},
		{
			"many ports that make no difference", manyPorts(16) + `location /api { proxy_pass http://gw; }`,
			"/api", "/devops/config", answer{"", false, true},
		},
		{"a variable host", `location / { proxy_pass http://$arg_x; }`, "/", "/devops/config", answer{"/devops/config", true, true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := parse(t, inServer(tt.server))
			for _, r := range c.Routes() {
				if r.Location != tt.location {
					continue
				}
				path, ok, known := r.ClientPathFor(t.Context(), tt.gateway)
				if got := (answer{path, ok, known}); got != tt.want {
					t.Errorf("got %+v, want %+v", got, tt.want)
				}
				return
			}
			t.Fatalf("no route %q", tt.location)
		})
	}
}

// TestDisguise: which routes forward a path that the gateway reads as another one than the location is chosen by. The real nginx is
// asked in TestLocateAgainstNginx.
func TestDisguise(t *testing.T) {
	for _, tt := range []struct {
		name, server, location string
		path                   string
		ok, known              bool
	}{
		{"a prefix, raw", `location /api/2 { proxy_pass http://gw; }`, "/api/2", "/devops/..%2Fapi%2F2%2Fx/../logging", true, true},
		{"everything but what is denied", `location / { proxy_pass http://gw; } location /devops { deny all; }`, "/", "/devops/..%2Fx/../logging", true, true},
		{"a prefix with a path", `location /api { proxy_pass http://gw/api; }`, "/api", "", false, true},
		{"one path", `location = /health { proxy_pass http://gw; }`, "= /health", "/devops/logging/..%2F..%2Fhealth", true, true},
		{"one path, with a path", `location = /health { proxy_pass http://gw/health; }`, "= /health", "", false, true},
		{"a pattern", `location ~ ^/api/ { proxy_pass http://gw; }`, "~ ^/api/", "/devops/..%2Fapi%2Fx/../logging", true, true},
		{"the request's own path", `location /api { proxy_pass http://gw$request_uri; }`, "/api", "/devops/..%2Fapi%2Fx/../logging", true, true},
		{"escaped slashes refused", `location /api { if ($request_uri ~* "%2f") { return 400; } proxy_pass http://gw; }`, "/api", "", false, true},
		{"some escaped slashes refused", `location /api { if ($request_uri ~ "%2F") { return 400; } proxy_pass http://gw; }`, "/api", "", false, false},
		{"rewritten", `location /api { rewrite ^/api(.*)$ /api$1 break; proxy_pass http://gw; }`, "/api", "", false, true},
		{"rewritten in part", `location /api { rewrite ^/api/(.*)$ /api/$1 break; proxy_pass http://gw; }`, "/api", "/devops/logging/..%2F..%2Fapi", true, true},
		{"nobody gets in", `location /api { deny all; proxy_pass http://gw; }`, "/api", "", false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, r := range parse(t, inServer(tt.server)).Routes() {
				if r.Location != tt.location {
					continue
				}
				if path, ok, known := r.Disguise(t.Context(), "/devops/logging"); path != tt.path || ok != tt.ok || known != tt.known {
					t.Errorf("got %q, %v, %v", path, ok, known)
				}
				return
			}
			t.Fatalf("no route %q", tt.location)
		})
	}
}

func TestIdentityAndAuthenticationThatNginxHereCannotRun(t *testing.T) {
	const header = `proxy_set_header x-ditto-pre-authenticated `
	for _, tt := range []struct {
		name, server   string
		identity, auth string
		kind           string
	}{
		{"a token", `location / { auth_jwt x; auth_jwt_key_file k; ` + header + `$jwt_claim_sub; proxy_pass http://gw; }`, Set, tri.On, "jwt"},
		{"a token, off here", `auth_jwt x; auth_jwt_key_file k; location / { auth_jwt off; ` + header + `$jwt_claim_sub; proxy_pass http://gw; }`, Removed, tri.Off, ""},
		{"a token without keys", `location / { auth_jwt x; proxy_pass http://gw; }`, Client, tri.Unknown, ""},
		{"a certificate", `listen 443 ssl; ssl_verify_client on; location / { ` + header + `$ssl_client_s_dn; proxy_pass http://gw; }`, PossiblyEmpty, Conditional, "certificate"},
		{"a certificate that is not asked for", `location / { ` + header + `$ssl_client_s_dn; proxy_pass http://gw; }`, Removed, tri.Off, ""},
		{"a certificate of anyone", `ssl_verify_client optional_no_ca; location / { ` + header + `$ssl_client_s_dn; proxy_pass http://gw; }`, Client, tri.Off, ""},
		{"an optional certificate and an if", `ssl_verify_client optional; location / { if ($ssl_client_verify != SUCCESS) { return 403; } ` + header + `$ssl_client_s_dn; proxy_pass http://gw; }`, Set, tri.On, "certificate"},
		{"a script that asks", `location / { access_by_lua_block { return ask() } ` + header + `$remote_user; proxy_pass http://gw; }`, tri.Unknown, tri.Unknown, ""},
		{"a script that may set the header", `location / { rewrite_by_lua_block { set() } proxy_pass http://gw; }`, tri.Unknown, tri.Unknown, ""},
		{"a script's variable", `set_by_lua_block $who { return "x" } location / { ` + header + `$who; proxy_pass http://gw; }`, tri.Unknown, tri.Unknown, ""},
		{"a placeholder", `location / { ` + header + `${WHO}; proxy_pass http://gw; }`, tri.Unknown, tri.Off, ""},
		{"a missing include in the location", `location / { include gone.conf; ` + header + `x; proxy_pass http://gw; }`, tri.Unknown, tri.Unknown, ""},
		{"a missing include beside the location", `include gone.conf; location / { ` + header + `x; proxy_pass http://gw; }`, Set, tri.Unknown, ""},
		{"a missing pattern that could set the header", `include gone/*.conf; location / { proxy_pass http://gw; }`, tri.Unknown, tri.Unknown, ""},
		{"another module's authentication", `location / { auth_ldap x; proxy_pass http://gw; }`, Client, tri.Unknown, ""},
		{"basic or a subrequest", `location / { satisfy any; auth_basic x; auth_basic_user_file u; auth_request /a; ` + header + `$remote_user; proxy_pass http://gw; } location /a { proxy_pass http://a; }`, Client, tri.On, "basic,request"},
		{"basic or an address", `location / { satisfy any; allow 10.0.0.0/8; deny all; auth_basic x; auth_basic_user_file u; ` + header + `"n:$remote_user"; proxy_pass http://gw; }`, Client, Conditional, "basic"},
		{"the realm is the client's word", `location / { auth_basic $arg_realm; auth_basic_user_file u; proxy_pass http://gw; }`, Client, tri.Off, ""},
		{"another method needs nothing", `location / { auth_basic x; auth_basic_user_file u; limit_except GET { auth_basic off; } ` + header + `$remote_user; proxy_pass http://gw; }`, Client, Conditional, "basic"},
		{"an address behind another proxy", `set_real_ip_from 0.0.0.0/0; location / { ` + header + `$remote_addr; proxy_pass http://gw; }`, tri.Unknown, tri.Off, ""},
		{"a name that a host gives", `server_name ~^(?<tenant>.+)\.example$; location / { ` + header + `"t:$tenant"; proxy_pass http://gw; }`, Client, tri.Off, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := parse(t, inServer(tt.server)).Routes()[0]
			if r.Identity.State != tt.identity || r.Authentication.State != tt.auth || r.Authentication.Kind != tt.kind {
				t.Errorf("got %+v, %+v", r.Identity, r.Authentication)
			}
		})
	}
}

func TestTargets(t *testing.T) {
	for _, tt := range []struct {
		name, server string
		want         []upstream.Target
	}{
		{"a name and a port", `location / { proxy_pass http://GW:8080; }`, []upstream.Target{{Host: "gw", Port: 8080}}},
		{"tls", `location / { proxy_pass https://gw/x; }`, []upstream.Target{{Host: "gw", Port: 443, TLS: true}}},
		{"v6", `location / { proxy_pass http://[fd00::1]:81; }`, []upstream.Target{{Host: "fd00::1", Port: 81}}},
		{"a socket", `location / { proxy_pass http://unix:/run/gw.sock:/api; }`, []upstream.Target{{Host: "/run/gw.sock", Unix: true}}},
		{"a set variable", `set $h gw; location / { proxy_pass http://$h:8080$request_uri; }`, []upstream.Target{{Host: "gw", Port: 8080}}},
		{"a variable with the whole address", `location / { set $u http://gw:8080; proxy_pass $u; }`, []upstream.Target{{Host: "gw", Port: 8080}}},
		{"either of two", `set $h a; if ($http_x = y) { set $h b; } location / { proxy_pass http://$h; }`, []upstream.Target{{Host: "b", Port: 80}, {Host: "a", Port: 80}}},
		{"the request's choice", `location / { proxy_pass http://$arg_h; }`, []upstream.Target{{Variable: true}}},
		{"a placeholder", `location / { proxy_pass http://${GATEWAY}:8080; }`, []upstream.Target{{Variable: true}}},
		{"gRPC is no route", `location / { grpc_pass grpc://gw; }`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []upstream.Target
			for _, r := range parse(t, inServer(tt.server)).Routes() {
				got = append(got, r.Targets...)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRawIsWhatTheClientSentByteForByte(t *testing.T) {
	for _, tt := range []struct {
		name, server string
		want         bool
	}{
		{"no path", `location / { proxy_pass http://gw; }`, true},
		{"a path", `location / { proxy_pass http://gw/; }`, false},
		{"rewritten", `location / { rewrite ^ /x break; proxy_pass http://gw; }`, false},
		{"rewritten for some", `location / { rewrite ^/a /x break; proxy_pass http://gw; }`, true},
		{"the request's own line", `set $up gw; location / { proxy_pass http://$up$request_uri; }`, true},
		{"the decoded path", `set $up gw; location / { proxy_pass http://$up$uri; }`, false},
	} {
		if got := parse(t, inServer(tt.server)).Routes()[0].Raw; got != tt.want {
			t.Errorf("%s: raw %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestStreamForwardsWhatTheClientSends(t *testing.T) {
	c := parse(t, map[string]string{mainFile: `stream { upstream gw { server gateway:8080; } server { listen 9000; proxy_pass gw; } }`})
	r := c.Routes()[0]
	if r.Identity.State != Client || r.Authentication.State != tri.Off || !r.Server.Stream || !r.Raw {
		t.Errorf("got %+v", r)
	}
	if diff := cmp.Diff([]upstream.Target{{Host: "gateway", Port: 8080}}, r.Targets); diff != "" {
		t.Error(diff)
	}
	if got, path, known := c.Locate(9000, "x", "/devops"); got != r || path != "/devops" || !known {
		t.Errorf("located %v %q %v", got, path, known)
	}
}

func TestIncludesAndTemplates(t *testing.T) {
	c := parse(t, map[string]string{
		mainFile: "http { include mime.types; include /etc/nginx/conf.d/*.conf; include /usr/share/nginx/modules/*.conf; include sites/*.conf; include gone.conf; }",
		"/etc/nginx/templates/site.conf.template": "server { listen ${PORT}; location / { proxy_pass http://${GATEWAY}; } }",
		"/etc/nginx/conf.d/b.conf":                "server { listen 81; location / { proxy_pass http://b; } }",
		"/etc/nginx/conf.d/.hidden.conf":          "server { listen 82; }",
	})
	if route, _, known := c.Locate(8443, "", "/"); route != nil || known {
		t.Errorf("a server of a file that is not here may listen there, but %v, %v", route, known)
	}
	var hosts []string
	for _, r := range c.Routes() {
		hosts = append(hosts, fmt.Sprintf("%s:%d %v %s", r.File, r.Line, r.Targets[0], r.Identity.State))
	}
	want := []string{"/etc/nginx/conf.d/b.conf:1 {b 80 false false false} unknown", "/etc/nginx/conf.d/site.conf:1 { 0 false false true} unknown"}
	if diff := cmp.Diff(want, hosts); diff != "" {
		t.Error(diff)
	}
	wantUnknown := []string{
		"/etc/nginx/conf.d/site.conf is made from /etc/nginx/templates/site.conf.template when the container starts: its placeholders are not known",
		"include sites/*.conf at /etc/nginx/nginx.conf:1: not among the mounted files",
		"include gone.conf at /etc/nginx/nginx.conf:1: not among the mounted files",
		"listen ${PORT} at /etc/nginx/conf.d/site.conf:1: a placeholder",
	}
	if diff := cmp.Diff(wantUnknown, c.Unknown); diff != "" {
		t.Error(diff)
	}
}

func TestErrorsOfListenNameFileAndLine(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"no port", "http { server { listen 1.2.3.4:http; } server { listen [::1; } }", "reading /etc/nginx/nginx.conf:1: listen \"1.2.3.4:http\" is not a port\nreading /etc/nginx/nginx.conf:1: listen \"[::1\" is not an address"},
		{"a range of ports too wide", "http { server { listen 1-60000; } }", "reading /etc/nginx/nginx.conf:1: listen \"1-60000\": more than 5000 ports"},
		{"too many ports", "http { " + strings.Repeat("server { listen 1-1000; } ", 6) + "}", "reading /etc/nginx/nginx.conf: the servers listen on more than 5000 ports"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(t.Context(), mainFile, map[string]string{mainFile: tt.text})
			if err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// TestCorpus reads real configurations where they are at hand.
func TestCorpus(t *testing.T) {
	dir := filepath.FromSlash("../../../../shared/corpus/raw/kubernetes/deploymentFiles/nginx")
	files := map[string]string{}
	for _, name := range []string{"nginx.conf", "nginx-cors.conf"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			missing.Data(t, "the corpus of real manifests was not found")
		}
		files["/etc/nginx/"+name] = string(text)
	}
	c := parse(t, files)
	got := map[string]string{}
	for _, r := range c.Routes() {
		got[r.Location] = r.Identity.State + " " + r.Authentication.State
	}
	want := map[string]string{"/api": "set on", "/ws": "set on", "/api/2/connections": "client off", "/health": "client off",
		"/status": "client off", "/devops": "client off", "/apidoc/": "client off"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(c.Unknown) > 0 {
		t.Errorf("unknown: %q", c.Unknown)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(proxyLike[mainFile], "/api/2/things?x", "/devops")
	f.Add("http { server { listen 80; location ~ ^/(a|b)(.*)$ { set $x $2; if ($x ~* c) { rewrite ^ /$x$args? last; } proxy_pass http://$x/$1; } } }", "/a%2f..", "/b")
	f.Add("http { map $a $b { hostnames; default $b; include x; *.c \"${d}\"; } server { location / { try_files $b =404; error_page 404 = @n; } location @n { proxy_pass $b; } } }", "/..", "")
	f.Add("stream { server { listen 1-9; proxy_pass $x; } } content_by_lua_block { \"}\" }", "//", "/")
	f.Fuzz(func(t *testing.T, text, path, gateway string) {
		c, err := Parse(t.Context(), mainFile, map[string]string{mainFile: text, "/etc/nginx/x": text})
		if err != nil {
			return
		}
		again, err := Parse(t.Context(), mainFile, map[string]string{mainFile: text, "/etc/nginx/x": text})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.Unknown, again.Unknown); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(c.Routes(), again.Routes(), cmpopts.IgnoreUnexported(Route{}, Server{})); diff != "" {
			t.Error(diff)
		}
		for i, r := range c.Routes() {
			if i > 3 {
				break
			}
			r.ClientPathFor(t.Context(), gateway)
		}
		c.Locate(80, "h.example", path)
	})
}

func BenchmarkParseAndRoutes(b *testing.B) {
	files := map[string]string{"/etc/nginx/cors.conf": proxyLike["/etc/nginx/cors.conf"]}
	var locations strings.Builder
	for i := range 20 {
		fmt.Fprintf(&locations, `location /api/%d {
  include cors.conf;
  auth_basic $ask;
  auth_basic_user_file users.htpasswd;
  proxy_set_header x-ditto-pre-authenticated $who;
  proxy_pass http://gw;
  proxy_http_version 1.1;
  proxy_set_header Host $http_host;
  proxy_set_header X-Real-IP $remote_addr;
}
`, i)
	}
	files[mainFile] = strings.Replace(proxyLike[mainFile], "    location / {", locations.String()+"    location / {", 1)
	b.ReportAllocs()
	for b.Loop() {
		c, err := Parse(b.Context(), mainFile, files)
		if err != nil || len(c.Routes()) != 24 {
			b.Fatal(err)
		}
	}
}
