package check_test

import (
	"strings"
	"testing"
)

// TestTextThatLeadsIn: a snippet that forwards to Ditto, and ports that a controller may hand on to it, are not followed.
// They are ways in about which a rule says so, once.
func TestTextThatLeadsIn(t *testing.T) {
	ingress := func(snippet string) string {
		return "\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\n  namespace: shop\n  annotations:\n" +
			"    nginx.ingress.kubernetes.io/server-snippet: " + snippet + "\n" +
			"spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}\n"
	}
	server := func(snippet string) string {
		return "\napiVersion: k8s.nginx.org/v1\nkind: VirtualServer\nmetadata: {name: web, namespace: shop}\n" +
			"spec: {host: a.example.com, server-snippets: " + snippet + ", upstreams: [{name: w, service: web, port: 80}], routes: [{path: /, action: {pass: w}}]}\n"
	}
	ports := func(data string) string {
		return "\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: tcp-services, namespace: ingress-nginx}\ndata: " + data + "\n"
	}
	const (
		location  = `"location /x { proxy_pass http://gateway.ditto.svc.cluster.local:8080; }"`
		elsewhere = `"location /x { proxy_pass http://web.shop.svc:80; }"`
		snippet   = "a snippet in it forwards requests to Service ditto/gateway, which counts if its controller allows snippets"
	)
	for _, test := range []struct{ name, object, want string }{
		{"a snippet of an Ingress", ingress(location), snippet},
		{"a snippet that leads elsewhere", ingress(elsewhere), ""},
		{"a snippet of a VirtualServer", server(location), snippet},
		{"ports", ports(`{"9000": "ditto/gateway:8080"}`), "port 9000 is forwarded to Service ditto/gateway if an ingress controller names this ConfigMap in --tcp-services-configmap"},
		{"ports of something else", ports(`{"9000": "shop/web:80", "note": "ditto/gateway:8080"}`), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			inv := inventoryOf(t, gatewayDeployment(noPreAuth)+"---"+gatewayService+"---"+test.object)
			var got []string
			for _, u := range judged(t, everything(), inv).Unknown {
				if u.Rule == "devops-exposed" || u.Rule == "" {
					got = append(got, u.Message)
				}
			}
			if text := strings.Join(got, "\n"); text != test.want {
				t.Errorf("got\n%s\nwant\n%s", text, test.want)
			}
		})
	}
}
