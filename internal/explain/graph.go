package explain

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dittoguard/dittoguard/internal/terminal"
)

// graph is the picture of the ways in, before it is written in some language. What matters is in its words and shapes;
// colours only say it again.
type graph struct {
	// groups are the namespaces, each with its nodes; the first, without a name, is the world outside of them.
	groups []group
	edges  []edge
}

type group struct {
	name  string
	nodes []node
	// bundles are nodes of one object, which are drawn together: the paths of an Ingress, the locations of a proxy.
	bundles []bundle
}

type node struct {
	// id is n1, n2 and so on.
	id    string
	shape shape
	lines []string
	// verdict is the worst of the ways that begin here, empty where none does; colour is a key of colours, or none.
	verdict, colour string
	// of is the bundle that the node may be a part of.
	of part
}

// shape is what a node is.
type shape int

const (
	// step is a hop between entry and component.
	step shape = iota
	// source is where clients are.
	source
	// entry lets requests in.
	entry
	// danger is an entry on which something is denied or warned of.
	danger
	// target is a component's port, or a component that nothing leads to.
	target
)

// stroke is how a step is drawn.
type stroke int

const (
	// plain is a step that only ways without findings take, dotted one on a way of which not all is known, thick one on
	// a way that something is found on.
	plain stroke = iota
	dotted
	thick
)

type edge struct {
	from, to string
	stroke   stroke
}

// Where clients are.
const (
	outside = "clients outside"
	inside  = "whoever is inside the cluster"
)

// drawing puts a graph together.
type drawing struct {
	graph

	ids map[string]string
	// worst are the worst verdicts of the ways that begin at an entry or take a step, by key; findings are those on the
	// ways that begin at an entry.
	worst    map[string]string
	findings map[string][]Finding
	// drawn are the edges that are there.
	drawn map[edge]bool
}

// draw makes the picture of an explanation.
func draw(e Explanation) graph {
	d := &drawing{
		graph: graph{groups: []group{{}}}, ids: map[string]string{}, worst: map[string]string{},
		findings: map[string][]Finding{},
		drawn:    map[edge]bool{},
	}
	for _, i := range e.Installations {
		for _, w := range i.WaysIn {
			d.note(w)
		}
	}
	for _, i := range e.Installations {
		for _, w := range i.WaysIn {
			d.way(w)
		}
		for _, c := range i.Components {
			d.unreached(i, c)
		}
	}
	d.bundle()
	return d.graph
}

// key tells nodes apart: the same object in another role is another node.
func (s Step) key() string { return s.Object.ID().String() + "\n" + s.Text }

// origin is where clients of a way are.
func origin(w Way) Step {
	if w.Public {
		return Step{Text: outside}
	}
	return Step{Text: inside}
}

// severities order verdicts, the worst last.
var severities = []string{VerdictClean, VerdictUnknown, VerdictOff, VerdictAudit, VerdictWarn, VerdictDeny}

// note keeps what is worst of the entry and of each step of a way.
func (d *drawing) note(w Way) {
	worsen := func(key string) {
		if slices.Index(severities, w.Verdict) > slices.Index(severities, d.worst[key]) {
			d.worst[key] = w.Verdict
		}
	}
	entry, target := w.Steps[0].key(), w.Steps[len(w.Steps)-1].key()
	worsen(entry)
	worsen(target)
	d.findings[entry] = append(d.findings[entry], w.Findings...)
	from := origin(w)
	for _, s := range w.Steps {
		worsen(from.key() + "\n" + s.key())
		from = s
	}
}

// way draws a way in.
func (d *drawing) way(w Way) {
	begin := origin(w)
	from, id := begin, d.node(begin.key(), "", node{shape: source, lines: []string{begin.Text}, colour: openness(w)})
	for n, s := range w.Steps {
		var to string
		switch n {
		case 0:
			to = d.entry(w)
		case len(w.Steps) - 1:
			to = d.node(s.key(), s.Object.Namespace, node{shape: target, lines: wrap(w.Component + ": " + s.Text),
				colour: d.worst[s.key()]})
		default:
			to = d.node(s.key(), s.Object.Namespace,
				node{shape: step, lines: wrap(s.Text), of: partOf(s, s.Object.String(), ", ")})
		}
		e := edge{from: id, to: to}
		switch d.worst[from.key()+"\n"+s.key()] {
		case VerdictClean:
		case VerdictUnknown:
			e.stroke = dotted
		default:
			e.stroke = thick
		}
		if !d.drawn[e] {
			d.drawn[e] = true
			d.edges = append(d.edges, e)
		}
		from, id = s, to
	}
}

// entry draws what opens a way: whether it is public, what clients ask for, and what is found on the ways that begin
// there.
func (d *drawing) entry(w Way) string {
	s := w.Steps[0]
	reach := "INTERNAL"
	if w.Public {
		reach = "PUBLIC"
	}
	n := node{shape: entry, verdict: d.worst[s.key()], of: partOf(s, w.Via, ": ")}
	n.of.reach = reach
	if n.verdict != VerdictClean || w.Public {
		n.colour = n.verdict
	}
	if n.verdict != VerdictClean && n.verdict != VerdictUnknown {
		n.shape, n.of.findings = danger, d.findings[s.key()]
	}
	n.lines = append(append([]string{reach}, wrap(s.Text)...), saying(n.verdict, n.of.findings)...)
	return d.node(s.key(), s.Object.Namespace, n)
}

// saying are the lines about what is found.
func saying(verdict string, findings []Finding) []string {
	if len(findings) == 0 {
		return wrap(verdictWords[verdict])
	}
	var lines []string
	for _, text := range byAction(findings) {
		lines = append(lines, wrap(text)...)
	}
	return lines
}

// openness is the colour of where a way begins.
func openness(w Way) string {
	if w.Public {
		return open
	}
	return ""
}

// unreached draws a component that no way in leads to or through.
func (d *drawing) unreached(i Installation, c Component) {
	for _, w := range i.WaysIn {
		if slices.ContainsFunc(w.Steps, func(s Step) bool { return s.Object == c.Workload }) {
			return
		}
	}
	const none = "no way in was found"
	text := c.Component + ": " + c.Workload.String() + ", container " + c.Container
	d.node(c.Workload.ID().String()+"\n\n"+c.Container, c.Workload.Namespace, node{
		shape: target, lines: append(wrap(text), none), of: part{key: none, title: none, text: text},
	})
}

// node returns the id of a node, which is made when it is first asked for.
func (d *drawing) node(key, namespace string, n node) string {
	if id, known := d.ids[key]; known {
		return id
	}
	n.id = fmt.Sprintf("n%d", len(d.ids)+1)
	d.ids[key] = n.id
	at := slices.IndexFunc(d.groups, func(g group) bool { return g.name == namespace })
	if at < 0 {
		at = len(d.groups)
		d.groups = append(d.groups, group{name: namespace})
	}
	d.groups[at].nodes = append(d.groups[at].nodes, n)
	return n.id
}

// lineLength is about how long the lines of a label are.
const lineLength = 42

// wrap cuts a text into lines, between words.
func wrap(text string) []string {
	var lines []string
	for word := range strings.FieldsSeq(text) {
		word = terminal.Clean(word)
		if n := len(lines); n > 0 && utf8.RuneCountInString(lines[n-1])+1+utf8.RuneCountInString(word) <= lineLength {
			lines[n-1] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	return lines
}
