package istio

import (
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

func TestIstioGatewayName(t *testing.T) {
	for text, want := range map[string][2]string{
		"g": {"here", "g"}, "infra/g": {"infra", "g"}, "./g": {"here", "g"},
		"g.infra": {"infra", "g"}, "g.infra.svc.cluster.local": {"infra", "g"},
	} {
		ns, name := gatewayName(text, "here")
		if got := [2]string{ns, name}; got != want {
			t.Errorf("%s: got %v", text, got)
		}
	}
}

func TestWildcardHostsMeet(t *testing.T) {
	for hosts, want := range map[[2]string]bool{
		{"*", "a.example.com"}: true, {"*.example.com", "A.Example.com"}: true, {"*.example.com", "example.com"}: false,
		{"*.example.com", "*.b.example.com"}: true, {"*.a.com", "*.b.com"}: false, {"a.com", "b.com"}: false,
	} {
		if got := [2]bool{wildcardHostsMeet(hosts[0], hosts[1]), wildcardHostsMeet(hosts[1], hosts[0])}; got != [2]bool{want, want} {
			t.Errorf("%v: got %v", hosts, got)
		}
	}
}

func FuzzIstioTexts(f *testing.F) {
	f.Add("n:%REQ(x)%", "^/x/(.*)", `/y/\1`)
	f.Add("%%%", "g.ns.svc", "*")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if s := headerValue(a, "s"); s.State == "" || s.Why == "" {
			t.Errorf("%q: %+v", a, s)
		}
		way.EnvoyRegexRewrite(b, c)
		gatewayName(a, b)
		_ = pathMatches(b, c)
		if wildcardHostsMeet(a, b) != wildcardHostsMeet(b, a) {
			t.Errorf("%q and %q meet one way only", a, b)
		}
	})
}
