// Package ruledocs says how the guide's checklist is covered. Its tests make the pages that people read about the
// rules, from the rules, their fixtures and rules/guide.yaml: docs/coverage.md, docs/rules and docs/unknowns.md.
package ruledocs

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/dittoguard/dittoguard/rules"
)

// words are the coverages for people.
var words = map[rules.Coverage]string{
	rules.Covered: "covered", rules.Partly: "partly", rules.Missing: "missing", rules.Cannot: "cannot be seen",
}

// Totals counts the lines of the checklist: `36 lines: 20 covered (56%), 8 partly (22%), …`.
func Totals(g rules.Guide) string {
	count, all := g.Count(), 0
	for _, n := range count {
		all += n
	}
	var parts []string
	for _, c := range rules.Coverages() {
		parts = append(parts, fmt.Sprintf("%d %s (%s)", count[c], words[c], percent(count[c], all)))
	}
	return fmt.Sprintf("%d lines: %s", all, strings.Join(parts, ", "))
}

// Visible counts the lines that Kubernetes can show and that rules judge: `27 of 30 that can be seen (90%)`.
func Visible(g rules.Guide) string {
	count := g.Count()
	judged := count[rules.Covered] + count[rules.Partly]
	visible := judged + count[rules.Missing]
	return fmt.Sprintf("%d of %d that can be seen (%s)", judged, visible, percent(judged, visible))
}

// percent is a share, rounded to the nearest.
func percent(n, of int) string {
	if of == 0 {
		return "0%"
	}
	return fmt.Sprintf("%d%%", (100*n+of/2)/of)
}

// width is how many columns a line of text has.
const width = 120

// Text writes the checklist for a terminal.
func Text(w io.Writer, g rules.Guide) error {
	var b strings.Builder
	for _, s := range g.Sections {
		fmt.Fprintf(&b, "%s  %s\n", s.Section, s.Title)
		for _, i := range s.Items {
			fmt.Fprintf(&b, "   %-14s  ", words[i.Coverage()])
			wrapped(&b, 19, i.Item)
			if names := i.Judges(); len(names) > 0 {
				b.WriteString(strings.Repeat(" ", 21))
				wrapped(&b, 21, "rules: "+strings.Join(names, ", "))
			}
			if remark := i.Remark(); remark != "" {
				b.WriteString(strings.Repeat(" ", 21))
				wrapped(&b, 21, remark)
			}
		}
		b.WriteByte('\n')
	}
	if len(g.Beyond) > 0 {
		b.WriteString("Beyond the guide\n")
		for _, r := range g.Beyond {
			fmt.Fprintf(&b, "   %s\n%s", r.Rule, strings.Repeat(" ", 21))
			wrapped(&b, 21, r.Why)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%s\njudged by rules: %s\n", Totals(g), Visible(g))
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the checklist: %w", err)
	}
	return nil
}

// wrapped writes words, of which the first stands at a column already, in lines that begin at that column.
func wrapped(b *strings.Builder, column int, text string) {
	at := column
	for n, word := range strings.Fields(text) {
		length := utf8.RuneCountInString(word)
		switch {
		case n > 0 && at+1+length > width:
			b.WriteString("\n" + strings.Repeat(" ", column))
			at = column
		case n > 0:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += length
	}
	b.WriteByte('\n')
}
