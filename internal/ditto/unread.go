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

// reachAnywhere are kinds of backends that name hosts, of whatever namespace: those of Envoy Gateway and of Istio.
var reachAnywhere = []string{"Backend", "Hostname"}

// UnreadRoute says, of an object that may be a way in to a Ditto in its namespace, or in any that it can name, what of it
// is not followed; empty where there is nothing of the kind.
func (v *View) UnreadRoute(o *inventory.Object) string {
	gk, why, namespace := o.Ref.GroupKind(), "", o.Ref.Namespace
	if o.Typed == nil && slices.Contains(unreadRoutes[gk.Group], gk.Kind) {
		why = "objects of this kind are not read"
	} else if kinds := edge.LinksOf(o).Unread; len(kinds) > 0 {
		why = "backends of kind " + strings.Join(kinds, ", ") + " are not read"
		if slices.ContainsFunc(kinds, func(kind string) bool { return slices.Contains(reachAnywhere, kind) }) {
			namespace = ""
		}
	}
	if text := v.unreadText(o); text != "" {
		return text + "; what it lets in has to be judged by a person"
	}
	if why == "" || len(v.Find(inventory.Key{Index: byDitto, Namespace: namespace})) == 0 {
		return ""
	}
	return why + "; what it lets in has to be judged by a person"
}
