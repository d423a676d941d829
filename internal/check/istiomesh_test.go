package check_test

import (
	"slices"
	"testing"

	"github.com/dittoguard/dittoguard/internal/check"
)

// TestChange_IstioMesh: what the mesh says of paths holds for whatever Istio serves, so that whoever changes it is told.
func TestChange_IstioMesh(t *testing.T) {
	const mesh = "\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata:\n  mesh: '{pathNormalization: {normalization: "
	for _, test := range []struct{ name, entry string }{
		{"VirtualService", `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge, namespace: ditto}
spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: api, namespace: ditto}
spec:
  hosts: [ditto.example.com]
  gateways: [edge]
  http: [{match: [{uri: {prefix: /api/2/things/}}], route: [{destination: {host: gateway, port: {number: 8080}}}]}]
`},
		{"Ingress", `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: istio}
spec: {controller: istio.io/ingress-controller}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: api, namespace: ditto}
spec:
  ingressClassName: istio
  rules: [{host: ditto.example.com, http: {paths: [{path: /api/2/things, pathType: Prefix, backend: {service: {name: gateway, port: {number: 8080}}}}]}}]
`},
		{"HTTPRoute", `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: istio}
spec: {controllerName: istio.io/gateway-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: ditto}
spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: api, namespace: ditto}
spec:
  parentRefs: [{name: edge}]
  rules: [{matches: [{path: {type: PathPrefix, value: /api/2/things}}], backendRefs: [{name: gateway, port: 8080}]}]
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			inv := inventoryOf(t, gatewayDeployment(noPreAuth), gatewayService, test.entry, mesh+"BASE}}'\n")
			change := step{apply: mesh + "NONE}}'\n"}.change(t, inv)
			verdict, err := builtin(t, nil).Change(t.Context(), inv, change)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(verdict.Warned, func(f check.Finding) bool { return f.Rule == "paths-as-written" }) {
				t.Errorf("not warned of paths-as-written: %+v", verdict.Warned)
			}
		})
	}
}
