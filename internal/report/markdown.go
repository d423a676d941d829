package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/explain"
)

const (
	// mostMarkdown is a little less than the 65,536 characters that a comment on GitHub can have.
	mostMarkdown = 65000
	// mostDrawn is how large the picture may get: GitHub gives up on one of more than 50,000 characters or 500 lines.
	mostDrawn = 20000
)

// markdown writes a comment for a pull request: what would be refused, what to change, and a picture of the ways in.
func markdown(w io.Writer, in Input) error {
	result := in.shown()
	page := comment{}
	page.WriteString("### dittoguard: " + mdText(verdictWords(result)) + "\n\n")
	for _, i := range result.Installations {
		page.add(mdText(installed(i)) + "\n\n")
	}
	page.add(mdTable(result))
	page.causes(in, "", result)
	var parts []string
	groups, rest := check.Unlisted(result.Unknown)
	for _, g := range groups {
		parts = append(parts, "- every "+mdText(g.Title)+": "+mdText(firstLine(g.Message))+"\n")
	}
	for _, r := range check.Together(rest) {
		parts = append(parts, in.mdUnknown(r))
	}
	page.list("Unknown", parts)
	if err := page.picture(in); err != nil {
		return err
	}
	if len(result.Causes) > 0 {
		page.add("About a rule: `dittoguard rules show RULE`.\n")
	}
	if _, err := io.WriteString(w, page.String()); err != nil {
		return fmt.Errorf("writing Markdown: %w", err)
	}
	return nil
}

// comment grows as long as there is space; then it is said what is left out.
type comment struct{ strings.Builder }

// reserve is what is kept for saying what is left out.
const reserve = 400

func (c *comment) add(block string) bool {
	if c.Len()+len(block)+reserve > mostMarkdown {
		return false
	}
	c.WriteString(block)
	return true
}

// list writes items under a title, as many as there is space for.
func (c *comment) list(title string, items []string) {
	if len(items) == 0 {
		return
	}
	c.WriteString("#### " + title + "\n\n")
	for i, item := range items {
		if !c.add(item) {
			fmt.Fprintf(c, "- and %d more, for which a comment has no space\n", len(items)-i)
			break
		}
	}
	c.WriteByte('\n')
}

// causes lists what is found, by what it leads to; the first letter of a title without anything before it is large.
func (c *comment) causes(in Input, before string, result check.Result) {
	for _, action := range asked {
		var parts []string
		for _, cause := range result.Causes {
			if cause.Action == action {
				parts = append(parts, in.mdCause(cause))
			}
		}
		title := before + did[action]
		c.list(strings.ToUpper(title[:1])+title[1:], parts)
	}
}

// picture draws the ways in on which something is found.
func (c *comment) picture(in Input) error {
	if in.Explain == nil {
		return nil
	}
	all, err := in.Explain()
	if err != nil {
		return err
	}
	total := 0
	for _, i := range all.Installations {
		total += len(i.WaysIn)
	}
	for most := total; most > 0; most /= 2 {
		some, drawn := worst(all, most)
		if drawn == 0 {
			return nil
		}
		var b bytes.Buffer
		if err := explain.Mermaid(&b, some); err != nil {
			return err
		}
		if b.Len() > mostDrawn {
			continue
		}
		title := "The ways in on which something is found"
		if drawn < total {
			title += fmt.Sprintf(" (%d of %d)", drawn, total)
		}
		if !c.add("<details><summary>" + title + "</summary>\n\n```mermaid\n" + b.String() + "```\n\n</details>\n\n") {
			c.WriteString("The ways in are not drawn, for which a comment has no space.\n\n")
		}
		return nil
	}
	return nil
}

// worst are as many of the ways on which something is found, those on which something is denied first; nothing else.
func worst(all explain.Explanation, most int) (explain.Explanation, int) {
	n := 0
	var some explain.Explanation
	for _, i := range all.Installations {
		i.Components = nil
		ways := i.WaysIn
		i.WaysIn = nil
		for _, verdict := range []string{explain.VerdictDeny, explain.VerdictWarn} {
			for _, w := range ways {
				if w.Verdict == verdict && n < most {
					i.WaysIn = append(i.WaysIn, w)
					n++
				}
			}
		}
		some.Installations = append(some.Installations, i)
	}
	return some, n
}

