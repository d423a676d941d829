package check_test

import (
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/rules"
)

// checkerOf makes a checker of some built-in rules, all of them enforced.
func checkerOf(t *testing.T, names ...string) *check.Checker {
	t.Helper()
	all, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	var list []rules.HardeningRule
	cfg := config.Default()
	for _, rule := range all {
		for _, name := range names {
			if rule.Metadata.Name == name {
				list = append(list, rule)
				cfg.Rules[name] = config.Rule{Level: rules.Baseline}
			}
		}
	}
	if len(list) != len(names) {
		t.Fatalf("%d of the rules %q are there", len(list), names)
	}
	return newChecker(t, list, cfg)
}

// proxyConf is the configuration of an nginx before the gateway, by location.
func proxyConf(locations ...string) string {
	return `
apiVersion: v1
kind: ConfigMap
metadata: {name: nginx-conf}
data:
  nginx.conf: |
    events {}
    http {
      server {
        listen 8080;
` + indentLines(strings.Join(locations, "\n"), 8) + `
      }
    }
`
}

const (
	proxyDeployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: nginx, uid: nginx-uid}
spec:
  selector: {matchLabels: {app: nginx}}
  template:
    metadata: {labels: {app: nginx}}
    spec:
      containers:
      - name: nginx
        image: example.com/nginx:1.30
        ports: [{name: http, containerPort: 8080}]
        volumeMounts:
        - {name: conf, mountPath: /etc/nginx/nginx.conf, subPath: nginx.conf}
      volumes:
      - {name: conf, configMap: {name: nginx-conf}}
`
	apiSet     = `location /api { proxy_set_header x-ditto-pre-authenticated "nginx:guest"; proxy_pass http://gateway:8080; }`
	wsSet      = `location /ws { proxy_set_header x-ditto-pre-authenticated "nginx:guest"; proxy_pass http://gateway:8080; }`
	wsRemoved  = `location /ws { proxy_set_header x-ditto-pre-authenticated ""; proxy_pass http://gateway:8080; }`
	wsByClient = `location /ws { proxy_pass http://gateway:8080; }`
	statistics = `location /stats { proxy_pass http://gateway:8080; }`
)

// TestProxyWithoutEntry: a proxy is judged by itself, so that entries before it neither add a finding nor, when they go,
// bring one up; what is said of it changes with its own configuration only.
func TestProxyWithoutEntry(t *testing.T) {
	const atProxy = "proxy-identity Deployment ditto/nginx"
	there := strings.Join([]string{
		gatewayDeployment(preAuth), gatewayService, proxyDeployment, serviceOf("nginx", "selector: {app: nginx}, ports: [{port: 8080}]"),
	}, "---")
	front := ingressTo("front", "nginx", "number: 8080", "/")
	for _, s := range []sequence{
		{
			name: "entries come and go", there: there + "---" + proxyConf(apiSet, wsByClient),
			steps: []step{
				{apply: front},
				{apply: serviceOf("nginx", "type: NodePort, selector: {app: nginx}, ports: [{port: 8080}]")},
				{delete: front},
				{delete: serviceOf("nginx", "")},
			},
		},
		{
			name: "locations come and go", there: there + "---" + proxyConf(apiSet, wsSet),
			steps: []step{
				{apply: proxyConf(apiSet, wsByClient), denied: []string{atProxy}},
				{apply: proxyConf(apiSet, wsSet, statistics), denied: []string{atProxy}},
				{apply: proxyConf(apiSet)},
				{apply: proxyConf(apiSet, wsSet)},
			},
		},
		{
			name: "better is nothing new, worse is", there: there + "---" + proxyConf(apiSet, wsByClient),
			steps: []step{
				{apply: proxyConf(apiSet, wsRemoved)},
				{apply: proxyConf(apiSet, wsByClient), denied: []string{atProxy}},
				{apply: proxyConf(apiSet, wsSet)},
				{apply: proxyConf(apiSet, wsRemoved), denied: []string{atProxy}},
			},
		},
		{
			name: "an entry past the proxy is one of its own", there: there + "---" + proxyConf(apiSet),
			steps: []step{
				{apply: front},
				{apply: ingressTo("past", "gateway", "number: 8080", "/api"), denied: []string{"proxy-identity Ingress ditto/past"}},
			},
		},
		{
			name: "the setting completes it", there: strings.ReplaceAll(there, preAuth, noPreAuth) + "---" + proxyConf(wsByClient),
			steps: []step{
				{apply: gatewayDeployment(preAuth), denied: []string{atProxy}},
			},
		},
	} {
		t.Run(s.name, func(t *testing.T) { s.run(t, checkerOf(t, "proxy-identity")) })
	}
}
