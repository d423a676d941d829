package check

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/rendered"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/engine"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// wholeDitto is the reason of unjudged that what is not read stands for a Ditto with all its objects.
const wholeDitto = "rendered"

// rendered reports an object from which a Ditto is made that is not among the objects. Nothing can be said of that one,
// so it is unknown to every rule.
func (j *judging) rendered(o *inventory.Object) {
	made, is := rendered.Of(j.view.Reader, o)
	if !is || made.Ditto == "" && o.Source.NotRendered == "" {
		return
	}
	if made.Ditto != "" {
		for _, w := range rendered.WrittenOut(o) {
			j.written(o, w)
		}
	}
	if o.Source.Rendered {
		return // that is judged, too
	}
	message := "what is rendered from it is not judged here, and may be a Ditto"
	if made.Ditto != "" {
		message = "a Ditto is rendered from it (" + made.Ditto + "), which is not judged here"
	}
	if why := o.Source.NotRendered; why != "" {
		message += ": " + why
	}
	j.unjudged(o, wholeDitto, "what is deployed", message+"; "+made.How)
}

// written judges a value for Ditto's chart that is written out in an object: by what is wrong with it and is not
// without it.
func (j *judging) written(o *inventory.Object, w rendered.Written) {
	each := rules.EachGateway
	switch {
	case w.Facts.Component != nil:
		each = rules.EachComponent
	case w.Facts.Credential != nil:
		each = rules.EachCredential
	}
	with, before := j.checker.outcomes.of(each, w.Facts), j.checker.outcomes.of(each, w.Before)
	for _, r := range j.checker.rules[each] {
		was := j.outcome(r, before, o, o.Ref)
		is := j.outcome(r, with, o, o.Ref)
		if was.Err != nil {
			continue // it asks for more than facts
		}
		// What is unknown of the rest is unknown with the whole.
		is.Unknowns = nil
		is.Violations = slices.DeleteFunc(slices.Clone(is.Violations), func(v engine.Violation) bool {
			return slices.ContainsFunc(was.Violations, func(old engine.Violation) bool { return old.Index == v.Index })
		})
		j.settle(r, is, o, nil, caseOf{about: w.Field, known: with, facts: with.factsKey(o.Ref), line: w.Line})
	}
}

// unreadParts reports an object that is not read and in which a part of Ditto runs, or a proxy near one; false if there
// is none.
func (j *judging) unreadParts(o *inventory.Object) bool {
	message := topology.UnreadParts(j.view, o)
	if message != "" {
		j.unjudged(o, "unread", "what runs", message)
	}
	return message != ""
}

// tooOld reports a workload with a Ditto of a release that is not known: what rules say of it may be wrong.
func (j *judging) tooOld(o *inventory.Object) {
	if message := facts.TooOld(j.view, o); message != "" {
		j.unjudged(o, "old", "which Ditto it is", message)
	}
}

// unjudged reports an object of which no rule can say what it is worth, and that so is unknown to every one, save those
// that look at an object by itself: of holders of passwords and of policies only what stands for a whole Ditto has any.
func (j *judging) unjudged(o *inventory.Object, kind, what, message string) {
	refused := false
	for r := range j.checker.denyingUnknowns() {
		if each := r.Spec.Match.Each; each == rules.EachObject || kind != wholeDitto &&
			(each == rules.EachCredential || each == rules.EachPolicy) {
			continue
		}
		name := r.Metadata.Name
		if e := j.checker.exception(name, o.Ref, nil); e != nil {
			j.except(e, name, o.Ref, nil, engine.Outcome{Unknowns: make([]engine.UnknownResult, 1)})
			continue
		}
		refused = true
		j.violations = append(j.violations, undecided(r, o, kind, message))
	}
	if !refused {
		j.remark(o, what, message)
	}
}

// denyingUnknowns are the rules that refuse what they cannot decide, in stable order.
func (c *Checker) denyingUnknowns() iter.Seq[*rule] {
	return func(yield func(*rule) bool) {
		for _, each := range slices.Sorted(maps.Keys(c.rules)) {
			for _, r := range c.rules[each] {
				if c.config.Rules[r.Metadata.Name].DenyUnknown && !yield(r) {
					return
				}
			}
		}
	}
}

// undecided is what a rule refuses since an object is not read, of whatever kind of reason. Its message says what to
// do.
func undecided(r *rule, o *inventory.Object, kind, message string) violation {
	key := strings.Join([]string{r.Metadata.Name, "unknown " + kind, o.Ref.ID().String(), ""}, "|")
	return violation{rule: r, since: r.Spec.Since, subject: o, message: "cannot be decided: " + message,
		parts: []part{{name: key}}, unknown: true, unread: true}
}
