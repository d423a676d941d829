package edge

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// A kind can be installed and yet not be readable (inventory.Reader.Knows): its conversion webhook is broken, or rights
// are missing. What its objects would open, or decide, is then unknown.

// UnreadWays are the kinds whose objects may send requests to Services of a namespace and cannot be read, in stable
// order.
func UnreadWays(r inventory.Reader, namespace string) []schema.GroupKind {
	var list []schema.GroupKind
	for i := range resources {
		kind := resources[i].Kind
		if resources[i].Routes == nil && !resources[i].Relay && !resources[i].Sends {
			continue
		}
		from := namespace
		if BackendsAnywhere(kind) {
			from = ""
		}
		if !r.Knows(kind, from) {
			list = append(list, kind)
		}
	}
	for _, gvk := range crd.Unread() {
		kind, from := gvk.GroupKind(), namespace
		if crd.UnreadAnywhere(kind) {
			from = ""
		}
		if !slices.Contains(list, kind) && !r.Knows(kind, from) {
			list = append(list, kind)
		}
	}
	slices.SortFunc(list, func(a, b schema.GroupKind) int { return strings.Compare(a.String(), b.String()) })
	return list
}
