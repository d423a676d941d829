package check

import (
	"crypto/sha256"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// What a change makes worse: how violations before and after it are compared.

// mostComparisons bounds the work of comparing what ways in let in, for one change. What is left of it counts as
// growth.
const mostComparisons = 1 << 18

// part is one thing that a violation consists of. It is the same as another one of the same name if what it lets in is.
type part struct {
	// name is the rule, the number of the validation, the subject, what the violation is about, and what the rule says
	// is wrong.
	name string
	// below narrows what the way lets in to what the rule says is wrong, where that is a path.
	below string
}

// key identifies a part to others than this package.
func (p part) key() string {
	if p.below == "" {
		return p.name
	}
	return p.name + "|" + p.below
}

// ways are what the violations of one side have in common with others of a name: what they let in, and what decided.
type ways struct {
	list []letIn
	// facts are those that decided, made when they are first asked for of more than a few.
	facts map[string]bool
	// all is what they let in together, texts each box of it by itself.
	all   requests.Set
	texts map[digest]bool
}

// letIn is one violation that has a part: the container that it is about, what decided it, and what it lets in. Of what
// a baseline knows, of is the entry.
type letIn struct {
	container, facts string
	lets             func() requests.Set
	of               int
}

// side is what was wrong before a change, or is after it.
type side struct {
	budget *requests.Budget
	byName map[string]*ways
	// doubts is the same by violation.doubted: what is certainly wrong may become uncertain, of which it is not known
	// what is wrong with it. Few ask for it.
	doubts func() map[string]*ways
	// requests are those that a way in lets in.
	requests func(*facts.Exposure) requests.Set
	// runs says whether a workload has a container that runs a part of Ditto, by that name.
	runs func(workload inventory.Ref, container string) bool
	// sealed says that what is let in is compared by its seal.
	sealed bool
	// hosts tells lists of many hosts apart, which many ways in share.
	hosts map[hostList]digest
	// text is what textOf writes into.
	text []byte
}

// hostList is a list of hosts by where it is kept.
type hostList struct {
	first *requests.Hosts
	n     int
}

func newSide(view *world.View, violations []violation, budget *requests.Budget) *side {
	s := &side{
		budget: budget, byName: map[string]*ways{},
		requests: func(e *facts.Exposure) requests.Set { return topology.Requests(view, e) },
		runs: func(workload inventory.Ref, container string) bool {
			o := view.Get(workload.GroupKind(), workload.Namespace, workload.Name)
			return o != nil && slices.ContainsFunc(view.Parts(o),
				func(p recognize.Part) bool { return p.Container.Name == container })
		},
	}
	for i := range violations {
		v := &violations[i]
		for _, p := range v.parts {
			known := letIn{container: v.container, facts: v.facts, lets: func() requests.Set { return s.lets(v, p) }}
			add(s.byName, v.named(p), known)
		}
	}
	s.doubts = sync.OnceValue(func() map[string]*ways {
		doubts := map[string]*ways{}
		for i := range violations {
			v := &violations[i]
			for _, p := range v.parts {
				if !v.unknown {
					lets := func() requests.Set { return s.lets(v, part{name: p.name}) }
					add(doubts, v.doubted(), letIn{container: v.container, facts: v.facts, lets: lets})
				}
			}
		}
		return doubts
	})
	return s
}

func add(to map[string]*ways, name string, known letIn) {
	w := to[name]
	if w == nil {
		w = &ways{}
		to[name] = w
	}
	w.list = append(w.list, known)
}

// decidedBy says whether facts, by their key, decided one of them.
func (w *ways) decidedBy(key string) bool {
	const few = 8
	if len(w.list) <= few {
		return slices.ContainsFunc(w.list, func(known letIn) bool { return known.facts == key })
	}
	if w.facts == nil {
		w.facts = make(map[string]bool, len(w.list))
		for _, known := range w.list {
			w.facts[known.facts] = true
		}
	}
	return w.facts[key]
}

// fewHosts are written out to tell boxes apart.
const fewHosts = 16

// textOf stands for a text that two boxes have in common if and only if they are described alike.
func (s *side) textOf(box *requests.Box) digest {
	if len(box.Hosts) <= fewHosts {
		s.text = box.AppendText(append(s.text[:0], 'a'))
		return sha256.Sum256(s.text)
	}
	list := hostList{&box.Hosts[0], len(box.Hosts)}
	hosts, known := s.hosts[list]
	if !known {
		named := requests.Box{Hosts: box.Hosts}
		hosts = sha256.Sum256(named.AppendText(nil))
		if s.hosts == nil {
			s.hosts = map[hostList]digest{}
		}
		s.hosts[list] = hosts
	}
	rest := *box
	rest.Hosts = nil
	s.text = rest.AppendText(append(append(s.text[:0], 'b'), hosts[:]...))
	return sha256.Sum256(s.text)
}

// lets is what a part of a violation lets in, nil if it is about no way in.
func (s *side) lets(v *violation, p part) requests.Set {
	if v.way == nil {
		return nil
	}
	set := s.requests(v.way)
	if p.below != "" {
		set = set.Within(requests.Below(p.below))
	}
	return set
}

// growth says how much of a violation was not there before: of the parts that are not, the worst.
func (s *side) growth(v *violation, of *side) growth {
	g := growth{touched: true}
	for _, p := range v.parts {
		r, touched := s.holds(v, p, of)
		g.touched = g.touched && touched
		switch {
		case r == requests.Inside:
		case r == requests.Unclear:
			g.more, g.unproved = true, true
		default:
			return growth{more: true, wider: s.byName[v.named(p)] != nil}
		}
	}
	return g
}

// growth is what a change made worse about a violation.
type growth struct {
	// more says that it is new or lets in more, as far as can be told; unproved, that it could not be shown to let in
	// less; wider, that some of it was there before.
	more, unproved, wider bool
	// touched says that what decides it is not what it was.
	touched bool
}

// why says for people what a change made worse, where that is not plain.
func (g growth) why() string {
	switch {
	case g.unproved:
		return "dittoguard could not prove that this way in lets in no more than was open before"
	case g.wider:
		return "it was there before, and now lets in more"
	}
	return ""
}

// holds says how what a part of a violation lets in lies to what was let in before by the same.
func (s *side) holds(v *violation, p part, of *side) (r requests.Relation, touched bool) {
	touched = true
	r = requests.Beyond
	for w := range s.same(v, p) {
		touched = touched && !w.decidedBy(v.facts)
		if v.way == nil {
			if v.container == "" || s.knows(v, w, of) {
				return requests.Inside, touched
			}
			continue
		}
		set := of.lets(v, p)
		if s.sealed {
			set = set.Sealed()
		}
		if w.texts == nil {
			w.texts, w.all = make(map[digest]bool, len(w.list)), make(requests.Set, 0, len(w.list))
			for _, known := range w.list {
				set := known.lets()
				w.all = append(w.all, set...)
				for i := range set {
					w.texts[s.textOf(&set[i])] = set[i].Comparable()
				}
			}
		}
		// Most ways are as they were.
		if s.are(set, w) {
			return requests.Inside, touched
		}
		switch w.all.Contains(set, s.budget) {
		case requests.Inside:
			return requests.Inside, touched
		case requests.Unclear:
			r = requests.Unclear
		case requests.Beyond, requests.Apart:
		}
	}
	return r, touched
}

// are says whether each box of a set is described as one that was there before.
func (s *side) are(set requests.Set, w *ways) bool {
	for i := range set {
		if !w.texts[s.textOf(&set[i])] {
			return false
		}
	}
	return true
}

// same is what is called as a part of a violation is, or stands for it.
func (s *side) same(v *violation, p part) iter.Seq[*ways] {
	names := []string{p.name}
	if v.outgoing {
		names = append(names, v.named(p))
	}
	return func(yield func(*ways) bool) {
		for _, name := range names {
			if w := s.byName[name]; w != nil && !yield(w) {
				return
			}
		}
		if v.unknown {
			if w := s.doubts()[v.doubted()]; w != nil {
				yield(w)
			}
		}
	}
}

// knows says whether a container was as bad before: the one of its name or, if there was none, one of those that are
// gone and may be called that now, each of which stands for one.
func (s *side) knows(v *violation, before *ways, of *side) bool {
	gone := map[string]bool{}
	for _, known := range before.list {
		if known.container == v.container {
			return true
		}
		if !of.runs(v.subject.Ref, known.container) {
			gone[known.container] = true
		}
	}
	if s.runs(v.subject.Ref, v.container) {
		return false
	}
	// Whoever comes first takes the place of whoever is gone.
	var come []string
	for _, p := range v.parts {
		for _, other := range of.byName[v.named(p)].list {
			name := other.container
			if !slices.Contains(come, name) && !s.runs(v.subject.Ref, name) {
				come = append(come, name)
			}
		}
	}
	return slices.Index(come, v.container) < len(gone)
}

// named is the name of a part of a violation. What a rollout was about to replace does not stand for what stays.
func (v *violation) named(p part) string {
	if v.outgoing {
		return p.name + "|outgoing"
	}
	return p.name
}

// doubted names what is not certain about a violation's rule, subject and way, of all that its rule may find there.
func (v *violation) doubted() string {
	return strings.Join([]string{v.rule.Metadata.Name, v.subject.Ref.ID().String(), v.about}, "|")
}
