package ditto

import (
	"slices"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// unreadRoutes are the groups of kinds that can open a way in and that are not read yet, by kind.
var unreadRoutes = map[string][]string{
	"traefik.io":               {"IngressRoute", "IngressRouteTCP", "IngressRouteUDP", "TraefikService"},
	"networking.istio.io":      {"VirtualService"},
	"projectcontour.io":        {"HTTPProxy"},
	"k8s.nginx.org":            {"VirtualServer", "VirtualServerRoute", "TransportServer"},
	"configuration.konghq.com": {"TCPIngress", "UDPIngress"},
}

// UnreadRoute says whether an object may be a way in to a Ditto in its namespace that is not followed.
func (v *View) UnreadRoute(o *inventory.Object) bool {
	gk := o.Ref.GroupKind()
	return o.Typed == nil && slices.Contains(unreadRoutes[gk.Group], gk.Kind) &&
		len(v.Find(inventory.Key{Index: byDitto, Namespace: o.Ref.Namespace})) > 0
}
