package check_test

import (
	"strings"
	"testing"
)

// TestWaysInOtherSpellings: ways that no fixture has, since a recent API server does not take what they consist of when it is
// created (addresses that are not canonical, a status), or since two objects have to differ.
func TestWaysInOtherSpellings(t *testing.T) {
	t.Parallel()
	service := func(spec, status string) string {
		return "\napiVersion: v1\nkind: Service\nmetadata: {name: gateway}\nspec: {" + spec +
			", selector: {app: gateway}, ports: [{name: http, port: 8080}]}\nstatus: {" + status + "}\n"
	}
	slice := func(family, address string) string {
		return "\napiVersion: v1\nkind: Service\nmetadata: {name: detour}\nspec: {type: LoadBalancer, ports: [{name: http, port: 8080}]}\n---" +
			"\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: detour-1, labels: {kubernetes.io/service-name: detour}}\n" +
			"addressType: " + family + "\nports: [{name: http, port: 8080}]\nendpoints: [{addresses: ['" + address + "']}]\n"
	}
	const internal = `clusterIP: 10.96.0.7, type: LoadBalancer, loadBalancerClass: service.k8s.aws/nlb`
	for name, test := range map[string]struct {
		objects []string
		open    bool
	}{
		"letters and zeros":      {[]string{service(`clusterIP: "fd00::a"`, ""), slice("IPv6", "FD00:0:0::000A")}, true},
		"leading zeros":          {[]string{service(`clusterIP: 10.96.7.7`, ""), slice("IPv4", "010.096.007.007")}, true},
		"mapped":                 {[]string{service(`clusterIP: 10.96.7.7`, ""), slice("IPv6", "::ffff:10.96.7.7")}, true},
		"another address":        {[]string{service(`clusterIP: 10.96.7.7`, ""), slice("IPv4", "10.96.7.70")}, false},
		"a balancer's address":   {[]string{service(internal, "loadBalancer: {ingress: [{ip: 10.0.0.5}]}"), slice("IPv4", "10.0.0.5")}, true},
		"one that is asked for":  {[]string{service(internal+", loadBalancerIP: 10.0.0.5", ""), slice("IPv4", "10.0.0.5")}, true},
		"one that is no longer":  {[]string{service("clusterIP: 10.96.7.7, loadBalancerIP: 10.0.0.5", ""), slice("IPv4", "10.0.0.5")}, false},
		"an upstream by its SRV": {[]string{service(`clusterIP: 10.96.7.7`, ""), upstreamBySRV("gateway.ditto.svc.cluster.local")}, true},
		"an upstream elsewhere":  {[]string{service(`clusterIP: 10.96.7.7`, ""), upstreamBySRV("other.ditto.svc.cluster.local")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			text := gatewayDeployment(preAuth) + "---" + strings.Join(test.objects, "---")
			text = strings.Replace(text, "metadata: {name: gateway}", "metadata: {name: gateway, annotations: {service.beta.kubernetes.io/aws-load-balancer-scheme: internal}}", 1)
			got := deniedBy(judged(t, checkerOf(t, "preauth-exposed"), inventoryOf(t, text)).Findings)
			if open := len(got) > 0; open != test.open {
				t.Errorf("refused for %q, want %t", got, test.open)
			}
		})
	}
}

// upstreamBySRV is an nginx in another namespace, which asks DNS for the port of its upstream.
func upstreamBySRV(host string) string {
	return `
apiVersion: v1
kind: ConfigMap
metadata: {name: edge, namespace: web}
data:
  ditto.conf: |
    upstream ditto { zone ditto 64k; server ` + host + ` service=http resolve; }
    server { listen 8080; location / { proxy_pass http://ditto; } }
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: edge, namespace: web}
spec:
  template:
    metadata: {labels: {app: edge}}
    spec:
      containers: [{name: nginx, image: "nginx:1.29", ports: [{containerPort: 8080}], volumeMounts: [{name: conf, mountPath: /etc/nginx/conf.d}]}]
      volumes: [{name: conf, configMap: {name: edge}}]
---
apiVersion: v1
kind: Service
metadata: {name: edge, namespace: web}
spec: {type: LoadBalancer, selector: {app: edge}, ports: [{port: 80, targetPort: 8080}]}
`
}

// TestPassedOnOrNot: where an Ingress says both that HAProxy reads its connections and that it does not, any path may arrive.
func TestPassedOnOrNot(t *testing.T) {
	t.Parallel()
	const class = "\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: haproxy}\nspec: {controller: haproxy.org/ingress-controller}\n"
	for annotations, want := range map[string]string{
		``:                                     "",
		`haproxy.org/ssl-passthrough: "false"`: "",
		`haproxy.org/ssl-passthrough: "true"`:  "denied",
		`haproxy.org/ssl-passthrough: "true", ingress.kubernetes.io/ssl-passthrough: "false"`: "unknown",
		`haproxy.org/ssl-passthrough: "false", ingress.kubernetes.io/ssl-passthrough: "true"`: "unknown",
	} {
		ingress := strings.NewReplacer("metadata: {name: api}", "metadata: {name: api, annotations: {"+annotations+"}}",
			"spec:\n", "spec:\n  ingressClassName: haproxy\n").Replace(ingressTo("api", "gateway", "number: 8080", "/api/2/things"))
		found := judged(t, checkerOf(t, "devops-exposed"), inventoryOf(t, gatewayDeployment(noPreAuth)+"---"+gatewayService+"---"+class+"---"+ingress))
		got := ""
		switch {
		case len(found.Findings) > 0:
			got = "denied"
		case len(found.Unknown) > 0:
			got = "unknown"
		}
		if got != want {
			t.Errorf("%s: %q, want %q: %v", annotations, got, want, found.Unknown)
		}
	}
}
