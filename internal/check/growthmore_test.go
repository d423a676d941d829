package check_test

import (
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/rules"
)

// TestFixesPass_Connections is the same for edges that hand connections on: what they are for, by server name, is all that there is.
func TestFixesPass_Connections(t *testing.T) {
	t.Parallel()
	there := gatewayDeployment(preAuth) + "---" + gatewayService + "---"
	tcpIngress := func(rule string) string {
		return "\napiVersion: configuration.konghq.com/v1beta1\nkind: TCPIngress\nmetadata: {name: raw, annotations: {kubernetes.io/ingress.class: kong}}\n" +
			"spec: {rules: [{" + rule + ", backend: {serviceName: gateway, servicePort: 8080}}]}\n"
	}
	ingressRoute := func(points, match string) string {
		return "\napiVersion: traefik.io/v1alpha1\nkind: IngressRouteTCP\nmetadata: {name: tls}\n" +
			"spec: {entryPoints: [" + points + "], routes: [{match: '" + match + "', services: [{name: gateway, port: 8080}]}]}\n"
	}
	server := func(listener, host string) string {
		return "\napiVersion: k8s.nginx.org/v1\nkind: TransportServer\nmetadata: {name: ditto}\nspec: {listener: {name: " + listener +
			", protocol: TLS_PASSTHROUGH}, host: '" + host + "', upstreams: [{name: gateway, service: gateway, port: 8080}], action: {pass: gateway}}\n"
	}
	proxy := func(host string) string {
		return "\napiVersion: projectcontour.io/v1\nkind: HTTPProxy\nmetadata: {name: api}\nspec: {virtualhost: {fqdn: " + host +
			", tls: {passthrough: true}}, tcpproxy: {services: [{name: gateway, port: 8080}]}}\n"
	}
	tlsRoute := func(host string) string {
		return "\napiVersion: gateway.networking.k8s.io/v1\nkind: TLSRoute\nmetadata: {name: api}\n" +
			"spec: {parentRefs: [{name: edge}], hostnames: ['" + host + "'], rules: [{backendRefs: [{name: gateway, port: 8080}]}]}\n"
	}
	passthrough := func(host string) string {
		return "\napiVersion: route.openshift.io/v1\nkind: Route\nmetadata: {name: api}\n" +
			"spec: {host: " + host + ", tls: {termination: passthrough}, to: {kind: Service, name: gateway}, port: {targetPort: http}}\n"
	}
	gateway := "\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: edge}\n" +
		"spec: {gatewayClassName: eg, listeners: [{name: tls, port: 443, protocol: TLS, tls: {mode: Passthrough}}]}\n---" +
		"\napiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: eg}\nspec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}\n---"
	at := func(entry string) []string { return []string{preAuthOnGateway, "devops-exposed " + entry} }
	for _, s := range []sequence{
		{name: "TCPIngress", there: there + tcpIngress("port: 9000"), steps: []step{
			{apply: tcpIngress("port: 9000, host: '*.example.com'")},
			{apply: tcpIngress("port: 9000, host: a.example.com")},
			{apply: tcpIngress("port: 9000, host: b.example.com"), denied: at("TCPIngress ditto/raw")},
			{apply: tcpIngress("port: 9001, host: a.example.com"), denied: at("TCPIngress ditto/raw")},
			{apply: tcpIngress("port: 9000, host: '*.example.com'"), denied: at("TCPIngress ditto/raw")},
			{apply: tcpIngress("port: 9000"), denied: at("TCPIngress ditto/raw")},
		}},
		{name: "IngressRouteTCP", there: there + ingressRoute("web", "HostSNI(`*`)"), steps: []step{
			{apply: ingressRoute("web", "HostSNI(`a.example.com`)")},
			{apply: ingressRoute("web", "HostSNI(`b.example.com`)"), denied: at("IngressRouteTCP ditto/tls")},
			{apply: ingressRoute("other", "HostSNI(`a.example.com`)"), denied: at("IngressRouteTCP ditto/tls")},
			{apply: ingressRoute("web", "HostSNI(`*`)"), denied: at("IngressRouteTCP ditto/tls")},
		}},
		{name: "TransportServer", there: there + server("tls-passthrough", "a.example.com"), steps: []step{
			{apply: strings.Replace(server("tls-passthrough", "a.example.com"), "{name: ditto}", "{name: ditto, labels: {a: b}}", 1)},
			{apply: server("tls-passthrough", "b.example.com"), denied: at("TransportServer ditto/ditto")},
			{apply: server("tls-other", "a.example.com"), denied: at("TransportServer ditto/ditto")},
		}},
		{name: "HTTPProxy with a tcpproxy", there: there + proxy("a.example.com"), steps: []step{
			{apply: strings.Replace(proxy("a.example.com"), "{name: api}", "{name: api, labels: {a: b}}", 1)},
			{apply: proxy("b.example.com"), denied: at("HTTPProxy ditto/api")},
		}},
		{name: "TLSRoute", there: there + gateway + tlsRoute("*.example.com"), steps: []step{
			{apply: tlsRoute("a.example.com")},
			{apply: tlsRoute("b.example.com"), denied: at("TLSRoute ditto/api")},
			{apply: tlsRoute("*.example.com"), denied: at("TLSRoute ditto/api")},
		}},
		{name: "Route that hands TLS on", there: there + passthrough("a.example.com"), steps: []step{
			{apply: strings.Replace(passthrough("a.example.com"), "{name: api}", "{name: api, labels: {a: b}}", 1)},
			{apply: passthrough("b.example.com"), denied: at("Route ditto/api")},
		}},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.run(t, builtin(t, nil))
		})
	}
}

// TestFixesPass_ServerNames: a connection for one server name may carry requests for any host, so that what an nginx behind it takes
// up counts.
func TestFixesPass_ServerNames(t *testing.T) {
	t.Parallel()
	const pass = "location / { proxy_pass http://gateway:8080; }"
	conf := func(names string) string {
		return nginxConfigMap("data", "return 404; } server { listen 80; server_name "+names+"; "+strings.TrimSuffix(pass, "}")+"}")
	}
	passthrough := "\napiVersion: route.openshift.io/v1\nkind: Route\nmetadata: {name: api}\n" +
		"spec: {host: a.example.com, tls: {termination: passthrough}, to: {kind: Service, name: nginx}, port: {targetPort: 80}}\n---" +
		serviceOf("nginx", "selector: {app: nginx}, ports: [{port: 80}]") + "---"
	s := sequence{
		there: gatewayDeployment(preAuth) + "---" + gatewayService + "---" + nginxDeployment + "---" + passthrough + conf("a.example.com"),
		steps: []step{
			{apply: strings.Replace(conf("a.example.com"), "location / {", "location /api {", 1)},
			{apply: strings.Replace(conf("a.example.com b.example.com"), "location / {", "location /api {", 1), denied: []string{preAuthOnGateway}},
		},
	}
	s.run(t, builtin(t, nil))
}

// TestFixesPass_UnknownThatDenies: where a rule denies what it cannot decide, that may become less, and may follow what was
// certainly wrong; what is certain does not follow what was not.
func TestFixesPass_UnknownThatDenies(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Rules = map[string]config.Rule{"preauth-exposed": {DenyUnknown: true}, "devops-exposed": {DenyUnknown: true}}
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
		{name: "paths that a snippet may change: what becomes of them cannot be told", there: bad + nginxIngress("api", "/api", "gateway", unread), steps: []step{
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
			s.run(t, builtin(t, cfg))
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
