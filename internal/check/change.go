package check

import (
	"context"
	"slices"
	"sync"

	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// Change implements Judge: what is wrong after the change and was not before it.
//
// Both sides are judged for everything that the object can concern before or after, so that a request that leaves a
// known hole as it is gets through, whatever else it changes, and one that opens a way in does not, whichever object
// completes it. It is an error if the context ends before both sides are judged.
func (c *Checker) Change(ctx context.Context, inv inventory.Reader, change Change) (Verdict, error) {
	recorder := inventory.NewRecorder(inv)
	id := change.id()
	apart := world.Apart{}
	decides, same := decidesNothing(change)
	answers, under := inventory.NewAnswers(recorder), inventory.Reader(recorder)
	if same {
		under = answers
	}
	old := c.asKept(inv, change.OldObject)
	asked := inventory.NewAnswers(inventory.NewOverlay(recorder, inventory.Change{ID: id, Object: old}))
	before := c.view(ctx, asked, apart)
	after := c.view(ctx, inventory.NewOverlay(under, inventory.Change{ID: id, Object: change.Object}), apart)

	s := newScope()
	s.about = id
	judge := func() judgement {
		if old != nil && !same {
			s.add(topology.Follow(before, old), old)
		}
		if change.Object != nil {
			s.add(topology.Follow(after, change.Object), change.Object)
		}
		s.dropOwned(after)
		return c.judge(ctx, after, s, change.Request)
	}
	var is judgement
	// A rule about objects matches by more than what decides otherwise.
	if same && len(c.rules[rules.EachObject]) == 0 {
		is = c.recalled.or(ctx, c, keyOf(change.Object, decides), change.Object, answers, judge)
	} else {
		is = judge()
	}
	was, compared := is, comparison{grown: make([]growth, len(is.violations)), mends: func() bool { return false }}
	judged := !same || is.beyondFacts
	if judged {
		there := s.before(before)
		was = c.recalled.was(ctx, c, before, there, asked,
			func() judgement { return c.judge(ctx, before, there, change.Request) })
		compared = compare(before, after, was.violations, is.violations)
	}

	verdict := Verdict{
		Decisive: judged && c.decisive(change, is, was), Unknown: distinct(concerning(id, is.unknowns, was.unknowns)),
		Exceptions: settle(is.excepted),
	}
	brought, kept := make([]violation, 0, len(is.violations)), []violation(nil)
	for i, v := range is.violations {
		grown := compared.grown[i]
		if v.broken || grown.more || grown.touched && c.lapsed(&v) != nil && !compared.mends() {
			v.note = grown.why()
			brought = append(brought, v)
		} else if v.isAt(id) {
			kept = append(kept, v)
		}
	}
	c.bring(&verdict, c.findings(after, brought))
	verdict.keep(c.findings(after, kept))
	if verdict.Decisive || len(verdict.Denied) > 0 {
		verdict.Read = recorder.Asked()
	}
	// At the end: the words of a finding can ask something, too.
	if err := world.CutShort(ctx, after, before); err != nil {
		return Verdict{}, err
	}
	return verdict, nil
}

// bring adds what a change brings to its verdict.
func (c *Checker) bring(verdict *Verdict, findings []Finding) {
	for _, f := range findings {
		if c.config.Modes.Enforce == config.ModeOff && f.Level == rules.Baseline &&
			c.config.Modes.EnforceVersion.Includes(f.since) {
			verdict.WouldDeny = append(verdict.WouldDeny, f)
		}
		switch f.Action {
		case ActionDeny:
			verdict.Denied = append(verdict.Denied, f)
		case ActionWarn:
			verdict.Warned = append(verdict.Warned, f)
		case ActionAudit:
			verdict.Audited = append(verdict.Audited, f)
		case ActionNone:
		}
	}
}

// keep adds what a change leaves as it is: nothing of it denies.
func (v *Verdict) keep(findings []Finding) {
	for _, f := range findings {
		switch f.Action {
		case ActionDeny, ActionWarn:
			v.Warned = append(v.Warned, f)
		case ActionAudit:
			v.Audited = append(v.Audited, f)
		case ActionNone:
		}
	}
}

// comparison is what became of what is wrong.
type comparison struct {
	// grown says of each violation whether it lets in more than what was wrong before.
	grown []growth
	// mends says whether something lets in less, and nothing more. What an exception let in while it counted may become
	// less, and not be decided anew.
	mends func() bool
}

func compare(before, after *world.View, was, is []violation) comparison {
	budget := requests.NewBudget(mostComparisons)
	old, now := newSide(before, was, budget), newSide(after, is, budget)
	c := comparison{grown: make([]growth, len(is))}
	worse := false
	for i := range is {
		c.grown[i] = old.growth(&is[i], now)
		if is[i].broken {
			c.grown[i] = growth{more: true}
		}
		worse = worse || c.grown[i].more
	}
	c.mends = sync.OnceValue(func() bool {
		return !worse && slices.ContainsFunc(was, func(v violation) bool { return now.growth(&v, old).more })
	})
	return c
}

// concerning are the unknowns that are about the changed object, or that the change brings. The others were there
// before, and whoever changes this object can do nothing about them.
func concerning(id inventory.ID, is, was []Unknown) []Unknown {
	type identity struct {
		rule, what, message string
		subject, entry      inventory.ID
	}
	of := func(u Unknown) identity {
		k := identity{rule: u.Rule, what: u.What, message: u.Message, subject: u.Subject.ID()}
		if u.Entry != nil {
			k.entry = u.Entry.ID()
		}
		return k
	}
	known := map[identity]bool{}
	for _, u := range was {
		known[of(u)] = true
	}
	var list []Unknown
	for _, u := range is {
		if k := of(u); !known[k] || k.subject == id || k.entry == id {
			list = append(list, u)
		}
	}
	return list
}

// decisive: the change touches an entry, a hop or a setting that decides. What a new, removed or re-pointed object
// leads to may not be in the cache yet, so such a change counts whatever the cache makes of it.
func (c *Checker) decisive(change Change, is, was judgement) bool {
	if !slices.Equal(is.facts, was.facts) {
		return true
	}
	return index.Leads(change.OldObject, change.Object)
}

// id is the identity of the changed object.
func (c Change) id() inventory.ID {
	if c.Object != nil {
		return c.Object.Ref.ID()
	}
	return c.OldObject.Ref.ID()
}
