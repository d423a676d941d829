package way

import (
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// TestAsk: what is asked for at the addresses that edges are given.
func TestAsk(t *testing.T) {
	for address, want := range map[string]AskedService{
		"http://gateway.ditto:8080/health":                  {Namespace: "ns", Host: "gateway.ditto", Port: 8080, Path: "/health"},
		" https://login.example.com ":                       {Namespace: "ns", Host: "login.example.com", Port: 443, Path: "/"},
		"https://$host/oauth2/auth?rd=$escaped_request_uri": {Namespace: "ns", Host: "ditto.example.com", Port: 443, Path: "/oauth2/auth"},
		"http://$upstream/health":                           {},
		"gateway":                                           {},
	} {
		var got AskedService
		Asking(func(a AskedService) tri.State { got = a; return tri.State{} }).Ask("ns", address, []string{"ditto.example.com"})
		if got != want {
			t.Errorf("%s: asked %+v, want %+v", address, got, want)
		}
	}
	if state := Asking(nil).Ask("ns", "http://gateway/health", nil); state != (tri.State{}) {
		t.Errorf("nobody is asked, and it is known: %+v", state)
	}
}

func TestAgreed(t *testing.T) {
	for _, c := range []struct {
		name  string
		asked tri.State
		want  tri.State
	}{
		{
			"everyone", tri.State{State: tri.Off, Why: "gateway ditto/gateway answers /health to everyone"},
			tri.State{State: tri.Off, Source: "auth-url", Why: "auth-url asks a service that lets everyone in: gateway ditto/gateway answers /health to everyone"},
		},
		{
			"not known", tri.State{State: tri.Unknown, Why: "whether it answers / to everyone is unknown"},
			tri.State{State: tri.Unknown, Source: "auth-url", Why: "auth-url asks a service, and whether it answers / to everyone is unknown"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Agreed(c.asked, "auth-url"); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
