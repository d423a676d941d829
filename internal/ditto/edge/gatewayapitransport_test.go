package edge

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

const (
	envoyClass   = "gateway.envoyproxy.io/gatewayclass-controller"
	nginxClass   = "gateway.nginx.org/nginx-gateway-controller"
	traefikClass = "traefik.io/gateway-controller"
)

// gatewayWorld is a class, a Gateway with listeners, and other objects.
func gatewayWorld(controller, listeners string, others ...string) string {
	return strings.Join(append([]string{
		"apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: some}\nspec: {controllerName: " + controller + "}",
		"apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: edge, namespace: ditto}\n" +
			"spec:\n  gatewayClassName: some\n  listeners: [" + listeners + "]",
	}, others...), "\n---\n")
}

func routeObject(kind, name, spec string) string {
	return "apiVersion: gateway.networking.k8s.io/v1\nkind: " + kind + "\nmetadata: {name: " + name + ", namespace: ditto}\nspec: {" + spec + "}"
}

// firstRoute is the first Route of the object of a kind that is named api.
func firstRoute(t *testing.T, world, kind string) way.Route {
	t.Helper()
	m := linkedObjects(t, world)
	for _, o := range m.All() {
		if o.Ref.Kind != kind || o.Ref.Name != "api" {
			continue
		}
		if routes := Routes(way.Context{Objects: m}, o); len(routes) > 0 {
			return routes[0]
		}
	}
	t.Fatalf("no route in:\n%s", world)
	return way.Route{}
}

// TestTransportOfARoute: what clients of a route speak, as `TLS, plain HTTP`.
func TestTransportOfARoute(t *testing.T) {
	const (
		http, https = `{name: http, port: 80, protocol: HTTP}`, `{name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: s}]}}`
		backends    = `rules: [{backendRefs: [{name: gateway, port: 8080}]}]`
		toEdge      = `parentRefs: [{name: edge}], `
		toHTTPS     = `parentRefs: [{name: edge, sectionName: https}], `
		host        = `hostnames: [ditto.example.com], `
		redirect    = `rules: [{filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]}]`
		toHTTP      = `parentRefs: [{name: edge, port: 80}], `
	)
	redirecting := func(hosts, rules string) string { return routeObject("HTTPRoute", "other", toHTTP+hosts+rules) }
	for _, tt := range []struct {
		name, listeners, kind, spec string
		others                      []string
		want                        string
	}{
		{"plain HTTP alone", http, "HTTPRoute", toEdge + host + backends, nil, "off, served"},
		{"HTTPS alone", https, "HTTPRoute", toEdge + host + backends, nil, "on, closed"},
		{"both", http + "," + https, "HTTPRoute", toEdge + host + backends, nil, "on, served"},
		{"both, for gRPC", http + "," + https, "GRPCRoute", toEdge + host + backends, nil, "on, served"},
		{"HTTPS by its name", http + "," + https, "HTTPRoute", toHTTPS + host + backends, nil, "on, closed"},
		{"both by their names", http + "," + https, "HTTPRoute", `parentRefs: [{name: edge, sectionName: https}, {name: edge, sectionName: http}], ` + host + backends, nil, "on, served"},
		{"another route redirects", http + "," + https, "HTTPRoute", toHTTPS + host + backends, []string{redirecting(host, redirect)}, "on, redirected"},
		{"another route redirects every host", http + "," + https, "HTTPRoute", toHTTPS + host + backends, []string{redirecting("", redirect)}, "on, redirected"},
		{"another route redirects a wildcard", http + "," + https, "HTTPRoute", toHTTPS + host + backends, []string{redirecting(`hostnames: ["*.example.com"], `, redirect)}, "on, redirected"},
		{"another route redirects another host", http + "," + https, "HTTPRoute", toHTTPS + host + backends, []string{redirecting(`hostnames: [other.example.com], `, redirect)}, "on, closed"},
		{"another route redirects to another host only", http + "," + https, "HTTPRoute", toHTTPS + host + backends,
			[]string{redirecting(host, `rules: [{filters: [{type: RequestRedirect, requestRedirect: {hostname: other.example.com}}]}]`)}, "on, closed"},
		{"another route redirects some paths", http + "," + https, "HTTPRoute", toHTTPS + host + backends,
			[]string{redirecting(host, `rules: [{matches: [{path: {type: PathPrefix, value: /ui}}], filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]}]`)}, "on, closed"},
		{"what another route serves is its own matter", http + "," + https, "HTTPRoute", toHTTPS + host + backends, []string{redirecting(host, backends)}, "on, closed"},
		{"a redirect beside it does not help who is served", http + "," + https, "HTTPRoute", toEdge + host + backends, []string{redirecting(host, redirect)}, "on, served"},
		{"plain HTTP for a narrower host", `{name: http, port: 80, protocol: HTTP, hostname: old.example.com}, {name: https, port: 443, protocol: HTTPS, hostname: "*.example.com", tls: {certificateRefs: [{name: s}]}}`,
			"HTTPRoute", toEdge + `hostnames: ["*.example.com"], ` + backends, nil, "on, served"},
		{"plain HTTP for another host", `{name: https, port: 443, protocol: HTTPS, hostname: ditto.example.com, tls: {certificateRefs: [{name: s}]}}, {name: http, port: 80, protocol: HTTP, hostname: old.example.com}`,
			"HTTPRoute", toEdge + host + backends, nil, "on, closed"},
		{"a certificate by options", `{name: https, port: 443, protocol: HTTPS, tls: {options: {networking.gke.io/pre-shared-certs: one}}}`, "HTTPRoute", toEdge + host + backends, nil, "on, closed"},
		{"no certificate that can be seen", `{name: https, port: 443, protocol: HTTPS}`, "HTTPRoute", toEdge + host + backends, nil, "unknown, closed"},
		{"a protocol of somebody's own", `{name: quic, port: 443, protocol: example.com/quic}`, "HTTPRoute", toEdge + host + backends, nil, "unknown, unknown"},
		{"a Gateway that was not found", http, "HTTPRoute", `parentRefs: [{name: absent}], ` + host + backends, nil, "unknown, unknown"},
		{"a service mesh", http, "HTTPRoute", `parentRefs: [{group: "", kind: Service, name: gateway}], ` + backends, nil, "unknown, unknown"},
		{"the load balancer terminates TLS", http, "HTTPRoute", toEdge + host + backends, []string{
			"apiVersion: v1\nkind: Service\nmetadata: {name: lb, namespace: ditto, labels: {gateway.networking.k8s.io/gateway-name: edge}, " +
				"annotations: {service.beta.kubernetes.io/aws-load-balancer-ssl-cert: arn}}\nspec: {type: LoadBalancer}",
		}, "on, closed"},
		{"a ListenerSet for HTTPS", http, "HTTPRoute", `parentRefs: [{group: gateway.networking.k8s.io, kind: ListenerSet, name: more}], ` + host + backends, []string{
			"apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: wide, namespace: ditto}\n" +
				"spec: {gatewayClassName: some, allowedListeners: {namespaces: {from: Same}}, listeners: [" + http + "]}",
			routeObject("ListenerSet", "more", `parentRef: {name: wide}, listeners: [`+https+`]`),
			routeObject("HTTPRoute", "other", `parentRefs: [{name: wide}], `+redirect),
		}, "on, redirected"},

		{"TLS handed on", `{name: tls, port: 443, protocol: TLS, tls: {mode: Passthrough}}`, "TLSRoute", toEdge + host + backends, nil, "unknown, closed, passthrough"},
		{"TLS ended for a TLSRoute", `{name: tls, port: 443, protocol: TLS, tls: {mode: Terminate, certificateRefs: [{name: s}]}}`, "TLSRoute", toEdge + host + backends, nil, "on, closed"},
		{"Terminate is the default", `{name: tls, port: 443, protocol: TLS, tls: {certificateRefs: [{name: s}]}}`, "TCPRoute", toEdge + backends, nil, "on, closed"},
		{"raw connections", `{name: tcp, port: 443, protocol: TCP}`, "TCPRoute", toEdge + backends, nil, "unknown, served, passthrough"},
		{"raw connections beside TLS", `{name: tls, port: 443, protocol: TLS, tls: {certificateRefs: [{name: s}]}}, {name: tcp, port: 80, protocol: TCP}`, "TCPRoute", toEdge + backends, nil, "unknown, served, passthrough"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			world := gatewayWorld(envoyClass, tt.listeners, append(tt.others, routeObject(tt.kind, "api", tt.spec))...)
			read := firstRoute(t, world, tt.kind).Transport
			got := read.TLS.State + ", " + read.Plain.State
			if read.Passthrough {
				got += ", passthrough"
			}
			if got != tt.want {
				t.Errorf("got %s, want %s (TLS: %s; plain: %s)", got, tt.want, read.TLS.Why, read.Plain.Why)
			}
			if read.TLS.Why == "" || read.Plain.Why == "" || read.Plain.State == way.PlainServed && read.Fix.Advice == "" {
				t.Errorf("something is not said: %+v", read)
			}
		})
	}
}

