package edge

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// f5Server is a VirtualServer with one upstream for the gateway, and further fields of its spec.
func f5Server(fields string) string {
	return "apiVersion: k8s.nginx.org/v1\nkind: VirtualServer\nmetadata: {name: vs, namespace: ditto}\nspec:\n  host: d.example.com\n" +
		"  upstreams:\n  - {name: gateway, service: gateway, port: 8080}\n  - {name: rpc, service: other/gateway, port: 8081, type: grpc, backup: spare, backupPort: 1}\n" +
		"  " + strings.ReplaceAll(strings.TrimSpace(fields), "\n", "\n  ") + "\n"
}

func f5PolicyObject(name, spec string) string {
	return "\n---\napiVersion: k8s.nginx.org/v1\nkind: Policy\nmetadata: {name: " + name + ", namespace: ditto}\nspec: " + spec + "\n"
}

func TestVirtualServerRoutes_F5(t *testing.T) {
	const all = "[/devops /status /overall /api/2/connections] api=true"
	line := func(text, reach, identity, authentication string) string {
		return "d.example.com" + text + " | ditto/gateway:8080 | public | " + reach + " | identity " + identity + ", authentication " + authentication + ", hides unknown"
	}
	action := func(fields string) string {
		return f5Server("routes: [{path: /, action: {proxy: {upstream: gateway, " + fields + "}}}]")
	}
	policed := func(policies, headers string) string {
		return f5Server("policies: " + policies + "\nroutes: [{path: /, action: {proxy: {upstream: gateway, requestHeaders: {set: [{name: x-ditto-pre-authenticated, value: '" + headers + "'}]}}}}]")
	}
	for _, tt := range []struct {
		name, objects string
		want          []string
	}{
		{"passes everything", f5Server("routes: [{path: /, action: {pass: gateway}}]"), []string{line("/", all, "client", "off")}},
		{"answers by itself", f5Server("routes: [{path: /, action: {return: {body: x}}}, {path: /x, action: {redirect: {url: y}}}, {path: /y, action: {pass: gone}}]"), nil},
		{"a prefix by characters, an exact path, expressions", f5Server("routes: [{path: /stat, action: {pass: gateway}}, {path: =/devops, action: {pass: gateway}}, {path: '~ops/con', action: {pass: gateway}}, {path: '~* ^/DEV', action: {pass: gateway}}, {path: '^~ /dev', action: {pass: gateway}}, {path: '~ ^/DEV', action: {pass: gateway}}]"),
			[]string{
				line("/stat", "[/status] api=false", "client", "off"), line("=/devops", "[/devops] api=false", "client", "off"), line("~ops/con", "[/devops] api=false", "client", "off"),
				line("~* ^/DEV", "[/devops] api=false", "client", "off"), line("^~ /dev", "[/devops] api=false", "client", "off"), line("~ ^/DEV", "[] api=false", "client", "off"),
			}},
		{"rewrites", f5Server(`routes: [{path: /x, action: {proxy: {upstream: gateway, rewritePath: /devops}}}, {path: =/x, action: {proxy: {upstream: gateway, rewritePath: /status}}}, {path: '~ ^/x/(.*)', action: {proxy: {upstream: gateway, rewritePath: /overall/$1}}}]`),
			[]string{line("/x", "[/devops] api=false", "client", "off"), line("=/x", "[/status] api=false", "client", "off"), line("~ ^/x/(.*)", "[/overall] api=false", "client", "off")}},
		{"shares and conditions open ways too", f5Server(`routes: [{path: /status, splits: [{weight: 1, action: {pass: gateway}}, {weight: 99, action: {return: {}}}]}, {path: /devops, matches: [{conditions: [{header: h, value: v}], action: {pass: gateway}}, {splits: [{weight: 1, action: {pass: gateway}}]}], action: {return: {}}}]`),
			[]string{
				line("/status, split 1", "[/status] api=false", "client", "off"), line("/devops, match 1", "[/devops] api=false", "client", "off"),
				line("/devops, match 2, split 1", "[/devops] api=false", "client", "off"),
			}},
		{"another namespace, and who stands in", f5Server("routes: [{path: /ws, action: {proxy: {upstream: rpc, requestHeaders: {pass: false}}}}]"),
			[]string{"d.example.com/ws | other/gateway:8081 ditto/spare:1 | public | [] api=true | identity client, authentication off, hides unknown"}},

		{"set to nothing", action(`requestHeaders: {set: [{name: X-Ditto-Pre-Authenticated}]}`), []string{line("/", all, "removed", "off")}},
		{"no header of clients", action(`requestHeaders: {pass: false}`), []string{line("/", all, "removed", "off")}},
		{"a constant", action(`requestHeaders: {pass: false, set: [{name: x-ditto-pre-authenticated, value: nobody}]}`), []string{line("/", all, "set", "off")}},
		{"the client's own", action(`requestHeaders: {set: [{name: x-ditto-pre-authenticated, value: "${http_x_user}"}]}`), []string{line("/", all, "client", "off")}},
		{"twice, and one of them the client's", action(`requestHeaders: {set: [{name: x-ditto-pre-authenticated, value: "${http_x_user}"}, {name: x-ditto-pre-authenticated, value: a}]}`), []string{line("/", all, "client", "off")}},
		{"Server is passed on", action(`responseHeaders: {pass: [Server]}`), []string{strings.Replace(line("/", all, "client", "off"), "hides unknown", "hides off", 1)}},
		{"no version", f5Server("server-snippets: server_tokens off;\nroutes: [{path: /, action: {pass: gateway}}]"), []string{strings.Replace(line("/", all, "client", "off"), "hides unknown", "hides on", 1)}},

		{"a password, and the user's name", policed("[{name: p}]", "nginx:${remote_user}") + f5PolicyObject("p", "{basicAuth: {secret: s}}"), []string{line("/", all, "set", "on")}},
		{"a token, and a name that nobody verified", policed("[{name: p}]", "nginx:${remote_user}") + f5PolicyObject("p", "{jwt: {realm: r}}"), []string{line("/", all, "client", "on")}},
		{"a token, and whom it is for", policed("[{name: p}]", "jwt:${jwt_claim_sub}") + f5PolicyObject("p", "{jwt: {realm: r}}"), []string{line("/", all, "set", "on")}},
		{"a token, and a claim that it need not have", policed("[{name: p}]", "${jwt_claim_email}") + f5PolicyObject("p", "{jwt: {realm: r}}"), []string{line("/", all, "possibly-empty", "on")}},
		{"a share of nothing", f5Server(`routes: [{path: /, splits: [{weight: 0, action: {pass: gateway}}, {weight: 100, action: {return: {}}}]}]`), nil},
		{"a Policy that was not found", policed("[{name: p}]", "nginx:${remote_user}"), []string{line("/", all, "unknown", "unknown")}},
		{"a limit asks for nothing", policed("[{name: p}]", "a") + f5PolicyObject("p", "{rateLimit: {rate: 1r/s}}"), []string{line("/", all, "set", "off")}},
		{"one of two asks", policed("[{name: p}, {name: q, namespace: ditto}]", "a") + f5PolicyObject("p", "{rateLimit: {rate: 1r/s}}") + f5PolicyObject("q", "{apiKey: {clientSecret: s}}"), []string{line("/", all, "set", "on")}},
		{"certificates that plain HTTP need not have", policed("[{name: p}]", "a") + f5PolicyObject("p", "{ingressMTLS: {clientCertSecret: s}}"), []string{line("/", all, "set", "unknown")}},
		{"certificates", strings.Replace(policed("[{name: p}]", "a"), "policies:", "tls: {secret: s, redirect: {enable: true}}\n  policies:", 1) + f5PolicyObject("p", "{ingressMTLS: {clientCertSecret: s}}"), []string{line("/", all, "set", "on")}},
		{"certificates that are optional", policed("[{name: p}]", "a") + f5PolicyObject("p", "{ingressMTLS: {verifyClient: optional}}"), []string{line("/", all, "set", "off")}},
		{"a snippet sets the header", f5Server("routes: [{path: /, location-snippets: 'proxy_set_header x-ditto-pre-authenticated a;', action: {pass: gateway}}]"), []string{line("/", all, "set", "off")}},
		{"a snippet and the action set it", f5Server("routes: [{path: /, location-snippets: 'proxy_set_header x-ditto-pre-authenticated a;', action: {proxy: {upstream: gateway, requestHeaders: {set: [{name: x-ditto-pre-authenticated, value: a}]}}}}]"),
			[]string{line("/", all, "unknown", "off")}},
		{"a snippet switches authentication off", strings.Replace(policed("[{name: p}]", "a"), "{path: /,", "{path: /, location-snippets: auth_basic off;,", 1) + f5PolicyObject("p", "{basicAuth: {secret: s}}"),
			[]string{line("/", all, "set", "unknown")}},
		{"a snippet routes", f5Server("server-snippets: 'location /y { proxy_pass http://gateway; }'\nroutes: [{path: /x, action: {pass: gateway}}]"), []string{line("/x", "[] api=false unknown", "client", "off")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, described(t, tt.objects)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestVirtualServerRouteRoutes(t *testing.T) {
	const vsr = `apiVersion: k8s.nginx.org/v1
kind: VirtualServerRoute
metadata: {name: r, namespace: ditto, labels: {app: ditto, part: gateway}}
spec:
  host: d.example.com
  upstreams: [{name: gateway, service: gateway, port: 8080}]
  subroutes: [{path: /status, action: {pass: gateway}}, {path: /api/2/things, policies: [{name: p}], action: {pass: gateway}}]
---
apiVersion: k8s.nginx.org/v1
kind: Policy
metadata: {name: p, namespace: infra}
spec: {oidc: {clientID: c}}
---
apiVersion: k8s.nginx.org/v1
kind: Policy
metadata: {name: p, namespace: ditto}
spec: {rateLimit: {rate: 1r/s}}
`
	server := func(host, spec string) string {
		return "---\napiVersion: k8s.nginx.org/v1\nkind: VirtualServer\nmetadata: {name: vs, namespace: infra}\nspec: {host: " + host + ", " + spec + "}\n"
	}
	const status = "d.example.com/status, part of VirtualServer infra/vs | ditto/gateway:8080 | public | [/status] api=false | identity client, authentication off, hides unknown"
	const things = "d.example.com/api/2/things, part of VirtualServer infra/vs | ditto/gateway:8080 | public | [] api=true | identity client, authentication off, hides unknown"
	for _, tt := range []struct {
		name, objects string
		want          []string
	}{
		{"nobody takes it over", vsr, nil},
		{"named", vsr + server("d.example.com", "routes: [{path: /, route: ditto/r}]"), []string{status, things}},
		{"selected", vsr + server("d.example.com", "routes: [{path: /, routeSelector: {matchLabels: {app: ditto}}}]"), []string{status, things}},
		{"selected by more than it has", vsr + server("d.example.com", "routes: [{path: /, routeSelector: {matchLabels: {app: ditto, part: ui}}}]"), nil},
		{"of another host", vsr + server("e.example.com", "routes: [{path: /, route: ditto/r}]"), nil},
		{"for a part", vsr + server("d.example.com", "routes: [{path: /api, route: ditto/r}]"), []string{things}},
		{"with policies of its own or of the route", vsr + server("d.example.com", "routes: [{path: /, route: ditto/r, policies: [{name: p}]}]"),
			[]string{strings.Replace(status, "authentication off", "authentication on", 1), things}},
		{"with policies of the server", vsr + server("d.example.com", "policies: [{name: p}], routes: [{path: /, route: ditto/r}]"),
			[]string{strings.Replace(status, "authentication off", "authentication on", 1), strings.Replace(things, "authentication off", "authentication on", 1)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, described(t, tt.objects)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestTransportServerRoutes(t *testing.T) {
	server := func(spec string) string {
		return "apiVersion: k8s.nginx.org/v1alpha1\nkind: TransportServer\nmetadata: {name: t, namespace: ditto}\nspec: {" + spec +
			", upstreams: [{name: a, service: shop, port: 1}, {name: b, service: gateway, port: 8080}], action: {pass: b}}"
	}
	for _, tt := range []struct {
		name, objects string
		want          []string
	}{
		{"TCP", server("listener: {name: raw, protocol: TCP}"), []string{"listener raw (TCP) | ditto/gateway:8080 | public | unread | identity client, authentication off, hides off"}},
		{"TLS by its server name", server("listener: {name: tls-passthrough, protocol: TLS_PASSTHROUGH}, host: d.example.com"),
			[]string{"d.example.com, listener tls-passthrough (TLS_PASSTHROUGH) | ditto/gateway:8080 | public | unread | identity client, authentication off, hides off"}},
		{"UDP", server("listener: {name: dns, protocol: UDP}"), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, described(t, tt.objects)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestVirtualServer_InternalClass(t *testing.T) {
	c, list := linked(t, f5Server("ingressClassName: inside\nroutes: [{path: /, action: {pass: gateway}}]"))
	c.Config.InternalIngressClasses = []string{"inside"}
	if routes := Routes(c, list[0]); len(routes) != 1 || routes[0].Public {
		t.Errorf("got %+v", routes)
	}
}
