package check

import (
	"context"
	"slices"
	"time"

	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// recalledState is what was found of some objects without a request.
type recalledState struct {
	recall
	// lets is what the ways in let in that are wrong, by their keys: what comes after a request is compared by that.
	lets map[string]requests.Set
}

// was is what was found of a scope without a request, as everything that it rests on says still, or else what judging
// finds, which asks by the answers. What after the request is set apart from its owner is looked at before it, too, so
// that nothing is recalled then.
func (r *recalled) was(ctx context.Context, c *Checker, view *world.View, s *scope, answers *inventory.Answers,
	judge func() judgement) judgement {
	key := s.key(view)
	if key == "" || len(view.Apart) > 0 || view.Err() != nil || !c.factsDecide() {
		return judge()
	}
	value, _ := r.states.Get(key)
	// What is asked in vain is nothing that the judgement rests on, so it is asked quietly first.
	if found, is := value.(*recalledState); is && !found.lapsed(c.now()) &&
		found.answers.Hold(ctx, inventory.Quiet(answers.Reader), inventory.ID{}) &&
		found.answers.Hold(ctx, answers.Reader, inventory.ID{}) {
		topology.Carry(view, found.lets)
		return found.judgement
	}
	until := c.NextLapse()
	again := judge()
	r.states.Remove(key)
	if state := stateOf(view, again, answers, until); state != nil {
		r.states.Add(key, state)
	}
	return again
}

// stateOf is what was found without a request as it is kept, nil if it is not: where nothing was found, which costs
// nothing to find again, or too much. What is compared later of the objects that it is about are their names; they may
// be large, and Secrets, and are not kept.
func stateOf(view *world.View, found judgement, answers *inventory.Answers, until time.Time) *recalledState {
	if found.size() == 0 || !found.keepable(answers) {
		return nil
	}
	size, lets := found.size()+answers.Size(), map[string]requests.Set{}
	found.violations = slices.Clone(found.violations)
	for i := range found.violations {
		v := &found.violations[i]
		v.subject, v.known = &inventory.Object{Ref: v.subject.Ref}, nil
		if v.way == nil || lets[v.way.Way] != nil {
			continue
		}
		set := topology.Requests(view, v.way)
		lets[v.way.Way] = set
		for i := range set {
			size += 1 + len(set[i].Doors) + len(set[i].Hosts) + len(set[i].Paths) + len(set[i].Conditions)
		}
		if size > mostToRecall {
			return nil
		}
	}
	if view.Err() != nil {
		return nil
	}
	return &recalledState{recall{found, answers.Given(), until}, lets}
}

// asKept is an object as the inventory keeps it, if that is the same version of it, read by the same version of the
// API: what follows from that object is known, often. What is kept of an object that is not read may be less than a
// request has, and a rule may see more than facts.
func (c *Checker) asKept(inv inventory.Reader, o *inventory.Object) *inventory.Object {
	if o == nil || o.Meta.UID == "" || o.Meta.ResourceVersion == "" {
		return o
	}
	kept := inv.Get(o.Ref.GroupKind(), o.Ref.Namespace, o.Ref.Name)
	if kept == nil || kept.Typed == nil || kept.Ref != o.Ref || kept.Meta.UID != o.Meta.UID ||
		kept.Meta.ResourceVersion != o.Meta.ResourceVersion || !c.factsDecide() {
		return o
	}
	return kept
}
