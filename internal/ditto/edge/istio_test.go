package edge

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
	"github.com/dittoguard/dittoguard/test/objects"
)

const (
	istioBound = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: vs, namespace: ditto}
spec:
  hosts: [d.example.com]
  gateways: [infra/public, mesh]
  http:
  - route: [{destination: {host: gateway}}]
`
	istioPublic = `
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: infra}
spec:
  selector: {istio: ingressgateway}
  servers:
  - {port: {number: 443, protocol: HTTPS}, tls: {mode: SIMPLE}, hosts: ["*/*.example.com"]}
`
	istioBalancer = `
---
apiVersion: v1
kind: Service
metadata: {name: in, namespace: istio-gateways, annotations: {networking.gke.io/load-balancer-type: Internal}}
spec: {type: LoadBalancer, selector: {istio: ingressgateway, app: edge}, ports: [{port: 443}]}
`
	// everythingAt is a route that lets everything in.
	everythingAt = " | public | [/devops /status /overall /api/2/connections] api=true | identity client, authentication off, hides unknown"
)

// serviceEntry has a port that one endpoint has as its own and another as the target port.
const serviceEntry = `
---
apiVersion: networking.istio.io/v1beta1
kind: ServiceEntry
metadata: {name: things, namespace: ditto}
spec:
  hosts: [things.example.com]
  ports: [{number: 80, name: http, targetPort: 8080}]
  endpoints:
  - {address: gateway.other.svc.cluster.local, ports: {http: 9000}}
  - {address: gateway}
  - {address: 192.0.2.1}
  - {address: things.example.org}
`

// istioPods are pods with labels.
func istioPods(labels, spec string) string {
	return "\n---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: pods, namespace: istio-gateways}\nspec: {template: {metadata: {labels: {" + labels + "}}, spec: " + spec + "}}\n"
}

// istioServed are objects beside a Gateway with a server.
func istioServed(objects, server string) string {
	return objects + "\n---\napiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: public, namespace: infra}\nspec: {selector: {istio: ingressgateway}, servers: [" + server + "]}\n"
}

// istioMesh is the configuration of a mesh.
func istioMesh(text string) string {
	return "\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: '" + text + "'}\n"
}

// istioTLS has a rule for connections with TLS.
const istioTLS = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: vs, namespace: ditto}
spec:
  hosts: [d.example.com]
  gateways: [infra/public]
  tls: [{match: [{sniHosts: [d.example.com]}], route: [{destination: {host: gateway}}]}]
`

// istioEntry is a ServiceEntry with a port.
func istioEntry(host, resolution, rest string) string {
	return "\n---\napiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: " + strings.ToLower(resolution) + ", namespace: shop}\nspec:\n  hosts: [" + host + "]\n  resolution: " + resolution +
		"\n  ports: [{number: 8080, name: http}]\n  " + rest + "\n"
}

// istioFilter is an EnvoyFilter for all contexts.
func istioFilter(namespace, whom string) string {
	return "\n---\napiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {name: f, namespace: " + namespace + "}\nspec:\n  configPatches: [{match: {context: ANY}}]\n  " + whom + "\n"
}

// istioRule is istioBound with another rule.
func istioRule(rule string) string {
	return `
apiVersion: networking.istio.io/v1alpha3
kind: VirtualService
metadata: {name: vs, namespace: ditto}
spec:
  hosts: [d.example.com]
  gateways: [infra/public]
  http:
  - ` + rule + "\n" + istioPublic
}

