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
	message := "a Ditto is made of it (" + made.Ditto + "), which is not judged here; " + made.How
	j.remark(o, "what is deployed", message)
	for _, each := range slices.Sorted(maps.Keys(j.checker.rules)) {
		for _, r := range j.checker.rules[each] {
			name := r.Metadata.Name
			if !j.checker.config.Rules[name].DenyUnknown {
				continue
			}
			if e := j.checker.exception(name, o.Ref, nil); e != nil {
				j.excuse(e, name, o.Ref, nil, engine.Outcome{Unknowns: make([]engine.UnknownResult, 1)})
				continue
			}
			key := strings.Join([]string{name, "unknown rendered", o.Ref.ID().String(), ""}, "|")
			j.violations = append(j.violations, violation{rule: r, subject: o, message: "cannot be decided: " + message, parts: []part{{name: key}}, unknown: true})
		}
	}
}
