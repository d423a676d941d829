package topology

import (
	"cmp"
	"slices"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/unread"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// UnreadRoute says, of an object that may be a way in to a Ditto, or decide about one, what of it is not followed;
// empty where there is nothing of the kind, and where it is a way in about which rules say it.
func UnreadRoute(v *world.View, o *inventory.Object) string {
	if memo.Of(v).tied[o.Ref.ID()] {
		return ""
	}
	why := gatewayNamed(v, o)
	if why == "" {
		var anywhere bool
		if why, anywhere = unread.Kind(o); why == "" {
			why, anywhere = unreadBackends(v, o)
		}
		if why == "" || !concernsDitto(v, o, anywhere) {
			return ""
		}
	}
	return why + "; check by hand what it lets in"
}

// unreadBackends says what of an object's backends is not followed, and may lead to any pod of a namespace; anywhere,
// of every namespace.
func unreadBackends(v *world.View, o *inventory.Object) (why string, anywhere bool) {
	for _, u := range edge.LinksOf(o).Unread {
		if u.Host == "" && !saysWhere(v, u) {
			why = cmp.Or(why, unreadBackend(u))
			anywhere = anywhere || u.Namespace == "" || u.Object.Name != ""
		}
	}
	return why, anywhere
}

// saysWhere says whether an object that is read says where requests go.
func saysWhere(v *world.View, u way.UnreadBackend) bool {
	return u.Object.Name != "" && v.Get(u.Object.GroupKind, u.Object.Namespace, u.Object.Name) != nil
}

// unreadBackend says of a backend that it is not read.
func unreadBackend(u way.UnreadBackend) string {
	if u.Object.Name != "" {
		return reason.Of("not-found", world.RefOf(u.Object))
	}
	return reason.Of("parts-not-read", u.What)
}

// concernsDitto says whether Ditto runs in the namespace of an object, or in that of something that uses it, such as a
// route that names it for its Gateway; or, if that counts, anywhere.
func concernsDitto(v *world.View, o *inventory.Object, anywhere bool) bool {
	if anywhere && v.RunsDitto("") {
		return true
	}
	next := []inventory.ID{o.Ref.ID()}
	for i := 0; i < len(next); i++ {
		id := next[i]
		if id.Namespace != "" && v.RunsDitto(id.Namespace) {
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
