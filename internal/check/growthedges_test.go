package check_test

import (
	"strings"
	"testing"
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

// TestFixesPass_Nodes is the same for ports of the nodes: fewer of them, at fewer addresses, are a fix; others are new.
func TestFixesPass_Nodes(t *testing.T) {
	t.Parallel()
	pod := func(network, ports string) string {
		return "\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: things}\nspec: {template: {metadata: {labels: {app: things}}, spec: {" + network +
			"containers: [{name: things, image: example.com/ditto-things:3.9.6, ports: [{name: remoting, containerPort: 2551" + ports + "}]}]}}}\n"
	}
	service := func(spec string) string { return serviceOf("a", spec+", selector: {app: things}") }
	open := []string{"internal-port-exposed Deployment ditto/things"}
	openService := []string{"internal-port-exposed Service ditto/a"}
	for _, s := range []sequence{
		{name: "host network and host ports", there: pod("hostNetwork: true, ", ""), steps: []step{
			{apply: pod("", ", hostPort: 2552"), denied: open},
			{apply: pod("", ", hostPort: 2551")},
			{apply: pod("hostNetwork: true, ", ""), denied: open},
			{apply: pod("", ", hostPort: 2552"), denied: open},
			{apply: pod("", ", hostPort: 2551, hostIP: 10.0.0.1")},
			{apply: pod("", ", hostPort: 2551, hostIP: 10.0.0.2"), denied: open},
			{apply: pod("", ", hostPort: 2551"), denied: open},
			{apply: pod("", "")},
		}},
		{name: "node ports", there: pod("", "") + "---" + service("type: NodePort, ports: [{port: 2551, nodePort: 30001}]"), steps: []step{
			{apply: service("type: NodePort, ports: [{port: 2551, nodePort: 30002}]"), denied: openService},
			{apply: service("type: NodePort, ports: [{name: a, port: 2551, nodePort: 30001}, {name: b, port: 2552, targetPort: 2551, nodePort: 30002}]"), denied: openService},
			{apply: service("type: LoadBalancer, ports: [{port: 2551, nodePort: 30001}]"), denied: openService},
			{apply: service("type: ClusterIP, ports: [{port: 2551}]")},
		}},
		{
			name:  "a load balancer without node ports",
			there: pod("", "") + "---" + service("type: LoadBalancer, allocateLoadBalancerNodePorts: false, ports: [{port: 2551}]"),
			steps: []step{
				{apply: service("type: LoadBalancer, allocateLoadBalancerNodePorts: true, ports: [{port: 2551}]"), denied: openService},
				{apply: service("type: LoadBalancer, allocateLoadBalancerNodePorts: false, ports: [{port: 2551, nodePort: 30001}]"), denied: openService},
				{apply: service("type: LoadBalancer, allocateLoadBalancerNodePorts: false, loadBalancerSourceRanges: [10.0.0.0/8], ports: [{port: 2551}]")},
			},
		},
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

// TestFixesPass_Oauth2Proxy: upstreams of an oauth2-proxy are paths, and who need not log in is told by what is written.
func TestFixesPass_Oauth2Proxy(t *testing.T) {
	t.Parallel()
	login := func(args ...string) string {
		return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: login}
spec:
  selector: {matchLabels: {app: login}}
  template:
    metadata: {labels: {app: login}}
    spec:
      containers:
      - {name: oauth2-proxy, image: "quay.io/oauth2-proxy/oauth2-proxy:v7.12.0", args: ["--http-address=0.0.0.0:4180", "--email-domain=*", "` + strings.Join(args, `", "`) + `"], ports: [{containerPort: 4180}]}
`
	}
	const all, api, things, skip = "--upstream=http://gateway:8080/", "--upstream=http://gateway:8080/api/", "--upstream=http://gateway:8080/api/2/things", "--skip-auth-route=^/api/2/things"
	elsewhere := "--upstream=http://ui:8080/api/2/things/"
	there := gatewayDeployment(preAuth) + "---" + gatewayService + "---" + serviceOf("login", "type: LoadBalancer, selector: {app: login}, ports: [{port: 80, targetPort: 4180}]") + "---"
	pre := []string{preAuthOnGateway}
	for _, s := range []sequence{
		{name: "paths", there: there + login(all), steps: []step{
			{apply: login(api)},
			{apply: login(things)},
			{apply: login(api), denied: pre},
			{apply: login(things, "--upstream=http://gateway:8080/api/2/policies"), denied: pre},
		}},
		{name: "what another upstream gets", there: there + login(api), steps: []step{
			{apply: login(api, elsewhere)},
			{apply: login(api), denied: pre},
		}},
		{name: "who need not log in", there: there + login(api), steps: []step{
			{apply: login(api, skip), denied: pre},
			{apply: login(things)},
			{apply: login(things, skip), denied: pre},
		}},
		{name: "who has to log in", there: there + login(api, skip), steps: []step{
			{apply: login(things, skip)},
			{apply: login(things, "--skip-auth-route=^/api"), denied: pre},
			{apply: login(things)},
		}},
		{name: "with which method", there: there + login(api, "--skip-auth-route=GET=^/api"), steps: []step{
			{apply: login(things, "--skip-auth-route=GET=^/api")},
			{apply: login(things, "--skip-auth-route=^/api"), denied: pre},
			{apply: login(things, "--skip-auth-route=POST=^/api"), denied: pre},
			{apply: login(things, "--skip-auth-regex=^/api"), denied: pre},
		}},
		{name: "from where", there: there + login(api, "--trusted-ip=192.0.2.1"), steps: []step{
			{apply: login(things, "--trusted-ip=192.0.2.1")},
			{apply: login(things, "--trusted-ip=0.0.0.0/0"), denied: pre},
			{apply: login(things, "--trusted-ip=192.0.2.1", "--reverse-proxy"), denied: pre},
		}},
		{name: "whose headers are believed", there: there + login(api, "--skip-auth-route=^/api/2/things", "--reverse-proxy", "--trusted-proxy-ip=192.0.2.1"), steps: []step{
			{apply: login(things, "--skip-auth-route=^/api/2/things", "--reverse-proxy", "--trusted-proxy-ip=192.0.2.1")},
			{apply: login(things, "--skip-auth-route=^/api/2/things", "--reverse-proxy", "--trusted-proxy-ip=0.0.0.0/0"), denied: pre},
		}},
		{name: "who may log in", there: there + strings.Replace(login(api), "--email-domain=*", "--email-domain=example.com", 1), steps: []step{
			{apply: strings.Replace(login(things), "--email-domain=*", "--email-domain=example.com", 1)},
			{apply: login(things), denied: pre},
		}},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.run(t, builtin(t, nil))
		})
	}
}
