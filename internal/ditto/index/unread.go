package index

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/dns"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/unread"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Anything stands, in the index byUnread, for whatever there is in a namespace.
const Anything = "*"

// unreadKeys files an object under the Services that it may name in what is not read of it.
func unreadKeys(o *inventory.Object, links way.Links) []inventory.Key {
	if !unread.OpensWays(o) {
		return nil
	}
	var keys []inventory.Key
	for _, n := range unread.NamesOf(o, links) {
		switch {
		case n.Host == "" && n.By != nil:
			keys = append(keys, inventory.Key{Index: ByUnread, Namespace: n.By.Namespace, Value: Anything})
		case podspec.IsAddress(n.Host), o.Typed == nil && strings.Contains(n.Host, "."):
			// A host may be one that a relay stands for.
			keys = append(keys, inventory.Key{Index: ByUnread, Value: n.Host})
		}
		for _, at := range dns.Services(n.Host, o.Ref.Namespace) {
			keys = append(keys, inventory.Key{Index: ByUnread, Namespace: at.Namespace, Value: at.Name})
		}
	}
	return keys
}
