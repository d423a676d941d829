package ditto

import (
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// unreadRoutes are the groups of kinds that can open a way in and that are not read yet, by kind.
var unreadRoutes = map[string][]string{
	"cilium.io":         {"CiliumEnvoyConfig", "CiliumClusterwideEnvoyConfig"},
	"elbv2.k8s.aws":     {"TargetGroupBinding"},
	"getambassador.io":  {"Mapping", "TCPMapping"},
	"apisix.apache.org": {"ApisixRoute"},
	"zalando.org":       {"RouteGroup"},
}

// UnreadRoute says, of an object that may be a way in to a Ditto in its namespace, what of it is not followed; empty where
// there is nothing of the kind.
func (v *View) UnreadRoute(o *inventory.Object) string {
	gk, why := o.Ref.GroupKind(), ""
	if o.Typed == nil && slices.Contains(unreadRoutes[gk.Group], gk.Kind) {
		why = "objects of this kind are not read"
	} else if kinds := edge.LinksOf(o).Unread; len(kinds) > 0 {
		why = "backends of kind " + strings.Join(kinds, ", ") + " are not read"
	}
	if why == "" || len(v.Find(inventory.Key{Index: byDitto, Namespace: o.Ref.Namespace})) == 0 {
		return ""
	}
	return why + "; what it lets in has to be judged by a person"
}
