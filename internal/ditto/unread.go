package ditto

import (
	"cmp"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
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

	"ingress.v1.haproxy.org":      {"TCP"},
	"ingress.v3.haproxy.org":      {"TCP"},
	"ngrok.k8s.ngrok.com":         {"AgentEndpoint"},
	"networking.cfargotunnel.com": {"TunnelBinding"},
}

const kindNotRead = "objects of this kind are not read"

// UnreadRoute says, of an object that may be a way in to a Ditto, or decide about one, what of it is not followed; empty where
// there is nothing of the kind, and where it is a way in about which rules say it.
func (v *View) UnreadRoute(o *inventory.Object) string {
	if v.tied[o.Ref.ID()] {
		return ""
	}
	why := v.gatewayNamed(o)
	if why == "" {
		var anywhere bool
		if why, anywhere = unreadKind(o); why == "" {
			why, anywhere = v.unreadBackends(o)
		}
		if why == "" || !v.concernsDitto(o, anywhere) {
			return ""
		}
	}
	return why + "; check by hand what it lets in"
}

// unreadKind says what of an object is not followed by its kind or its version; anywhere, that it can name a Ditto of any
// namespace.
func unreadKind(o *inventory.Object) (why string, anywhere bool) {
	gk := o.Ref.GroupKind()
	if o.Typed == nil {
		if o.Unreadable != "" {
			return "it cannot be read: " + o.Unreadable, edge.BackendsAnywhere(gk)
		}
		if isUnreadRoute(gk) {
			return kindNotRead, false
		}
		if why := unreadVersion(o); why != "" {
			return why, false
		}
	}
	return "", false
}

// unreadBackends says what of an object's backends is not followed, and may lead to any pod of a namespace; anywhere, of every
// namespace.
func (v *View) unreadBackends(o *inventory.Object) (why string, anywhere bool) {
	for _, u := range edge.LinksOf(o).Unread {
		if u.Host == "" && !v.saysWhere(u) {
			why = cmp.Or(why, v.unreadBackend(u))
			anywhere = anywhere || u.Namespace == "" || u.Object.Name != ""
		}
	}
	return why, anywhere
}

// saysWhere says whether an object that is read says where requests go.
func (v *View) saysWhere(u way.UnreadBackend) bool {
	return u.Object.Name != "" && v.Get(u.Object.GroupKind, u.Object.Namespace, u.Object.Name) != nil
}

// unreadBackend says of a backend that it is not read.
func (v *View) unreadBackend(u way.UnreadBackend) string {
	if u.Object.Name != "" {
		return fmt.Sprintf("%s was not found", refOf(u.Object))
	}
	return u.What + " are not read"
}

// concernsDitto says whether Ditto runs in the namespace of an object, or in that of something that uses it, such as a
// route that names it for its Gateway; or, if that counts, anywhere.
func (v *View) concernsDitto(o *inventory.Object, anywhere bool) bool {
	if anywhere && v.runsDitto("") {
		return true
	}
	next := []inventory.ID{o.Ref.ID()}
	for i := 0; i < len(next); i++ {
		id := next[i]
		if id.Namespace != "" && v.runsDitto(id.Namespace) {
			return true
		}
		for _, user := range v.Find(inventory.Key{Index: way.ByUse, Namespace: id.Namespace, Value: id.String()}) {
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
