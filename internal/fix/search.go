package fix

import (
	"context"
	"slices"

	"github.com/dittoguard/dittoguard/internal/check"
)

// fits says whether a remedy goes with the trust model of the plan.
func (p *planner) fits(r check.Remedy) bool {
	return r.Model == "" || p.opts.Model == "" || r.Model == p.opts.Model
}

// candidates are the changes that are offered for what is open, those first that are offered for most of it.
func (p *planner) candidates(s *state) []*candidate {
	byID := map[string]*candidate{}
	var list []*candidate
	for _, r := range s.remedies {
		if !p.opts.Closes(r.Finding) || !p.fits(r) {
			continue
		}
		changes, why := changesOf(r)
		if why != "" {
			if key := KeyOf(r.Finding); !slices.Contains(p.why[key], why) {
				p.why[key] = append(p.why[key], why)
			}
		}
		for _, change := range changes {
			c := byID[change.id()]
			if c == nil {
				c = &candidate{change: change, order: r.Index}
				byID[change.id()] = c
				list = append(list, c)
			}
			if !slices.Contains(c.change.Rules, r.Finding.Rule) {
				c.change.Rules = append(c.change.Rules, r.Finding.Rule)
			}
			c.order = min(c.order, r.Index)
			c.offered += len(r.Finding.Keys)
		}
	}
	slices.SortStableFunc(list, func(a, b *candidate) int {
		if a.order != b.order {
			return a.order - b.order
		}
		return b.offered - a.offered
	})
	return list
}

type candidate struct {
	change *Change
	// order is the number of the fix in its rule: what comes first is what most people want. offered counts what it is
	// offered for.
	order, offered int
}

// search adds one change after the other, each the one that closes most, until nothing is open or nothing helps.
func (p *planner) search(ctx context.Context, s *state) ([]*Change, *state, error) {
	var made []*Change
	for len(s.open) > 0 && p.judged < p.opts.Judgements {
		var (
			best     *candidate
			bestWith *state
		)
		list := p.candidates(s)
		for _, c := range list {
			// What is offered for less cannot be expected to close more, and what comes later in its rule is second
			// choice.
			if best != nil && (c.order > best.order || c.offered <= len(s.open)-len(bestWith.open)) ||
				p.judged >= p.opts.Judgements {
				break
			}
			with, err := p.judge(ctx, append(slices.Clone(made), c.change))
			if err != nil {
				return nil, nil, err
			}
			if !better(s, with) {
				continue
			}
			if best == nil || len(with.open) < len(bestWith.open) {
				best, bestWith = c, with
			}
		}
		if best == nil {
			two, with, err := p.beyond(ctx, made, s, list)
			if err != nil {
				return nil, nil, err
			}
			if with != nil {
				made, s = two, with
				continue
			}
			// One by one they do nothing; together they may.
			all := slices.Clone(made)
			for _, c := range list {
				all = append(all, c.change)
			}
			if len(list) < 2 {
				return made, s, nil
			}
			with, err = p.judge(ctx, all)
			if err != nil {
				return nil, nil, err
			}
			if !better(s, with) {
				return made, s, nil
			}
			made, s = all, with
			continue
		}
		made, s = append(made, best.change), bestWith
	}
	return made, s, nil
}

// beyond looks one step further: a change may close what it is offered for, and bring up what another change closes.
// Passwords, say, matter once somebody asks for them. The state is nil if there is no such pair.
func (p *planner) beyond(ctx context.Context, made []*Change, s *state, list []*candidate) ([]*Change, *state, error) {
	for _, c := range list {
		if p.judged >= p.opts.Judgements {
			break
		}
		one := append(slices.Clone(made), c.change)
		with, err := p.judge(ctx, one)
		if err != nil {
			return nil, nil, err
		}
		if !closesSome(s, with) {
			continue
		}
		for _, next := range p.candidates(with) {
			if p.judged >= p.opts.Judgements {
				break
			}
			two := append(slices.Clone(one), next.change)
			further, err := p.judge(ctx, two)
			if err != nil {
				return nil, nil, err
			}
			if better(s, further) {
				return two, further, nil
			}
		}
	}
	return nil, nil, nil
}

// closesSome says whether something that was open is not open any more.
func closesSome(before, after *state) bool {
	for key := range before.open {
		if !after.open[key] {
			return true
		}
	}
	return false
}

// better says that less is open, and nothing that was not before.
func better(before, after *state) bool {
	if len(after.open) >= len(before.open) {
		return false
	}
	known := map[string]bool{}
	for _, f := range before.result.Findings {
		known[KeyOf(f)] = true
	}
	for _, f := range after.result.Findings {
		if f.Action == check.ActionDeny && !known[KeyOf(f)] {
			return false
		}
	}
	return true
}

// minimise leaves out what is not needed.
func (p *planner) minimise(ctx context.Context, changes []*Change, s *state) ([]*Change, *state, error) {
	for i := 0; i < len(changes) && len(changes) > 1 && p.judged < p.opts.Judgements; {
		without := slices.Delete(slices.Clone(changes), i, i+1)
		with, err := p.judge(ctx, without)
		if err != nil {
			return nil, nil, err
		}
		if len(with.open) > len(s.open) {
			i++
			continue
		}
		changes, s = without, with
	}
	return changes, s, nil
}
