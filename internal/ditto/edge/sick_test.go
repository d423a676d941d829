package edge_test

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// TestUnreadWays_OfOneNamespace: where only a namespace was read, kinds whose objects name Services of any namespace may lead into
// it unseen, and others cannot.
func TestUnreadWays_OfOneNamespace(t *testing.T) {
	r := inventory.NewMemory(nil, func(_ schema.GroupKind, namespace string) bool { return namespace == "ditto" })
	list := edge.UnreadWays(r, "ditto")
	for _, test := range []struct {
		group, kind string
		want        bool
	}{
		{"getambassador.io", "Mapping", true}, {"zalando.org", "RouteGroup", true}, {"cilium.io", "CiliumEnvoyConfig", true},
		{"gateway.networking.k8s.io", "HTTPRoute", true},
		{"apisix.apache.org", "ApisixRoute", false}, {"elbv2.k8s.aws", "TargetGroupBinding", false},
		{"contour.heptio.com", "IngressRoute", false}, {"ingress.v3.haproxy.org", "TCP", false}, {"route.openshift.io", "Route", false},
	} {
		kind := schema.GroupKind{Group: test.group, Kind: test.kind}
		if got := slices.Contains(list, kind); got != test.want {
			t.Errorf("%s is among the kinds of which objects elsewhere may lead here: %t", kind, got)
		}
	}
}
