// Package requests holds sets of requests and their order: what a way in lets in, and whether another one lets in less.
// A change is a fix, or no worse, if what it lets in is contained in what was let in before; that is decided here and
// nowhere else.
//
// # What is promised
//
// Contains never says Inside where a request is in one set and not in the other, as far as the sets are described
// truly. It may fail to see that one set is contained in another; then it says Unclear, and whoever asks takes that for
// growth. Apart and Beyond are as certain as Inside.
package requests

import "slices"

// Relation says how a set lies to another one.
type Relation int

const (
	// Unclear: it could not be told.
	Unclear Relation = iota
	// Inside: all of it is in the other one.
	Inside
	// Beyond: some of it is not in the other one.
	Beyond
	// Apart: none of it is in the other one. What is Apart is Beyond, too, unless it is empty.
	Apart
)

// Set is a set of requests: the union of its boxes.
type Set []Box

// Box is the requests that come from one of Sources by one of Doors for one of Hosts, and arrive with a path that is in
// all of Paths.
type Box struct {
	Sources Sources
	// Doors are where clients knock: a port of a load balancer, of the nodes, of a Gateway.
	Doors []Door
	// Hosts are which hosts clients ask for; none are none.
	Hosts []Hosts
	// Paths are with which paths requests arrive. No patterns at all are all paths.
	Paths []Paths
	// Raw says that a client's path arrives as it was written, dot segments included, although something on the way
	// chose by what they come to. Then other paths arrive as well, whatever Paths says.
	Raw bool
	// Conditions are what else a request has to fulfil, each as it is written: a method, a header.
	Conditions []string
}

// Within are the requests of a set that arrive with some paths.
func (a Set) Within(paths Paths) Set {
	list := make(Set, 0, len(a))
	for _, b := range a {
		b.Paths = append(slices.Clone(b.Paths), paths)
		list = append(list, b)
	}
	return list
}

// Comparable says whether a box is known to be equal to one that is described in the same way.
func (b Box) Comparable() bool {
	return !slices.ContainsFunc(b.Paths, func(p Paths) bool { return p.Kind == Opaque && p.Text == "" })
}

// Contains says how b lies to a. A set that lets nothing in is inside every other.
func (a Set) Contains(b Set, budget *Budget) Relation {
	worst := Inside
	for i := range b {
		switch r := a.holds(&b[i], budget); r {
		case Inside:
		case Unclear:
			worst = Unclear
		default:
			// One box that is certainly not inside decides.
			return Beyond
		}
	}
	return worst
}

// holds says how a box lies to the set. For each door and host of it one box of the set has to hold the rest.
func (a Set) holds(b *Box, budget *Budget) Relation {
	worst := Inside
	for _, door := range b.Doors {
		for _, host := range b.Hosts {
			one := Box{Sources: b.Sources, Doors: []Door{door}, Hosts: []Hosts{host}, Paths: b.Paths, Raw: b.Raw,
				Conditions: b.Conditions}
			switch r := a.holdsOne(&one, deepest, budget); r {
			case Inside:
			case Unclear:
				worst = Unclear
			default:
				return Beyond
			}
		}
	}
	return worst
}

// deepest is how often what one box leaves out is looked for in the others.
const deepest = 2

// holdsOne says how a box with one door and one host lies to the set: it is in one box of it, or in one save for what
// that leaves out, which is in others.
func (a Set) holdsOne(b *Box, depth int, budget *Budget) Relation {
	// Several boxes can hold together what none of them holds alone.
	meet, beyond := 0, false
	for i := range a {
		if !budget.spend(1) {
			return Unclear
		}
		r, left := one(b, &a[i], budget)
		if r == Inside && (len(left) == 0 || depth > 0 && a.holdAll(left, depth-1, budget)) {
			return Inside
		}
		if r != Apart {
			meet++
			beyond = beyond || r == Beyond
		}
	}
	if meet == 0 || meet == 1 && beyond {
		return Beyond
	}
	return Unclear
}

