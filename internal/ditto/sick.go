package ditto

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// KindUnread is the Exposure.Kind of ways in that there may be through objects of kinds that cannot be read.
const KindUnread = "Unread"

// unreadEntry: objects that cannot be read may lead to the gateway. That is one way in, about which nothing is known.
func (w *walker) unreadEntry(c chain) {
	if w.part.Component != Gateway || w.port.Name != PortHTTP {
		return
	}
	workload := w.part.Workload
	kinds := w.view.unreadWays(workload.Ref.Namespace)
	if kinds == "" {
		return
	}
	why := "objects of kind " + kinds + " cannot be read, and may lead to it"
	unknown := edge.State{State: Unknown, Source: "kinds that cannot be read", Why: why}
	w.enter(opening{
		entry: workload, kind: KindUnread, public: true, text: "kinds that cannot be read", doubt: why,
		identity: IdentityUnknown, identityWhy: why, authenticated: switchOf(unknown),
		edge: edgeReading{
			transport: &edge.Transport{TLS: unknown, Plain: unknown}, rate: &edge.Rate{Limited: unknown},
			pages: &edge.ErrorPages{Unknown: []string{why}},
		},
	}, c)
}

// unreadWays names the kinds whose objects may lead to Services of a namespace and cannot be read; empty if there are none.
func (v *View) unreadWays(namespace string) string {
	kinds, known := v.sick[namespace]
	if !known {
		var list []string
		if !v.Knows(inventory.Ingress, namespace) {
			list = append(list, inventory.Ingress.String())
		}
		for _, kind := range edge.UnreadWays(v, namespace) {
			list = append(list, kind.String())
		}
		kinds = strings.Join(list, ", ")
		if v.sick == nil {
			v.sick = map[string]string{}
		}
		v.sick[namespace] = kinds
	}
	return kinds
}
