package gatewayapi

import "testing"

func TestCommonHosts(t *testing.T) {
	for _, test := range []struct{ listener, route, want string }{
		{"a.example.com", "a.example.com", "a.example.com"},
		{"*.example.com", "a.example.com", "a.example.com"},
		{"a.example.com", "*.example.com", "a.example.com"},
		{"*.example.com", "*.a.example.com", "*.a.example.com"},
		{"*.example.com", "a.b.example.com", "a.b.example.com"},
		{"*.example.com", "example.com", ""},
		{"*.example.com", "a.example.org", ""},
		{"a.example.com", "b.example.com", ""},
		{"*.example.com", "aexample.com", ""},
	} {
		if got := commonHost(test.listener, test.route); got != test.want {
			t.Errorf("%s and %s: want %q, got %q", test.listener, test.route, test.want, got)
		}
	}
}
