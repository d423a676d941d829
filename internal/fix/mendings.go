package fix

import (
	"context"
	"slices"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// mostMendings bounds how many changes are judged for patches of single findings.
const mostMendings = 100

// Mending is one change, as files, that mends a finding by itself.
type Mending struct {
	Message string
	Files   []File
}

// Mendings are the patches of files that mend single findings: each was judged, closes what it is for, and brings up
// nothing new that is denied. What is rendered, or cannot be written, has none.
type Mendings struct {
	byFinding map[string][]Mending
}

// Of are the patches for a finding, the first of which is what most people want.
func (m Mendings) Of(f check.Finding) []Mending { return m.byFinding[identity(f)] }

// identity tells findings apart that have one rule, subject and entry.
func identity(f check.Finding) string { return KeyOf(f) + "|" + f.Message }

// Mend finds the patches for all that is found in sets of objects that are judged each by itself.
func Mend(ctx context.Context, checker *check.Checker, worlds [][]*inventory.Object, read Read) (Mendings, error) {
	found := Mendings{map[string][]Mending{}}
	denied := func(f check.Finding) bool { return f.Action != check.ActionNone }
	p := &planner{checker: checker, worlds: worlds, opts: Options{Closes: denied}}
	first, err := p.judge(ctx, nil)
	if err != nil {
		return found, err
	}
	judged := map[string]*state{}
	for _, r := range first.remedies {
		changes, _ := changesOf(r)
		for _, c := range changes {
			files, left, err := Files([]*Change{c}, read)
			if err != nil || len(left) > 0 || len(files) == 0 {
				continue // there is no file that could be written
			}
			with := judged[c.id()]
			if with == nil {
				if len(judged) == mostMendings {
					return found, nil
				}
				if with, err = p.judge(ctx, []*Change{c}); err != nil {
					return found, err
				}
				judged[c.id()] = with
			}
			patch := Mending{Message: r.Message, Files: files}
			same := func(other Mending) bool { return slices.Equal(other.Files, files) }
			if id := identity(r.Finding); mends(r.Finding, first, with) &&
				!slices.ContainsFunc(found.byFinding[id], same) {
				found.byFinding[id] = append(found.byFinding[id], patch)
			}
		}
	}
	return found, nil
}

// mends says whether a finding is gone, and nothing is denied that was not before.
func mends(f check.Finding, before, after *state) bool {
	known := map[string]bool{}
	for _, other := range before.result.Findings {
		known[KeyOf(other)] = known[KeyOf(other)] || other.Action == check.ActionDeny
	}
	for _, other := range after.result.Findings {
		if other.Action == check.ActionDeny && !known[KeyOf(other)] || KeyOf(other) == KeyOf(f) &&
			slices.ContainsFunc(f.Keys, func(key string) bool { return slices.Contains(other.Keys, key) }) {
			return false
		}
	}
	return true
}
