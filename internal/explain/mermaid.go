package explain

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

// Mermaid writes the ways in as a Mermaid flowchart (mermaid.js.org/syntax/flowchart.html), which GitHub and GitLab
// show in Markdown. Every label is quoted, and what Mermaid, Markdown or HTML could take for syntax is written as an
// entity.
func Mermaid(w io.Writer, e Explanation) error {
	g := draw(e)
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	var classes []string
	for at, group := range g.groups {
		indent := "  "
		if group.name != "" {
			fmt.Fprintf(&b, "  subgraph g%d[\"%s\"]\n", at, mermaidText("namespace "+group.name))
			indent = "    "
		}
		write := func(indent string, n node) {
			form, class := mermaidShapes[n.shape], ""
			if _, coloured := colours[n.colour]; coloured {
				class = ":::" + n.colour
				classes = append(classes, n.colour)
			}
			fmt.Fprintf(&b, "%s%s%s\"%s\"%s%s\n", indent, n.id, form[0], mermaidLines(n.lines), form[1], class)
		}
		for _, n := range group.nodes {
			write(indent, n)
		}
		for _, bundle := range group.bundles {
			fmt.Fprintf(&b, "%ssubgraph %s[\"%s\"]\n", indent, bundle.id, mermaidLines(bundle.lines))
			for _, n := range bundle.nodes {
				write(indent+"  ", n)
			}
			fmt.Fprintf(&b, "%send\n", indent)
		}
		if group.name != "" {
			b.WriteString("  end\n")
		}
	}
	for _, e := range g.edges {
		fmt.Fprintf(&b, "  %s %s %s\n", e.from, mermaidStrokes[e.stroke], e.to)
	}
	for _, group := range g.groups {
		for _, bundle := range group.bundles {
			if c, coloured := colours[bundle.colour]; coloured {
				fmt.Fprintf(&b, "  style %s stroke:%s\n", bundle.id, c.border)
			}
		}
	}
	for _, verdict := range append([]string{open}, severities...) {
		if c := colours[verdict]; slices.Contains(classes, verdict) {
			fmt.Fprintf(&b, "  classDef %s fill:%s,stroke:%s,color:%s\n", verdict, c.fill, c.border, c.text)
		}
	}
	return written(w, b.String())
}

func mermaidLines(lines []string) string {
	texts := make([]string, len(lines))
	for i, line := range lines {
		texts[i] = mermaidText(line)
	}
	return strings.Join(texts, "<br/>")
}

// mermaidShapes are what stands around the label of a node.
var mermaidShapes = map[shape][2]string{
	step: {"[", "]"}, source: {"((", "))"}, entry: {"([", "])"}, danger: {"{{", "}}"}, target: {"[[", "]]"},
}

var mermaidStrokes = map[stroke]string{plain: "-->", dotted: "-.->", thick: "==>"}

// mermaidText is a text for a quoted label: letters, digits and harmless marks as they are, everything else by its
// number (`#35;`), which is how Mermaid writes entities.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" .,:/-()=+", r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}

func written(w io.Writer, s string) error {
	if _, err := io.WriteString(w, s); err != nil {
		return fmt.Errorf("writing the picture: %w", err)
	}
	return nil
}
