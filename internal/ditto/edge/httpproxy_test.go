package edge

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

func httpProxy(namespace, name, spec string) string {
	return "---\napiVersion: projectcontour.io/v1\nkind: HTTPProxy\nmetadata: {name: " + name + ", namespace: " + namespace + "}\nspec: " + spec + "\n"
}

func TestHTTPProxy_Effects(t *testing.T) {
	const tls = "tls: {secretName: cert}"
	root := func(host, route string) string {
		return "{virtualhost: {fqdn: a.b, " + host + "}, routes: [{conditions: [{prefix: /api}], services: [{name: gateway, port: 8080}], " + route + "}]}"
	}
	const (
		client   = "identity client (default): no requestHeadersPolicy changes the header\n"
		nobody   = "asks off (default): the HTTPProxy asks nobody for credentials\n"
		nothing  = "strips off (default): no requestHeadersPolicy changes the header\n"
		shown    = "hides off (default): no responseHeadersPolicy removes Server headers\n"
		config   = "assumes Contour's configuration has no policy for headers and no globalExtAuth\n"
		answers  = "assumes the authorization service answers every request that it lets in with a non-empty x-ditto-pre-authenticated\n"
		service  = "asks on (virtualhost.authorization): an authorization service is asked about every request\n"
		head     = "a.b/api (prefix) [a.b/api, public] -> ns/gateway:8080\nreaches /api/2/connections API\n"
		cert     = "asks on (virtualhost.tls.clientValidation): every client is asked for a certificate\n"
		token    = "asks on (virtualhost.jwtProviders): every client is asked for a token\n"
		insecure = "asks off (permitInsecure): permitInsecure lets plain HTTP through, where nobody is asked for credentials\n"
	)
	identity := func(state, strips, source, why string) func(asks string) string {
		return func(asks string) string {
			return head + "identity " + state + " (" + source + "): " + why + "\n" + asks + "strips " + strips + " (" + source + "): " + why + "\n" + shown
		}
	}
	const policy, removes = "requestHeadersPolicy", "requestHeadersPolicy removes the header, but not the query parameter of the same name"
	doubt := func(why string) string {
		return "a.b/api (prefix) [a.b/api, public] -> ns/gateway:8080\nreaches  unknown: " + why + "\nidentity unknown (default): " + why + "\nasks unknown (default): " + why +
			"\nstrips unknown (default): " + why + "\nhides unknown (default): " + why + "\n" + config
	}
	const grpc = "the authorization service can set x-ditto-pre-authenticated, and whether it does cannot be seen: set it in requestHeadersPolicy"
	const authorization = tls + ", authorization: {extensionRef: {name: auth}"
	plain := head + client + nobody + nothing + shown + config
	for _, tt := range []struct{ name, host, route, want string }{
		{"nothing", tls, "", plain},
		{"the header removed", tls, "requestHeadersPolicy: {remove: [X-Ditto-Pre-Authenticated]}", identity("removed", "on", policy, removes)(nobody)},
		{"the header set", tls, "requestHeadersPolicy: {set: [{name: X-Ditto-Pre-Authenticated, value: nobody}]}", identity("set", "on", policy, "requestHeadersPolicy sets the header")(nobody)},
		{"removed and set is set", tls, "requestHeadersPolicy: {remove: [x-ditto-pre-authenticated], set: [{name: x-ditto-pre-authenticated, value: nobody}]}", identity("set", "on", policy, "requestHeadersPolicy sets the header")(nobody)},
		{"set to nothing is not set", tls, "requestHeadersPolicy: {set: [{name: x-ditto-pre-authenticated, value: ''}]}", plain},
		{"a percent sign is text", tls, "requestHeadersPolicy: {set: [{name: x-ditto-pre-authenticated, value: '100% %req(x)%'}]}", identity("set", "on", policy, "requestHeadersPolicy sets the header")(nobody)},
		{"set to another header of the client's", tls, "requestHeadersPolicy: {set: [{name: x-ditto-pre-authenticated, value: 'nginx:%REQ(X-User)%'}]}",
			identity("client", "off", policy, "requestHeadersPolicy sets the header to a value that is made from the request")(nobody) + config},
		{"set to what nobody knows", tls, "requestHeadersPolicy: {set: [{name: x-ditto-pre-authenticated, value: '%TLS_JA3_FINGERPRINT%'}]}",
			identity("unknown", "unknown", policy, `requestHeadersPolicy sets the header to "%TLS_JA3_FINGERPRINT%", and what "TLS_JA3_FINGERPRINT" is cannot be determined`)(nobody)},
		{"the certificate in the header", "tls: {secretName: cert, clientValidation: {caSecret: ca}}", "requestHeadersPolicy: {set: [{name: x-ditto-pre-authenticated, value: '%DOWNSTREAM_PEER_SUBJECT%'}]}",
			identity("set", "on", policy, "requestHeadersPolicy sets the header from the certificate of the client")(cert)},
		{"the certificate of those who have one", "tls: {secretName: cert, clientValidation: {caSecret: ca, optionalClientCertificate: true}}", "requestHeadersPolicy: {set: [{name: x-ditto-pre-authenticated, value: '%DOWNSTREAM_PEER_SUBJECT%'}]}",
			identity("client", "off", policy, "requestHeadersPolicy sets the header from a certificate that not every client has to show, and without one what the client sent stays")(nobody) + config},
		{"removed, and the certificate of those who have one", "tls: {secretName: cert, clientValidation: {caSecret: ca, optionalClientCertificate: true}}", "requestHeadersPolicy: {remove: [x-ditto-pre-authenticated], set: [{name: x-ditto-pre-authenticated, value: '%DOWNSTREAM_PEER_SUBJECT%'}]}",
			identity("removed", "on", policy, "requestHeadersPolicy sets the header from a certificate that not every client has to show, and without one sets nothing: requestHeadersPolicy removes the header, but not the query parameter of the same name")(nobody)},
		{"text, and the certificate of those who have one", "tls: {secretName: cert, clientValidation: {caSecret: ca, optionalClientCertificate: true}}", "requestHeadersPolicy: {set: [{name: x-ditto-pre-authenticated, value: 'cert:%DOWNSTREAM_PEER_SUBJECT%'}]}",
			identity("possibly-empty", "on", policy, "requestHeadersPolicy sets the header from a certificate that not every client has to show")(nobody)},
		{"the certificate, and plain HTTP", "tls: {secretName: cert, clientValidation: {caSecret: ca}}", "permitInsecure: true, requestHeadersPolicy: {set: [{name: x-ditto-pre-authenticated, value: '%DOWNSTREAM_PEER_SUBJECT%'}]}",
			identity("client", "off", policy, "requestHeadersPolicy sets the header from a certificate that not every client has to show, and without one what the client sent stays")(insecure) + config},
		{"tokens leave the header", tls + ", jwtProviders: [{name: p, default: true}]", "", head + client + token + nothing + shown + config},
		{"tokens of a provider by name", tls + ", jwtProviders: [{name: p}]", "jwtVerificationPolicy: {require: p}", head + client + strings.Replace(token, "virtualhost.jwtProviders", "jwtVerificationPolicy", 1) + nothing + shown + config},
		{"tokens of no provider", tls + ", jwtProviders: [{name: p}]", "", plain},
		{"tokens switched off", tls + ", jwtProviders: [{name: p, default: true}]", "jwtVerificationPolicy: {disabled: true}", plain},
		{"tokens without TLS are refused", "jwtProviders: [{name: p, default: true}]", "",
			head + client + "asks unknown (virtualhost.jwtProviders): Contour accepts virtualhost.jwtProviders only with TLS, and does not serve this virtual host\n" + nothing + shown + config},
		{"a service that is asked by gRPC can set anything", authorization + "}", "", identity("unknown", "unknown", "virtualhost.authorization", grpc)(service)},
		{"and the route decides in the end", authorization + "}", "requestHeadersPolicy: {remove: [x-ditto-pre-authenticated]}", identity("removed", "on", policy, removes)(service)},
		{"and it may set the header that is taken", authorization + "}", "requestHeadersPolicy: {set: [{name: x-ditto-pre-authenticated, value: '%REQ(x-user)%'}]}",
			identity("unknown", "unknown", policy, "requestHeadersPolicy sets the header from another one, which the authorization service can set")(service)},
		{"the answer over HTTP, listed", authorization + ", serviceType: http, httpSettings: {allowedUpstreamHeaders: [{prefix: X-Ditto, ignoreCase: true}]}}", "",
			identity("set", "on", "virtualhost.authorization", "the header is set from the answer of the authorization service")(service) + answers},
		{"the answer over HTTP, not listed", authorization + ", serviceType: http, httpSettings: {allowedUpstreamHeaders: [{exact: X-Ditto-Pre-Authenticated}]}}", "", head + client + service + nothing + shown + config},
		{"authorization switched off for the route", authorization + "}", "authPolicy: {disabled: true}", plain},
		{"authorization switched off, and on for the route", authorization + ", authPolicy: {disabled: true}}", "authPolicy: {disabled: false}", identity("unknown", "unknown", "virtualhost.authorization", grpc)(service)},
		{"authorization switched off", authorization + ", authPolicy: {disabled: true}}", "", plain},
		{"authorization that fails open", authorization + ", failOpen: true}", "", identity("unknown", "unknown", "virtualhost.authorization", grpc)(
			"asks unknown (virtualhost.authorization): clients get in unasked while the authorization service cannot be reached (failOpen)\n")},
		{"authorization and plain HTTP", authorization + "}", "permitInsecure: true", head + client + insecure + nothing + shown + config},
		{"Server taken away", tls, "responseHeadersPolicy: {remove: [server]}", head + client + nobody + nothing +
			"hides on (responseHeadersPolicy): responseHeadersPolicy removes the Server header of the Service\n" + config},
		{"addresses", tls, "ipAllowPolicy: [{source: Peer, cidr: 10.0.0.0/8}]", doubt("ipAllowPolicy admits only certain addresses, and whether clients have such an address depends on what is in front of Envoy")},
		{"addresses of the virtual host", tls + ", ipAllowPolicy: [{source: Peer, cidr: 10.0.0.0/8}]", "", doubt("ipAllowPolicy admits only certain addresses, and whether clients have such an address depends on what is in front of Envoy")},
		{"a route takes the place of those", tls + ", ipAllowPolicy: [{source: Peer, cidr: 10.0.0.0/8}]", "ipDenyPolicy: [{source: Peer, cidr: 10.0.0.1}]", plain},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := linkedObjects(t, strings.TrimPrefix(httpProxy("ns", "p", root(tt.host, tt.route)), "---\n"))
			if diff := cmp.Diff([]string{tt.want}, linesOf(t, m, way.Config{}, "HTTPProxy", "ns", "p")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	t.Run("the route decides over the Service, each Service by itself", func(t *testing.T) {
		m := linkedObjects(t, strings.TrimPrefix(httpProxy("ns", "p", "{virtualhost: {fqdn: a.b}, routes: [{services: [{name: x, port: 1, requestHeadersPolicy: {set: [{name: x-ditto-pre-authenticated, value: nobody}]}}, {name: z, port: 2}]}, "+
			"{conditions: [{exact: /ws/2}], requestHeadersPolicy: {remove: [x-ditto-pre-authenticated]}, services: [{name: x, port: 1, requestHeadersPolicy: {set: [{name: x-ditto-pre-authenticated, value: nobody}]}}]}]}"), "---\n"))
		got := linesOf(t, m, way.Config{}, "HTTPProxy", "ns", "p")
		want := []string{"a.b/ (prefix) [a.b/, public] -> ns/x:1", "a.b/ (prefix) (2) [a.b/, public] -> ns/z:2", "a.b/ws/2 (exact) [a.b/ws/2, public] -> ns/x:1"}
		if diff := cmp.Diff(want, heads(got)); diff != "" {
			t.Fatal(diff)
		}
		for i, state := range []string{"identity set (services[].requestHeadersPolicy)", "identity client", "identity removed (requestHeadersPolicy)"} {
			if !strings.Contains(got[i], state) {
				t.Errorf("no %q in %s", state, got[i])
			}
		}
	})
	t.Run("conditions that exclude the identity header", func(t *testing.T) {
		m := linkedObjects(t, strings.TrimPrefix(httpProxy("ns", "p", "{virtualhost: {fqdn: a.b}, routes: [{conditions: [{header: {name: X-Ditto-Pre-Authenticated, notpresent: true}}], services: [{name: x, port: 1}]}]}"), "---\n"))
		got := linesOf(t, m, way.Config{}, "HTTPProxy", "ns", "p")
		if len(got) != 1 || !strings.HasPrefix(got[0], "a.b/ (prefix), by header X-Ditto-Pre-Authenticated [") || !strings.Contains(got[0], "identity unknown (conditions)") {
			t.Errorf("got %q", got)
		}
	})
}

func TestHTTPProxy_Includes(t *testing.T) {
	const leaf = "{routes: [{conditions: [{prefix: /ops}], services: [{name: x, port: 80}]}, {conditions: [{exact: /ops/x}], services: [{name: x, port: 80}]}, {services: [{name: x, port: 80}]}]}"
	internal := way.Config{InternalIngressClasses: []string{"inside"}}
	for _, tt := range []struct {
		name, others string
		child        string
		cfg          way.Config
		want         []string
	}{
		{name: "nobody includes it", child: leaf},
		{name: "paths are joined, by characters", child: leaf, others: httpProxy("ns", "root", "{virtualhost: {fqdn: a.b}, includes: [{name: p, conditions: [{prefix: /dev}]}]}"), want: []string{
			"a.b/dev/ops (prefix), included by HTTPProxy ns/root [a.b/dev/ops, public] -> ns/x:80",
			"a.b/dev/ops/x (exact), included by HTTPProxy ns/root [a.b/dev/ops/x, public] -> ns/x:80",
			"a.b/dev (prefix), included by HTTPProxy ns/root [a.b/dev, public] -> ns/x:80",
		}},
		{name: "over namespaces and levels, twice", child: "{routes: [{conditions: [{prefix: /}], services: [{name: x, port: 80}]}]}",
			others: httpProxy("top", "root", "{virtualhost: {fqdn: a.b}, includes: [{name: mid, namespace: other, conditions: [{prefix: /x/}, {header: {name: X-A, present: true}}]}]}") +
				httpProxy("other", "mid", "{includes: [{name: p, namespace: ns, conditions: [{prefix: /y}]}, {name: p, namespace: ns, conditions: [{prefix: /z}]}]}"),
			want: []string{
				"a.b/x/y/ (prefix), by header X-A, included by HTTPProxy top/root [a.b/x/y/, public] -> ns/x:80",
				"a.b/x/z/ (prefix), by header X-A, included by HTTPProxy top/root [a.b/x/z/, public] -> ns/x:80",
			}},
		{name: "a circle without a virtual host leads nowhere", child: leaf, others: httpProxy("ns", "mid", "{includes: [{name: p}]}") + httpProxy("ns", "other", "{includes: [{name: mid}]}")},
		{name: "a circle below a virtual host ends", child: "{includes: [{name: mid}], routes: [{services: [{name: x, port: 80}]}]}",
			others: httpProxy("ns", "mid", "{includes: [{name: p}]}") + httpProxy("ns", "root", "{virtualhost: {fqdn: a.b}, includes: [{name: mid}]}"),
			want:   []string{"a.b/ (prefix), included by HTTPProxy ns/root [a.b/, public] -> ns/x:80"}},
		{name: "an include by an exact path is refused", child: leaf, others: httpProxy("ns", "root", "{virtualhost: {fqdn: a.b}, includes: [{name: p, conditions: [{exact: /dev}]}]}")},
		{name: "a virtual host is not included", child: "{virtualhost: {fqdn: own}, routes: [{services: [{name: x, port: 80}]}]}", others: httpProxy("ns", "root", "{virtualhost: {fqdn: a.b}, includes: [{name: p}]}"),
			want: []string{"own/ (prefix) [own/, public] -> ns/x:80"}},
		{name: "an expression makes one of the whole", child: "{routes: [{conditions: [{regex: '/.*ops'}], services: [{name: x, port: 80}]}]}", others: httpProxy("ns", "root", "{virtualhost: {fqdn: a.b}, includes: [{name: p, conditions: [{prefix: /x}]}]}"),
			want: []string{"a.b/x/.*ops (regex), included by HTTPProxy ns/root [a.b/x/.*ops, public] -> ns/x:80"}},
		{name: "two paths in one block are refused", child: "{virtualhost: {fqdn: own}, routes: [{conditions: [{prefix: /a}, {exact: /b}], services: [{name: x, port: 80}]}]}"},
		{name: "an internal class of the virtual host", cfg: internal, child: "{routes: [{services: [{name: x, port: 80}]}]}", others: httpProxy("ns", "root", "{ingressClassName: inside, virtualhost: {fqdn: a.b}, includes: [{name: p}]}"),
			want: []string{"a.b/ (prefix), included by HTTPProxy ns/root [a.b/, internal] -> ns/x:80"}},
		{name: "the annotation comes before the field", cfg: internal, child: "{routes: [{services: [{name: x, port: 80}]}]}",
			others: strings.Replace(httpProxy("ns", "root", "{ingressClassName: inside, virtualhost: {fqdn: a.b}, includes: [{name: p}]}"), "name: root", "annotations: {projectcontour.io/ingress.class: contour}, name: root", 1),
			want:   []string{"a.b/ (prefix), included by HTTPProxy ns/root [a.b/, public] -> ns/x:80"}},
		{name: "connections, and no requests over TLS", child: "{virtualhost: {fqdn: own, tls: {passthrough: true}}, tcpproxy: {services: [{name: x, port: 443}]}, routes: [{services: [{name: x, port: 80}]}, {permitInsecure: true, services: [{name: x, port: 80}]}]}",
			want: []string{"own/ (prefix) [own/, public] -> ns/x:80", "own (tcpproxy) [own, public] -> ns/x:443"}},
		{name: "connections of an included one", child: "{tcpproxy: {services: [{name: x, port: 443}]}}", others: httpProxy("ns", "root", "{virtualhost: {fqdn: a.b, tls: {secretName: c}}, tcpproxy: {include: {name: p}}}"),
			want: []string{"a.b (tcpproxy), included by HTTPProxy ns/root [a.b, public] -> ns/x:443"}},
		{name: "connections under the old name of include", child: "{tcpproxy: {services: [{name: x, port: 443}]}}", others: httpProxy("ns", "root", "{virtualhost: {fqdn: a.b, tls: {secretName: c}}, tcpproxy: {includes: {name: p}}}"),
			want: []string{"a.b (tcpproxy), included by HTTPProxy ns/root [a.b, public] -> ns/x:443"}},
		{name: "connections without TLS are refused", child: "{virtualhost: {fqdn: own}, tcpproxy: {services: [{name: x, port: 443}]}}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := linkedObjects(t, strings.TrimPrefix(httpProxy("ns", "p", tt.child), "---\n")+tt.others)
			if diff := cmp.Diff(tt.want, heads(linesOf(t, m, tt.cfg, "HTTPProxy", "ns", "p"))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestHTTPProxy_Paths(t *testing.T) {
	for _, tt := range []struct{ name, route, reaches string }{
		{"a prefix goes by characters", "conditions: [{prefix: /dev}]", "/devops"},
		{"an exact path", "conditions: [{exact: /devops}]", "/devops"},
		{"an expression is for the whole path", "conditions: [{regex: '/dev.*'}]", "/devops"},
		{"an expression that ends early", "conditions: [{regex: '/dev'}]", ""},
		{"a replacement of the very prefix", "conditions: [{prefix: /x}], pathRewritePolicy: {replacePrefix: [{prefix: /y, replacement: /status}, {prefix: /x, replacement: /devops}]}", "/devops"},
		{"a replacement of any prefix", "conditions: [{prefix: /x}], pathRewritePolicy: {replacePrefix: [{replacement: /devops}]}", "/devops"},
		{"a replacement of another prefix", "conditions: [{prefix: /x}], pathRewritePolicy: {replacePrefix: [{prefix: /y, replacement: /devops}]}", ""},
		{"a replacement that takes a prefix away", "conditions: [{prefix: /ditto}], pathRewritePolicy: {replacePrefix: [{replacement: /}]}", "/devops /status /overall /api/2/connections API"},
		{"a replacement of an exact path is refused", "conditions: [{exact: /x}], pathRewritePolicy: {replacePrefix: [{replacement: /devops}]}", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := linkedObjects(t, strings.TrimPrefix(httpProxy("ns", "p", "{virtualhost: {fqdn: a.b}, routes: [{services: [{name: x, port: 80}], "+tt.route+"}]}"), "---\n"))
			got := linesOf(t, m, way.Config{}, "HTTPProxy", "ns", "p")
			if len(got) != 1 || !strings.Contains(got[0], "\nreaches "+tt.reaches+"\n") {
				t.Errorf("got %q", got)
			}
		})
	}
}
