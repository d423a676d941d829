package check

import (
	"iter"
	"maps"
	"slices"

	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// group is what is judged together.
type group struct {
	number int
	// members are in no order; which group an object is in, Standing.of knows.
	members []inventory.ID
	asked   []inventory.Print
	found   map[inventory.ID]*judgement
	// asides are about the members of other groups.
	asides topology.Asides
}

// groupSize is how many objects that lead to no Ditto are judged together: few enough that a change costs little, and
// so many that what all of them ask is kept a few times only.
const groupSize = 64

// place puts an object into the group that it belongs to, which has to be judged again.
func (s *Standing) place(view *world.View, o *inventory.Object) {
	id := o.Ref.ID()
	g := s.home(view, o)
	if was := s.of[id]; was != nil && (g == nil || was == g) {
		g = was
	} else {
		s.take(id)
		if g == nil {
			g = s.shared()
		}
		g.members = append(g.members, id)
		s.of[id] = g
	}
	s.dirty[g] = true
}

// take takes an object out of its group, which has to be judged again.
func (s *Standing) take(id inventory.ID) {
	if g := s.of[id]; g != nil {
		at := slices.Index(g.members, id)
		g.members = slices.Delete(g.members, at, at+1)
		delete(s.of, id)
		s.dirty[g] = true
	}
}

// home is the group of the Ditto that an object leads to, nil if it leads to none. An object that leads to several is
// not put with any of them: what it asks is about all.
func (s *Standing) home(view *world.View, o *inventory.Object) *group {
	namespace, several := "", false
	for _, w := range topology.Follow(view, o).Workloads {
		if slices.ContainsFunc(view.Parts(w), func(p recognize.Part) bool { return recognize.IsDitto(p.Component) }) {
			several = several || namespace != "" && namespace != w.Ref.Namespace
			namespace = w.Ref.Namespace
		}
	}
	if namespace == "" || several {
		return nil
	}
	if s.homes[namespace] == nil {
		s.homes[namespace] = s.newGroup()
	}
	return s.homes[namespace]
}

// shared is the group for an object that belongs to none.
func (s *Standing) shared() *group {
	if s.open == nil || len(s.open.members) >= groupSize {
		s.open = s.newGroup()
	}
	return s.open
}

func (s *Standing) newGroup() *group {
	s.made++
	return &group{number: s.made}
}

// first is the member that comes first in reports.
func (g *group) first() inventory.Ref {
	var first inventory.Ref
	for i, id := range g.members {
		ref := inventory.Ref{APIVersion: id.Group, Kind: id.Kind, Namespace: id.Namespace, Name: id.Name}
		if i == 0 || ref.Compare(first) < 0 {
			first = ref
		}
	}
	return first
}

// askers are the groups that asked each question. Most were asked by one group.
type askers struct {
	one  map[inventory.Print]*group
	more map[inventory.Print][]*group
}

// of are the groups that asked a question.
func (a *askers) of(p inventory.Print) iter.Seq[*group] {
	return func(yield func(*group) bool) {
		if g := a.one[p]; g != nil && !yield(g) {
			return
		}
		for _, g := range a.more[p] {
			if !yield(g) {
				return
			}
		}
	}
}

// add adds a group to those that asked a question.
func (a *askers) add(p inventory.Print, g *group) {
	if a.one == nil {
		a.one, a.more = map[inventory.Print]*group{}, map[inventory.Print][]*group{}
	}
	if a.one[p] == nil {
		a.one[p] = g
		return
	}
	a.more[p] = append(a.more[p], g)
}

// remove takes a group out of those that asked a question.
func (a *askers) remove(p inventory.Print, g *group) {
	if a.one[p] == g {
		delete(a.one, p)
	} else if a.more[p] = without(a.more[p], g); len(a.more[p]) == 0 {
		delete(a.more, p)
	}
}

// ask notes what a group asks now.
func (s *Standing) ask(g *group, prints []inventory.Print) {
	for _, p := range g.asked {
		if _, still := slices.BinarySearch(prints, p); !still {
			s.asked.remove(p, g)
		}
	}
	for _, p := range prints {
		if _, already := slices.BinarySearch(g.asked, p); !already {
			s.asked.add(p, g)
		}
	}
	g.asked = prints
}

// handed gives what other groups found out about an object to the view that it is judged in.
func (s *Standing) handed(id inventory.ID, to *group, asides topology.Asides) {
	for g := range s.telling {
		if g == to {
			continue
		}
		if g.asides.Tied[id] {
			asides.Tied[id] = true
		}
		if said := g.asides.Mentioned[id]; said != "" && (asides.Mentioned[id] == "" || said < asides.Mentioned[id]) {
			asides.Mentioned[id] = said
		}
	}
}

// handOn keeps what a group found out about the members of others, which have to be judged again if that is not what it
// was.
func (s *Standing) handOn(g *group, asides topology.Asides) {
	own := func(id inventory.ID) bool { return s.of[id] == g }
	maps.DeleteFunc(asides.Tied, func(id inventory.ID, _ bool) bool { return own(id) })
	maps.DeleteFunc(asides.Mentioned, func(id inventory.ID, said string) bool { return own(id) || said == "" })
	differ := func(id inventory.ID) {
		if other := s.of[id]; other != nil &&
			(asides.Tied[id] != g.asides.Tied[id] || asides.Mentioned[id] != g.asides.Mentioned[id]) {
			s.dirty[other] = true
		}
	}
	for _, a := range []topology.Asides{asides, g.asides} {
		for id := range a.Tied {
			differ(id)
		}
		for id := range a.Mentioned {
			differ(id)
		}
	}
	g.asides = asides
	delete(s.telling, g)
	if len(asides.Tied)+len(asides.Mentioned) > 0 {
		s.telling[g] = true
	}
}

func without(list []*group, g *group) []*group {
	return slices.DeleteFunc(list, func(other *group) bool { return other == g })
}