func TestTransportAsAWhole(t *testing.T) {
	const listeners = `{name: web, port: 80, protocol: HTTP}, {name: websecure, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: s}]}}`
	api := routeObject("HTTPRoute", "api", `parentRefs: [{name: edge}], rules: [{backendRefs: [{name: gateway, port: 8080}]}]`)
	for _, tt := range []struct {
		name, controller string
		want             way.Transport
	}{
		{"who does not redirect unasked", envoyClass, way.Transport{
			TLS:   tri.State{State: tri.On, Source: "listeners", Why: "listener websecure of Gateway ditto/edge names a certificate"},
			Plain: tri.State{State: way.PlainServed, Source: "spec.parentRefs", Why: "listener web of Gateway ditto/edge takes it as well, with the protocol HTTP"},
			Fix: way.Fix{Advice: "name the listener that is meant in spec.parentRefs (sectionName: websecure), and attach a separate HTTPRoute with a " +
				"RequestRedirect filter (scheme: https, statusCode: 301) to listener web"},
		}},
		{"Traefik may", traefikClass, way.Transport{
			TLS:   tri.State{State: tri.On, Source: "listeners", Why: "listener websecure of Gateway ditto/edge names a certificate"},
			Plain: tri.State{State: tri.Unknown, Source: "default", Why: "whether the entry points of Traefik redirect plain HTTP cannot be seen"},
			Fix: way.Fix{Advice: "name the listener that is meant in spec.parentRefs (sectionName: websecure), and attach a separate HTTPRoute with a " +
				"RequestRedirect filter (scheme: https, statusCode: 301) to listener web"},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := firstRoute(t, gatewayWorld(tt.controller, listeners, api), "HTTPRoute").Transport
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
