package check_test

import (
	"strings"
	"testing"
)

// What a router does depends on objects that it only names: whoever changes one of them is judged for the router.
func TestChange_WhatARouterNames(t *testing.T) {
	const gateway = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway, namespace: ditto}
spec:
  selector: {matchLabels: {app: gateway}}
  template:
    metadata: {labels: {app: gateway}}
    spec:
      containers:
      - name: gateway
        image: example.com/iot/ditto-gateway:3.9.6
        env: [{name: ENABLE_PRE_AUTHENTICATION, value: "true"}]
        ports: [{name: http, containerPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: gateway, namespace: ditto}
spec: {selector: {app: gateway}, ports: [{name: http, port: 8080}]}
`
	const head = "apiVersion: traefik.io/v1alpha1\nkind: "
	router := head + "IngressRoute\nmetadata: {name: api, namespace: ditto}\nspec: {routes: [{match: Path(`/ws/2`), middlewares: [{name: all}], services: [{kind: TraefikService, name: shares}]}]}\n"
	chain := head + "Middleware\nmetadata: {name: all, namespace: ditto}\nspec: {chain: {middlewares: [{name: users}]}}\n"
	users := head + "Middleware\nmetadata: {name: users, namespace: ditto}\nspec: {basicAuth: {secret: users, headerField: X-Ditto-Pre-Authenticated}}\n"
	open := strings.Replace(users, ", headerField: X-Ditto-Pre-Authenticated", "", 1)
	shares := head + "TraefikService\nmetadata: {name: shares, namespace: ditto}\nspec: {weighted: {services: [{kind: TraefikService, name: inner}]}}\n"
	inner := head + "TraefikService\nmetadata: {name: inner, namespace: ditto}\nspec: {weighted: {services: [{name: other, port: 80}]}}\n"
	leads := strings.Replace(inner, "{name: other, port: 80}", "{name: gateway, port: 8080}", 1)
	refused := []string{"preauth-exposed Deployment ditto/gateway"}

	annotated := strings.Replace(`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: api, namespace: ditto, annotations: {traefik.ingress.kubernetes.io/router.middlewares: ditto-users@kubernetescrd}}
spec:
  ingressClassName: traefik
  rules: [{http: {paths: [{path: /ws/2, pathType: Exact, backend: {service: {name: gateway, port: {number: 8080}}}}]}}]
`, "\n", "", 1)

	root := "apiVersion: projectcontour.io/v1\nkind: HTTPProxy\nmetadata: {name: root, namespace: edge}\nspec: {virtualhost: {fqdn: a.b}, includes: [{name: middle, conditions: [{prefix: /v1}]}]}\n"
	middle := "apiVersion: projectcontour.io/v1\nkind: HTTPProxy\nmetadata: {name: middle, namespace: edge}\nspec: {includes: [{name: part, namespace: ditto}]}\n"
	part := "apiVersion: projectcontour.io/v1\nkind: HTTPProxy\nmetadata: {name: part, namespace: ditto}\nspec: {routes: [{services: [{name: gateway, port: 8080}], requestHeadersPolicy: {set: [{name: x-ditto-pre-authenticated, value: nobody}]}}]}\n"

	for _, s := range []sequence{
		{name: "a Middleware in a chain", there: gateway, steps: []step{
			{apply: router}, {apply: shares}, {apply: leads}, {apply: chain}, {apply: users}, {apply: open, denied: refused}, {delete: users}, {apply: users},
		}},
		{name: "a TraefikService behind another one", there: gateway, steps: []step{
			{apply: router}, {apply: shares}, {apply: inner}, {apply: chain}, {apply: open}, {apply: leads, denied: refused}, {delete: shares},
			{apply: leads}, {apply: shares, denied: refused}, {delete: router}, {apply: shares}, {apply: router, denied: refused},
		}},
		{name: "a Middleware that an Ingress names", there: gateway, steps: []step{
			{apply: annotated}, {apply: users}, {apply: open, denied: refused}, {delete: users}, {apply: open, denied: refused},
		}},
		{name: "who includes an HTTPProxy", there: gateway, steps: []step{
			{apply: part}, {apply: root}, {apply: middle, denied: refused},
		}},
	} {
		t.Run(s.name, func(t *testing.T) { s.run(t, everything()) })
	}
}
