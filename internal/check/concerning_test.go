package check_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

const unreadGateway = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway}
spec:
  selector: {matchLabels: {app: gateway}}
  template:
    metadata: {labels: {app: gateway}}
    spec:
      containers:
      - name: gateway
        image: example.com/ditto-gateway
        envFrom: [{configMapRef: {name: settings}}]
---
apiVersion: v1
kind: Service
metadata: {name: gateway}
spec: {selector: {app: gateway}, ports: [{port: 8080}]}
`

const internalIngress = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: things, annotations: {nginx.ingress.kubernetes.io/server-snippet: "# none"}}
spec:
  ingressClassName: nginx
  rules:
  - host: ditto.example.com
    http: {paths: [{path: /api/2/things, pathType: Prefix, backend: {service: {name: gateway, port: {number: 8080}}}}]}
`

// TestAChangeSaysWhatItLeavesUnknown: what is unknown of other objects is said when the change brings it, and not with each
// change that has to do with them.
func TestAChangeSaysWhatItLeavesUnknown(t *testing.T) {
	inv := inventory.NewMemory(index.Of, nil)
	unknownOf := func(manifest string) []string {
		t.Helper()
		change := step{apply: manifest}.change(t, inv)
		verdict, err := everything().Change(context.Background(), inv, change)
		if err != nil {
			t.Fatal(err)
		}
		inv.Put(change.Object)
		var list []string
		for _, u := range verdict.Unknown {
			if u.Rule == "cors-any-origin" || u.Rule == "edge-rate-limit" {
				list = append(list, u.Rule+" "+u.Subject.String())
			}
		}
		return list
	}
	gateway, service, _ := strings.Cut(unreadGateway, "---")
	for _, s := range []struct {
		name, manifest string
		want           []string
	}{
		{"the Service comes first", service, nil},
		{"the gateway brings what is unknown of it", gateway, []string{"cors-any-origin Deployment ditto/gateway"}},
		{"an Ingress says nothing of the gateway's settings", internalIngress, nil},
		{"nor does it when it changes", strings.Replace(internalIngress, "/api/2/things", "/api/2/policies", 1), nil},
		{"nor the Service", strings.Replace(service, "8080", "8080, name: http", 1), nil},
		{"the gateway says it again", strings.Replace(gateway, "ditto-gateway", "ditto-gateway:3", 1), []string{"cors-any-origin Deployment ditto/gateway"}},
	} {
		if diff := cmp.Diff(s.want, unknownOf(s.manifest)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s.name, diff)
		}
	}
}

// TestTheFixIsForWhatLetsClientsIn: a Service or a GRPCRoute does not get an Ingress's fix.
func TestTheFixIsForWhatLetsClientsIn(t *testing.T) {
	for _, test := range []struct {
		fixture, rule string
		with, without []string
	}{
		{"devops-exposed/fail/load-balancer.yaml", "devops-exposed", []string{"spec: {type: ClusterIP}"}, []string{"pathType", "PathPrefix"}},
		{"preauth-exposed/fail/grpc-route.yaml", "edge-tls", []string{"kind: HTTPRoute"}, []string{"secretName: ditto-tls", "nginx"}},
		{"preauth-exposed/fail/grpc-route.yaml", "preauth-exposed", []string{"SecurityPolicy"}, []string{"IngressRoute", "Contour", "auth_basic"}},
		{"preauth-exposed/fail/ingress-to-gateway.yaml", "edge-tls", []string{"secretName: ditto-tls"}, []string{"HTTPRoute", "Gateway API"}},
	} {
		inv, checker := load(t, builtinDir+"/"+test.fixture)
		found := false
		for _, f := range judged(t, checker, inv).Findings {
			if f.Rule != test.rule {
				continue
			}
			found = true
			for _, text := range test.with {
				if !strings.Contains(f.Fix, text) {
					t.Errorf("%s: the fix of %s lacks %q:\n%s", test.fixture, f.Rule, text, f.Fix)
				}
			}
			for _, text := range test.without {
				if strings.Contains(f.Fix, text) {
					t.Errorf("%s: the fix of %s has %q:\n%s", test.fixture, f.Rule, text, f.Fix)
				}
			}
		}
		if !found {
			t.Errorf("%s: no %s", test.fixture, test.rule)
		}
	}
}
