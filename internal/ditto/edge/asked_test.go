package edge

import (
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/haproxy"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// TestAsk: what is asked for at the addresses that edges are given.
func TestAsk(t *testing.T) {
	for address, want := range map[string]way.AskedService{
		"http://gateway.ditto:8080/health":                     {Namespace: "ns", Host: "gateway.ditto", Port: 8080, Path: "/health"},
		" https://login.example.com ":                          {Namespace: "ns", Host: "login.example.com", Port: 443, Path: "/"},
		"https://$host/oauth2/auth?rd=$escaped_request_uri":    {Namespace: "ns", Host: "ditto.example.com", Port: 443, Path: "/oauth2/auth"},
		haproxy.IngressURL("svc://ditto/gateway:8080/x", "ns"): {Namespace: "ns", Host: "gateway.ditto.svc", Port: 8080, Path: "/x"},
		haproxy.IngressURL("svc://gateway:8080", "ns"):         {Namespace: "ns", Host: "gateway.ns.svc", Port: 8080, Path: "/"},
		"http://$upstream/health":                              {},
		"gateway":                                              {},
	} {
		var got way.AskedService
		way.Asking(func(a way.AskedService) way.State { got = a; return way.State{} }).Ask("ns", address, []string{"ditto.example.com"})
		if got != want {
			t.Errorf("%s: asked %+v, want %+v", address, got, want)
		}
	}
	if state := way.Asking(nil).Ask("ns", "http://gateway/health", nil); state != (way.State{}) {
		t.Errorf("nobody is asked, and it is known: %+v", state)
	}
}
