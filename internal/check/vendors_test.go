package check_test

import (
	"strings"
	"testing"
)

const (
	istioGateway = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: infra}
spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 443, protocol: HTTPS}, tls: {mode: SIMPLE}, hosts: ["*"]}]}
`
	envoyFilter = `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: lua, namespace: istio-system}
spec: {workloadSelector: {labels: {istio: ingressgateway}}, configPatches: [{match: {context: GATEWAY}}]}
`
	kongClass = `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: kong}
spec: {controller: ingress-controllers.konghq.com/kong}
`
	kongGateway = `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: kong}
spec: {controllerName: konghq.com/kic-gateway-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: infra}
spec:
  gatewayClassName: kong
  listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]
`
	kongRoute = `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: api}
spec:
  parentRefs: [{name: edge, namespace: infra}]
  hostnames: [ditto.example.com]
  rules: [{matches: [{path: {type: PathPrefix, value: /api/2/things}}], backendRefs: [{name: gateway, port: 8080}]}]
`
	albClass = `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: alb}
spec: {controller: ingress.k8s.aws/alb, parameters: {apiGroup: elbv2.k8s.aws, kind: IngressClassParams, name: own}}
`
	virtualServer = `
apiVersion: k8s.nginx.org/v1
kind: VirtualServer
metadata: {name: web}
spec:
  host: ditto.example.com
  policies: [{name: users}]
  upstreams: [{name: gateway, service: gateway, port: 8080}]
  routes:
  - path: /
    action: {proxy: {upstream: gateway, requestHeaders: {set: [{name: x-ditto-pre-authenticated, value: "nginx:${remote_user}"}]}, rewritePath: /api/2/things}}
`
)

// istioBalancer is the Service before the pods of Istio's gateway, with or without a mark that keeps it inside.
func istioBalancer(internal string) string {
	return `
apiVersion: v1
kind: Service
metadata: {name: istio-ingressgateway, namespace: istio-system, annotations: {service.beta.kubernetes.io/azure-load-balancer-internal: "` + internal + `"}}
spec: {type: LoadBalancer, selector: {app: istio-ingressgateway, istio: ingressgateway}, ports: [{port: 443}]}
`
}

// virtualServiceOf is a VirtualService with fields of its spec, in YAML's flow style, whose rule leads to the gateway.
func virtualServiceOf(fields string) string {
	return `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web}
