package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

const gateways = `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: eg}
spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: public, namespace: ditto}
spec:
  gatewayClassName: eg
  listeners: [{name: http, protocol: HTTP, port: 80}]
`

const route = `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: api, namespace: ditto}
spec:
  parentRefs: [{name: public}]
  hostnames: [ditto.example.com]
  rules:
  - matches: [{path: {type: PathPrefix, value: /api/2/things}}]
    backendRefs: [{name: gateway, port: 8080}]
`

const believing = `
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
        image: docker.io/eclipse/ditto-gateway:3.9.6
        env:
        - {name: ENABLE_PRE_AUTHENTICATION, value: "true"}
        - {name: DEVOPS_PASSWORD, valueFrom: {secretKeyRef: {name: devops, key: devops}}}
        - {name: STATUS_PASSWORD, valueFrom: {secretKeyRef: {name: devops, key: status}}}
        ports: [{name: http, containerPort: 8080}]
`

const service = `
apiVersion: v1
kind: Service
metadata: {name: gateway, namespace: ditto}
spec:
  selector: {app: gateway}
  ports: [{name: http, port: 8080, targetPort: http}]
`

// TestKindsThatAreInstalledLater: the Gateway API comes to a cluster where dittoguard runs already. Its routes are judged
// from then on, as what completes a way and as what was there before, and dittoguard is not started again.
func TestKindsThatAreInstalledLater(t *testing.T) {
	t.Parallel()
	c := own(t, "ditto")
	chart, err := values([]string{"ditto"}, map[string]any{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := installChart(t.Context(), c, chart); err != nil {
		t.Fatal(err)
	}
	s := serve(t, c)
	apply := func(ctx context.Context, manifest string, args ...string) (string, error) {
		return c.Kubectl(ctx, strings.NewReader(manifest), append([]string{"apply", "-f", "-"}, args...)...)
	}
	must := func(manifest string) {
		t.Helper()
		if out, err := apply(t.Context(), manifest); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	refuses := func(manifest, subject string) {
		t.Helper()
		eventually(t, subject+" is refused", func(ctx context.Context) (bool, any) {
			out, err := apply(ctx, manifest, "--dry-run=server")
			return err != nil && strings.Contains(out, "is refused by dittoguard") && strings.Contains(out, "preauth-exposed"), out
		})
	}

	must(believing + "---" + service)
	if err := (&fixture{Cluster: c}).defineGatewayAPI(t.Context()); err != nil {
		t.Fatal(err)
	}
	if out, err := c.Kubectl(t.Context(), nil, "wait", "--for=condition=Established", "customresourcedefinition", "--all", "--timeout="+within.String()); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	must(gateways)
	refuses(route, "the route")

	// The other way round: without the Service the route leads nowhere, and the Service completes the way.
	if out, err := c.Kubectl(t.Context(), nil, "delete", "service", "gateway", "--namespace", "ditto"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	must(route)
	refuses(service, "the Service")
	if ready, detail := s.Ready(t.Context()); !ready {
		t.Error(detail)
	}

	// A route to a gateway that believes nobody gets what it lacks, in the one filter that it may have, once.
	safe := strings.NewReplacer("gateway, namespace", "jwt, namespace", "app: gateway", "app: jwt", `value: "true"`, `value: "false"`)
	must(safe.Replace(believing) + "---" + safe.Replace(service))
	hardened := strings.NewReplacer("name: api,", "name: jwt,", "name: gateway, port", "name: jwt, port", "ditto.example.com", "jwt.example.com").Replace(route) + `
    filters:
    - type: RequestHeaderModifier
      requestHeaderModifier: {set: [{name: x-edge, value: public}], remove: [x-other]}
`
	stored := func(path string) string {
		t.Helper()
		out, err := c.Kubectl(t.Context(), nil, "get", "httproute", "jwt", "--namespace", "ditto", "--output=jsonpath="+path)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return out
	}
	const filters = "{range .spec.rules[0].filters[*]}{.type} {.requestHeaderModifier.remove}{.responseHeaderModifier.remove};{end}"
	const want = `RequestHeaderModifier ["x-other","x-ditto-pre-authenticated"];ResponseHeaderModifier ["Server","X-Powered-By"];`
	// Mutating goes by what is watched, and kinds that were not there are looked for every 30 s.
	eventually(t, "the route is hardened", func(context.Context) (bool, any) {
		must(hardened)
		got := stored(filters)
		if got == want {
			return true, nil
		}
		if out, err := c.Kubectl(t.Context(), nil, "delete", "httproute", "jwt", "--namespace", "ditto"); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return false, fmt.Sprintf("filters are\n%s\nwant\n%s", got, want)
	})
	version := stored("{.metadata.resourceVersion}")
	must(hardened)
	if now := stored("{.metadata.resourceVersion}"); now != version {
		t.Errorf("applying the same again changes something:\n%s", stored("{.spec.rules[0]}"))
	}
}
