package fix

import (
	"context"
	"slices"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// mostJudgements bounds how often a search judges: about a second's work for an installation of the usual size.
const mostJudgements = 400

// Options say what a plan is to reach.
type Options struct {
	// Closes says of a finding whether nothing like it is to be left.
	Closes func(check.Finding) bool
	// Model leaves changes out that are steps towards another trust model, `oidc` or `proxy`; empty where there is no
	// choice.
	Model string
	// Judgements bounds the search; 0 is a bound for installations of the usual size.
	Judgements int
}

// Plan is a set of changes that was judged.
type Plan struct {
	// Model is the trust model that it is for, where there was a choice.
	Model string
	// Changes are made in this order. None can be left out.
	Changes []*Change
	// Before and After are the verdicts without and with them; Closed counts the findings that it closes, of those that
	// it was to.
	Before, After check.Result
	Closed        int
	// Open are those that stay. Added are findings that were not there before, none of which it was to close.
	Open, Added []check.Finding
	// Doubts are what cannot be decided with the changes, and could before or was not asked: of a violation that is
	// gone, what is behind it.
	Doubts []check.Unknown
	// ByHand says what people have to do about what stays, by finding's key (see KeyOf); Why says why no change could
	// be made.
	ByHand, Why map[string][]string
	// CutShort says that the search ended before everything was tried.
	CutShort bool
	// Objects are the sets of objects after the changes, as they were judged.
	Objects [][]*inventory.Object
}

// Proved says that nothing is left of what the plan was to close.
func (p *Plan) Proved() bool { return len(p.Open) == 0 }

// state is a set of objects that was judged.
type state struct {
	result   check.Result
	remedies []check.Remedy
	open     map[string]bool
	worlds   [][]*inventory.Object
}

type planner struct {
	checker *check.Checker
	worlds  [][]*inventory.Object
	opts    Options
	judged  int
	why     map[string][]string
}

// Find finds a plan for sets of objects that are judged each by itself.
func Find(ctx context.Context, checker *check.Checker, worlds [][]*inventory.Object, opts Options) (*Plan, error) {
	if opts.Judgements == 0 {
		opts.Judgements = mostJudgements
	}
	p := &planner{checker: checker, worlds: worlds, opts: opts, why: map[string][]string{}}
	first, err := p.judge(ctx, nil)
	if err != nil {
		return nil, err
	}
	changes, last, err := p.search(ctx, first)
	if err != nil {
		return nil, err
	}
	if changes, last, err = p.minimise(ctx, changes, last); err != nil {
		return nil, err
	}
	plan := &Plan{
		Model: opts.Model, Changes: changes, Before: first.result, After: last.result,
		CutShort: p.judged >= opts.Judgements,
		ByHand:   map[string][]string{}, Why: p.why, Objects: last.worlds,
	}
	for _, f := range first.result.Findings {
		if opts.Closes(f) {
			plan.Closed++
		}
	}
	known := map[string]bool{}
	for _, f := range first.result.Findings {
		known[KeyOf(f)] = true
	}
	for _, f := range last.result.Findings {
		switch {
		case f.Action == check.ActionNone:
		case opts.Closes(f):
			plan.Open = append(plan.Open, f)
			plan.Closed--
		case !known[KeyOf(f)] && f.Action != check.ActionAudit:
			plan.Added = append(plan.Added, f)
		}
	}
	plan.Doubts = doubts(first.result.Unknown, last.result.Unknown)
	for _, r := range last.remedies {
		if key := KeyOf(r.Finding); opts.Closes(r.Finding) && p.fits(r) &&
			!slices.Contains(plan.ByHand[key], r.Message) {
			plan.ByHand[key] = append(plan.ByHand[key], r.Message)
		}
	}
	return plan, nil
}

// doubts are what is unknown after and was not before.
func doubts(before, after []check.Unknown) []check.Unknown {
	type identity struct{ rule, subject, entry, message string }
	of := func(u check.Unknown) identity {
		id := identity{rule: u.Rule, subject: u.Subject.ID().String(), message: u.Message}
		if u.Entry != nil {
			id.entry = u.Entry.ID().String()
		}
		return id
	}
	known := map[identity]bool{}
	for _, u := range before {
		known[of(u)] = true
	}
	return slices.DeleteFunc(slices.Clone(after), func(u check.Unknown) bool { return known[of(u)] })
}

// KeyOf identifies what a finding is about.
func KeyOf(f check.Finding) string {
	key := f.Rule + "|" + f.Subject.ID().String()
	if f.Entry != nil {
		key += "|" + f.Entry.ID().String()
	}
	return key
}

// Models are the trust models that there is a choice of for a set of findings to be closed.
func Models(remedies []check.Remedy, closes func(check.Finding) bool) []string {
	var models []string
	for _, r := range remedies {
		if r.Model != "" && closes(r.Finding) && !slices.Contains(models, r.Model) {
			models = append(models, r.Model)
		}
	}
	slices.Sort(models)
	return models
}

// Remedies judges sets of objects and returns the fixes that apply.
func Remedies(ctx context.Context, checker *check.Checker, worlds [][]*inventory.Object) ([]check.Remedy, error) {
	s, err := (&planner{checker: checker, worlds: worlds,
		opts: Options{Closes: func(check.Finding) bool { return true }}}).judge(ctx, nil)
	if err != nil {
		return nil, err
	}
	return s.remedies, nil
}

func (p *planner) judge(ctx context.Context, changes []*Change) (*state, error) {
	p.judged++
	s := &state{open: map[string]bool{}}
	var results []check.Result
	for _, world := range p.worlds {
		objects, err := Apply(world, changes)
		if err != nil {
			return nil, err
		}
		inv := inventory.NewMemory(index.Of, nil)
		for _, o := range objects {
			inv.Put(o)
		}
		judged, err := p.checker.Judge(ctx, inv, inv.All())
		if err != nil {
			return nil, err
		}
		result := judged.Result()
		remedies, err := judged.Remedies(ctx, result)
		if err != nil {
			return nil, err
		}
		results = append(results, result)
		s.remedies = append(s.remedies, remedies...)
		s.worlds = append(s.worlds, objects)
	}
	s.result = check.Sorted(check.Merge(results...))
	for _, f := range s.result.Findings {
		if p.opts.Closes(f) {
			for _, key := range f.Keys {
				s.open[key+"|"+f.Message] = true
			}
		}
	}
	return s, nil
}

// Same says whether two plans make the same changes to the same effect.
func (p *Plan) Same(other *Plan) bool {
	return len(p.Open) == len(other.Open) &&
		slices.EqualFunc(p.Changes, other.Changes, func(a, b *Change) bool { return a.id() == b.id() })
}
