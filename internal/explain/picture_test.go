package explain

import (
	"html"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/terminal"
)

// picture is what a picture's text says.
type picture struct {
	groups []string
	// bundles are the ids of groups that edges may end at.
	bundles []string
	// labels are those of the nodes, with blanks between their lines; nodes their ids.
	nodes, labels []string
	edges         [][2]string
}

func (p picture) Equal(o picture) bool {
	same := func(a, b []string) bool { return strings.Join(a, "\n") == strings.Join(b, "\n") }
	if len(p.edges) != len(o.edges) || !same(p.groups, o.groups) || !same(p.nodes, o.nodes) || !same(p.labels, o.labels) {
		return false
	}
	for i := range p.edges {
		if p.edges[i] != o.edges[i] {
			return false
		}
	}
	return same(p.bundles, o.bundles)
}

// complete: nodes are declared once, and edges join declared ones.
func (p picture) complete(t testing.TB) {
	t.Helper()
	declared := map[string]bool{}
	for _, id := range append(p.bundles, p.nodes...) {
		if declared[id] {
			t.Errorf("node %s is declared twice", id)
		}
		declared[id] = true
	}
	for _, e := range p.edges {
		if !declared[e[0]] || !declared[e[1]] {
			t.Errorf("edge %v joins what is not there", e)
		}
	}
}

// The lines that a flowchart of ours may consist of. Labels hold no character that Mermaid's lexer, its Markdown or HTML
// takes for more than itself.
var (
	mermaidLabel = `((?:[\p{L}\p{Nd} .,:/()=+-]|#\d+;|<br/>)*)`
	mermaidNode  = regexp.MustCompile(`^ +(n\d+)(?:\["` + mermaidLabel + `"\]|\(\("` + mermaidLabel + `"\)\)|\(\["` + mermaidLabel +
		`"\]\)|\{\{"` + mermaidLabel + `"\}\}|\[\["` + mermaidLabel + `"\]\])(?::::(\w+))?$`)
	mermaidGroup = regexp.MustCompile(`^( +)subgraph ([gb]\d+)\["` + mermaidLabel + `"\]$`)
	mermaidEdge  = regexp.MustCompile(`^  ([nb]\d+) (?:-->|-\.->|==>) ([nb]\d+)$`)
	mermaidStyle = regexp.MustCompile(`^  (?:style (b\d+) stroke:#[0-9a-f]{6}|classDef (\w+) fill:#[0-9a-f]{6},stroke:#[0-9a-f]{6},color:#[0-9a-f]{6})$`)
	mermaidCode  = regexp.MustCompile(`#(\d+);`)
)