func TestVirtualServiceRoutes(t *testing.T) {
	const open = "d.example.com/, Gateway infra/public | ditto/gateway:0" + everythingAt
	policy := func(kind, spec string) string {
		return "\n---\napiVersion: security.istio.io/v1\nkind: " + kind + "\nmetadata: {name: p, namespace: istio-gateways}\nspec: " + spec + "\n"
	}
	with := func(reach, identity, authentication string) string {
		return "d.example.com/, Gateway infra/public | ditto/gateway:0 | internal | " + reach + " | identity " + identity + ", authentication " + authentication + ", hides unknown"
	}
	const (
		all    = "[/devops /status /overall /api/2/connections] api=true"
		passed = "d.example.com (TLS passed through unread), Gateway infra/public | ditto/gateway:0 | public | unread | identity client, authentication off, hides off"
	)
	for _, tt := range []struct {
		name, objects string
		want          []string
	}{
		{"bound to a Gateway", istioBound + istioPublic, []string{open}},
		{"a Gateway that was not found is taken for open", istioBound, []string{open}},
		{"a Gateway that takes other hosts", istioBound + `
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: infra}
spec: {servers: [{port: {number: 80, protocol: HTTP}, hosts: ["./*", "*/shop.example.com", "ditto/*.org"]}]}
`, nil},
		{"a Gateway that redirects, hands on unread or speaks TCP takes no requests", istioBound + `
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: infra}
spec:
  servers:
  - {port: {number: 80, protocol: HTTP}, tls: {httpsRedirect: true}, hosts: ["*"]}
  - {port: {number: 443, protocol: TLS}, tls: {mode: PASSTHROUGH}, hosts: ["*"]}
  - {port: {number: 9000, protocol: TCP}, hosts: ["*"]}
`, nil},
		{"a server for HTTPS that redirects, which its requests ask for already", istioServed(istioBound, "{port: {number: 443, protocol: HTTPS}, tls: {mode: SIMPLE, credentialName: c, httpsRedirect: true}, hosts: ['*']}"),
			[]string{open}},
		{"a server for plain HTTP whose TLS says nothing", istioServed(istioBound, "{port: {number: 80, protocol: HTTP}, tls: {mode: PASSTHROUGH}, hosts: ['*']}"), []string{open}},
		{"a server that redirects what proxies which are trusted say came over plain HTTP", istioServed(istioBound, "{port: {number: 80, protocol: HTTP}, tls: {httpsRedirect: true}, hosts: ['*']}") +
			istioMesh("defaultConfig: {gatewayTopology: {numTrustedProxies: 1}}"), []string{open}},
		{"a server that redirects, where no proxies are trusted", istioServed(istioBound, "{port: {number: 80, protocol: HTTP}, tls: {httpsRedirect: true}, hosts: ['*']}") +
			istioMesh("defaultConfig: {gatewayTopology: {numTrustedProxies: 0}}"), nil},
		{"a server for HTTP_PROXY", istioServed(istioBound, "{port: {number: 80, protocol: HTTP_PROXY}, hosts: ['*']}"), []string{open}},
		{"a server for HTTPS without a mode, which hands TLS on", istioServed(istioTLS, "{port: {number: 443, protocol: HTTPS}, tls: {credentialName: c}, hosts: ['*']}"), []string{passed}},
		{"a server for TLS without a mode", istioServed(istioTLS, "{port: {number: 443, protocol: TLS}, tls: {}, hosts: ['*']}"), []string{passed}},
		{"requests, where TLS is handed on without a mode", istioServed(istioBound, "{port: {number: 443, protocol: HTTPS}, tls: {credentialName: c}, hosts: ['*']}"), nil},
		{"a Gateway that its selector says nothing of", strings.Replace(istioBound+istioPublic, "name: public, namespace: infra}", "name: public, namespace: infra, annotations: {internal.istio.io/gateway-service: x}}", 1) + istioBalancer,
			[]string{open}},

		{"an internal load balancer before the pods", istioBound + istioPublic + istioBalancer, []string{with(all, "client", "off")}},
		{"an internal load balancer of other pods, which have one label in common", istioBound + istioPublic +
			"\n---\napiVersion: v1\nkind: Service\nmetadata: {name: other, namespace: x, annotations: {networking.gke.io/load-balancer-type: Internal}}\n" +
			"spec: {type: LoadBalancer, selector: {app: istio-ingressgateway, tier: shop}, ports: [{port: 443}]}\n", []string{open}},
		{"a node port beside the internal load balancer", istioBound + istioPublic + istioBalancer +
			"\n---\napiVersion: v1\nkind: Service\nmetadata: {name: node, namespace: x}\nspec: {type: NodePort, selector: {istio: ingressgateway}, ports: [{port: 443}]}\n", []string{open}},
		{"a public load balancer beside the internal one, by another label of the same pods", istioBound + istioPublic + istioBalancer +
			"\n---\napiVersion: v1\nkind: Service\nmetadata: {name: public, namespace: istio-gateways}\nspec: {type: LoadBalancer, selector: {app: edge}, ports: [{port: 443}]}\n", []string{open}},
		{"a public load balancer of other pods, or of another namespace", istioBound + istioPublic + istioBalancer +
			"\n---\napiVersion: v1\nkind: Service\nmetadata: {name: public, namespace: istio-gateways}\nspec: {type: LoadBalancer, selector: {app: edge, istio: other}, ports: [{port: 443}]}\n" +
			"---\napiVersion: v1\nkind: Service\nmetadata: {name: public, namespace: x}\nspec: {type: LoadBalancer, selector: {app: edge}, ports: [{port: 443}]}\n", []string{with(all, "client", "off")}},
		{"pods in the network of their nodes behind the internal load balancer", istioBound + istioPublic + istioBalancer +
			istioPods("istio: ingressgateway, app: edge", "{hostNetwork: true}"), []string{open}},
		{"pods with a port of their nodes behind it", istioBound + istioPublic + istioBalancer +
			istioPods("istio: ingressgateway", "{containers: [{name: a, ports: [{containerPort: 8443, hostPort: 443}]}]}"), []string{open}},
		{"pods whose health alone is at their nodes", istioBound + istioPublic + istioBalancer +
			istioPods("istio: ingressgateway", "{containers: [{name: a, ports: [{containerPort: 15021, hostPort: 15021}]}]}"), []string{with(all, "client", "off")}},
		{"other pods in the network of their nodes", istioBound + istioPublic + istioBalancer +
			istioPods("istio: egressgateway, app: edge", "{hostNetwork: true}"), []string{with(all, "client", "off")}},
		{"a load balancer of other pods", istioBound + istioPublic +
			"\n---\napiVersion: v1\nkind: Service\nmetadata: {name: other, namespace: x, annotations: {networking.gke.io/load-balancer-type: Internal}}\nspec: {type: LoadBalancer, selector: {istio: egress, app: edge}, ports: [{port: 443}]}\n", []string{open}},
		{"exported to other namespaces than the pods'", "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: vs, namespace: ditto}\n" +
			"spec: {hosts: ['*'], gateways: [infra/public], exportTo: [.], http: [{route: [{destination: {host: gateway}}]}]}\n" + istioPublic + istioBalancer, nil},

		{"short, full and foreign hosts", istioRule(`{route: [{destination: {host: gateway.other.svc.cluster.local, port: {number: 8080}}, weight: 1}, {destination: {host: gateway}, weight: 1},
    {destination: {host: gateway.ditto}, weight: 1}, {destination: {host: unused}}]}`),
			[]string{"d.example.com/, Gateway infra/public | other/gateway:8080 ditto/gateway:0" + everythingAt}},
		{"without a port of a Service with several, that of the Gateway", istioBound + istioPublic +
			"\n---\napiVersion: v1\nkind: Service\nmetadata: {name: gateway, namespace: ditto}\nspec: {ports: [{name: a, port: 443}, {name: b, port: 8080}]}\n",
			[]string{"d.example.com/, Gateway infra/public | ditto/gateway:443" + everythingAt}},
		{"a condition for the mesh alone", istioRule(`{match: [{gateways: [mesh]}, {uri: {exact: /api/2/things}, gateways: [infra/public]}], route: [{destination: {host: gateway}}]}`),
			[]string{"d.example.com/api/2/things (exact), Gateway infra/public | ditto/gateway:0 | public | [] api=true | identity client, authentication off, hides unknown"}},
		{"a prefix goes by characters, with or without regard to case", istioRule(`{match: [{uri: {prefix: /stat}}, {uri: {prefix: /DEV}, ignoreUriCase: true}, {uri: {exact: /DEVOPS}, ignoreUriCase: true}], route: [{destination: {host: gateway}}]}`),
			[]string{
				"d.example.com/stat (prefix), Gateway infra/public | ditto/gateway:0 | public | [/status] api=false | identity client, authentication off, hides unknown",
				"d.example.com/DEV (prefix), Gateway infra/public | ditto/gateway:0 | public | [/devops] api=false | identity client, authentication off, hides unknown",
				"d.example.com/DEVOPS (exact), Gateway infra/public | ditto/gateway:0 | public | [/devops] api=false | identity client, authentication off, hides unknown",
			}},
		{"a rewrite of what another condition than a prefix matched is constant", istioRule(`{match: [{uri: {regex: "/x.*"}}], rewrite: {uri: /status}, route: [{destination: {host: gateway}}]}`),
			[]string{"d.example.com/x.* (regex), Gateway infra/public | ditto/gateway:0 | public | [/status] api=false | identity client, authentication off, hides unknown"}},
		{"the host of a ServiceEntry", istioRule(`{route: [{destination: {host: things.example.com, port: {number: 80}}}]}`) + serviceEntry,
			[]string{"d.example.com/, Gateway infra/public | other/gateway:9000 ditto/gateway:8080" + everythingAt}},
		{"the host of a ServiceEntry is a Service's name, whatever its case", istioRule(`{route: [{destination: {host: things.example.com}}]}`) + istioEntry("things.example.com", "DNS", "endpoints: [{address: Gateway.Other.SVC.cluster.local}]"),
			[]string{"d.example.com/, Gateway infra/public | other/gateway:8080" + everythingAt}},
		{"the host of a ServiceEntry without endpoints, which DNS knows", istioRule(`{route: [{destination: {host: gateway.other}}]}`) + istioEntry("gateway.other", "DNS", ""),
			[]string{"d.example.com/, Gateway infra/public | other/gateway:8080" + everythingAt}},
		{"the host of a ServiceEntry without endpoints, which nobody looks up", istioRule(`{route: [{destination: {host: gateway.other}}]}`) + istioEntry("gateway.other", "NONE", "") +
			istioEntry("gateway.other", "STATIC", "workloadSelector: {labels: {a: b}}"), nil},
		{"the host of another ServiceEntry, or another port", istioRule(`{route: [{destination: {host: things.example.com, port: {number: 81}}, weight: 1}, {destination: {host: other.example.com}, weight: 1}]}`) + serviceEntry, nil},
		{"a copy counts", istioRule(`{mirror: {host: gateway}, headers: {request: {remove: [X-Ditto-Pre-Authenticated]}}, route: [{destination: {host: shop}}]}`),
			[]string{"d.example.com/, Gateway infra/public | ditto/shop:0 ditto/gateway:0 | public | " + all + " | identity removed, authentication off, hides unknown"}},
		{"a redirect counts not", istioRule(`{redirect: {uri: /}, mirror: {host: gateway}}`), nil},

		{"one destination of several sets, the rule removes", istioRule(`{headers: {request: {remove: [x-ditto-pre-authenticated]}}, route: [
    {destination: {host: gateway}, weight: 1, headers: {request: {set: {x-ditto-pre-authenticated: a}}}}, {destination: {host: gateway}, weight: 1}]}`),
			[]string{"d.example.com/, Gateway infra/public | ditto/gateway:0 ditto/gateway:0 | public | " + all + " | identity removed, authentication off, hides unknown"}},
		{"the only destination sets after the rule removed", istioRule(`{headers: {request: {remove: [x-ditto-pre-authenticated]}}, route: [
    {destination: {host: gateway}, headers: {request: {set: {x-ditto-pre-authenticated: "a%%"}}}}]}`),
			[]string{"d.example.com/, Gateway infra/public | ditto/gateway:0 | public | " + all + " | identity set, authentication off, hides unknown"}},
		{"a value of the client's", istioRule(`{headers: {request: {set: {x-ditto-pre-authenticated: "n:%REQ(x-user)%"}}}, route: [{destination: {host: gateway}}]}`), []string{open}},
		{"a value that cannot be seen", istioRule(`{headers: {request: {set: {x-ditto-pre-authenticated: "%DYNAMIC_METADATA(x)%"}}}, route: [{destination: {host: gateway}}]}`),
			[]string{"d.example.com/, Gateway infra/public | ditto/gateway:0 | public | " + all + " | identity unknown, authentication off, hides unknown"}},
		{"a part of a certificate, which there may be none of", istioRule(`{headers: {request: {set: {x-ditto-pre-authenticated: "%DOWNSTREAM_LOCAL_SUBJECT%"}}}, route: [{destination: {host: gateway}}]}`),
			[]string{"d.example.com/, Gateway infra/public | ditto/gateway:0 | public | " + all + " | identity unknown, authentication off, hides unknown"}},
		{"an address", istioRule(`{headers: {request: {set: {x-ditto-pre-authenticated: "%DOWNSTREAM_LOCAL_ADDRESS%"}}}, route: [{destination: {host: gateway}}]}`),
			[]string{"d.example.com/, Gateway infra/public | ditto/gateway:0 | public | " + all + " | identity set, authentication off, hides unknown"}},
		{"an empty value leaves the header", istioRule(`{headers: {request: {set: {x-ditto-pre-authenticated: ""}}}, route: [{destination: {host: gateway}}]}`), []string{open}},

		{"a token is needed", istioBound + istioPublic + istioBalancer + policy("AuthorizationPolicy", `{selector: {matchLabels: {app: edge}}, rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]}`),
			[]string{with(all, "client", "on")}},
		{"requests without a token are denied", istioBound + istioPublic + istioBalancer + policy("AuthorizationPolicy", `{action: DENY, rules: [{from: [{source: {notRequestPrincipals: ["*"]}}]}]}`),
			[]string{with(all, "client", "on")}},
		{"requests without a token would be denied", istioBound + istioPublic + istioBalancer + strings.Replace(policy("AuthorizationPolicy", `{action: DENY, rules: [{from: [{source: {notRequestPrincipals: ["*"]}}]}]}`),
			"namespace: istio-gateways}", `namespace: istio-gateways, annotations: {istio.io/dry-run: "true"}}`, 1), []string{with(all, "client", "off")}},
		{"a dry run that is none", istioBound + istioPublic + istioBalancer + strings.Replace(policy("AuthorizationPolicy", `{action: DENY, rules: [{from: [{source: {notRequestPrincipals: ["*"]}}]}]}`),
			"namespace: istio-gateways}", `namespace: istio-gateways, annotations: {istio.io/dry-run: "false"}}`, 1), []string{with(all, "client", "on")}},
		{"requests without a token are denied for some hosts", istioBound + istioPublic + istioBalancer +
			policy("AuthorizationPolicy", `{action: DENY, rules: [{from: [{source: {notRequestPrincipals: ["*"]}}], to: [{operation: {hosts: [x]}}]}]}`), []string{with(all, "client", "unknown")}},
		{"a rule of it opens", istioBound + istioPublic + istioBalancer + policy("AuthorizationPolicy", `{rules: [{from: [{source: {requestPrincipals: ["*"]}}]}, {}]}`),
			[]string{with(all, "client", "off")}},
		{"addresses are no token", istioBound + istioPublic + istioBalancer + policy("AuthorizationPolicy", `{rules: [{from: [{source: {ipBlocks: [10.0.0.0/8]}}]}]}`),
			[]string{with(all, "client", "unknown")}},
		{"a service of its own is asked", istioBound + istioPublic + istioBalancer + policy("AuthorizationPolicy", `{action: CUSTOM, rules: [{}]}`), []string{with(all, "unknown", "unknown")}},
		{"a policy for other pods", istioBound + istioPublic + istioBalancer + policy("AuthorizationPolicy", `{selector: {matchLabels: {app: shop}}, rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]}`),
			[]string{with(all, "client", "off")}},
		{"a policy for a Gateway of the Gateway API", istioBound + istioPublic + istioBalancer + policy("AuthorizationPolicy", `{targetRefs: [{kind: Gateway, name: g}], rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]}`),
			[]string{with(all, "client", "off")}},
		{"paths that may be denied are open questions", istioBound + istioPublic + istioBalancer + policy("AuthorizationPolicy", `{action: DENY, rules: [{to: [{operation: {paths: ["/devops*", "/status*", "/overall*"]}}]}]}`),
			[]string{with("[/api/2/connections] api=true unknown", "client", "off")}},
		{"paths that are not allowed are open questions", istioBound + istioPublic + istioBalancer + policy("AuthorizationPolicy", `{rules: [{to: [{operation: {paths: ["/api/2/things*"]}}]}]}`),
			[]string{with("[] api=true unknown", "client", "unknown")}},
		{"a claim, where every request has a token", istioBound + istioPublic + istioBalancer + policy("AuthorizationPolicy", `{rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]}`) +
			policy("RequestAuthentication", `{jwtRules: [{issuer: i, outputClaimToHeaders: [{header: x-ditto-pre-authenticated, claim: sub}]}]}`), []string{with(all, "set", "on")}},
		{"a claim that a token need not have, where every request has one", istioBound + istioPublic + istioBalancer + policy("AuthorizationPolicy", `{action: DENY, rules: [{from: [{source: {notRequestPrincipals: ["*"]}}]}]}`) +
			policy("RequestAuthentication", `{jwtRules: [{issuer: i, outputClaimToHeaders: [{header: x-ditto-pre-authenticated, claim: email}]}]}`), []string{with(all, "possibly-empty", "on")}},
		{"the subject, where requests without a token are denied", istioBound + istioPublic + istioBalancer + policy("AuthorizationPolicy", `{action: DENY, rules: [{from: [{source: {notRequestPrincipals: ["*"]}}]}]}`) +
			policy("RequestAuthentication", `{jwtRules: [{issuer: i, outputClaimToHeaders: [{header: x-ditto-pre-authenticated, claim: sub}]}]}`), []string{with(all, "set", "on")}},
		{"another header of the client's behind a claim that a token need not have", strings.Replace(istioBound, "- route:", "- headers: {request: {add: {x-ditto-pre-authenticated: '%REQ(x-user)%'}}}\n    route:", 1) + istioPublic + istioBalancer +
			policy("AuthorizationPolicy", `{action: DENY, rules: [{from: [{source: {notRequestPrincipals: ["*"]}}]}]}`) +
			policy("RequestAuthentication", `{jwtRules: [{issuer: i, outputClaimToHeaders: [{header: x-ditto-pre-authenticated, claim: email}]}]}`), []string{with(all, "client", "on")}},
		{"a claim, where a request need not have a token", istioBound + istioPublic + istioBalancer +
			policy("RequestAuthentication", `{jwtRules: [{issuer: i, outputClaimToHeaders: [{header: x-ditto-pre-authenticated, claim: sub}]}]}`), []string{with(all, "unknown", "off")}},
		{"a filter for gateways", istioBound + istioPublic + "\n---\napiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {name: f, namespace: istio-system}\nspec: {configPatches: [{match: {context: ANY}}]}\n",
			[]string{"d.example.com/, Gateway infra/public | ditto/gateway:0 | public | " + all + " | identity unknown, authentication unknown, hides unknown"}},
		{"a filter for pods by a label that they may have", istioBound + istioPublic + istioBalancer + istioFilter("istio-gateways", "workloadSelector: {labels: {version: a}}"), []string{with(all, "unknown", "unknown")}},
		{"filters for other pods, or of another namespace", istioBound + istioPublic + istioBalancer + istioFilter("istio-gateways", "workloadSelector: {labels: {version: a, app: shop}}") + istioFilter("shop", "workloadSelector: {labels: {version: a}}"),
			[]string{with(all, "client", "off")}},
		{"a filter for a Gateway that selects nothing", strings.Replace(istioBound+istioPublic, "  selector: {istio: ingressgateway}\n", "", 1) + istioFilter("istio-system", "workloadSelector: {labels: {version: a}}"),
			[]string{"d.example.com/, Gateway infra/public | ditto/gateway:0 | public | " + all + " | identity unknown, authentication unknown, hides unknown"}},
		{"a filter for a Gateway of the Gateway API with the same pods", strings.Replace(istioBound+istioPublic, "istio: ingressgateway", "gateway.networking.k8s.io/gateway-name: g", 1) + istioFilter("infra", "targetRefs: [{kind: Gateway, name: g}]"),
			[]string{"d.example.com/, Gateway infra/public | ditto/gateway:0 | public | " + all + " | identity unknown, authentication unknown, hides unknown"}},
		{"a filter for another Gateway of the Gateway API", strings.Replace(istioBound+istioPublic, "istio: ingressgateway", "gateway.networking.k8s.io/gateway-name: g", 1) + istioFilter("infra", "targetRefs: [{kind: Gateway, name: h}]"),
			[]string{open}},
		{"a filter for sidecars", istioBound + istioPublic + "\n---\napiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {name: f, namespace: istio-system}\nspec: {configPatches: [{match: {context: SIDECAR_INBOUND}}]}\n", []string{open}},
		{"a plugin by the other label of Istio's gateway", istioBound + istioPublic + "\n---\napiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {name: f, namespace: istio-system}\nspec: {selector: {matchLabels: {app: istio-ingressgateway}}}\n",
			[]string{"d.example.com/, Gateway infra/public | ditto/gateway:0 | public | " + all + " | identity unknown, authentication unknown, hides unknown"}},

		{"TLS passed through unread", "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: vs, namespace: ditto}\n" +
			"spec: {hosts: [d.example.com], gateways: [infra/public], tls: [{match: [{sniHosts: [d.example.com]}], route: [{destination: {host: gateway}}]}], tcp: [{route: [{destination: {host: gateway}}]}]}\n---\n" +
			"apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: public, namespace: infra}\nspec: {servers: [{port: {number: 443, protocol: TLS}, tls: {mode: PASSTHROUGH}, hosts: ['*']}]}\n",
			[]string{"d.example.com (TLS passed through unread), Gateway infra/public | ditto/gateway:0 | public | unread | identity client, authentication off, hides off"}},
		{"connections of another port", strings.Replace(istioServed(istioTLS, "{port: {number: 443, protocol: TLS}, tls: {mode: PASSTHROUGH}, hosts: ['*']}"), "match: [{", "match: [{port: 444, ", 1), nil},
		{"connections of this port", strings.Replace(istioServed(istioTLS, "{port: {number: 443, protocol: TLS}, tls: {mode: PASSTHROUGH}, hosts: ['*']}"), "match: [{", "match: [{port: 443, ", 1), []string{passed}},
		{"a Gateway that a delegate names for itself is that of its own namespace", `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: vs, namespace: ditto}
spec:
  http:
  - {match: [{gateways: [public]}], route: [{destination: {host: gateway}}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: root, namespace: infra}
spec:
  hosts: [d.example.com]
  gateways: [public, ditto/public]
  http:
  - {delegate: {name: vs, namespace: ditto}}
` + istioPublic + strings.Replace(istioPublic, "namespace: infra", "namespace: ditto", 1), []string{"d.example.com/, Gateway ditto/public, delegated by VirtualService infra/root | ditto/gateway:0" + everythingAt}},
		{"a delegate that nobody delegates to", "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: vs, namespace: ditto}\nspec: {http: [{route: [{destination: {host: gateway}}]}]}", nil},
		{"a delegate", `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: vs, namespace: ditto}
spec:
  http:
  - {match: [{uri: {prefix: /status}}], route: [{destination: {host: gateway}}]}
  - {match: [{uri: {prefix: /d/x}}], rewrite: {uri: /}, route: [{destination: {host: gateway}}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: root, namespace: infra}
spec:
  hosts: [d.example.com]
  gateways: [public]
  http:
  - {match: [{uri: {prefix: /d}}], headers: {request: {remove: [x-ditto-pre-authenticated]}}, delegate: {name: vs, namespace: ditto}}
` + istioPublic, []string{"d.example.com/d/x (prefix), Gateway infra/public, delegated by VirtualService infra/root | ditto/gateway:0 | public | " + all + " | identity removed, authentication off, hides unknown"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, described(t, tt.objects)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestVirtualServiceOfTheMeshNamesNothing(t *testing.T) {
	_, list := linked(t, "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: vs, namespace: ditto}\nspec: {hosts: [gateway], http: [{route: [{destination: {host: gateway}}]}]}")
	if diff := cmp.Diff(way.Links{}, LinksOf(list[0])); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// An endpoint is asked about each port once, however many ports there are.
func TestPortsToAsksOnce(t *testing.T) {
	o := objects.Of(t, serviceEntry+"  - {address: gateway, ports: {other: 1}}\n")[0]
	entry := inventory.Must[crd.ServiceEntry](o)
	for i := range int32(50) {
		entry.Spec.Ports = append(entry.Spec.Ports, entry.Spec.Ports[0])
		entry.Spec.Ports[i+1].Number = 100 + i
		entry.Spec.Ports[i+1].TargetPort = i % 2
	}
	asked := 0
	got := PortsTo(o, inventory.ID{Namespace: "ditto", Name: "gateway"}, func(b way.Backend) bool {
		asked++
		return b.Port.IntVal == 8080 || b.Port.IntVal == 148
	})
	if diff := cmp.Diff([]int32{80, 148}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if most := 2 * len(entry.Spec.Ports); asked > most {
		t.Errorf("asked %d times, at most %d are needed", asked, most)
	}
}
