package mention_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/mention"
)

func TestHosts(t *testing.T) {
	host := func(name string, port int32) mention.Host { return mention.Host{Name: name, Port: port} }
	bare := func(name string) mention.Host { return mention.Host{Name: name, Bare: true} }
	for _, test := range []struct {
		text string
		want []mention.Host
	}{
		{"", nil},
		{"http://gateway:8080/api", []mention.Host{host("gateway", 8080)}},
		{"https://Gateway.Ditto.", []mention.Host{host("gateway.ditto", 0)}},
		{"server s1 gateway:8080 check", []mention.Host{host("gateway", 8080)}},
		{"reverse_proxy /api/* gateway.ditto.svc.cluster.local:8080", []mention.Host{host("gateway.ditto.svc.cluster.local", 8080)}},
		{"exec TCP:gateway:8080", []mention.Host{host("gateway", 8080)}},
		{"TCP4:10.96.1.2:8080", []mention.Host{host("10.96.1.2", 8080)}},
		{"connect 10.96.1.2", []mention.Host{host("10.96.1.2", 0)}},
		{"http://[FD00::1]:8080/", []mention.Host{host("fd00::1", 8080)}},
		{"user:secret@gateway:8080", []mention.Host{host("gateway", 8080)}},
		{"kubectl port-forward svc/gateway 8080", []mention.Host{host("gateway", 0)}},
		{"nc $DITTO_GATEWAY_SERVICE_HOST 8080", []mention.Host{host("ditto-gateway", 0)}},
		{"server-template s 3 _http._tcp.gateway.ditto.svc.cluster.local", []mention.Host{host("gateway.ditto.svc.cluster.local", 0)}},
		{"dns:///gateway:8080", []mention.Host{host("gateway", 8080)}},
		{"to gateway.ditto.svc and on", []mention.Host{host("gateway.ditto.svc", 0)}},
		{"socket_address: { address: gateway, port_value: 8080 }", []mention.Host{bare("gateway")}},
		{"address: gateway\nport_value: 8080", []mention.Host{bare("gateway")}},
		{`{"host": "gateway"}`, []mention.Host{bare("gateway")}},
		{"gateway", []mention.Host{bare("gateway")}},
		{"gateway.ditto", []mention.Host{bare("gateway.ditto")}},
		{"hosts:\n- gateway\n", []mention.Host{bare("gateway")}},
		{"--host=gateway", []mention.Host{bare("gateway")}},

		// What is no host.
		{"the gateway is down", nil},
		{"image: example.com/ditto/gateway:3", nil},
		{"nginx:1.27-alpine", nil},
		{"at 12:30 or 2026-01-01T12:00:00Z", nil},
		{"/etc/gateway", nil},
		{"file:///gateway", nil},
		{"_private.gateway", nil},
		{"gateway:http-alt is down", nil},
		{"gateway:99999", nil},
		{"[::", nil},
		{strings.Repeat("a", 300) + ":80", nil},
	} {
		if diff := cmp.Diff(test.want, slices.Collect(mention.Hosts(test.text))); diff != "" {
			t.Errorf("%q: -want +got:\n%s", test.text, diff)
		}
	}
}

func FuzzHosts(f *testing.F) {
	for _, seed := range []string{"http://gateway:8080", "[fd00::1]:80", "a_SERVICE_HOST", "address: gateway", "svc/x", "--a=b", "..."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for h := range mention.Hosts(text) {
			if h.Name == "" || h.Port < 0 || strings.ContainsAny(h.Name, " /\n\"") {
				t.Errorf("%q: host %+v", text, h)
			}
		}
	})
}
