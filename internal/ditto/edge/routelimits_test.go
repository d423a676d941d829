package edge

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// limitWords is what clients speak with a route, and what limits them: `TLS (why), plain HTTP (why); limited (why)`.
func limitWords(r way.Route) string {
	tr := r.Transport
	passthrough := ""
	if tr.Passthrough {
		passthrough = ", passthrough"
	}
	text := fmt.Sprintf("%s (%s), %s (%s)%s; %s (%s)", tr.TLS.State, tr.TLS.Why, tr.Plain.State, tr.Plain.Why, passthrough, r.Rate.Limited.State, r.Rate.Limited.Why)
	if tr.Fix.Advice == "" || (r.Fixes[way.LimitRequests].Advice == "") != (r.Rate.Limited.State == tri.On) {
		text += "; advice is missing, or there where nothing is wrong"
	}
	return text
}

// limitsOf are the limits of the routes of the first object of a YAML stream.
func limitsOf(t testing.TB, stream string) []string {
	t.Helper()
	c, list := linked(t, stream)
	var lines []string
	for _, r := range Routes(c, list[0]) {
		lines = append(lines, limitWords(r))
	}
	return lines
}

type limitsCase struct {
	name, stream, want string
}

func (c limitsCase) run(t *testing.T) {
	t.Run(c.name, func(t *testing.T) {
		got := strings.Join(limitsOf(t, c.stream), "\n")
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

func TestIngressRoute_Limits(t *testing.T) {
	const (
		own       = "on (spec.tls names a certificate), closed (the router accepts only TLS)"
		somewhere = "unknown (spec.tls is not set, and whether the entry points of Traefik speak TLS cannot be seen), "
		unseen    = somewhere + "unknown (whether the entry points of Traefik redirect plain HTTP cannot be seen)"
		none      = "; off (no Middleware limits requests)"
		missing   = "Middleware ns/m was not found, and Traefik does not serve a router that names a missing Middleware"
	)
	one := func(fields, spec string) string {
		return router("    middlewares: [{name: m}]\n"+fields+"\n") + middleware("m", spec)
	}
	for _, tt := range []limitsCase{
		{"nothing", router(""), unseen + none},
		{"a certificate", router("  tls: {secretName: c}"), own + none},
		{"a resolver", router("  tls: {certResolver: le}"), "on (Traefik gets the certificate itself), closed (the router accepts only TLS)" + none},
		{"TLS and no certificate", router("  tls: {}"),
			"unknown (spec.tls names no Secret and no certResolver, so the certificate is one of Traefik's own, which cannot be seen), closed (the router accepts only TLS)" + none},
		{"the entry point for plain HTTP", router("  entryPoints: [web]"),
			"off (spec.tls is not set, and the router is attached only to the entry point web), unknown (whether the entry point web of Traefik redirects cannot be seen)" + none},
		{"the entry point for TLS", router("  entryPoints: [websecure]"),
			"unknown (the certificate of the entry point websecure cannot be seen), closed (the router is attached only to websecure, which is Traefik's name for an entry point with TLS)" + none},
		{"both entry points", router("  entryPoints: [web, websecure]"), unseen + none},
		{"a redirect", one("", "{redirectScheme: {scheme: https}}"), somewhere + "redirected (Middleware ns/m redirects plain HTTP)" + none},
		{"a redirect of the entry point for plain HTTP", one("  entryPoints: [web]", "{redirectScheme: {scheme: https}}"),
			"unknown (Middleware ns/m redirects plain HTTP, and the router that speaks TLS was not found), redirected (Middleware ns/m redirects plain HTTP)" + none},
		{"a redirect to something else", one("", "{redirectScheme: {scheme: http}}"), unseen + none},
		{"a redirect where TLS is all there is", one("  tls: {secretName: c}", "{redirectScheme: {scheme: https}}"), own + none},
		{"a redirect by expression", one("", "{redirectRegex: {regex: '^http://(.*)', replacement: 'https://${1}'}}"), somewhere + "redirected (Middleware ns/m redirects plain HTTP)" + none},
		{"a redirect of some by expression", one("", "{redirectRegex: {regex: '^http://(.*)/x', replacement: 'https://${1}'}}"), unseen + none},
		{"a limit", one("  tls: {secretName: c}", "{rateLimit: {average: 50, burst: 100}}"), own + "; on (Middleware ns/m (rateLimit) limits requests)"},
		{"a limit of zero", one("  tls: {secretName: c}", "{rateLimit: {burst: 100}}"), own + "; off (Middleware ns/m (rateLimit) has a limit of zero, which means no limit)"},
		{"a limit by a header", one("  tls: {secretName: c}", "{rateLimit: {average: 50, sourceCriterion: {requestHeaderName: X-Client}}}"),
			own + `; unknown (Middleware ns/m (rateLimit) counts by the header "X-Client", and whether clients control it cannot be seen)`},
		{"a limit by address", one("  tls: {secretName: c}", "{rateLimit: {average: 50, sourceCriterion: {ipStrategy: {depth: 1}}}}"), own + "; on (Middleware ns/m (rateLimit) limits requests)"},
		{"so many at once", one("  tls: {secretName: c}", "{inFlightReq: {amount: 10}}"), own + "; on (Middleware ns/m (inFlightReq) limits requests)"},
		{"a chain", one("  tls: {secretName: c}", "{chain: {middlewares: [{name: l}]}}") + middleware("l", "{rateLimit: {average: 5}}"), own + "; on (Middleware ns/l (rateLimit) limits requests)"},
		{"a plugin may limit", one("  tls: {secretName: c}", "{plugin: {x: {}}}"), own + "; unknown (Middleware ns/m (plugin) may do anything to a request, and is not read)"},
		{"another Middleware", one("  tls: {secretName: c}", "{compress: {}}"), own + none},
		{"a Middleware that is not there", router("    middlewares: [{name: m}]\n  entryPoints: [web]"),
			"unknown (" + missing + "), unknown (whether the entry point web of Traefik redirects cannot be seen); unknown (" + missing + ")"},
	} {
		tt.run(t)
	}
}

func TestIngressRouteTCP_Limits(t *testing.T) {
	tcp := func(fields, more string) string {
		return "apiVersion: traefik.io/v1alpha1\nkind: IngressRouteTCP\nmetadata: {name: t, namespace: ns}\nspec:\n  routes:\n  - match: HostSNI(`a.b`)\n" +
			"    services: [{name: gateway, port: 8080}]\n" + fields + "\n" + more
	}
	connections := func(spec string) string {
		return strings.Replace(middleware("m", spec), "kind: Middleware\n", "kind: MiddlewareTCP\n", 1)
	}
	const none = "; off (connections are passed through, and no requests are read)"
	const closed = "closed (the router accepts only TLS)"
	const named = "    middlewares: [{name: m}]\n  tls: {secretName: c}"
	for _, tt := range []limitsCase{
		{"as they are", tcp("", ""), "unknown (what is further in decides), served (spec.tls is not set), passthrough" + none},
		{"handed through", tcp("  tls: {passthrough: true}", ""), "unknown (what is further in decides), " + closed + ", passthrough" + none},
		{"TLS ends here", tcp("  tls: {secretName: c}", ""), "on (spec.tls names a certificate), " + closed + none},
		{"so many connections", tcp(named, connections("{inFlightConn: {amount: 5}}")), "on (spec.tls names a certificate), " + closed + "; on (MiddlewareTCP ns/m (inFlightConn) limits connections)"},
		{"no connections at all", tcp(named, connections("{inFlightConn: {}}")), "on (spec.tls names a certificate), " + closed + "; off (MiddlewareTCP ns/m (inFlightConn) has a limit of zero, which means no limit)"},
	} {
		tt.run(t)
	}
}

func TestHTTPProxy_Limits(t *testing.T) {
	const (
		redirects = "on (virtualhost.tls names a certificate), redirected (Contour redirects where the virtual host has TLS)"
		none      = "; off (no rateLimitPolicy limits requests)"
	)
	proxy := func(host, route string) string {
		return httpProxy("ns", "p", "{virtualhost: {fqdn: a.b, "+host+"}, routes: [{services: [{name: gateway, port: 8080}], "+route+"}]}")
	}
	const tls, local = "tls: {secretName: c}", "rateLimitPolicy: {local: {requests: 50, unit: second}}"
	const global = "rateLimitPolicy: {global: {descriptors: [{entries: [{remoteAddress: {}}]}]}}"
	const disabled = "rateLimitPolicy: {global: {disabled: true}}"
	const off = "; off (rateLimitPolicy.global.disabled exempts the route from all limits of the rate limit service)"
	for _, tt := range []limitsCase{
		{"plain HTTP", proxy("", ""), "off (virtualhost.tls is not set), served (virtualhost.tls is not set)" + none},
		{"a certificate", proxy(tls, ""), redirects + none},
		{"plain HTTP permitted", proxy(tls, "permitInsecure: true"), "on (virtualhost.tls names a certificate), served (permitInsecure is true)" + none},
		{"no certificate", proxy("tls: {minimumProtocolVersion: '1.2'}", ""),
			"unknown (virtualhost.tls names no Secret, and Contour does not serve such a virtual host), redirected (Contour redirects where the virtual host has TLS)" + none},
		{"a limit of the route", proxy(tls, local), redirects + "; on (rateLimitPolicy.local limits requests)"},
		{"a limit of the virtual host", proxy(tls+", "+local, ""), redirects + "; on (virtualhost.rateLimitPolicy.local limits requests)"},
		{"a limit of zero", proxy(tls, "rateLimitPolicy: {local: {requests: 0, unit: second}}"), redirects + none},
		{"a service that limits", proxy(tls+", "+global, ""), redirects + "; on (virtualhost.rateLimitPolicy.global limits requests)"},
		{"a service that does not for this route", proxy(tls+", "+global, disabled), redirects + off},
		{"a service that does not, but each Envoy does", proxy(tls+", "+local, disabled), redirects + "; on (virtualhost.rateLimitPolicy.local limits requests)"},
		{"connections handed through", httpProxy("ns", "p", "{virtualhost: {fqdn: a.b, tls: {passthrough: true}}, tcpproxy: {services: [{name: gateway, port: 8080}]}}"),
			"unknown (what is further in decides), closed (the tcpproxy accepts only TLS), passthrough; off (connections are passed through, and no requests are read)"},
		{"connections whose TLS ends here", httpProxy("ns", "p", "{virtualhost: {fqdn: a.b, tls: {secretName: c}}, tcpproxy: {services: [{name: gateway, port: 8080}]}}"),
			"on (virtualhost.tls names a certificate), closed (the tcpproxy accepts only TLS); off (connections are passed through, and no requests are read)"},
		{"plain HTTP beside connections", httpProxy("ns", "p", "{virtualhost: {fqdn: a.b, tls: {secretName: c}}, tcpproxy: {services: [{name: other, port: 1}]}, routes: [{permitInsecure: true, services: [{name: gateway, port: 8080}]}]}"),
			"off (the tcpproxy takes what comes over TLS), served (permitInsecure is true)" + none + "\non (virtualhost.tls names a certificate), closed (the tcpproxy accepts only TLS); off (connections are passed through, and no requests are read)"},
		{"addresses", proxy("ipAllowPolicy: [{cidr: 10.0.0.0/8, source: Peer}]", ""), strings.ReplaceAll("unknown (W), unknown (W); unknown (W)", "W",
			"ipAllowPolicy admits only certain addresses, and whether clients have such an address depends on what is in front of Envoy")},
		{"taken in by another", httpProxy("ns", "child", "{routes: [{services: [{name: gateway, port: 8080}]}]}") +
			httpProxy("root", "p", "{virtualhost: {fqdn: a.b, "+tls+", "+local+"}, includes: [{name: child, namespace: ns}]}"), redirects + "; on (virtualhost.rateLimitPolicy.local limits requests)"},
	} {
		tt.stream = strings.TrimPrefix(tt.stream, "---\n")
		tt.run(t)
	}
}

func TestHTTPProxy_RateLimitServiceIsAssumed(t *testing.T) {
	c, list := linked(t, strings.TrimPrefix(httpProxy("ns", "p",
		"{virtualhost: {fqdn: a.b}, routes: [{services: [{name: gateway, port: 8080}], rateLimitPolicy: {global: {descriptors: [{}]}}}]}"), "---\n"))
	want := []string{
		"Contour's configuration has no policy for headers and no globalExtAuth",
		"Contour's configuration names a rate limit service (rateLimitService), and that limits what rateLimitPolicy.global describes",
	}
	if diff := cmp.Diff(want, Routes(c, list[0])[0].Effects.Assumptions); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestVirtualService_Limits(t *testing.T) {
	bound := func(rules, servers, more string) string {
		return "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: vs, namespace: ditto}\nspec: {hosts: [d.example.com], gateways: [infra/public], " + rules + "}\n" +
			"---\napiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: public, namespace: infra}\nspec:\n  selector: {istio: ingressgateway}\n  servers: [" + servers + "]\n" + more
	}
	const (
		all    = "http: [{route: [{destination: {host: gateway}}]}]"
		https  = "{port: {number: 443, protocol: HTTPS}, tls: {mode: SIMPLE, credentialName: c}, hosts: [d.example.com]}"
		plain  = "{port: {number: 80, protocol: HTTP}, hosts: ['*']}"
		other  = "{port: {number: 443, protocol: HTTPS}, tls: {mode: SIMPLE, credentialName: c}, hosts: [e.example.com]}"
		turned = "{port: {number: 80, protocol: HTTP}, tls: {httpsRedirect: true}, hosts: ['*']}"
		passes = "{port: {number: 443, protocol: TLS}, tls: {mode: PASSTHROUGH}, hosts: ['*']}"

		on     = "on (Gateway infra/public has a server with TLS for it)"
		off    = "off (Gateway infra/public has no server with TLS for d.example.com)"
		served = ", served (Gateway infra/public has a server for plain HTTP without httpsRedirect)"
		none   = "; off (no EnvoyFilter was found for the pods of Gateway infra/public)"
	)
	filter := func(selector, context string) string {
		return "---\napiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {name: f, namespace: istio-system}\nspec: {workloadSelector: {labels: " + selector +
			"}, configPatches: [{applyTo: HTTP_FILTER, match: {context: " + context + "}}]}\n"
	}
	const balancer = "---\napiVersion: v1\nkind: Service\nmetadata: {name: in, namespace: infra, annotations: {service.beta.kubernetes.io/aws-load-balancer-ssl-cert: c}}\n" +
		"spec: {type: LoadBalancer, selector: {istio: ingressgateway}, ports: [{port: 443}]}\n"
	const before = "Service infra/in in front of Gateway infra/public terminates TLS (service.beta.kubernetes.io/aws-load-balancer-ssl-cert makes the load balancer terminate TLS), and whether it redirects cannot be seen"
	for _, tt := range []limitsCase{
		{"TLS alone", bound(all, https, ""), on + ", closed (Gateway infra/public has no server for plain HTTP)" + none},
		{"both", bound(all, https+", "+plain, ""), on + served + none},
		{"both, and a redirect", bound(all, https+", "+turned, ""), on + ", redirected (Gateway infra/public redirects plain HTTP (httpsRedirect))" + none},
		{"plain HTTP alone", bound(all, plain, ""), off + served + none},
		{"TLS for another host", bound(all, other+", "+plain, ""), off + served + none},
		{"a rule for one port", bound("http: [{match: [{port: 443}], route: [{destination: {host: gateway}}]}]", https+", "+plain, ""),
			on + ", closed (Gateway infra/public has no server for plain HTTP)" + none},
		{"a rule for a port that is not there", bound("http: [{match: [{port: 8443}], route: [{destination: {host: gateway}}]}]", https, ""), ""},
		{"a rule that redirects before", bound("http: [{match: [{port: 80}], redirect: {scheme: https}}, {route: [{destination: {host: gateway}}]}]", https+", "+plain, ""),
			on + ", unknown (a rule before this one redirects to HTTPS, and which requests it takes is not evaluated)" + none},
		{"a rule that redirects afterwards", bound("http: [{route: [{destination: {host: gateway}}]}, {redirect: {scheme: https}}]", https+", "+plain, ""), on + served + none},
		{"a rule that redirects to another path", bound("http: [{match: [{port: 80}], redirect: {uri: /x}}, {route: [{destination: {host: gateway}}]}]", https+", "+plain, ""), on + served + none},
		{"TLS that ends before", bound(all, plain, balancer), strings.ReplaceAll("unknown (W), unknown (W)", "W", before) + none},
		{"a Gateway that was not found", strings.SplitN(bound(all, "", ""), "---", 2)[0],
			"unknown (Gateway infra/public was not found), unknown (Gateway infra/public was not found); unknown (Gateway infra/public was not found, nor can EnvoyFilters for its pods be)"},
		{"a filter", bound(all, https, filter("{istio: ingressgateway}", "GATEWAY")),
			on + ", closed (Gateway infra/public has no server for plain HTTP); unknown (EnvoyFilter istio-system/f can limit requests, and is not evaluated)"},
		{"a filter for sidecars", bound(all, https, filter("{istio: ingressgateway}", "SIDECAR_INBOUND")), on + ", closed (Gateway infra/public has no server for plain HTTP)" + none},
		{"a filter for other pods", bound(all, https, filter("{istio: egressgateway}", "GATEWAY")), on + ", closed (Gateway infra/public has no server for plain HTTP)" + none},
		{"handed through", bound("tls: [{match: [{sniHosts: [d.example.com]}], route: [{destination: {host: gateway}}]}]", passes, ""),
			"unknown (what is further in decides), closed (Gateway infra/public accepts only TLS), passthrough; off (connections are passed through, and no requests are read)"},
		{"connections", bound("tcp: [{route: [{destination: {host: gateway}}]}]", "{port: {number: 9000, protocol: TCP}, hosts: ['*']}", ""),
			"unknown (what is further in decides), served (Gateway infra/public passes connections through as they are), passthrough; off (connections are passed through, and no requests are read)"},
		{"connections whose TLS ends here", bound("tcp: [{route: [{destination: {host: gateway}}]}]", "{port: {number: 9000, protocol: TLS}, tls: {mode: SIMPLE}, hosts: ['*']}", ""),
			"on (Gateway infra/public terminates TLS), closed (Gateway infra/public accepts only TLS); off (connections are passed through, and no requests are read)"},
	} {
		tt.run(t)
	}
}

func TestVirtualServer_Limits(t *testing.T) {
	const (
		route  = "\nroutes: [{path: /, action: {pass: gateway}}]"
		none   = "; off (no Policy limits requests)"
		safe   = "on (spec.tls names a certificate), redirected (spec.tls.redirect is enabled)"
		secure = "tls: {secret: c, redirect: {enable: true}}"
	)
	limit := func(fields string) string {
		return f5PolicyObject("p", "{rateLimit: {rate: 50r/s, zoneSize: 10M, key: '${binary_remote_addr}', "+fields+"}}")
	}
	const policed = secure + "\npolicies: [{name: p}]" + route
	for _, tt := range []limitsCase{
		{"plain HTTP", f5Server(route), "off (spec.tls is not set), served (spec.tls is not set)" + none},
		{"a certificate without a redirect", f5Server("tls: {secret: c}" + route), "on (spec.tls names a certificate), served (spec.tls.redirect is not enabled)" + none},
		{"a certificate and a redirect", f5Server(secure + route), safe + none},
		{"a redirect that is off", f5Server("tls: {secret: c, redirect: {code: 301}}" + route), "on (spec.tls names a certificate), served (spec.tls.redirect is not enabled)" + none},
		{"a redirect by a header", f5Server("tls: {secret: c, redirect: {enable: true, basedOn: x-forwarded-proto}}" + route),
			`on (spec.tls names a certificate), unknown (spec.tls.redirect goes by "x-forwarded-proto", and whether something in front of the controller sets it cannot be seen)` + none},
		{"a certificate of the controller's", f5Server("tls: {redirect: {enable: true}}" + route),
			"unknown (spec.tls names no Secret, so the certificate is the controller's own, which cannot be seen), redirected (spec.tls.redirect is enabled)" + none},
		{"a listener for TLS alone", f5Server("tls: {secret: c}\nlistener: {https: l}" + route), "on (spec.tls names a certificate), closed (spec.listener names no listener for plain HTTP)" + none},
		{"a listener for plain HTTP alone", f5Server("tls: {secret: c}\nlistener: {http: l}" + route), "off (spec.listener names no listener for HTTPS), served (spec.tls.redirect is not enabled)" + none},
		{"a limit", f5Server(policed) + limit(""), safe + `; on (Policy ditto/p limits requests to "50r/s")`},
		{"a limit of the route", f5Server(secure+"\nroutes: [{path: /, policies: [{name: p}], action: {pass: gateway}}]") + limit(""), safe + `; on (Policy ditto/p limits requests to "50r/s")`},
		{"a dry run", f5Server(policed) + limit("dryRun: true"), safe + "; off (Policy ditto/p refuses nothing (rateLimit.dryRun))"},
		{"a dry run that takes the place of a limit", f5Server(secure+"\npolicies: [{name: q}]\nroutes: [{path: /, policies: [{name: p}], action: {pass: gateway}}]") +
			limit("dryRun: true") + f5PolicyObject("q", "{rateLimit: {rate: 5r/s, key: $binary_remote_addr}}"), safe + "; off (Policy ditto/p refuses nothing (rateLimit.dryRun))"},
		{"another Policy takes no limit's place", f5Server(secure+"\npolicies: [{name: q}]\nroutes: [{path: /, policies: [{name: p}], action: {pass: gateway}}]") +
			f5PolicyObject("p", "{basicAuth: {secret: s}}") + f5PolicyObject("q", "{rateLimit: {rate: 5r/s, key: $binary_remote_addr}}"), safe + `; on (Policy ditto/q limits requests to "5r/s")`},
		{"for some", f5Server(policed) + limit("condition: {jwt: {claim: c, match: m}}"), safe + "; unknown (Policy ditto/p limits some requests only (rateLimit.condition))"},
		{"no rate", f5Server(policed) + f5PolicyObject("p", "{rateLimit: {rate: '50', key: $binary_remote_addr}}"), safe + `; off (Policy ditto/p has the rate "50", which sets no limit)`},
		{"by a header", f5Server(policed) + f5PolicyObject("p", "{rateLimit: {rate: 50r/s, key: $http_x_client}}"), safe + "; off (Policy ditto/p counts by $http_x_client, which the client controls)"},
		{"a Policy that was not found", f5Server(policed), safe + "; unknown (Policy ditto/p was not found; it may limit requests)"},
		{"another Policy", f5Server(policed) + f5PolicyObject("p", "{basicAuth: {secret: s}}"), safe + none},
		{"a snippet", f5Server(secure + "\nroutes: [{path: /, location-snippets: 'limit_req zone=z;', action: {pass: gateway}}]"),
			safe + "; unknown (location-snippets may limit requests, and whether it is honoured cannot be seen)"},
		{"a part has what takes it over", "apiVersion: k8s.nginx.org/v1\nkind: VirtualServerRoute\nmetadata: {name: part, namespace: ditto}\nspec: {host: d.example.com, upstreams: [{name: g, service: gateway, port: 8080}], subroutes: [{path: /api, action: {pass: g}}]}\n---\n" +
			f5Server(secure+"\nroutes: [{path: /api, route: part, policies: [{name: p}]}]") + limit(""), safe + `; on (Policy ditto/p limits requests to "50r/s")`},
		{"TLS handed through", "apiVersion: k8s.nginx.org/v1\nkind: TransportServer\nmetadata: {name: t, namespace: ditto}\nspec: {host: a.b, listener: {name: l, protocol: TLS_PASSTHROUGH}, upstreams: [{name: g, service: gateway, port: 8080}], action: {pass: g}}\n",
			"unknown (what is further in decides), closed (the listener accepts only TLS), passthrough; off (connections are passed through, and no requests are read)"},
		{"TCP", "apiVersion: k8s.nginx.org/v1\nkind: TransportServer\nmetadata: {name: t, namespace: ditto}\nspec: {listener: {name: l, protocol: TCP}, upstreams: [{name: g, service: gateway, port: 8080}], action: {pass: g}}\n",
			"unknown (what is further in decides), served (connections are passed through as they are), passthrough; off (connections are passed through, and no requests are read)"},
		{"TCP whose TLS ends here", "apiVersion: k8s.nginx.org/v1\nkind: TransportServer\nmetadata: {name: t, namespace: ditto}\nspec: {tls: {secret: c}, listener: {name: l, protocol: TCP}, upstreams: [{name: g, service: gateway, port: 8080}], action: {pass: g}}\n",
			"on (spec.tls names a certificate), closed (the listener accepts only TLS); off (connections are passed through, and no requests are read)"},
	} {
		tt.run(t)
	}
}

func TestTCPIngress_Limits(t *testing.T) {
	tcp := func(notes, rule string) string {
		return "apiVersion: configuration.konghq.com/v1beta1\nkind: TCPIngress\nmetadata: {name: t, namespace: ns, annotations: {" + notes + "}}\nspec: {rules: [{" + rule + ", backend: {serviceName: gateway, servicePort: 8080}}]}\n"
	}
	const none = "; off (connections are passed through, and no requests are read)"
	const open = "whether Kong terminates TLS on this port is set in its configuration (stream_listen)"
	for _, tt := range []limitsCase{
		{"a port", tcp("", "port: 9000"), "unknown (" + open + "), unknown (" + open + ")" + none},
		{"a host", tcp("", "port: 9443, host: a.b"), "unknown (Kong terminates TLS for the host, and with which certificate cannot be seen), closed (the route accepts only TLS)" + none},
		{"a host, handed through", tcp("konghq.com/protocols: tls_passthrough", "port: 9443, host: a.b"), "unknown (what is further in decides), closed (the route accepts only TLS), passthrough" + none},
	} {
		tt.run(t)
	}
}
