package ditto

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

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

// UnreadRoute says, of an object that may be a way in to a Ditto in its namespace, or in any that it can name, or decide
// about one, what of it is not followed; empty where there is nothing of the kind.
func (v *View) UnreadRoute(o *inventory.Object) string {
	gk, why, namespace := o.Ref.GroupKind(), "", o.Ref.Namespace
	if o.Typed == nil && slices.Contains(unreadRoutes[gk.Group], gk.Kind) {
		why = "objects of this kind are not read"
	} else if versions := otherVersions(o); len(versions) > 0 {
		why = "version " + schema.FromAPIVersionAndKind(o.Ref.APIVersion, o.Ref.Kind).Version + " of this kind is not read (read are " + strings.Join(versions, ", ") + ")"
	} else if kinds := edge.LinksOf(o).Unread; len(kinds) > 0 {
		why = "backends of kind " + strings.Join(kinds, ", ") + " are not read"
		if slices.ContainsFunc(kinds, func(kind string) bool { return slices.Contains(reachAnywhere, kind) }) {
			namespace = ""
		}
	}
	if text := v.unreadText(o); text != "" {
		return text + "; what it lets in has to be judged by a person"
	}
	anywhere := namespace == "" && o.Ref.Namespace != "" && len(v.Find(inventory.Key{Index: byDitto})) > 0
	if why == "" || !anywhere && !v.concernsDitto(o) {
		return ""
	}
	return why + "; what it lets in has to be judged by a person"
}

// concernsDitto says whether Ditto runs in the namespace of an object, or in that of something that uses it, such as a
// route that names it for its Gateway.
func (v *View) concernsDitto(o *inventory.Object) bool {
	next := []inventory.ID{o.Ref.ID()}
	for i := 0; i < len(next); i++ {
		id := next[i]
		if id.Namespace != "" && len(v.Find(inventory.Key{Index: byDitto, Namespace: id.Namespace})) > 0 {
			return true
		}
		for _, user := range v.Find(inventory.Key{Index: edge.ByUse, Namespace: id.Namespace, Value: id.String()}) {
			if !slices.Contains(next, user.Ref.ID()) {
				next = append(next, user.Ref.ID())
			}
		}
	}
	return false
}

// otherVersions are the versions in which objects of the kind are read, where the object has another one.
func otherVersions(o *inventory.Object) []string {
	if o.Typed != nil {
		return nil
	}
	var list []string
	for _, k := range inventory.Kinds() {
		if k.GroupKind() == o.Ref.GroupKind() {
			list = append(list, k.Version)
		}
	}
	slices.Sort(list)
	return list
}
