package edge

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTCPIngress(t *testing.T) {
	got := described(t, `apiVersion: configuration.konghq.com/v1beta1
kind: TCPIngress
metadata: {name: raw, namespace: ditto}
spec: {rules: [{port: 9000, backend: {serviceName: gateway, servicePort: 8080}}, {host: d.example.com, port: 8443, backend: {serviceName: gateway, servicePort: 443}}]}`)
	want := []string{
		"port 9000 | ditto/gateway:8080 | public | unread | identity client, authentication off, hides off",
		"d.example.com, port 8443 | ditto/gateway:443 | public | unread | identity client, authentication off, hides off",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
