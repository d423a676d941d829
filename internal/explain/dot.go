package explain

import (
	"fmt"
	"io"
	"strings"
)

// DOT writes the ways in as a graph in the DOT language of Graphviz (graphviz.org/doc/info/lang.html).
func DOT(w io.Writer, e Explanation) error {
	g := draw(e)
	var b strings.Builder
	b.WriteString("digraph waysin {\n  rankdir=LR;\n")
	for n, group := range g.groups {
		indent := "  "
		if group.name != "" {
			fmt.Fprintf(&b, "  subgraph cluster_%d {\n    label=\"%s\";\n", n, dotText("namespace "+group.name))
			indent = "    "
		}
		for _, node := range group.nodes {
			lines := make([]string, len(node.lines))
			for i, line := range node.lines {
				lines[i] = dotText(line)
			}
			fmt.Fprintf(&b, "%s%s [%s, label=\"%s\"];\n", indent, node.id, dotShapes[node.shape], strings.Join(lines, `\n`))
		}
		if group.name != "" {
			b.WriteString("  }\n")
		}
	}
	for _, e := range g.edges {
		fmt.Fprintf(&b, "  %s -> %s%s;\n", e.from, e.to, dotStrokes[e.stroke])
	}
	b.WriteString("}\n")
	return written(w, b.String())
}

var dotShapes = map[shape]string{
	step: "shape=box", source: "shape=circle", entry: "shape=box, style=rounded", danger: "shape=octagon, penwidth=3",
	target: "shape=box, peripheries=2",
}

var dotStrokes = map[stroke]string{plain: "", dotted: " [style=dashed]", thick: " [penwidth=3]"}

// dotText is a text for a quoted string. In labels a backslash begins an escape, and `&` an HTML entity.
func dotText(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "&", "&amp;", "\n", " ", "\r", " ", "\x00", "").Replace(s)
}
