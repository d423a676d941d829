package check

import (
	"maps"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/rendered"
	"github.com/dittoguard/dittoguard/internal/engine"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// rendered reports an object from which a Ditto is made that is not among the objects. Nothing can be said of that one, so
// it is unknown to every rule.
func (j *judging) rendered(o *inventory.Object) {
	made, is := rendered.Of(j.view.Reader, o)
	if !is || made.Ditto == "" {
		return
	}
	j.unjudged(o, "rendered", "what is deployed", "a Ditto is made of it ("+made.Ditto+"), which is not judged here; "+made.How)
}

// unreadParts reports an object that is not read and in which a part of Ditto runs, or a proxy near one; false if there is none.
func (j *judging) unreadParts(o *inventory.Object) bool {
	message := j.view.UnreadParts(o)
	if message != "" {
		j.unjudged(o, "unread", "what runs", message)
	}
	return message != ""
}

// tooOld reports a workload with a Ditto of a release that is not known: what rules say of it may be wrong.
func (j *judging) tooOld(o *inventory.Object) {
	if message := j.view.TooOld(o); message != "" {
		j.unjudged(o, "old", "which Ditto it is", message)
	}
}

// unjudged reports an object of which no rule can say what it is worth, and that so is unknown to every one.
func (j *judging) unjudged(o *inventory.Object, kind, what, message string) {
	j.remark(o, what, message)
	for _, each := range slices.Sorted(maps.Keys(j.checker.rules)) {
		for _, r := range j.checker.rules[each] {
			name := r.Metadata.Name
			if !j.checker.config.Rules[name].DenyUnknown {
				continue
			}
			if e := j.checker.exception(name, o.Ref, nil); e != nil {
				j.except(e, name, o.Ref, nil, engine.Outcome{Unknowns: make([]engine.UnknownResult, 1)})
				continue
			}
			key := strings.Join([]string{name, "unknown " + kind, o.Ref.ID().String(), ""}, "|")
			j.violations = append(j.violations, violation{rule: r, subject: o, message: "cannot be decided: " + message, parts: []part{{name: key}}, unknown: true})
		}
	}
}
