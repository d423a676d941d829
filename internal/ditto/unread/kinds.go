// Package unread says what of an object is not read, and which Services and pods are in it all the same.
package unread

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// routes are the kinds that can open a way in and that are not read yet.
var routes = func() map[schema.GroupKind]bool {
	set := map[schema.GroupKind]bool{}
	for _, gvk := range crd.Unread() {
		set[gvk.GroupKind()] = true
	}
	return set
}()

// KindNotRead is why an object of such a kind tells nothing.
var KindNotRead = reason.Of("kind-not-read")

// Kind says what of an object is not followed by its kind or its version; anywhere, that it can name a Ditto of any
// namespace.
func Kind(o *inventory.Object) (why string, anywhere bool) {
	gk := o.Ref.GroupKind()
	if o.Typed == nil {
		if o.Unreadable != "" {
			return reason.Of("object-not-readable", o.Unreadable), edge.BackendsAnywhere(gk)
		}
		if IsRoute(gk) {
			return KindNotRead, false
		}
		if why := Version(o); why != "" {
			return why, false
		}
	}
	return "", false
}

// VersionsRead are the versions in which objects of a kind are read, sorted.
func VersionsRead(gk schema.GroupKind) []string {
	var list []string
	for _, k := range inventory.Kinds() {
		if k.GroupKind() == gk {
			list = append(list, k.Version)
		}
	}
	slices.Sort(list)
	return list
}

// OpensWays says whether what is not read of an object can let requests in, and not only use what it names.
func OpensWays(o *inventory.Object) bool {
	gk := CurrentKind(o.Ref.GroupKind())
	return o.Typed != nil || IsRoute(gk) || slices.Contains(edge.Kinds(), gk)
}

// IsRoute says whether objects of a kind that is not read send requests to Services.
func IsRoute(gk schema.GroupKind) bool { return routes[gk] }

// runsUnread says whether a part of Ditto runs in an object that is not read, as far as it shows by itself.
func runsUnread(o *inventory.Object) bool {
	pods, _ := Pods(o)
	return slices.ContainsFunc(pods, func(pod *inventory.Object) bool {
		return recognize.AnyDitto(recognize.Parts(recognize.Nothing, pod))
	})
}

// Is says whether an object that may have to do with Ditto is not read: one in a version that is not, of a kind that
// opens ways in and is not, or in which a part of Ditto runs.
func Is(o *inventory.Object) bool {
	why, _ := Kind(o)
	return o.Typed == nil && (why != "" || runsUnread(o))
}
