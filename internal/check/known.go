package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/utils/ptr"

	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// What is known to be wrong, of which only what is new counts: what a baseline keeps.

// Known is what a rule finds on one subject, and one entry where it is about ways in.
type Known struct {
	Rule    string
	Subject inventory.Ref
	Entry   *inventory.Ref
	// Message says what is wrong, for people.
	Message string
	Parts   []KnownPart
}

// KnownPart is one thing that is wrong. It is still the same while it lets in nothing else.
type KnownPart struct {
	// Key is its name: the rule, the number of the validation, the subject, what it is about, and what is wrong.
	Key string
	// Container is the one that it is about, of several of the subject that are judged each by itself.
	Container string
	// Lets is what it lets in, sealed; none if it is about no way in.
	Lets requests.Set
}

// Known is what is wrong now, in stable order; only what some mode asks for. What could not be evaluated is not in it.
func (j *Judged) Known() []Known {
	var list []Known
	side := j.side()
	for _, same := range grouped(j.found.violations, place) {
		v := &same[0]
		known := Known{Rule: v.rule.Metadata.Name, Subject: v.subject.Ref, Entry: v.entry, Message: v.message}
		for i := range same {
			if v := &same[i]; !v.broken && j.checker.finding(j.view, *v).Action != ActionNone {
				known.Parts = side.known(v, known.Parts)
			}
		}
		if len(known.Parts) > 0 {
			slices.SortFunc(known.Parts, func(a, b KnownPart) int {
				return cmp.Or(strings.Compare(a.Key, b.Key), strings.Compare(a.Container, b.Container))
			})
			for i := range known.Parts {
				known.Parts[i].Lets = ordered(known.Parts[i].Lets)
			}
			list = append(list, known)
		}
	}
	slices.SortFunc(list, Known.Compare)
	return list
}

// Compare orders what is known by rule, subject and entry, which tell it apart.
func (k Known) Compare(other Known) int {
	return cmp.Or(strings.Compare(k.Rule, other.Rule), k.Subject.Compare(other.Subject),
		refOf(k.Entry).Compare(refOf(other.Entry)))
}

// where says what a violation is of: those of one are kept together.
type where struct {
	rule           string
	subject, entry inventory.ID
}

func place(v violation) where {
	return where{v.rule.Metadata.Name, v.subject.Ref.ID(), refOf(v.entry).ID()}
}

func refOf(r *inventory.Ref) inventory.Ref { return ptr.Deref(r, inventory.Ref{}) }

// known adds the parts of a violation to a list, with those of the same name.
func (s *side) known(v *violation, list []KnownPart) []KnownPart {
	for _, p := range v.parts {
		key := v.named(p)
		i := slices.IndexFunc(list, func(k KnownPart) bool { return k.Key == key && k.Container == v.container })
		if i < 0 {
			i = len(list)
			list = append(list, KnownPart{Key: key, Container: v.container})
		}
		list[i].Lets = append(list[i].Lets, s.lets(v, p).Sealed()...)
	}
	return list
}

// ordered is a set with each of its boxes once, in stable order.
func ordered(set requests.Set) requests.Set {
	slices.SortFunc(set, func(a, b requests.Box) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return slices.CompactFunc(set, func(a, b requests.Box) bool { return fmt.Sprint(a) == fmt.Sprint(b) })
}

// side is what is wrong, for being compared.
func (j *Judged) side() *side {
	return newSide(j.view, j.found.violations, requests.NewBudget(mostComparedAtOnce))
}

// Beyond is the verdict on what is not known, and more than is known, of all that is wrong.
//
// matched says of each of known whether anything is still wrong there, be it known or more; settled counts the findings
// that are left out.
func (j *Judged) Beyond(known []Known) (result Result, matched []bool, settled int) {
	old, now := sideOf(known), j.side()
	matched = make([]bool, len(known))
	var more, same []violation
	for i := range j.found.violations {
		v := j.found.violations[i]
		for _, p := range v.parts {
			for w := range old.same(&v, p) {
				for _, k := range w.list {
					matched[k.of] = true
				}
			}
		}
		if g := old.growth(&v, now); v.broken || g.more {
			v.note = g.why()
			more = append(more, v)
		} else {
			same = append(same, v)
		}
	}
	for _, f := range j.checker.findings(j.view, same) {
		if f.Action != ActionNone {
			settled++
		}
	}
	return j.result(more), matched, settled
}

// sideOf is what was wrong when it was written down. Which containers there were is not known: only one of the same
// name stands for a container.
func sideOf(list []Known) *side {
	doubted := map[string]*ways{}
	s := &side{
		budget: requests.NewBudget(mostComparedAtOnce), byName: map[string]*ways{}, sealed: true,
		doubts: func() map[string]*ways { return doubted },
		runs:   func(inventory.Ref, string) bool { return true },
	}
	for of, k := range list {
		for _, p := range k.Parts {
			known := letIn{container: p.Container, lets: func() requests.Set { return p.Lets }, of: of}
			add(s.byName, p.Key, known)
			for _, name := range doubts(p.Key) {
				add(doubted, name, known)
			}
		}
	}
	return s
}

// doubts are the names that what is known may have once it cannot be decided (violation.doubted): the rule, the subject
// and what it is about, wherever in the key that ends. What was not decided before stands for nothing else.
func doubts(key string) []string {
	rule, rest, _ := strings.Cut(key, "|")
	number, rest, found := strings.Cut(rest, "|")
	if !found || strings.HasPrefix(number, "unknown") {
		return nil
	}
	var names []string
	for at, r := range rest {
		if r == '|' {
			names = append(names, rule+"|"+rest[:at])
		}
	}
	return append(names, rule+"|"+rest)
}

// Judges says whether a rule of that name is among those that the checker judges by.
func (c *Checker) Judges(name string) bool {
	for _, list := range c.rules {
		if slices.ContainsFunc(list, func(r *rule) bool { return r.Metadata.Name == name }) {
			return true
		}
	}
	return false
}

// Provable says whether what is known could ever be seen to let in no more than it does. Of a way in of which too
// little is known, it could not.
func (k Known) Provable() bool {
	return !slices.ContainsFunc(k.Parts, func(p KnownPart) bool {
		return slices.ContainsFunc(p.Lets, func(b requests.Box) bool { return !b.Comparable() })
	})
}
