package explain

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// DOT writes the ways in as a graph in the DOT language of Graphviz (graphviz.org/doc/info/lang.html).
func DOT(w io.Writer, e Explanation) error {
	g := draw(e)
	var b strings.Builder
	// With compound, an edge can end at the border of a cluster.
	b.WriteString("digraph waysin {\n  rankdir=LR;\n  compound=true;\n")
	write := func(indent string, n node) {
		look := dotShapes[n.shape]
		if c, coloured := colours[n.colour]; coloured {
			look = strings.TrimSuffix(look, ", style=rounded")
			style := "filled"
			if n.shape == entry {
				style = "rounded,filled"
			}
			look += fmt.Sprintf(`, style="%s", color="%s", fillcolor="%s", fontcolor="%s"`, style, c.border, c.fill,
				c.text)
		}
		fmt.Fprintf(&b, "%s%s [%s, label=\"%s\"];\n", indent, n.id, look, dotLines(n.lines))
	}
	for at, group := range g.groups {
		indent := "  "
		if group.name != "" {
			fmt.Fprintf(&b, "  subgraph cluster_g%d {\n    label=\"%s\";\n", at, dotText("namespace "+group.name))
			indent = "    "
		}
		for _, n := range group.nodes {
			write(indent, n)
		}
		for _, bundle := range group.bundles {
			fmt.Fprintf(&b, "%ssubgraph cluster_%s {\n%s  label=\"%s\";\n", indent, bundle.id, indent,
				dotLines(bundle.lines))
			if c, coloured := colours[bundle.colour]; coloured {
				fmt.Fprintf(&b, "%s  color=\"%s\";\n", indent, c.border)
			}
			for _, n := range bundle.nodes {
				write(indent+"  ", n)
			}
			fmt.Fprintf(&b, "%s}\n", indent)
		}
		if group.name != "" {
			b.WriteString("  }\n")
		}
	}
	for _, e := range g.edges {
		attributes := dotStrokes[e.stroke]
		from, bundled := g.first(e.from)
		if bundled {
			attributes = append(slices.Clip(attributes), "ltail=cluster_"+e.from)
		}
		to, bundled := g.first(e.to)
		if bundled {
			attributes = append(slices.Clip(attributes), "lhead=cluster_"+e.to)
		}
		fmt.Fprintf(&b, "  %s -> %s", from, to)
		if len(attributes) > 0 {
			fmt.Fprintf(&b, " [%s]", strings.Join(attributes, ", "))
		}
		b.WriteString(";\n")
	}
	b.WriteString("}\n")
	return written(w, b.String())
}

var dotShapes = map[shape]string{
	step: "shape=box", source: "shape=ellipse", entry: "shape=box, style=rounded", danger: "shape=octagon, penwidth=3",
	target: "shape=box, peripheries=2",
}

var dotStrokes = map[stroke][]string{dotted: {"style=dashed"}, thick: {"penwidth=3"}}

func dotLines(lines []string) string {
	texts := make([]string, len(lines))
	for i, line := range lines {
		texts[i] = dotText(line)
	}
	return strings.Join(texts, `\n`)
}

// dotText is a text for a quoted string. In labels a backslash begins an escape, and `&` an HTML entity.
func dotText(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "&", "&amp;", "\n", " ", "\r", " ", "\x00", "").Replace(s)
}
