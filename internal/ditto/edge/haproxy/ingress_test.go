package haproxy

import "testing"

func TestIngressURL(t *testing.T) {
	for address, want := range map[string]string{
		"svc://ditto/gateway:8080/x":   "http://gateway.ditto.svc:8080/x",
		"svc://gateway:8080":           "http://gateway.ns.svc:8080/",
		"http://login.example.com/ask": "http://login.example.com/ask",
	} {
		if got := ingressURL(address, "ns"); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}