spec: {` + fields + `http: [{match: [{uri: {prefix: /api/2/things}}], route: [{destination: {host: gateway}}]}]}
`
}

// kongPluginOf is a plugin that removes what its configuration says.
func kongPluginOf(kind, name, metadata, config string) string {
	return "\napiVersion: configuration.konghq.com/v1\nkind: " + kind + "\nmetadata: {name: " + name + metadata + "}\nplugin: request-transformer\nconfig: {remove: {" + config + "}}\n"
}

// classed gives an Ingress a class and, in YAML's flow style, annotations.
func classed(ingress, class, annotations string) string {
	return strings.Replace(strings.Replace(ingress, "spec:\n", "spec:\n  ingressClassName: "+class+"\n", 1), "}\nspec", ", annotations: {"+annotations+"}}\nspec", 1)
}

// TestSequences_Vendors: what an object decides about another one's way in is judged when it comes, changes and goes.
func TestSequences_Vendors(t *testing.T) {
	t.Parallel()
	onlyPreAuth := []string{preAuthOnGateway}
	there := gatewayDeployment(preAuth) + "---" + gatewayService
	header, both := "headers: [x-ditto-pre-authenticated]", "headers: [x-ditto-pre-authenticated], querystring: [x-ditto-pre-authenticated]"
	api := ingressTo("api", "gateway", "number: 8080", "/api/2/things")
	params := func(scheme string) string {
		return "\napiVersion: elbv2.k8s.aws/v1beta1\nkind: IngressClassParams\nmetadata: {name: own}\nspec: {scheme: " + scheme + "}\n"
	}
	policy := func(spec string) string {
		return "\napiVersion: k8s.nginx.org/v1\nkind: Policy\nmetadata: {name: users}\nspec: {" + spec + "}\n"
	}
	shop := func(annotations string) string {
		return strings.Replace(classed(ingressTo("shop", "shop", "number: 80", "/api/2/things"), "nginx", annotations), "{name: shop,", "{name: shop, namespace: shop,", 1)
	}
	for _, s := range []sequence{
		{
			name: "a VirtualService is a way in as soon as a Gateway has it", there: there,
			steps: []step{
				{apply: virtualServiceOf("hosts: [d.example.com], ")},
				{apply: virtualServiceOf("hosts: [d.example.com], gateways: [mesh], ")},
				{apply: virtualServiceOf("hosts: [d.example.com], gateways: [infra/public], "), denied: onlyPreAuth},
			},
		},
		{
			name: "a Gateway is as public as the Service before its pods", there: there + "---" + istioBalancer("true"),
			steps: []step{
				{apply: istioGateway},
				{apply: virtualServiceOf("hosts: [d.example.com], gateways: [infra/public], ")},
				{apply: istioBalancer("True"), denied: onlyPreAuth},
				{delete: istioBalancer("true"), denied: onlyPreAuth},
			},
		},
		{
			name: "a Gateway can begin to take a host", there: there,
			steps: []step{
				{apply: strings.Replace(istioGateway, `"*"`, "shop.example.com", 1)},
				{apply: virtualServiceOf("hosts: [d.example.com], gateways: [infra/public], ")},
				{apply: istioGateway, denied: onlyPreAuth},
			},
		},
		{
			name: "who delegates opens the way", there: there,
			steps: []step{
				{apply: virtualServiceOf("")},
				{apply: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: root, namespace: infra}
spec: {hosts: [d.example.com], gateways: [public], http: [{delegate: {name: web, namespace: ditto}}]}
`, denied: onlyPreAuth},
			},
		},
		{
			name: "without a filter that cannot be read it is known who chooses the identity", there: there + "---" + istioGateway,
			steps: []step{
				{apply: envoyFilter},
				{apply: virtualServiceOf("hosts: [d.example.com], gateways: [infra/public], ")},
				{delete: envoyFilter, denied: onlyPreAuth},
				{apply: strings.Replace(envoyFilter, "GATEWAY", "SIDECAR_INBOUND", 1), denied: onlyPreAuth},
			},
		},
		{
			name: "a plugin of Kong's can remove less", there: there + "---" + kongClass,
			steps: []step{
				{apply: kongPluginOf("KongPlugin", "identity", "", both)},
				{apply: classed(api, "kong", "konghq.com/plugins: identity")},
				{apply: kongPluginOf("KongPlugin", "identity", "", header), denied: onlyPreAuth},
				{apply: kongPluginOf("KongPlugin", "identity", "", both) + "disabled: true\n", denied: onlyPreAuth},
			},
		},
		{
			name: "a plugin for all of Kong can go, or be for all no longer", there: there + "---" + kongClass,
			steps: []step{
				{apply: kongPluginOf("KongClusterPlugin", "identity", ", labels: {global: 'true'}", both)},
				{apply: classed(api, "kong", "a: b")},
				{apply: kongPluginOf("KongClusterPlugin", "identity", "", both), denied: onlyPreAuth},
				{delete: kongPluginOf("KongClusterPlugin", "identity", ", labels: {global: 'true'}", both), denied: onlyPreAuth},
			},
		},
		{
			name: "a plugin for all of Kong counts for routes of the Gateway API", there: there + "---" + kongGateway,
			steps: []step{
				{apply: kongPluginOf("KongClusterPlugin", "identity", ", labels: {global: 'true'}", both)},
				{apply: kongRoute},
				{apply: kongPluginOf("KongClusterPlugin", "identity", ", labels: {global: 'true'}", header), denied: onlyPreAuth},
				{apply: kongPluginOf("KongClusterPlugin", "identity", "", both), denied: onlyPreAuth},
				{delete: kongPluginOf("KongClusterPlugin", "identity", ", labels: {global: 'true'}", both), denied: onlyPreAuth},
			},
		},
		{
			name: "a Policy can stop asking for passwords", there: there,
			steps: []step{
				{apply: policy("basicAuth: {secret: users}")},
				{apply: virtualServer},
				{apply: policy("rateLimit: {rate: 1r/s}"), denied: onlyPreAuth},
			},
		},
		{
			name: "the parameters of a class can make an Ingress public", there: there + "---" + albClass + "---" + params("internal"),
			steps: []step{
				{apply: classed(api, "alb", "a: b")},
				{apply: params("internet-facing"), denied: onlyPreAuth},
				{delete: params("internal"), denied: onlyPreAuth},
			},
		},
		{
			name: "an Ingress of another namespace can begin to send copies", there: there,
			steps: []step{
				{apply: shop("a: b")},
				{apply: shop("nginx.ingress.kubernetes.io/mirror-target: 'http://gateway.ditto.svc.cluster.local:9090$request_uri'")},
				{apply: shop("nginx.ingress.kubernetes.io/mirror-target: 'http://gateway.ditto.svc.cluster.local:8080$request_uri'"), denied: onlyPreAuth},
			},
		},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.run(t, builtin(t, nil))
		})
	}
}
