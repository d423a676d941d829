package ditto

import (
	"slices"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// unreadRoutes are the groups of kinds that can open a way in and that are not read yet, by kind.
var unreadRoutes = map[string][]string{
	"gateway.networking.k8s.io": {"HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"},
	"cilium.io":                 {"CiliumEnvoyConfig"},
}

// UnreadRoute says whether an object may be a way in to a Ditto in its namespace that is not followed.
func (v *View) UnreadRoute(o *inventory.Object) bool {
	gk := o.Ref.GroupKind()
	return o.Typed == nil && slices.Contains(unreadRoutes[gk.Group], gk.Kind) &&
		len(v.Find(inventory.Key{Index: byDitto, Namespace: o.Ref.Namespace})) > 0
}
