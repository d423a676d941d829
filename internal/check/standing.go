package check

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Standing is what is wrong in objects that change, kept in step with them. It is what Judge says of all of them, but
// after a change only what the change can concern is judged again.
//
// The objects are judged in groups: a Ditto with what leads to it is one, and the rest is put together by the dozen. Of
// each group it is known what it asked of the inventory. A change of an object concerns its own group, and those that
// asked for it or for something that it is found by, before or after. That follows from the judgement itself, so no
// rule and no reader of settings has to say what it depends on. It is not safe for concurrent use.
type Standing struct {
	checker *Checker
	inv     inventory.Reader
	pace    func()

	// made counts the groups, for their order.
	made int
	// homes are the groups of Dittos, by namespace; open is the group that still takes others.
	homes map[string]*group
	open  *group
	of    map[inventory.ID]*group
	asked askers
	// about are the groups that found something of a subject.
	about map[inventory.ID][]*group
	// dirty are the groups that have to be judged again, waiting those in which a password is being checked in the
	// background. telling are those that found out something about members of others.
	dirty, waiting, telling map[*group]bool
	// failed is why groups could not be judged; what was found of them earlier stays.
	failed map[*group]error
}

// Touched is what changes of objects touch.
type Touched struct {
	// Objects are those that changed, were added or are gone.
	Objects []inventory.ID
	// Prints are those of the questions that the objects answer, as they are and as they were.
	Prints []inventory.Print
}

// Found is what there is to say of one object.
type Found struct {
	Findings   []Finding
	Unknown    []Unknown
	Exceptions []AppliedException
}

// Stand judges a whole set of objects, of which changes are told by Update. Pace is called between two parts of the
// work, may be nil, and decides how much of a processor this takes. It is an error if the context ends before
// everything is judged.
func (c *Checker) Stand(ctx context.Context, inv inventory.Reader, objects []*inventory.Object, pace func()) (*Standing,
	error) {
	if pace == nil {
		pace = func() {}
	}
	s := &Standing{
		checker: c, inv: inv, pace: pace, homes: map[string]*group{}, of: map[inventory.ID]*group{},
		about: map[inventory.ID][]*group{}, dirty: map[*group]bool{}, waiting: map[*group]bool{},
		telling: map[*group]bool{}, failed: map[*group]error{},
	}
	// What leads to one another is mostly called the same, and what is in one group is followed and read once.
	objects = slices.SortedFunc(slices.Values(objects), func(a, b *inventory.Object) int {
		return cmp.Or(strings.Compare(a.Ref.Namespace, b.Ref.Namespace), strings.Compare(a.Ref.Name, b.Ref.Name),
			a.Ref.Compare(b.Ref))
	})
	for some := range slices.Chunk(objects, 1024) {
		view := c.view(ctx, inv, nil) // a new one each time, since a view keeps what it has seen
		for i, o := range some {
			if i%groupSize == 0 {
				pace()
			}
			s.place(view, o)
		}
		if err := world.CutShort(ctx, view); err != nil {
			return nil, err
		}
	}
	_, err := s.settle(ctx)
	return s, err
}

// Update judges again what the changes can concern, and returns the subjects of which something else may be found now.
// If the context ends before that is done, the rest is done by the next Update.
func (s *Standing) Update(ctx context.Context, touched Touched) ([]inventory.ID, error) {
	view := s.checker.view(ctx, s.inv, nil)
	for _, id := range touched.Objects {
		o := s.inv.Get(id.GroupKind, id.Namespace, id.Name)
		if o == nil {
			s.take(id)
			continue
		}
		s.place(view, o)
	}
	for _, p := range touched.Prints {
		for g := range s.asked.of(p) {
			s.dirty[g] = true
		}
	}
	return s.settle(ctx)
}

// Waits says whether a password is being checked in the background. Retry has it asked for again.
func (s *Standing) Waits() bool { return len(s.waiting) > 0 }

// Retry has the next Update judge again what waits for a password to be checked.
func (s *Standing) Retry() { maps.Copy(s.dirty, s.waiting) }

// Failed is how many parts could not be judged, and why one of them could not.
func (s *Standing) Failed() (int, error) {
	for _, err := range s.failed {
		return len(s.failed), err
	}
	return 0, nil
}

// Subjects are the objects of which there is something to say.
func (s *Standing) Subjects() []inventory.ID { return slices.Collect(maps.Keys(s.about)) }

