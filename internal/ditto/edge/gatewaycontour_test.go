package edge

import (
	"strings"
	"testing"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/gatewayapi"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

const (
	contourController = "projectcontour.io/gateway-controller"
	ciliumController  = "io.cilium/gateway-controller"
	istioController   = "istio.io/gateway-controller"
	envoyController   = "gateway.envoyproxy.io/gatewayclass-controller"
)

// TestWhatContourMakesOfRoutes compares Contour with those who do as the Gateway API says. Each rule stands between the match and the
// backend of a route.
func TestWhatContourMakesOfRoutes(t *testing.T) {
	const (
		head = "\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: us, namespace: ditto}\n" +
			"spec:\n  parentRefs: [{name: edge, namespace: infra}]\n  hostnames: [ditto.example.com]\n  rules:\n"
		password = "{type: ExternalAuth, externalAuth: {protocol: HTTP, backendRef: {name: auth, port: 80}, " +
			"http: {allowedResponseHeaders: [x-ditto-pre-authenticated]}}}"
		extension = "{type: ExtensionRef, extensionRef: {group: example.com, kind: Any, name: any}}"
		elsewhere = "{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /api/2/things}}}"
		redirect  = "{type: RequestRedirect, requestRedirect: {scheme: https}}"
	)
	prefix := func(to string) string {
		return "{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: " + to + "}}}"
	}
	set := func(value string) string {
		return "{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-ditto-pre-authenticated, value: '" + value + "'}]}}"
	}
	for _, test := range []struct {
		name, controller, match, rule, backend string
		routes                                 int
		identity, authentication               string
		// upstream is a path of the backend, leads whether requests get there; "" for what is not determined.
		upstream, leads string
	}{
		{"the root becomes the start of a name", contourController, "/", prefix("/dev"), "", 1, way.IdentityClient, tri.Off, "/devops", "yes"},
		{"the root becomes a folder", contourController, "/", prefix("/dev/"), "", 1, way.IdentityClient, tri.Off, "/devops", "no"},
		{"the root becomes the start of a name, Envoy Gateway", envoyController, "/", prefix("/dev/"), "", 1, way.IdentityClient, tri.Off, "/devops", "yes"},
		{"the root becomes the start of a name, Istio", istioController, "/", prefix("/dev"), "", 1, way.IdentityClient, tri.Unknown, "/devops", "yes"},
		{"the root becomes a folder, Cilium", ciliumController, "/", prefix("/dev"), "", 1, way.IdentityClient, tri.Off, "/devops", "no"},
		{"the root becomes the root", contourController, "/", prefix("/"), "", 1, way.IdentityClient, tri.Off, "/devops", "yes"},
		{"a path becomes the root", contourController, "/x/", prefix("/"), "", 1, way.IdentityClient, tri.Off, "/devops", "yes"},
		{"a path becomes another", contourController, "/x", prefix("/devops"), "", 1, way.IdentityClient, tri.Off, "/devops", "yes"},
		{"a path becomes one with a slash", contourController, "/x", prefix("/devops/"), "", 1, way.IdentityClient, tri.Off, "/devops/", "yes"},
		{"a path becomes the start of a name", contourController, "/x", prefix("/dev"), "", 1, way.IdentityClient, tri.Off, "/devops", "no"},

		{"a rewrite for a backend", contourController, "/devops", "", elsewhere, 1, way.IdentityClient, tri.Off, "/devops", "yes"},
		{"a rewrite for a backend that may be done", ciliumController, "/devops", "", elsewhere, 1, way.IdentityClient, tri.Off, "/devops", ""},
		{"a rewrite for a backend beside one that may be done", ciliumController, "/devops", elsewhere, elsewhere, 1, way.IdentityClient, tri.Off, "/devops", ""},
		{"a rewrite for a backend that is refused", envoyController, "/devops", "", elsewhere, 1, way.IdentityClient, tri.Off, "/devops", "no"},
		{"a redirect for a backend", contourController, "/", "", redirect, 1, way.IdentityClient, tri.Off, "/devops", "yes"},
		{"a redirect for a backend that may be done", ciliumController, "/", "", redirect, 1, way.IdentityClient, tri.Off, "/devops", "yes"},
		{"a redirect for a backend that is refused", envoyController, "/", "", redirect, 0, "", "", "", ""},
		{"a redirect of the rule", contourController, "/", redirect, "", 0, "", "", "", ""},

		{"credentials that are asked for elsewhere", contourController, "/", password, "", 1, way.IdentityClient, tri.Off, "/devops", "yes"},
		{"credentials that are asked for by nobody knows whom", "example.com/other", "/", password, "", 1, way.IdentityUnknown, tri.Unknown, "/devops", ""},
		{"the root becomes something for nobody knows whom", "example.com/other", "/", prefix("/dev"), "", 1, way.IdentityClient, tri.Off, "/devops", ""},
		{"a path becomes something for nobody knows whom", "example.com/other", "/x", prefix("/dev"), "", 1, way.IdentityClient, tri.Off, "/devops", "no"},
		{"credentials that are asked for", ciliumController, "/", password, "", 1, way.IdentitySet, tri.On, "/devops", "yes"},
		{"an extension of another's", contourController, "/", extension, "", 1, way.IdentityClient, tri.Off, "/devops", "yes"},
		{"an extension that is not read", ciliumController, "/", extension, "", 1, way.IdentityUnknown, tri.Unknown, "/devops", ""},
		{"an extension for a backend", contourController, "/", "", extension, 1, way.IdentityClient, tri.Off, "/devops", "yes"},

		{"a constant", contourController, "/", set("a:b"), "", 1, way.IdentitySet, tri.Off, "/devops", "yes"},
		{"percent signs", contourController, "/", set("100%%"), "", 1, way.IdentitySet, tri.Off, "/devops", "yes"},
		{"a variable between percent signs", contourController, "/", set("%%REQ(x-user)%%"), "", 1, way.IdentityClient, tri.Off, "/devops", "yes"},
		{"what Envoy takes for percent signs", envoyController, "/", set("%%REQ(x-user)%%"), "", 1, way.IdentitySet, tri.Off, "/devops", "yes"},
		{"a variable of the connection", contourController, "/", set("%DOWNSTREAM_PEER_SUBJECT%"), "", 1, way.IdentityUnknown, tri.Off, "/devops", "yes"},
		{"a header for a backend", contourController, "/", "", set("a:b"), 1, way.IdentitySet, tri.Off, "/devops", "yes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			rule := "  - {matches: [{path: {type: PathPrefix, value: " + test.match + "}}], filters: [" + test.rule + "], " +
				"backendRefs: [{name: gateway, port: 8080, filters: [" + test.backend + "]}]}"
			inv, list := worldOf(t, someService+strings.Replace(someClass, "CONTROLLER", test.controller, 1)+someGateway+head+rule)
			got := Routes(way.Context{Objects: inv}, list[len(list)-1])
			if len(got) != test.routes {
				t.Fatalf("want %d routes, got %+v", test.routes, got)
			}
			if test.routes == 0 {
				return
			}
			if e := got[0].Effects; e.Identity.State != test.identity || e.Authentication.State != test.authentication {
				t.Errorf("want the identity %s and authentication %s, got %+v and %+v", test.identity, test.authentication, e.Identity, e.Authentication)
			}
			if leads, known := got[0].Path.Leads(test.upstream); said(leads, known) != test.leads {
				t.Errorf("leads to %s: want %q, got %q", test.upstream, test.leads, said(leads, known))
			}
		})
	}
}

// said is a word for what is decided, empty where it is not.
func said(yes, known bool) string {
	switch {
	case yes:
		return "yes"
	case known:
		return "no"
	}
	return ""
}

// TestWhichRoutesContourTakes is about listeners and parents.
func TestWhichRoutesContourTakes(t *testing.T) {
	const (
		listener = "\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: edge, namespace: infra}\n" +
			"spec: {gatewayClassName: some, listeners: [LISTENER]}\n---"
		route = "\napiVersion: gateway.networking.k8s.io/v1\nkind: KIND\nmetadata: {name: us, namespace: ditto}\n" +
			"spec: {parentRefs: [PARENT], rules: [{backendRefs: [{name: gateway, port: 8080}]}]}"
		named  = "{name: edge, namespace: infra}"
		by     = "{name: edge}"
		forAll = "{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}"
	)
	listing := func(protocol, tls, kinds string) string {
		return "{name: a, port: 443, protocol: " + protocol + tls + ", allowedRoutes: {namespaces: {from: All}, kinds: [" + kinds + "]}}"
	}
	const ends, through = ", tls: {certificateRefs: [{name: tls}]}", ", tls: {mode: Passthrough}"
	for _, test := range []struct {
		name, controller, listener, kind, parent string
		doors                                    string
	}{
		{"a listener for TLS that lists it", contourController, listing("TLS", ends, "{kind: HTTPRoute}"), "HTTPRoute", named, "Gateway infra/edge"},
		{"a listener for TLS that passes it through and lists it", contourController, listing("TLS", through, "{kind: GRPCRoute}"), "GRPCRoute", named, "Gateway infra/edge"},
		{"a listener for TCP that lists it", contourController, listing("TCP", "", "{kind: HTTPRoute}"), "HTTPRoute", named, "Gateway infra/edge"},
		{"a listener for TLS that lists another kind", contourController, listing("TLS", ends, "{kind: TLSRoute}"), "HTTPRoute", named, ""},
		{"a listener for TLS that lists nothing", contourController, listing("TLS", ends, ""), "HTTPRoute", named, ""},
		{"a listener for HTTP that lists connections", contourController, listing("HTTP", "", "{kind: TCPRoute}"), "TCPRoute", named, ""},
		{"a listener of nobody knows whose for TLS that lists it", "example.com/other", listing("TLS", ends, "{kind: HTTPRoute}"), "HTTPRoute", named, "Gateway infra/edge"},
		{"a listener of somebody else's for TLS that lists it", envoyController, listing("TLS", ends, "{kind: HTTPRoute}"), "HTTPRoute", named, ""},

		{"a parent without a namespace", contourController, forAll, "HTTPRoute", by, "Gateway ditto/edge (unknown); Gateway infra/edge"},
		{"a parent without a namespace, of somebody else's", envoyController, forAll, "HTTPRoute", by, "Gateway ditto/edge (unknown)"},
		{"a parent without a namespace, of another name", contourController, forAll, "HTTPRoute", "{name: other}", "Gateway ditto/other (unknown)"},
		{"a parent of a namespace", contourController, forAll, "HTTPRoute", "{name: edge, namespace: ditto}", "Gateway ditto/edge (unknown)"},
		{
			"a parent without a namespace, and a listener for its own", contourController, strings.Replace(forAll, "All", "Same", 1), "HTTPRoute", by,
			"Gateway ditto/edge (unknown)",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			inv, list := worldOf(t, someService+strings.Replace(someClass, "CONTROLLER", test.controller, 1)+
				strings.Replace(listener, "LISTENER", test.listener, 1)+strings.NewReplacer("KIND", test.kind, "PARENT", test.parent).Replace(route))
			var doors []string
			for _, r := range Routes(way.Context{Objects: inv}, list[len(list)-1]) {
				door := r.Door
				if r.Doubt != "" {
					door += " (unknown)"
				}
				doors = append(doors, door)
			}
			if got := strings.Join(doors, "; "); got != test.doors {
				t.Errorf("want it to be served at %q, got %q", test.doors, got)
			}
		})
	}
}

