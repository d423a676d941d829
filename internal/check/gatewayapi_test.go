package check_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// The objects of a Gateway of Envoy Gateway in front of Ditto. A text in capitals is replaced.
const (
	envoyClass = `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: eg}
spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
`
	publicEdge = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: infra}
spec:
  gatewayClassName: eg
  listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]
`
	edgeByLabel = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: infra}
spec:
  gatewayClassName: eg
  listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {routes: "yes"}}}}}]
`
	internalEdge = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: infra}
spec:
  gatewayClassName: eg
  infrastructure: {annotations: {networking.gke.io/load-balancer-type: Internal}}
  listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]
`
	apiRoute = `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: api}
spec:
  parentRefs: [{name: edge, namespace: infra}]
  rules: [{matches: [{path: {value: /api}}], backendRefs: [{name: gateway, port: 8080}]}]
`
	foreignRoute = `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: api, namespace: apps}
spec:
  parentRefs: [{name: edge, namespace: infra}]
  rules: [{matches: [{path: {value: /api}}], backendRefs: [{name: gateway, namespace: ditto, port: 8080}]}]
`
	authenticating = `
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: SecurityPolicy
metadata: {name: api}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: api}]
  basicAuth: {users: {name: users}, forwardUsernameHeader: x-ditto-pre-authenticated}
`
	allowingAll = `
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: SecurityPolicy
metadata: {name: api}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: api}]
  cors: {allowOrigins: ["*"]}
`
	authenticatingEdge = `
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: SecurityPolicy
metadata: {name: edge, namespace: infra}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: edge}]
  basicAuth: {users: {name: users}, forwardUsernameHeader: x-ditto-pre-authenticated}
`
	bySelector = `
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: SecurityPolicy
metadata: {name: labelled}
spec:
  targetSelectors: [{kind: HTTPRoute, matchLabels: {users: known}}]
  basicAuth: {users: {name: users}, forwardUsernameHeader: x-ditto-pre-authenticated}
`
	grantOfGateway = `
apiVersion: gateway.networking.k8s.io/v1
kind: ReferenceGrant
metadata: {name: apps}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: apps}]
  to: [{group: "", kind: Service}]
`
)

// byClaim writes a claim of a token that every client needs into the header.
func byClaim(claim string) string {
	return `
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: SecurityPolicy
metadata: {name: api}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: api}]
  jwt:
    providers:
    - name: issuer
      issuer: https://login.example.com
      remoteJWKS: {uri: "https://login.example.com/keys"}
      claimToHeaders: [{header: x-ditto-pre-authenticated, claim: ` + claim + `}]
`
}

// copying sends a copy of each request of the routes that name it to a Service.
func copying(service string) string {
	return "\napiVersion: gateway.envoyproxy.io/v1alpha1\nkind: HTTPRouteFilter\nmetadata: {name: copies}\n" +
		"spec: {requestMirror: {backendRef: {name: " + service + ", port: 8080}}}\n"
}

const copiedRoute = `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: ui}
spec:
  parentRefs: [{name: edge, namespace: infra}]
  rules:
  - filters: [{type: ExtensionRef, extensionRef: {group: gateway.envoyproxy.io, kind: HTTPRouteFilter, name: copies}}]
    backendRefs: [{name: ui, port: 80}]