func parseMermaid(t testing.TB, text string) picture {
	t.Helper()
	var p picture
	plain := func(label string) string {
		return mermaidCode.ReplaceAllStringFunc(strings.ReplaceAll(label, "<br/>", " "), func(code string) string {
			n, err := strconv.Atoi(code[1 : len(code)-1])
			if err != nil {
				t.Fatal(err)
			}
			return string(rune(n))
		})
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if lines[0] != "flowchart LR" {
		t.Fatalf("a flowchart begins with %q", lines[0])
	}
	var ends []string // of the subgraphs that are open
	used, defined := map[string]bool{}, map[string]bool{}
	for _, line := range lines[1:] {
		if m := mermaidNode.FindStringSubmatch(line); m != nil {
			last := len(m) - 1
			p.nodes, p.labels = append(p.nodes, m[1]), append(p.labels, plain(strings.Join(m[2:last], "")))
			used[m[last]] = true
		} else if m := mermaidGroup.FindStringSubmatch(line); m != nil && (len(m[1]) == 2+2*len(ends)) {
			if p.groups, ends = append(p.groups, plain(m[3])), append(ends, m[1]+"end"); strings.HasPrefix(m[2], "b") {
				p.bundles = append(p.bundles, m[2])
			}
		} else if n := len(ends); n > 0 && line == ends[n-1] {
			ends = ends[:n-1]
		} else if m := mermaidEdge.FindStringSubmatch(line); m != nil && n == 0 {
			p.edges = append(p.edges, [2]string{m[1], m[2]})
		} else if m := mermaidStyle.FindStringSubmatch(line); m != nil && (m[1] == "" || slices.Contains(p.bundles, m[1])) {
			defined[m[2]] = true
		} else {
			t.Fatalf("this is no line of a flowchart: %q", line)
		}
	}
	if len(ends) > 0 {
		t.Fatal("a subgraph has no end")
	}
	delete(used, "")
	delete(defined, "")
	if !maps.Equal(used, defined) {
		t.Errorf("classes %v are used, and %v defined", used, defined)
	}
	p.complete(t)
	return p
}

// dotToken is a token of the DOT language: an arrow, a mark, an identifier or number, or a quoted string.
var dotToken = regexp.MustCompile(`^(?:->|[{}\[\];,=]|[A-Za-z_][A-Za-z0-9_]*|[0-9]+|"(?:[^"\\\n]|\\.)*")`)

// parseDOT reads the part of the DOT language that we write, by its grammar.
func parseDOT(t testing.TB, text string) picture {
	t.Helper()
	var tokens []string
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimSpace(rest) {
		token := dotToken.FindString(rest)
		if token == "" {
			t.Fatalf("this is no DOT: %q", rest[:min(len(rest), 60)])
		}
		tokens, rest = append(tokens, token), rest[len(token):]
	}
	d := &dotParser{t: t, tokens: tokens}
	d.want("digraph")
	d.next()
	d.body()
	if len(d.tokens) > 0 {
		t.Fatalf("more after the end: %v", d.tokens)
	}
	d.complete(t)
	return d.picture
}

type dotParser struct {
	picture

	t      testing.TB
	tokens []string
}

func (d *dotParser) peek() string {
	if len(d.tokens) == 0 {
		d.t.Fatal("the text ends in the middle")
	}
	return d.tokens[0]
}

func (d *dotParser) next() string {
	token := d.peek()
	d.tokens = d.tokens[1:]
	return token
}

func (d *dotParser) want(token string) {
	if got := d.next(); got != token {
		d.t.Fatalf("expected %s, found %s", token, got)
	}
}

func (d *dotParser) body() {
	d.want("{")
	for d.peek() != "}" {
		name := d.next()
		switch {
		case name == "subgraph":
			if bundle, is := strings.CutPrefix(d.next(), "cluster_b"); is {
				d.bundles = append(d.bundles, "b"+bundle)
			}
			d.body()
			continue
		case d.peek() == "=":
			d.next()
			if value := d.next(); name == "label" {
				d.groups = append(d.groups, d.plain(value))
			}
		case d.peek() == "->":
			d.next()
			ends := [2]string{name, d.next()}
			for at, attribute := range []string{"ltail", "lhead"} {
				if cluster := d.peekAttribute(attribute); cluster != "" {
					ends[at] = strings.TrimPrefix(cluster, "cluster_")
				}
			}
			d.edges = append(d.edges, ends)
			d.attributes()
		default:
			label, labelled := d.attributes()
			if name != "node" {
				if !labelled {
					d.t.Fatalf("node %s has no label", name)
				}
				d.nodes, d.labels = append(d.nodes, name), append(d.labels, label)
			}
		}
		d.want(";")
	}
	d.want("}")
}

func (d *dotParser) attributes() (label string, labelled bool) {
	if d.peek() != "[" {
		return "", false
	}
	d.next()
	for {
		name := d.next()
		d.want("=")
		if value := d.next(); name == "label" {
			label, labelled = d.plain(value), true
		}
		if d.peek() == "]" {
			d.next()
			return label, labelled
		}
		d.want(",")
	}
}

// peekAttribute is what one of the attributes that come says.
func (d *dotParser) peekAttribute(name string) string {
	for at := 0; d.tokens[at] != ";"; at++ {
		if d.tokens[at] == name && d.tokens[at+1] == "=" {
			return d.tokens[at+2]
		}
	}
	return ""
}

// plain is a quoted string as Graphviz shows it: escapes first, then entities.
func (d *dotParser) plain(quoted string) string {
	inner := quoted[1 : len(quoted)-1]
	var b strings.Builder
	for i := 0; i < len(inner); i++ {
		if inner[i] != '\\' {
			b.WriteByte(inner[i])
			continue
		}
		i++
		switch inner[i] {
		case 'n':
			b.WriteByte(' ')
		case '\\', '"':
			b.WriteByte(inner[i])
		default:
			d.t.Fatalf("escape \\%c in %s", inner[i], quoted)
		}
	}
	return html.UnescapeString(b.String())
}

// one is an explanation with one way in, whose entry has the text.
func one(text string) Explanation {
	ref := inventory.Ref{APIVersion: "v1", Kind: "Service", Namespace: "n", Name: "s"}
	return Explanation{Installations: []Installation{{Namespace: text, WaysIn: []Way{{
		Entry: ref, Target: ref, Public: true, Component: "gateway", Verdict: VerdictDeny,
		Findings: []Finding{{Rule: "devops-exposed", Action: VerdictDeny}, {Rule: "connections-exposed", Action: VerdictWarn}},
		Steps:    []Step{{Object: ref, Text: text}, {Object: ref, Text: "Service n/s"}},
	}}}}}
}

// TestLabelsCannotBreakOut: what stands in a manifest stays text, whatever it looks like.
func TestLabelsCannotBreakOut(t *testing.T) {
	for _, text := range []string{
		`a"]; evil -> n1 ["`, "`markdown` **bold** <img src=x onerror=alert(1)>", "%%{init: {}}%%", "end", "#quot;", "&lt;&amp;amp;",
		`back\slash\n`, "click n1 call f()", "line\nend\n", "\x1b[31m", "- list", "1. list", "ünïcode ключ", "{{x}}|y|", "\\",
	} {
		holds(t, text)
	}
}

func FuzzLabels(f *testing.F) {
	f.Add(`a"b`)
	f.Add("x\n  end\n  n1 --> n2")
	f.Add("&quot;\\")
	f.Fuzz(func(t *testing.T, text string) { holds(t, text) })
}

// holds says whether both pictures show a text as it is, and have nothing more for it.
func holds(t testing.TB, text string) {
	t.Helper()
	text = strings.ToValidUTF8(text, "")
	e := one(text)
	mermaid, dot := parseMermaid(t, write(t, "mermaid", e)), parseDOT(t, write(t, "dot", e))
	if !mermaid.Equal(dot) {
		t.Errorf("%q: the pictures differ:\n%v\n%v", text, mermaid, dot)
	}
	shown := make([]string, 0, 8)
	for word := range strings.FieldsSeq(text) {
		shown = append(shown, terminal.Clean(word))
	}
	want := strings.Join(append(append([]string{"PUBLIC"}, shown...), "DENIED: devops-exposed WARNED OF: connections-exposed"), " ")
	if len(mermaid.labels) != 3 || len(mermaid.edges) != 2 || strings.Join(strings.Fields(mermaid.labels[1]), " ") != strings.Join(strings.Fields(want), " ") {
		t.Errorf("%q: labels %q, edges %v; want %q", text, mermaid.labels, mermaid.edges, want)
	}
}