// verdictWords is `2 denied, 1 warning, 3 unknown`.
func verdictWords(result check.Result) string {
	var parts []string
	if n := result.Summary.Denied; n > 0 {
		parts = append(parts, fmt.Sprintf("%d denied", n))
	}
	if n := result.Summary.Warned; n > 0 {
		parts = append(parts, counted(n, "warning", "warnings"))
	}
	if len(parts) == 0 {
		parts = append(parts, "no findings")
	}
	if n := len(result.Unknown); n > 0 {
		parts = append(parts, fmt.Sprintf("%d unknown", n))
	}
	return strings.Join(parts, ", ")
}

func mdTable(result check.Result) string {
	rows := rowsOf(result)
	if len(rows) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| rule | severity | guide | |\n|---|---|---|---|\n")
	for _, r := range rows {
		var counts []string
		for _, action := range []check.Action{check.ActionDeny, check.ActionWarn, check.ActionAudit} {
			if n := r.counts[action]; n > 0 {
				counts = append(counts, fmt.Sprintf("%d %s", n, did[action]))
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", mdText(r.Rule), mdText(string(r.Severity)), mdText(r.Guide),
			strings.Join(counts, ", "))
	}
	return b.String() + "\n"
}

func (in Input) mdCause(c check.Cause) string {
	var b strings.Builder
	fmt.Fprintf(&b, "- **%s** (%s): %s%s  \n  %s", mdText(c.Rule), mdText(string(c.Severity)),
		mdText(c.Subject.String()), in.mdPlace(c.File, c.Line), mdText(firstLine(c.Message)))
	if c.Advice != "" {
		fmt.Fprintf(&b, "  \n  **Fix:** %s", mdText(c.Advice))
	}
	b.WriteByte('\n')
	if len(c.Example) > 0 {
		title := "the way in"
		if c.Ways > 1 {
			title = fmt.Sprintf("%d ways in, one of them", c.Ways)
		}
		fmt.Fprintf(&b, "  <details><summary>%s</summary>\n\n", title)
		for i, hop := range c.Example {
			fmt.Fprintf(&b, "  %d. %s\n", i+1, mdText(hop))
		}
		b.WriteString("  </details>\n")
	}
	return b.String()
}

func (in Input) mdUnknown(r check.Reason) string {
	u := r.About[0]
	text := "- "
	if len(r.Rules) > 0 {
		text += "**" + mdText(strings.Join(r.Rules, ", ")) + "**: "
	}
	text += mdText(u.Subject.String()) + in.mdPlace(u.File, u.Line) + "  \n  " + mdText(u.What) + ": " +
		mdText(firstLine(u.Message))
	if n := len(r.About) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	return text + "\n"
}

func (in Input) mdPlace(file string, line int) string {
	if at := strings.TrimSuffix(place(in.relative(file), line), ": "); at != "" {
		return " (" + mdText(at) + ")"
	}
	return ""
}

// mdText is a text that stays one, whatever is in it: what Markdown or HTML could take for syntax is written as an
// entity, and what GitHub makes a mention or a reference of is cut by a comment.
func mdText(s string) string {
	var b strings.Builder
	for _, r := range clean(s) {
		switch {
		case r == '@' || r == '#':
			fmt.Fprintf(&b, "&#%d;<!-- -->", r)
		case unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" .,:;/-()=+'\"?", r) ||
			r > unicode.MaxASCII && unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "&#%d;", r)
		}
	}
	return b.String()
}

// installed is `Ditto 4.6 in namespace ditto: gateway; 1 entry from outside`.
func installed(i check.Installation) string {
	line := "Ditto"
	if len(i.Releases) > 0 {
		line += " " + strings.Join(i.Releases, " and ")
	}
	line += " in namespace " + clean(i.Namespace) + ": " + strings.Join(i.Components, ", ") + "; "
	if i.Entries == 0 {
		return line + "no entry from outside"
	}
	return line + counted(i.Entries, "entry", "entries") + " from outside"
}

// rowsOf are the rules that find something, in the order of the findings.
func rowsOf(result check.Result) []*row {
	var rows []*row
	for _, f := range result.Findings {
		if f.Action == check.ActionNone {
			continue
		}
		i := slices.IndexFunc(rows, func(r *row) bool { return r.Rule == f.Rule })
		if i < 0 {
			i = len(rows)
			rows = append(rows, &row{Finding: f, counts: map[check.Action]int{}})
		}
		rows[i].counts[f.Action]++
	}
	return rows
}
