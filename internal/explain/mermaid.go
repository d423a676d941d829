package explain

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Mermaid writes the ways in as a Mermaid flowchart (mermaid.js.org/syntax/flowchart.html), which GitHub and GitLab show in
// Markdown. Every label is quoted, and what Mermaid, Markdown or HTML could take for syntax is written as an entity.
func Mermaid(w io.Writer, e Explanation) error {
	g := draw(e)
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	for n, group := range g.groups {
		indent := "  "
		if group.name != "" {
			fmt.Fprintf(&b, "  subgraph g%d[\"%s\"]\n", n, mermaidText("namespace "+group.name))
			indent = "    "
		}
		for _, node := range group.nodes {
			form := mermaidShapes[node.shape]
			lines := make([]string, len(node.lines))
			for i, line := range node.lines {
				lines[i] = mermaidText(line)
			}
			fmt.Fprintf(&b, "%s%s%s\"%s\"%s\n", indent, node.id, form[0], strings.Join(lines, "<br/>"), form[1])
		}
		if group.name != "" {
			b.WriteString("  end\n")
		}
	}
	for _, e := range g.edges {
		fmt.Fprintf(&b, "  %s %s %s\n", e.from, mermaidStrokes[e.stroke], e.to)
	}
	return written(w, b.String())
}

// mermaidShapes are what stands around the label of a node.
var mermaidShapes = map[shape][2]string{
	step: {"[", "]"}, source: {"((", "))"}, entry: {"([", "])"}, danger: {"{{", "}}"}, target: {"[[", "]]"},
}

var mermaidStrokes = map[stroke]string{plain: "-->", dotted: "-.->", thick: "==>"}

// mermaidText is a text for a quoted label: letters, digits and harmless marks as they are, everything else by its number
// (`#35;`), which is how Mermaid writes entities.
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