`

func namespaceWith(label string) string {
	return "\napiVersion: v1\nkind: Namespace\nmetadata: {name: ditto, labels: {routes: \"" + label + "\"}}\n"
}

func edgeService(kind, labels string) string {
	return "\napiVersion: v1\nkind: Service\nmetadata: {name: edge, namespace: envoy-gateway-system, labels: {" + labels + "}}\n" +
		"spec: {type: " + kind + ", selector: {app: envoy}, ports: [{port: 80}]}\n"
}

const ofEdge = "gateway.envoyproxy.io/owning-gateway-name: edge, gateway.envoyproxy.io/owning-gateway-namespace: infra"

// TestGatewayAPISequences: whatever decides about a route of the Gateway API is refused when it makes the route a hole.
func TestGatewayAPISequences(t *testing.T) {
	t.Parallel()
	onlyPreAuth := []string{preAuthOnGateway}
	ditto := gatewayDeployment(preAuth) + "---" + gatewayService + "---" + envoyClass
	for _, s := range []sequence{
		{
			name: "a Gateway may come after its routes, and a class after its Gateways", there: gatewayDeployment(preAuth) + "---" + gatewayService,
			steps: []step{{apply: apiRoute}, {apply: publicEdge, denied: onlyPreAuth}, {apply: internalEdge}, {apply: envoyClass}, {apply: publicEdge, denied: onlyPreAuth}},
		},
		{
			name: "a listener selects namespaces by labels that may change", there: ditto,
			steps: []step{
				{apply: edgeByLabel}, {apply: apiRoute}, {apply: namespaceWith("no")},
				{apply: namespaceWith("yes"), denied: onlyPreAuth}, {apply: publicEdge, denied: onlyPreAuth},
			},
		},
		{
			name: "a ReferenceGrant completes the way from another namespace", there: ditto + "---" + publicEdge,
			steps: []step{{apply: foreignRoute}, {apply: grantOfGateway, denied: onlyPreAuth}},
		},
		{
			name: "the policy that authenticates can neither go nor stop doing so", there: ditto + "---" + publicEdge,
			steps: []step{
				{apply: apiRoute, denied: onlyPreAuth}, {apply: authenticating}, {apply: apiRoute},
				{apply: allowingAll, denied: onlyPreAuth}, {delete: authenticating, denied: onlyPreAuth},
				{delete: apiRoute}, {delete: authenticating},
			},
		},
		{
			name: "every token has a subject, and need not have another claim", there: ditto + "---" + publicEdge,
			steps: []step{
				{apply: byClaim("sub")}, {apply: apiRoute}, {apply: byClaim("preferred_username"), denied: onlyPreAuth}, {apply: byClaim("iss")},
			},
		},
		{
			name: "a filter that a route names sends copies to whom it says", there: ditto + "---" + publicEdge,
			steps: []step{
				{apply: copying("other")}, {apply: copiedRoute},
				{apply: copying("gateway"), denied: []string{preAuthOnGateway, "devops-exposed HTTPRoute ditto/ui"}},
			},
		},
		{
			name: "the policy of a route replaces that of its Gateway, unless it is laid over it", there: ditto + "---" + publicEdge,
			steps: []step{
				{apply: authenticatingEdge}, {apply: apiRoute}, {apply: allowingAll, denied: onlyPreAuth},
				{apply: strings.Replace(allowingAll, "spec:", "spec:\n  mergeType: StrategicMerge", 1)},
			},
		},
		{
			name: "a policy selects routes by labels that may change", there: ditto + "---" + publicEdge,
			steps: []step{
				{apply: bySelector}, {apply: strings.Replace(apiRoute, "{name: api}", "{name: api, labels: {users: known}}", 1)},
				{apply: apiRoute, denied: onlyPreAuth}, {delete: bySelector, denied: onlyPreAuth},
			},
		},
		{
			name: "the Service that was made for an internal Gateway may become public", there: ditto + "---" + internalEdge,
			steps: []step{
				{apply: edgeService("ClusterIP", ofEdge)}, {apply: apiRoute}, {apply: edgeService("LoadBalancer", "app: other")},
				{apply: edgeService("LoadBalancer", ofEdge), denied: onlyPreAuth}, {apply: edgeService("NodePort", ofEdge), denied: onlyPreAuth},
			},
		},
		{
			name:  "what is wrong already does not stop what changes nothing about it",
			there: ditto + "---" + publicEdge + "---" + apiRoute,
			steps: []step{
				{apply: internalEdge}, {apply: publicEdge, denied: onlyPreAuth},
				{apply: strings.Replace(apiRoute, "value: /api", "value: /api/2", 1)}, {delete: apiRoute},
			},
		},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.run(t, builtin(t, nil))
		})
	}
}

// TestAnInternalGatewayIsDoubted: what the configuration says of a Gateway holds until its Service is marked as public.
func TestAnInternalGatewayIsDoubted(t *testing.T) {
	cfg := config.Default()
	cfg.Edges.InternalGateways = []config.Gateway{{Namespace: "infra", Name: "edge"}}
	marked := strings.Replace(edgeService("LoadBalancer", ofEdge), "labels:",
		`annotations: {service.beta.kubernetes.io/azure-load-balancer-internal: "True"}, labels:`, 1)
	sequence{
		there: gatewayDeployment(preAuth) + "---" + gatewayService + "---" + envoyClass + "---" + publicEdge,
		steps: []step{{apply: apiRoute}, {apply: edgeService("LoadBalancer", ofEdge)}, {apply: marked, denied: []string{preAuthOnGateway}}},
	}.run(t, builtin(t, cfg))
}

// TestReferenceGrantsThatAreNotRead: where nobody may look for a ReferenceGrant there may be one.
func TestReferenceGrantsThatAreNotRead(t *testing.T) {
	for _, read := range []bool{true, false} {
		inv := inventory.NewMemory(index.Of, func(gk schema.GroupKind, _ string) bool { return read || gk != crd.ReferenceGrant })
		for _, o := range decodeAll(t, gatewayDeployment(preAuth)+"---"+gatewayService+"---"+envoyClass+"---"+publicEdge+"---"+foreignRoute) {
			inv.Put(o)
		}
		var got []string
		for _, u := range judged(t, builtin(t, nil), inv).Unknown {
			if u.Rule == "preauth-exposed" {
				got = append(got, u.Message)
			}
		}
		const want = "a ReferenceGrant in namespace ditto lets the route reach Service gateway cannot be determined"
		if told := strings.Contains(strings.Join(got, " "), want); told == read {
			t.Errorf("they are read: %t; unknown: %v", read, got)
		}
	}
}
