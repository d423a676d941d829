package explain

import (
	"fmt"
	"slices"
	"strings"
)

// bundle are nodes of one object. What holds for all of them stands in its title alone, and edges that all of them have
// are its own.
type bundle struct {
	// id is b1, b2 and so on.
	id, colour string
	lines      []string
	nodes      []node
}

// part is what a node says as one of a bundle.
type part struct {
	// key tells bundles of a namespace apart; empty for a node that is always drawn alone. title is that of the bundle,
	// text what is left of the node's own.
	key, title, text string
	reach            string
	findings         []Finding
}

// partOf is the part that a step is of its object, if its text begins with a title.
func partOf(s Step, title, separator string) part {
	if text, is := strings.CutPrefix(s.Text, title+separator); is {
		return part{key: s.Object.ID().String() + "\n" + title, title: title, text: text}
	}
	return part{}
}

// bundle draws nodes together that belong to one object.
func (d *drawing) bundle() {
	count := 0
	for i := range d.groups {
		g := &d.groups[i]
		byKey := map[string][]node{}
		for _, n := range g.nodes {
			byKey[n.of.key] = append(byKey[n.of.key], n)
		}
		alone := g.nodes[:0:0]
		for _, n := range g.nodes {
			nodes := byKey[n.of.key]
			if n.of.key == "" || len(nodes) < 2 {
				alone = append(alone, n)
				continue
			}
			if n.id == nodes[0].id {
				count++
				b := bundled(fmt.Sprintf("b%d", count), nodes)
				g.bundles = append(g.bundles, b)
				d.join(b)
			}
		}
		g.nodes = alone
	}
}

// bundled moves what nodes have in common into the title of their bundle.
func bundled(id string, nodes []node) bundle {
	first := nodes[0].of
	b := bundle{id: id, lines: wrap(first.title)}
	all := func(same func(node) bool) bool {
		return !slices.ContainsFunc(nodes, func(n node) bool { return !same(n) })
	}
	if first.reach != "" && all(func(n node) bool { return n.of.reach == first.reach }) {
		b.lines[0] = first.reach + " " + b.lines[0]
	} else {
		first.reach = ""
	}
	has := func(list []Finding, f Finding) bool {
		return slices.ContainsFunc(list, func(other Finding) bool {
			return other.Rule == f.Rule && other.Action == f.Action
		})
	}
	var common []Finding
	for _, f := range first.findings {
		if all(func(n node) bool { return has(n.of.findings, f) }) {
			common = append(common, f)
		}
	}
	for _, f := range byAction(common) {
		b.lines = append(b.lines, wrap(f)...)
	}
	for _, n := range nodes {
		if slices.Index(severities, n.colour) > slices.Index(severities, b.colour) {
			b.colour = n.colour
		}
		n.lines = nil
		if first.reach == "" && n.of.reach != "" {
			n.lines = []string{n.of.reach}
		}
		n.lines = append(n.lines, wrap(n.of.text)...)
		own := slices.DeleteFunc(slices.Clone(n.of.findings), func(f Finding) bool { return has(common, f) })
		if n.verdict != "" && (len(own) > 0 || len(n.of.findings) == 0) {
			n.lines = append(n.lines, saying(n.verdict, own)...)
		}
		b.nodes = append(b.nodes, n)
	}
	return b
}

// join gives a bundle the edges that all its nodes have with the same others. Drawn as the worst of them.
func (d *drawing) join(b bundle) {
	in := func(id string) bool { return slices.ContainsFunc(b.nodes, func(n node) bool { return n.id == id }) }
	type end struct {
		other string
		from  bool
	}
	count, worst := map[end]int{}, map[end]stroke{}
	ends := func(e edge) (end, bool) {
		switch {
		case in(e.from):
			return end{e.to, true}, true
		case in(e.to):
			return end{e.from, false}, true
		}
		return end{}, false
	}
	for _, e := range d.edges {
		if at, is := ends(e); is {
			count[at]++
			worst[at] = max(worst[at], e.stroke)
		}
	}
	var edges []edge
	for _, e := range d.edges {
		at, is := ends(e)
		switch {
		case !is || count[at] < len(b.nodes):
			edges = append(edges, e)
		case at.from:
			edges = append(edges, edge{b.id, at.other, worst[at]})
		default:
			edges = append(edges, edge{at.other, b.id, worst[at]})
		}
	}
	kept := edges[:0]
	for _, e := range edges {
		if !slices.Contains(kept, e) {
			kept = append(kept, e)
		}
	}
	d.edges = kept
}

// first is a node of the picture for the end of an edge: itself, or one of a bundle.
func (g graph) first(id string) (node string, isBundle bool) {
	for _, group := range g.groups {
		for _, b := range group.bundles {
			if b.id == id {
				return b.nodes[len(b.nodes)/2].id, true
			}
		}
	}
	return id, false
}
