package nginxconf

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// What the real nginx cannot be asked in TestEdgeAgainstNginx: it has no step in front of it that ends TLS, and one address
// for all clients.
func TestTransport_WhatCannotBeSeen(t *testing.T) {
	const location = " location / { proxy_pass http://gw; }"
	for _, tt := range []struct{ name, server, tls, plain string }{
		{"believes what is forwarded", `listen 80; if ($http_x_forwarded_proto != https) { return 301 https://$host$request_uri; }` + location, tri.Unknown, PlainRedirected},
		{"redirects what is called plain", `listen 80; if ($http_x_forwarded_proto = http) { return 301 https://$host$request_uri; }` + location, tri.Unknown, tri.Unknown},
		{"refuses what is called plain", `listen 80; if ($http_x_forwarded_proto != https) { return 403; }` + location, tri.Unknown, PlainClosed},
		{"ssl for the whole server", `listen 80; ssl on;` + location, tri.On, PlainClosed},
		{"one of two addresses", `listen 80; listen [::]:80 ssl;` + location, tri.Off, PlainServed},
		{"both addresses", `listen 80 ssl; listen [::]:80 ssl;` + location, tri.On, PlainClosed},
		{"QUIC is no TLS for the port of TCP", `listen 80; listen 80 quic;` + location, tri.Off, PlainServed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := analyse(t, "server { "+tt.server+" }").Routes()[0].Transport(80)
			if !ok || got.TLS.State != tt.tls || got.Plain.State != tt.plain || got.TLS.Why == "" || got.Plain.Why == "" {
				t.Errorf("got %+v, want %s, %s", got, tt.tls, tt.plain)
			}
		})
	}
	if _, ok := analyse(t, "server { listen 80;"+location+" }").Routes()[0].Transport(443); ok {
		t.Error("a port that nothing listens on")
	}
}

func TestTransport_Stream(t *testing.T) {
	c, err := Parse(t.Context(), mainFile, map[string]string{mainFile: "stream { server { listen 443 ssl; proxy_pass gw:80; } server { listen 80; proxy_pass gw:80; } }"})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{tri.On, tri.Off} {
		if got, _ := c.Routes()[i].Transport([]int{443, 80}[i]); got.TLS.State != want {
			t.Errorf("got %+v, want %s", got, want)
		}
	}
}

func TestRateLimited_ByAddress(t *testing.T) {
	for _, tt := range []struct{ name, http, server, want string }{
		{"connections", `limit_conn_zone $binary_remote_addr zone=z:1m;`, `limit_conn z 5;`, tri.On},
		{"connections in a dry run", `limit_conn_zone $binary_remote_addr zone=z:1m;`, `limit_conn z 5; limit_conn_dry_run on;`, tri.Off},
		{"a zone of the other kind", `limit_req_zone $binary_remote_addr zone=z:1m rate=1r/s;`, `limit_conn z 5;`, tri.Unknown},
		{"a zone that is not here", ``, `limit_req zone=z;`, tri.Unknown},
		{"some addresses", `geo $a { default 1; 10.0.0.0/8 0; } map $a $k { 1 $binary_remote_addr; default ""; } limit_req_zone $k zone=z:1m rate=1r/s;`, `limit_req zone=z;`, tri.On},
		{"every address but some", `geo $a { default 0; 10.0.0.0/8 1; } map $a $k { 1 $binary_remote_addr; default ""; } limit_req_zone $k zone=z:1m rate=1r/s;`, `limit_req zone=z;`, tri.Off},
		{"half of all addresses", `geo $a { default 1; 0.0.0.0/1 0; } map $a $k { 1 $binary_remote_addr; default ""; } limit_req_zone $k zone=z:1m rate=1r/s;`, `limit_req zone=z;`, tri.Off},
		{"some paths", `map $uri $k { ~^/api $binary_remote_addr; default ""; } limit_req_zone $k zone=z:1m rate=1r/s;`, `limit_req zone=z;`, tri.Unknown},
		{"a key that a script gives", `js_set $k main.key; limit_req_zone $k zone=z:1m rate=1r/s;`, `limit_req zone=z;`, tri.Unknown},
		{"the name of who is asked for credentials", `limit_req_zone $remote_user zone=z:1m rate=1r/s;`, `auth_basic x; auth_basic_user_file users; limit_req zone=z;`, tri.On},
		{"the name of who is not asked", `limit_req_zone $remote_user zone=z:1m rate=1r/s;`, `limit_req zone=z;`, tri.Off},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := analyse(t, tt.http+" server { listen 80; "+tt.server+" location / { proxy_pass http://gw; } }").Routes()[0].RateLimited
			if got.State != tt.want || got.Why == "" {
				t.Errorf("got %+v, want %s", got, tt.want)
			}
		})
	}
}

func TestErrorPages_Includes(t *testing.T) {
	const page = `<p><!--# echo var="REQUEST_URI" --> <!--#if expr="$x" --> <!--#echo var='http_user_agent' default=""--> <!--# echo var="date_local" --> <!--# echo`
	config := func(location string) map[string]string {
		return map[string]string{
			mainFile:              "http { server { listen 80; error_page 404 /e.html; location /api { proxy_pass http://gw; } " + location + " } }",
			"/srv/e.html":         page,
			"/srv/pages/e.html":   "<p>no</p>",
			"/srv/fixed/e.html":   `<!--# echo var="uri" -->`,
			"/srv/e.html.default": "",
		}
	}
	for _, tt := range []struct {
		name, location string
		want           ErrorPages
	}{
		{"what the page repeats", "location = /e.html { root /srv; ssi on; }", ErrorPages{Echoes: []string{
			"ssi at " + mainFile + ":1 repeats $request_uri in the error page /e.html", "ssi at " + mainFile + ":1 repeats $http_user_agent in the error page /e.html",
		}}},
		{"an alias", "location = /e.html { alias /srv/e.html; ssi on; }", ErrorPages{Echoes: []string{
			"ssi at " + mainFile + ":1 repeats $request_uri in the error page /e.html", "ssi at " + mainFile + ":1 repeats $http_user_agent in the error page /e.html",
		}}},
		{"a page without any", "location = /e.html { root /srv/pages; ssi on; }", ErrorPages{}},
		{"the path is the page's own", "location = /e.html { root /srv/fixed; ssi on; }", ErrorPages{}},
		{"nothing is included", "location = /e.html { root /srv; }", ErrorPages{}},
		{"a page that is not here", "location = /e.html { root /usr/share; ssi on; }", ErrorPages{Unknown: []string{
			"ssi at " + mainFile + ":1 makes an error page of /e.html, which is not among the mounted files",
		}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Parse(t.Context(), mainFile, config(tt.location))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, c.Servers[0].ErrorPages); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Maps that refer to each other in many ways are looked through once.
func TestErrorPages_CostIsBounded(t *testing.T) {
	var b strings.Builder
	for i := range 60 {
		b.WriteString("map $scheme $m" + string(rune('A'+i%26)) + string(rune('a'+i/26)) + " { default \"")
		for j := range 60 {
			b.WriteString("$m" + string(rune('A'+j%26)) + string(rune('a'+j/26)))
		}
		b.WriteString("\"; }\n")
	}
	c := analyse(t, b.String()+`server { listen 80; location / { return 404 "$mAa"; } }`)
	if diff := cmp.Diff(ErrorPages{}, c.Servers[0].ErrorPages); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
