package edge

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// A kind can be installed and yet not be readable (inventory.Reader.Knows): its conversion webhook is broken, or rights are
// missing. What its objects would open, or decide, is then unknown.

// UnreadWays are the kinds whose objects may send requests to Services of a namespace and cannot be read, in stable order.
func UnreadWays(r inventory.Reader, namespace string) []schema.GroupKind {
	var list []schema.GroupKind
	for i := range resources {
		kind := resources[i].kind
		if resources[i].routes == nil && !resources[i].relay && !resources[i].sends {
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
	slices.SortFunc(list, func(a, b schema.GroupKind) int { return strings.Compare(a.String(), b.String()) })
	return list
}

// unread says of kinds that can change what happens to requests that their objects cannot be read in one of the namespaces;
// empty where they can. Without a namespace all of them are meant.
func (c Context) unread(namespaces []string, kinds ...schema.GroupKind) string {
	if c.Objects == nil {
		return ""
	}
	if len(namespaces) == 0 {
		namespaces = []string{""}
	}
	for _, kind := range kinds {
		for _, namespace := range namespaces {
			if !c.Objects.Knows(kind, namespace) {
				return "objects of kind " + kind.String() + " cannot be read, and can change what happens to requests"
			}
		}
	}
	return ""
}