// Of is what there is to say of an object. It means nothing if the context has ended.
func (s *Standing) Of(ctx context.Context, id inventory.ID) Found {
	var all judgement
	groups := slices.Clone(s.about[id])
	slices.SortFunc(groups, func(a, b *group) int { return a.number - b.number })
	for _, g := range groups {
		some := g.found[id]
		all.violations = append(all.violations, some.violations...)
		all.unknowns = append(all.unknowns, some.unknowns...)
		all.excepted = append(all.excepted, some.excepted...)
	}
	result := s.checker.present(s.checker.view(ctx, s.inv, nil), all)
	return Found{Findings: result.Findings, Unknown: result.Unknown, Exceptions: result.Exceptions}
}

// settle judges the dirty groups, and those to whose members something else is handed on for it.
func (s *Standing) settle(ctx context.Context) ([]inventory.ID, error) {
	touched := map[inventory.ID]bool{}
	for len(s.dirty) > 0 {
		for _, g := range slices.SortedFunc(maps.Keys(s.dirty), func(a, b *group) int { return a.number - b.number }) {
			s.pace()
			if err := s.judge(ctx, g, touched); err != nil {
				return slices.Collect(maps.Keys(touched)), err
			}
			delete(s.dirty, g)
		}
	}
	return slices.Collect(maps.Keys(touched)), nil
}

// judge judges a group, and adds the subjects of what was and is found to touched. It is an error if the context ends;
// a group that cannot be judged for any other reason is noted, and does not keep the others from being judged.
func (s *Standing) judge(ctx context.Context, g *group, touched map[inventory.ID]bool) error {
	asked := inventory.NewAsked(s.inv)
	found, asides, err := s.attempt(ctx, g, asked)
	if ctx.Err() != nil {
		return fmt.Errorf("judging what changed: %w", context.Cause(ctx))
	}
	if err != nil {
		// It did not get to all of its questions. What it asked before still concerns it.
		s.ask(g, slices.Compact(slices.Sorted(slices.Values(slices.Concat(g.asked, asked.Prints())))))
		s.failed[g] = err
		return nil //nolint:nilerr // it is kept, and the others are still to be judged
	}
	s.ask(g, asked.Prints())
	delete(s.failed, g)
	s.handOn(g, asides)
	delete(s.waiting, g)
	if found.waits {
		s.waiting[g] = true
	}
	was := g.found
	g.found = found.bySubject()
	for id := range was {
		touched[id] = true
		if g.found[id] == nil {
			if s.about[id] = without(s.about[id], g); len(s.about[id]) == 0 {
				delete(s.about, id)
			}
		}
	}
	for id := range g.found {
		touched[id] = true
		if was[id] == nil {
			s.about[id] = append(s.about[id], g)
		}
	}
	return nil
}

// attempt judges a group as if its members were all that there is to judge. A panic is an error: it is about these
// objects, and others are still to be judged.
func (s *Standing) attempt(ctx context.Context, g *group, asked *inventory.Asked) (found judgement,
	asides topology.Asides, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("judging %s: %v", g.first(), r)
		}
	}()
	view := s.checker.view(ctx, asked, nil)
	asides = topology.AsidesOf(view)
	var objects []*inventory.Object
	for _, id := range g.members {
		if o := asked.Get(id.GroupKind, id.Namespace, id.Name); o != nil {
			objects = append(objects, o)
			s.handed(id, g, asides)
		}
	}
	slices.SortFunc(objects, func(a, b *inventory.Object) int { return a.Ref.Compare(b.Ref) })
	scope := newScope()
	scope.add(topology.Follow(view, objects...), objects...)
	for _, of := range []map[inventory.ID]inventory.Ref{scope.workloads, scope.entries, scope.holders} {
		maps.DeleteFunc(of, func(id inventory.ID, _ inventory.Ref) bool { return s.of[id] != g })
	}
	scope.dropOwned(view)
	found = s.checker.judge(ctx, view, scope, nil)
	for _, v := range found.violations {
		// What becomes of it is for the modes of these to say.
		asked.Get(inventory.Namespace, "", v.subject.Ref.Namespace)
		if v.entry != nil {
			asked.Get(inventory.Namespace, "", v.entry.Namespace)
		}
	}
	return found, asides, world.CutShort(ctx, view)
}

// bySubject takes a judgement apart.
func (j *judgement) bySubject() map[inventory.ID]*judgement {
	found := map[inventory.ID]*judgement{}
	of := func(ref inventory.Ref) *judgement {
		id := ref.ID()
		if found[id] == nil {
			found[id] = &judgement{}
		}
		return found[id]
	}
	for _, v := range j.violations {
		some := of(v.subject.Ref)
		some.violations = append(some.violations, v)
	}
	for _, u := range j.unknowns {
		some := of(u.Subject)
		some.unknowns = append(some.unknowns, u)
	}
	for _, e := range j.excepted {
		some := of(e.Subject)
		some.excepted = append(some.excepted, e)
	}
	return found
}