func (a Set) holdAll(boxes []Box, depth int, budget *Budget) bool {
	return !slices.ContainsFunc(boxes, func(b Box) bool { return a.holdsOne(&b, depth, budget) != Inside })
}

// one says how a box with one door and one host lies to another box. If it is Inside, it is so save for the boxes that
// are left.
func one(b, a *Box, budget *Budget) (r Relation, left []Box) {
	r = all(
		b.Sources.in(a.Sources), union(a.Doors, func(door Door) Relation { return b.Doors[0].in(door) }),
		raw(b, a), conditions(b.Conditions, a.Conditions),
	)
	if r == Apart {
		return r, nil
	}
	hosts, outside := hostAmong(b.Hosts[0], a.Hosts, budget)
	paths, below := crossing(b.Paths, a.Paths, budget)
	r = all(r, hosts, paths)
	if r != Inside {
		return r, nil
	}
	for _, h := range outside {
		rest := *b
		rest.Hosts = []Hosts{h}
		left = append(left, rest)
	}
	for _, p := range below {
		rest := *b
		rest.Paths = append(slices.Clone(b.Paths), p)
		left = append(left, rest)
	}
	return Inside, left
}

// all says how a product lies to another one, by how its sides do. What is beyond on one side is so with whatever is on
// the others, as long as none of them is empty.
func all(sides ...Relation) Relation {
	worst := Inside
	for _, side := range sides {
		switch {
		case side == Apart:
			return Apart
		case side == Beyond:
			worst = Beyond
		case side == Unclear && worst == Inside:
			worst = Unclear
		}
	}
	return worst
}

// union says how something lies to a union, by how it lies to each member.
func union[T any](members []T, in func(T) Relation) Relation {
	meet, beyond := 0, false
	for _, m := range members {
		switch in(m) {
		case Inside:
			return Inside
		case Apart:
		case Beyond:
			meet++
			beyond = true
		default:
			meet++
		}
	}
	switch {
	case meet == 0:
		return Apart
	case meet == 1 && beyond:
		return Beyond
	}
	return Unclear
}

// hostAmong says how a host lies to several; see Hosts.nearly for what is left.
func hostAmong(host Hosts, several []Hosts, budget *Budget) (r Relation, left []Hosts) {
	best, found := []Hosts(nil), false
	r = union(several, func(h Hosts) Relation {
		if !budget.spend(host.costOf(h)) {
			return Unclear
		}
		r, out := host.nearly(h)
		if r == Inside && (!found || len(out) < len(best)) {
			best, found = out, true
		}
		if r == Inside && len(out) > 0 {
			return Unclear
		}
		return r
	})
	if found {
		return Inside, best
	}
	return r, nil
}

// crossing says how the paths that are in all of b lie to those that are in all of a; see Paths.nearly for what is
// left.
func crossing(b, a []Paths, budget *Budget) (r Relation, left []Paths) {
	if len(b) == 0 {
		b = []Paths{Everything()}
	}
	worst, apart := Inside, false
	for _, pa := range a {
		best, least := Beyond, []Paths(nil)
		if len(b) > 1 {
			// What several patterns have in common can be less than each of them.
			best = Unclear
		}
		for _, pb := range b {
			budget.spend(1 + len(pa.Except)*(1+len(pb.Except)))
			r, out := pb.nearly(pa)
			switch {
			case r == Inside && (best != Inside || len(out) < len(least)):
				best, least = Inside, out
			case r == Unclear && best == Beyond:
				best = Unclear
			case r == Apart:
				apart = true
			}
		}
		left = append(left, least...)
		if best == Beyond || best == Unclear && worst == Inside {
			worst = best
		}
	}
	switch {
	case worst == Inside:
		return Inside, left
	case apart:
		return Apart, nil
	}
	return worst, nil
}

func raw(b, a *Box) Relation {
	if b.Raw && !a.Raw {
		return Unclear
	}
	return Inside
}

// conditions says how what fulfils all of b lies to what fulfils all of a.
func conditions(b, a []string) Relation {
	for _, c := range a {
		if !slices.Contains(b, c) {
			return Unclear
		}
	}
	return Inside
}
