package f5

import (
	"maps"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// Of mergeable Ingresses the master has the host with its TLS and no paths, its minions have the paths (internal/k8s:
// validateMasterSpec and validateMinionSpec). A minion without a master is in no configuration: nothing is served of it
// (addProblemsForOrphanMinions). But its master may be somewhere else than what is at hand.
const (
	MergeableType = Prefix + "mergeable-ingress-type"
	NoMaster      = "the Ingress is a minion, and its master was not found, or there are several"
)

// ofServer are the annotations that count at the master alone, since they are about the whole server (minionDenylist in
// internal/configs).
var ofServer = []string{
	Prefix + "proxy-hide-headers", Prefix + "proxy-pass-headers", Prefix + "redirect-to-https",
	Prefix + "ssl-redirect", way.PrefixIngress + "ssl-redirect", Prefix + "server-tokens", Prefix + "server-snippets",
	Prefix + "app-root",
}

// inherited are those of the master that a minion takes over where it has none of its own (minionInheritanceList), as
// far as they are read here.
var inherited = []string{
	Prefix + "location-snippets",
	Prefix + "limit-req-rate", Prefix + "limit-req-key", Prefix + "limit-req-burst",
	Prefix + "limit-req-no-delay", Prefix + "limit-req-dry-run",
}

func isF5Minion(in way.Input) bool { return isMinion(in.Ingress) }

func isMinion(ing *networkingv1.Ingress) bool { return ing.Annotations[MergeableType] == "minion" }

// f5Annotations are the annotations that count for the paths of an Ingress: of a minion some of its own, some of its
// master.
func f5Annotations(in way.Input) map[string]string {
	if !isF5Minion(in) {
		return in.Ingress.Annotations
	}
	count := maps.Clone(in.Ingress.Annotations)
	take := func(key string) {
		if value, said := in.Master.Annotations[key]; said {
			count[key] = value
		}
	}
	for _, key := range ofServer {
		if delete(count, key); in.Master != nil {
			take(key)
		}
	}
	for _, key := range inherited {
		if _, own := count[key]; !own && in.Master != nil {
			take(key)
		}
	}
	return count
}

func isMaster(ing *networkingv1.Ingress) bool { return ing.Annotations[MergeableType] == "master" }

// master is the master that has a host, of those of one class that ask for it: the oldest (chooseObjectMetaWinner). It
// is nil if there is none, or nothing says which is the oldest, as in manifests. One with paths is refused.
func master(masters []*networkingv1.Ingress) *networkingv1.Ingress {
	var master *networkingv1.Ingress
	for _, ing := range masters {
		if rules := ing.Spec.Rules; len(rules) != 1 || rules[0].HTTP != nil && len(rules[0].HTTP.Paths) > 0 {
			continue
		}
		if master == nil {
			master = ing
			continue
		}
		a, b := &master.CreationTimestamp, &ing.CreationTimestamp
		switch {
		case a.IsZero() || b.IsZero():
			return nil
		case b.Before(a), b.Equal(a) && ing.UID > master.UID:
			master = ing
		}
	}
	return master
}
