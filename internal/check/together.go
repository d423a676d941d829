package check

import (
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Reason is why something of a subject is unknown, or several such things, and the rules that cannot be decided for it;
// none where it is about no rule. Of several rules, each may name it differently (Unknown.What).
type Reason struct {
	Rules []string
	About []Unknown
}

// Together says each thing that is unknown of a subject once, with all the rules that it is about, and puts those
// together that are about the same rules.
func Together(unknowns []Unknown) []Reason {
	type place struct {
		subject inventory.ID
		file    string
		line    int
		// what tells those apart that are said in the same words, or are about the same rules.
		what, words string
	}
	at := func(u *Unknown) place { return place{subject: u.Subject.ID(), file: u.File, line: u.Line} }
	each := grouped(unknowns, func(u Unknown) place {
		p := at(&u)
		if p.words = u.Message; u.Rule == "" {
			p.what = u.What
		}
		return p
	})
	var all []Reason
	for _, same := range each {
		r := Reason{About: same[:1]}
		for _, u := range same {
			if u.Rule != "" && !slices.Contains(r.Rules, u.Rule) {
				r.Rules = append(r.Rules, u.Rule)
			}
		}
		all = append(all, r)
	}
	var list []Reason
	for _, reasons := range grouped(all, func(r Reason) place {
		p := at(&r.About[0])
		if p.words = strings.Join(r.Rules, ","); len(r.Rules) <= 1 {
			p.what = r.About[0].What
		}
		return p
	}) {
		joined := Reason{Rules: reasons[0].Rules}
		for _, r := range reasons {
			joined.About = append(joined.About, r.About...)
		}
		list = append(list, joined)
	}
	return list
}

// grouped puts together what has the same key, in the order in which keys first come.
func grouped[T any, K comparable](list []T, key func(T) K) [][]T {
	at := map[K]int{}
	var groups [][]T
	for _, item := range list {
		k := key(item)
		i, known := at[k]
		if !known {
			i = len(groups)
			at[k], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], item)
	}
	return groups
}
