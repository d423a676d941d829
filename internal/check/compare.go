package check

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// Comparison says how one set of objects lies to an earlier one.
type Comparison struct {
	// New is the verdict on what is new, or lets in more; the rest of it is that of the later set.
	New Result
	// Gone are findings of which nothing is left, Less those that let in less.
	Gone, Less []Finding
	// Opened are ways in that let in what nothing let in before, Closed those of the earlier set of which the same is
	// true.
	Opened, Closed []ChangedWay
}

// ChangedWay is what opens, or closes, between one entry and one port of a component.
type ChangedWay struct {
	Entry  inventory.Ref `json:"entry"`
	Target inventory.Ref `json:"target"`
	// Component and Port are what is reached.
	Component string `json:"component"`
	Port      string `json:"port"`
	Public    bool   `json:"public"`
	// Partly says that some of what the entry lets in there stays as it is.
	Partly bool `json:"partly"`
	// Doubted says that a step of it is not read.
	Doubted bool `json:"doubted,omitempty"`
	// Routes are what clients can ask for; empty where there are no paths.
	Routes []string `json:"routes,omitempty"`
	// Path is one of the ways, one hop a string, from outside inwards.
	Path []string `json:"path"`
}

// Since compares with an earlier set.
func (j *Judged) Since(old *Judged) Comparison {
	was, is := old.side(), j.side()
	var c Comparison
	var more []violation
	for _, v := range j.found.violations {
		if g := was.growth(&v, is); v.broken || g.more {
			v.note = g.why()
			more = append(more, v)
		}
	}
	c.New = j.result(more)
	c.New.Unknown = concerning(inventory.ID{}, c.New.Unknown, slices.Concat(old.found.unknowns, old.unlisted))
	var gone, less []violation
	for _, v := range old.found.violations {
		switch {
		case !is.has(&v):
			gone = append(gone, v)
		case is.growth(&v, was).more:
			less = append(less, v)
		}
	}
	c.Gone, c.Less = old.checker.findings(old.view, gone), old.checker.findings(old.view, less)
	before, after := old.ways(), j.ways()
	was, is = newSide(old.view, before, was.budget), newSide(j.view, after, is.budget)
	c.Opened, c.Closed = changed(after, is, was), changed(before, was, is)
	return c
}

// has says whether any part of a violation is there, whatever it lets in.
func (s *side) has(v *violation) bool {
	return slices.ContainsFunc(v.parts, func(p part) bool {
		for range s.same(v, p) {
			return true
		}
		return false
	})
}

// wayIn stands for the rule that there be no way in, for comparing ways as what is wrong is compared.
var wayIn = &rule{HardeningRule: rules.HardeningRule{}}

// ways are the ways in from outside of the cluster.
func (j *Judged) ways() []violation {
	var list []violation
	for _, o := range j.workloads {
		for _, part := range j.view.Parts(o) {
			exposures := topology.Exposures(j.view, part)
			for i := range exposures {
				e := &exposures[i]
				if e.Kind == facts.KindProxy || e.Kind == facts.KindUnread {
					continue
				}
				entry := e.Entry.Ref()
				list = append(list, violation{
					rule: wayIn, subject: o, entry: &entry, about: e.About(), way: e, route: e.Route, path: e.Hops,
					parts: partsOf("way|"+e.About(), e, nil),
				})
			}
		}
	}
	return list
}

// changed are the ways of one side that are not in another, those between the same two objects together.
func changed(ways []violation, of, other *side) []ChangedWay {
	var list []ChangedWay
	at := map[string]int{}
	for _, v := range ways {
		g := other.growth(&v, of)
		if !g.more {
			continue
		}
		i, known := at[v.about]
		if !known {
			i = len(list)
			at[v.about] = i
			list = append(list, ChangedWay{
				Entry: *v.entry, Target: v.subject.Ref, Component: v.way.Component, Port: v.way.Port,
				Partly: other.has(&v), Path: v.path,
			})
		}
		w := &list[i]
		w.Public = w.Public || v.way.Public
		w.Doubted = w.Doubted || v.way.Doubted
		if v.route != "" && !slices.Contains(w.Routes, v.route) {
			w.Routes = append(w.Routes, v.route)
		}
	}
	for i := range list {
		slices.Sort(list[i].Routes)
	}
	publicFirst := func(w ChangedWay) int {
		if w.Public {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(list, func(a, b ChangedWay) int {
		return cmp.Or(publicFirst(a)-publicFirst(b), a.Entry.Compare(b.Entry), a.Target.Compare(b.Target),
			strings.Compare(a.Port, b.Port))
	})
	return list
}
