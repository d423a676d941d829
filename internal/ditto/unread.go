package ditto

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/mention"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// unreadRoutes are the groups of kinds that can open a way in and that are not read yet, by kind.
var unreadRoutes = map[string][]string{
	"cilium.io":          {"CiliumEnvoyConfig", "CiliumClusterwideEnvoyConfig"},
	"elbv2.k8s.aws":      {"TargetGroupBinding"},
	"getambassador.io":   {"Mapping", "TCPMapping"},
	"apisix.apache.org":  {"ApisixRoute"},
	"zalando.org":        {"RouteGroup"},
	"contour.heptio.com": {"IngressRoute"},
}

// reachAnywhere are kinds of backends that name hosts, of whatever namespace: those of Envoy Gateway and of Istio.
var reachAnywhere = []string{"Backend", "Hostname"}

const kindNotRead = "objects of this kind are not read"

// UnreadRoute says, of an object that may be a way in to a Ditto, or decide about one, what of it is not followed; empty where
// there is nothing of the kind.
func (v *View) UnreadRoute(o *inventory.Object) string {
	why := v.unreadText(o)
	if why == "" {
		var anywhere bool
		if why, anywhere = unreadKind(o); why == "" {
			return ""
		}
		if !v.concernsDitto(o, anywhere) {
			named := v.gatewayNamed(o)
			if named == nil {
				return ""
			}
			why += ", and it names " + named.Ref.String()
		}
	}
	return why + "; what it lets in has to be judged by a person"
}

// unreadKind says what of an object is not followed by its kind, its version or the kinds of its backends; anywhere, that
// those can name a Ditto of any namespace.
func unreadKind(o *inventory.Object) (why string, anywhere bool) {
	gk := o.Ref.GroupKind()
	if o.Typed == nil {
		if o.Unreadable != "" {
			return "it cannot be read: " + o.Unreadable, edge.BackendsAnywhere(gk)
		}
		if slices.Contains(unreadRoutes[gk.Group], gk.Kind) {
			return kindNotRead, false
		}
		if why := unreadVersion(o); why != "" {
			return why, false
		}
	}
	if kinds := edge.LinksOf(o).Unread; len(kinds) > 0 {
		anywhere = slices.ContainsFunc(kinds, func(kind string) bool { return slices.Contains(reachAnywhere, kind) })
		return "backends of kind " + strings.Join(kinds, ", ") + " are not read", anywhere
	}
	return "", false
}

// gatewayNamed is a Service before a gateway that an object of a kind which is not read names, nil if there is none. What
// it names otherwise is asked quietly.
func (v *View) gatewayNamed(o *inventory.Object) *inventory.Object {
	if o.Typed != nil {
		return nil
	}
	quiet := v.quietly()
	var find func(value any) *inventory.Object
	find = func(value any) *inventory.Object {
		switch value := value.(type) {
		case string:
			for h := range mention.Hosts(value) {
				svc := serviceNamed(quiet, canonical(h.Name), o.Ref.Namespace)
				if svc != nil && v.leadsToGateway(edge.Backend{Namespace: svc.Ref.Namespace, Name: svc.Ref.Name}) {
					return svc
				}
			}
		case []any:
			for _, item := range value {
				if svc := find(item); svc != nil {
					return svc
				}
			}
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(value)) {
				if svc := find(value[key]); svc != nil {
					return svc
				}
			}
		}
		return nil
	}
	return find(o.Content()["spec"])
}

// concernsDitto says whether Ditto runs in the namespace of an object, or in that of something that uses it, such as a
// route that names it for its Gateway; or, if that counts, anywhere.
func (v *View) concernsDitto(o *inventory.Object, anywhere bool) bool {
	if anywhere && len(v.Find(inventory.Key{Index: byDitto})) > 0 {
		return true
	}
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

// versionsRead are the versions in which objects of a kind are read, sorted.
func versionsRead(gk schema.GroupKind) []string {
	var list []string
	for _, k := range inventory.Kinds() {
		if k.GroupKind() == gk {
			list = append(list, k.Version)
		}
	}
	slices.Sort(list)
	return list
}
