package topology

import (
	"maps"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// unreadEntry: objects that cannot be read may lead to the gateway, and so may what others send requests to.
func (w *walker) unreadEntry(c chain) {
	if !w.atAPI() {
		return
	}
	w.unreadAnything(c)
	if kinds := unreadWays(w.view, w.part.Workload.Ref.Namespace); kinds != "" {
		w.enterUnread(w.part.Workload, "kinds that cannot be read", "", reason.Of("kind-not-readable", kinds), c)
	}
}

// unfollowedEntry: ways were given up, the first at an object, and may lead in from outside.
func (w *walker) unfollowedEntry(at inventory.ID, c chain) {
	w.enterUnread(w.part.Workload, "ways that were given up", "given up",
		reason.Of("too-many-steps", maxHops, world.RefOf(at)), c)
}

// crowdedEntries: more routes of a proxy lead to the port than are followed.
func (w *walker) crowdedEntries(c chain) {
	for _, id := range slices.SortedFunc(maps.Keys(w.crowded),
		func(a, b inventory.ID) int { return strings.Compare(a.String(), b.String()) }) {
		proxy := world.RefOf(id).String()
		w.enterUnread(w.part.Workload, "routes of "+proxy+" that were given up", "given up at "+proxy,
			reason.Of("too-many-routes", mostRoutes, proxy), c)
	}
}

// enterUnread is one way in, by an entry, about which nothing is known, whatever number of ways it stands for.
func (w *walker) enterUnread(entry *inventory.Object, text, detail, why string, c chain) {
	unknown := tri.Is(tri.Unknown, text, why)
	w.enter(entry, facts.KindUnread, &way.Route{
		Title: text, Text: detail, Public: true, Transport: way.Transport{TLS: unknown, Plain: unknown},
		Handling: way.Handling{
			Effects: way.Effects{Identity: unknown, Authentication: unknown}, Rate: way.Rate{Limited: unknown},
			ErrorPages: way.ErrorPages{Unknown: []string{why}}, Doubt: why, Doubted: entry != w.part.Workload,
		},
		Lets: func() requests.Set { return letsAll(requests.Door{Kind: facts.KindUnread + " " + detail}) },
	}, c)
}

// unreadWays names the kinds whose objects may lead to Services of a namespace and cannot be read; empty if there are
// none.
func unreadWays(v *world.View, namespace string) string {
	kinds, known := memo.Of(v).sick[namespace]
	if !known {
		var list []string
		for _, kind := range edge.UnreadWays(v, namespace) {
			list = append(list, kind.String())
		}
		kinds = strings.Join(list, ", ")
		memo.Of(v).sick[namespace] = kinds
	}
	return kinds
}