// TestWhoReachesAGatewayOfContour: annotations count where a Service was made for the Gateway.
func TestWhoReachesAGatewayOfContour(t *testing.T) {
	const (
		internal = "  infrastructure: {annotations: {networking.gke.io/load-balancer-type: Internal}}\n"
		made     = "\napiVersion: v1\nkind: Service\nmetadata: {name: envoy-edge, namespace: infra, labels: {gateway.networking.k8s.io/gateway-name: edge}ANNOTATED}\n" +
			"spec: {type: LoadBalancer}\n---"
		marked = ", annotations: {networking.gke.io/load-balancer-type: Internal}"
	)
	for _, test := range []struct {
		name, gateway, service string
		public                 bool
		doubt                  string
	}{
		{"nothing is said", "", "", true, ""},
		{
			"the Gateway says that it is internal", internal, "", true,
			"Contour serves Gateway infra/edge behind a Service of its own, whatever annotations it has, unless its provisioner has made one for it",
		},
		{"so does the Service that was made for it", internal, strings.Replace(made, "ANNOTATED", marked, 1), false, ""},
		{"the Service that was made for it does not", internal, strings.Replace(made, "ANNOTATED", "", 1), true, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Replace(someClass, "CONTROLLER", contourController, 1) + test.service +
				strings.Replace(someGateway, "  listeners:\n", test.gateway+"  listeners:\n", 1)
			inv, _ := worldOf(t, strings.TrimSuffix(text, "---"))
			c := way.Context{Objects: inv}
			gw := inv.Get(crd.Gateway, "infra", "edge").Typed.(*gatewayv1.Gateway)
			got := gatewayapi.Exposes(c, gw, gatewayapi.GatewayClassOf(c, gw))
			if got.Public != test.public || got.Doubt != test.doubt {
				t.Errorf("want public %t, doubt %q; got %+v", test.public, test.doubt, got)
			}
		})
	}
}
