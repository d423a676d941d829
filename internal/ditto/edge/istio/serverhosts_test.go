package istio

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// TestServerHosts holds that servers are found by their hosts as they would be if each host was compared with each.
func TestServerHosts(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	host := func() string {
		h := []string{"", "a.", "b.", "a.b.", "B."}[random.IntN(5)] +
			[]string{"example.com", "Example.org", "com", "*"}[random.IntN(4)]
		switch random.IntN(6) {
		case 0:
			return "*." + h
		case 1:
			return "*" + h
		case 2:
			return "*"
		}
		return h
	}
	met := 0
	for range 20_000 {
		gateway := &crd.IngressGateway{}
		gateway.Namespace = "edge"
		for range 1 + random.IntN(4) {
			var server crd.IstioServer
			for range 1 + random.IntN(3) {
				server.Hosts = append(server.Hosts, []string{"", "", "*/", "./", "ditto/", "edge/"}[random.IntN(6)]+host())
			}
			gateway.Spec.Servers = append(gateway.Spec.Servers, server)
		}
		asked, namespace := host(), []string{"ditto", "edge"}[random.IntN(2)]
		var want []crd.IstioServer
		for _, server := range gateway.Spec.Servers {
			for _, own := range server.Hosts {
				ns, rest, named := strings.Cut(own, "/")
				if !named {
					ns, rest = "*", own
				}
				if (ns == "*" || ns == namespace || ns == "." && namespace == "edge") && wildcardHostsMeet(rest, asked) {
					want = append(want, server)
					break
				}
			}
		}
		met += len(want)
		if got := serverHostsOf(gateway).of(namespace, asked); !reflect.DeepEqual(got, want) {
			t.Fatalf("%s of namespace %s at %v: %v, want %v", asked, namespace, gateway.Spec.Servers, got, want)
		}
	}
	if met < 10_000 {
		t.Errorf("only %d servers were found", met)
	}
}
