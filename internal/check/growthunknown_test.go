package check_test

import (
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/rules"
)

// TestFixesPass_UnknownThatDenies: where a rule denies what it cannot decide, that may become less, and may follow what was
// certainly wrong; what is certain does not follow what was not.
func TestFixesPass_UnknownThatDenies(t *testing.T) {
	t.Parallel()
	checker := denyingUnknown(t, "preauth-exposed", "devops-exposed")
	bad := gatewayDeployment(preAuth) + "---" + gatewayService + "---"
	const unread = `configuration-snippet: "include /etc/nginx/own.conf;"`
	pre := []string{preAuthOnGateway}
	both := func(entry string) []string { return []string{preAuthOnGateway, "devops-exposed " + entry} }
	proxied := bad + serviceOf("caddy", "selector: {app: caddy}, ports: [{port: 80}]") + "---" + unreadProxy("caddy:2", "gateway:8080") + "---"
	for _, s := range []sequence{
		{name: "an Ingress before a proxy that is not read", there: proxied + ingressTo("api", "caddy", "number: 80", "/api"), steps: []step{
			{apply: ingressTo("api", "caddy", "number: 80", "/api/2")},
			{apply: exactly(ingressTo("api", "caddy", "number: 80", "/api/2/things"))},
			{apply: ingressTo("api", "caddy", "number: 80", "/api/2/things"), denied: both("Ingress ditto/api")},
			{apply: ingressTo("more", "caddy", "number: 80", "/api/2/things"), denied: both("Ingress ditto/more")},
			{apply: exactly(ingressTo("api", "gateway", "number: 8080", "/api/2/things")), denied: pre},
		}},
		{name: "from certain to uncertain", there: proxied + ingressTo("api", "gateway", "number: 8080", "/"), steps: []step{
			{apply: ingressTo("api", "caddy", "number: 80", "/api")},
			{apply: ingressTo("api", "caddy", "number: 80", "/"), denied: both("Ingress ditto/api")},
			{apply: ingressTo("api", "gateway", "number: 8080", "/api"), denied: pre},
		}},
		{name: "paths that a snippet may change: what becomes of them cannot be determined", there: bad + nginxIngress("api", "/api", "gateway", unread), steps: []step{
			{apply: strings.Replace(nginxIngress("api", "/api", "gateway", unread), "{name: api,", "{name: api, labels: {a: b},", 1)},
			{apply: nginxIngress("api", "/api/2", "gateway", unread), denied: both("Ingress ditto/api")},
			{apply: nginxIngress("api", "/api", "gateway", ``), denied: pre},
		}},
		{name: "a proxy that is not read", there: bad + serviceOf("caddy", "type: LoadBalancer, selector: {app: caddy}, ports: [{port: 80, nodePort: 30080}, {name: b, port: 81, nodePort: 30081}]") +
			"---" + unreadProxy("caddy:2", "gateway:8080"), steps: []step{
			{apply: serviceOf("caddy", "type: LoadBalancer, selector: {app: caddy}, ports: [{port: 80, nodePort: 30080}]")},
			{apply: serviceOf("caddy", "type: NodePort, selector: {app: caddy}, ports: [{port: 80, nodePort: 30080}]")},
			{apply: serviceOf("caddy", "type: NodePort, selector: {app: caddy}, ports: [{port: 80, nodePort: 30082}]"), denied: both("Service ditto/caddy")},
			{apply: unreadProxy("caddy:3", "gateway:8080")},
		}},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.run(t, checker)
		})
	}
}

// unreadProxy is a proxy whose configuration nobody reads, and which names a host.
func unreadProxy(image, to string) string {
	return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: caddy}
spec:
  selector: {matchLabels: {app: caddy}}
  template:
    metadata: {labels: {app: caddy}}
    spec:
      containers: [{name: caddy, image: "` + image + `", args: [reverse-proxy, --from, ":80", --to, "` + to + `"], ports: [{containerPort: 80}, {containerPort: 81}]}]
`
}

// TestFixesPass_AnotherPart: a container of a part of Ditto that is no gateway may be called something else, too, and does not
// lend what was wrong in it to a second one.
func TestFixesPass_AnotherPart(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Rules = map[string]config.Rule{"verbose-logging": {Level: rules.Baseline}}
	things := func(containers ...string) string {
		list := make([]string, 0, len(containers))
		for n, c := range containers {
			name, level, _ := strings.Cut(c, " ")
			port := []string{"8551", "8552"}[n]
			list = append(list, "{name: "+name+", image: 'example.com/iot/ditto-things:3.9.6', ports: [{containerPort: "+port+"}], env: [{name: LOG_LEVEL, value: "+level+"}]}")
		}
		before, _, _ := strings.Cut(thingsDeployment(""), "containers: [")
		return before + "containers: [" + strings.Join(list, ", ") + "]\n"
	}
	denied := []string{"verbose-logging Deployment ditto/things"}
	s := sequence{there: things("things DEBUG"), steps: []step{
		{apply: things("renamed DEBUG")},
		{apply: things("renamed TRACE"), denied: denied},
		{apply: things("other TRACE"), denied: denied},
		{apply: things("renamed DEBUG", "second DEBUG"), denied: denied},
		{apply: things("renamed INFO", "second DEBUG"), denied: denied},
		{apply: things("renamed DEBUG", "second INFO")},
		{apply: things("second INFO", "third DEBUG")},
		{apply: things("third INFO")},
	}}
	s.run(t, builtin(t, cfg))
}
