package check_test

import (
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// edgeRules are the rules about the edge, enforced.
func edgeRules(t *testing.T) ([]rules.HardeningRule, *config.Config) {
	t.Helper()
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	var only []rules.HardeningRule
	for _, r := range list {
		if strings.HasPrefix(r.Metadata.Name, "edge-") || r.Metadata.Name == "error-page-disclosure" {
			only = append(only, r)
		}
	}
	cfg := config.Default()
	cfg.Modes.Enforce = config.ModeRestricted
	return only, cfg
}

// withTLS gives an Ingress a certificate for its host.
func withTLS(ing string) string {
	return strings.Replace(ing, "spec:\n", "spec:\n  tls: [{hosts: [ditto.example.com], secretName: tls}]\n", 1)
}

func TestSequences_Edge(t *testing.T) {
	const rps = `limit-rps: "50"`
	const (
		noTLS   = "edge-tls Ingress ditto/api"
		noLimit = "edge-rate-limit Ingress ditto/api"
	)
	gateway := gatewayDeployment(noPreAuth) + "---" + gatewayService
	nginx := func(server string) string {
		return "\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: nginx-conf}\ndata:\n  nginx.conf: |\n" + indentLines(
			"events {}\nhttp {\nlimit_req_zone $binary_remote_addr zone=z:1m rate=50r/s;\nserver {\n"+server+"\n}\n}\n", 4)
	}
	proxy := gateway + `
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: nginx}
spec:
  selector: {matchLabels: {app: nginx}}
  template:
    metadata: {labels: {app: nginx}}
    spec:
      containers:
      - {name: nginx, image: "nginx:1.30", volumeMounts: [{name: conf, mountPath: /etc/nginx}]}
      volumes: [{name: conf, configMap: {name: nginx-conf}}]
---` + serviceOf("nginx", "type: NodePort, selector: {app: nginx}, ports: [{port: 80, targetPort: 8080}]")
	const location = "location /api { proxy_pass http://gateway:8080; }"
	list, cfg := edgeRules(t)
	for _, s := range []sequence{
		{
			name:  "a certificate without a redirect is better than neither, and what is better gets in",
			there: gateway + "---" + nginxIngress("api", "/api", "gateway", rps+`, ssl-redirect: "false"`),
			steps: []step{
				{apply: withTLS(nginxIngress("api", "/api", "gateway", rps+`, ssl-redirect: "false"`))},
				{apply: withTLS(nginxIngress("api", "/api", "gateway", rps))},
				{apply: withTLS(nginxIngress("api", "/api", "gateway", rps+`, ssl-redirect: "false"`)), denied: []string{noTLS}},
			},
		},
		{
			name:  "the Ingress that names the certificate of the host cannot go while another one lives by it",
			there: gateway,
			steps: []step{
				{apply: nginxIngress("api", "/api", "gateway", rps), denied: []string{noTLS}},
				{apply: withTLS(nginxIngress("ui", "/ui", "ui", ""))},
				{apply: nginxIngress("api", "/api", "gateway", rps)},
				{apply: nginxIngress("ui", "/ui", "ui", ""), denied: []string{noTLS}},
				{delete: withTLS(nginxIngress("ui", "/ui", "ui", "")), denied: []string{noTLS}},
				{apply: withTLS(nginxIngress("api", "/api", "gateway", rps))},
				{delete: withTLS(nginxIngress("ui", "/ui", "ui", ""))},
			},
		},
		{
			name:  "a limit cannot be taken away, nor made one that is none",
			there: gateway,
			steps: []step{
				{apply: withTLS(nginxIngress("api", "/api", "gateway", "")), denied: []string{noLimit}},
				{apply: withTLS(nginxIngress("api", "/api", "gateway", rps))},
				{apply: withTLS(nginxIngress("api", "/api", "gateway", `limit-connections: "5"`))},
				{apply: withTLS(nginxIngress("api", "/api", "gateway", `limit-rps: "0"`)), denied: []string{noLimit}},
				{apply: withTLS(nginxIngress("api", "/api", "gateway", rps+`, limit-whitelist: "0.0.0.0/0"`)), denied: []string{noLimit}},
			},
		},
		{
			name:  "the configuration of an nginx that stands there decides",
			there: proxy + "---" + nginx("listen 8080 ssl; limit_req zone=z; "+location),
			steps: []step{
				{apply: nginx("listen 8080 ssl; limit_req zone=z; limit_req_dry_run on; " + location), denied: []string{"edge-rate-limit Service ditto/nginx"}},
				{apply: nginx("listen 8080; limit_req zone=z; " + location), denied: []string{"edge-tls Service ditto/nginx"}},
				{apply: nginx(`listen 8080; limit_req zone=z; if ($scheme = http) { return 301 https://$host$request_uri; } ` + location)},
				{apply: nginx(`listen 8080 ssl; limit_req zone=z; location / { return 404 "$request_uri"; } ` + location),
					denied: []string{"error-page-disclosure Deployment ditto/nginx"}},
				{apply: nginx(`listen 8080 ssl; limit_req zone=z; location / { return 404 "no"; } ` + location)},
			},
		},
	} {
		t.Run(s.name, func(t *testing.T) { s.run(t, newChecker(t, list, cfg)) })
	}
}

// A mutation of ways in changes the object that they begin at once, however many there are, and no other object.
func TestMutate_ExposuresOfOneObject(t *testing.T) {
	list, cfg := edgeRules(t)
	inv := inventory.NewMemory(index.Of, nil)
	class := "\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: nginx}\nspec: {controller: k8s.io/ingress-nginx}\n"
	ing := nginxIngress("api", "/api", "gateway", "") + "      - {path: /ws, pathType: Prefix, backend: {service: {name: gateway, port: {number: 8080}}}}\n"
	ing = strings.Replace(ing, `paths: [{path: "/api"`, `paths:
      - {path: "/api"`, 1)
	ing = strings.Replace(ing, "8080}}}}]", "8080}}}}", 1)
	second := serviceOf("again", "selector: {app: gateway}, ports: [{port: 8080, targetPort: 8080}]")
	for _, o := range decodeAll(t, gatewayDeployment(noPreAuth)+"---"+gatewayService+"---"+second+"---"+class+"---"+ing) {
		inv.Put(o)
	}
	const want = `set annotation nginx.ingress.kubernetes.io/limit-rps: "50"`
	checker := newChecker(t, list, cfg)
	for _, o := range inv.All() {
		m := mutate(t, checker, inv, o)
		switch note := m.Notes["edge-rate-limit"]; {
		case o.Ref.Kind == "Ingress" && note != want:
			t.Errorf("%s: %q, want %q", o.Ref, note, want)
		case o.Ref.Kind != "Ingress" && m.Object != nil:
			t.Errorf("%s: changed: %v", o.Ref, m.Notes)
		}
	}
	cfg.Modes.Enforce = config.ModeOff
	checker = newChecker(t, list, cfg)
	for _, o := range inv.All() {
		if m := mutate(t, checker, inv, o); m.Object != nil {
			t.Errorf("%s: changed in a dry run: %v", o.Ref, m.Notes)
		}
	}
}

// mutate is what the mutations make of an object that is created.
func mutate(t *testing.T, checker *check.Checker, inv inventory.Reader, o *inventory.Object) check.Mutation {
	t.Helper()
	m, err := checker.Mutate(t.Context(), inv, check.Change{
		Request: &admissionv1.AdmissionRequest{Operation: admissionv1.Create, Name: o.Ref.Name, Namespace: o.Ref.Namespace},
		Object:  o,
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}
