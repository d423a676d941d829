package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/check"
)

// Wide writes every finding for people, hop by hop. Each line that begins with a file names a subject; the ways in
// follow, and what to do is said once for all findings of a rule:
//
//	deploy/gateway.yaml:14: deny: preauth-exposed (critical, guide 1): Deployment ditto/gateway
//	  A public way in reaches a gateway that believes the identity a client sends.
//	    Ingress ditto/api: ditto.example.com/api (Prefix)
//	    → Service ditto/gateway, port 8080 (http)
//
//	  Fix: Switch pre-authentication off.
//	   or: …
func Wide(w io.Writer, result check.Result, opts Options) error {
	t := newText(opts)
	result = check.Sorted(result)
	var shown []check.Finding
	for _, f := range result.Findings {
		if f.Action != check.ActionNone || opts.Verbose {
			shown = append(shown, f)
		}
	}
	for _, group := range runs(shown, func(a, b check.Finding) bool {
		return a.Rule == b.Rule && a.Action == b.Action
	}) {
		t.group(group)
	}
	t.unknowns(result.Unknown)
	t.exceptions(result.Exceptions)
	t.summary(result, true)
	if _, err := w.Write(t.out.Bytes()); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

type text struct {
	out   bytes.Buffer
	opts  Options
	width int
	// shared is what need not be said of each cause; advised are the rules that a piece of advice was given for.
	shared  shared
	advised map[string]string
	// shown are the ways in that were printed.
	shown map[string]bool
	// explained says that the numbers behind names were explained.
	explained bool
	// fixed holds the rules and fixes that were printed.
	fixed map[string]bool
}

func newText(opts Options) *text {
	t := &text{opts: opts, width: max(leastWidth, opts.Width), advised: map[string]string{}, shown: map[string]bool{},
		fixed: map[string]bool{}}
	if opts.Width == 0 {
		t.width = usualWidth
	}
	return t
}

// group writes the findings of one rule that lead to the same, and then how to fix them.
func (t *text) group(findings []check.Finding) {
	sections := runs(findings, func(a, b check.Finding) bool {
		return a.Subject == b.Subject && a.File == b.File && a.Line == b.Line
	})
	for len(sections) > 0 {
		// Subjects of which there is the same to say share it.
		n := 1
		for n < len(sections) && !t.opts.Verbose && alike(sections[0], sections[n]) {
			n++
		}
		for _, section := range sections[:n] {
			t.heading(section[0])
		}
		t.body(sections[0])
		sections = sections[n:]
	}
	var printed [][]string
	for _, f := range findings {
		fixes := fixesOf(f)
		if len(fixes) == 0 || slices.ContainsFunc(printed, func(p []string) bool { return slices.Equal(p, fixes) }) {
			continue
		}
		printed = append(printed, fixes)
		key := f.Rule + "\n" + strings.Join(fixes, "\n")
		if t.fixed[key] {
			fmt.Fprintf(&t.out, "  %s as for %s above\n\n", t.paint(bold, "Fix:"), clean(f.Rule))
			continue
		}
		t.fixed[key] = true
		for i, fix := range fixes {
			if i == 0 {
				fmt.Fprintf(&t.out, "  %s %s\n", t.paint(bold, "Fix:"), clean(fix))
			} else {
				fmt.Fprintf(&t.out, "   %s %s\n", t.paint(bold, "or:"), clean(fix))
			}
		}
		t.out.WriteByte('\n')
	}
}

// fixesOf are the ways to mend a finding, of which any one does: the fixes that apply or, if there are none, what the
// rule says.
func fixesOf(f check.Finding) []string {
	switch {
	case len(f.Fixes) > 0 && f.Advice == "":
		return f.Fixes[1:] // its message says the first
	case len(f.Fixes) > 0:
		return f.Fixes
	}
	if f.Advice != "" {
		return []string{f.Advice}
	}
	return nil
}

// runs cuts a list where its neighbours are not of the same kind.
func runs[T any](list []T, same func(a, b T) bool) [][]T {
	var out [][]T
	for start, i := 0, 1; start < len(list); i++ {
		if i == len(list) || !same(list[start], list[i]) {
			out = append(out, list[start:i])
			start = i
		}
	}
	return out
}

// alike says whether the findings on two subjects read the same. Those with a way in never do, nor do their keys.
func alike(a, b []check.Finding) bool {
	return slices.EqualFunc(a, b, func(a, b check.Finding) bool {
		return len(a.Path)+len(b.Path) == 0 && a.Message == b.Message && slices.Equal(a.Routes, b.Routes)
	})
}

// heading is the line of a subject: `deploy/gateway.yaml:14: deny: RULE (critical, guide 1): Deployment ditto/gateway`.
func (t *text) heading(f check.Finding) {
	action, color := string(f.Action), colors[f.Action]
	if f.Action == check.ActionNone {
		action = "off"
	}
	fmt.Fprintf(&t.out, "%s%s: %s (%s): %s\n",
		place(f.File, f.Line), t.paint(color, action), t.paint(bold, clean(f.Rule)), about(f),
		clean(f.Subject.String()))
}

// body writes what is found on one subject, numbered if that is more than one thing.
func (t *text) body(findings []check.Finding) {
	for n, f := range findings {
		first, indent := "  ", "  "
		if len(findings) > 1 {
			first = fmt.Sprintf("  %d. ", n+1)
			indent = strings.Repeat(" ", len(first))
		}
		t.item(first, indent, f.Message)
		for i, hop := range f.Path {
			arrow := "→ "
			if i == 0 {
				arrow = ""
			}
			fmt.Fprintf(&t.out, "%s  %s%s\n", indent, t.paint(dim, arrow), clean(hop))
		}
		for _, note := range f.Notes {
			fmt.Fprintf(&t.out, "%s  note: %s\n", indent, clean(note))
		}
		if len(f.Routes) > 1 {
			fmt.Fprintf(&t.out, "%s  the same for each of: %s\n", indent, clean(strings.Join(f.Routes, ", ")))
		}
		if t.opts.Verbose {
			for _, key := range f.Keys {
				fmt.Fprintf(&t.out, "%s%s\n", indent, t.paint(dim, "key "+clean(key)))
			}
		}
		t.out.WriteByte('\n')
	}
}

// about is what the parentheses behind a rule's name say.
func about(f check.Finding) string {
	parts := []string{clean(string(f.Severity))}
	if f.Guide != "" {
		parts = append(parts, "guide "+clean(f.Guide))
	}
	return strings.Join(parts, ", ")
}

// exceptions writes what the configuration lets pass.
func (t *text) exceptions(list []check.AppliedException) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(&t.out, "%s\n", t.paint(bold, "Excepted:"))
	for _, e := range list {
		about := e.Subject.String()
		if e.Entry != nil && *e.Entry != e.Subject {
			about += " over " + e.Entry.String()
		}
		fmt.Fprintf(&t.out, "%s: %s until %s (UTC): %s\n", t.paint(bold, clean(e.Rule)), clean(about), e.Until,
			clean(e.Reason))
	}
	t.out.WriteByte('\n')
}

// summary writes the last line: `12 objects: 3 denied (2 preauth-exposed, 1 devops-exposed), 1 warning (1 edge-tls)`.
// Rules counts them by rule, too.
func (t *text) summary(result check.Result, rules bool) {
	var parts []string
	add := func(n int, color, one, many, rules string) {
		switch {
		case n == 1:
			parts = append(parts, t.paint(color, "1 "+one)+rules)
		case n > 1:
			parts = append(parts, t.paint(color, fmt.Sprintf("%d %s", n, many))+rules)
		}
	}
	for _, a := range []struct {
		action    check.Action
		one, many string
	}{
		{check.ActionDeny, "denied", "denied"}, {check.ActionWarn, "warning", "warnings"},
		{check.ActionAudit, "audited", "audited"}, {check.ActionNone, "in no mode", "in no mode"},
	} {
		if a.action != check.ActionNone || t.opts.Verbose {
			n, names := byRule(result.Findings, a.action)
			if !rules {
				names = ""
			}
			add(n, colors[a.action], a.one, a.many, names)
		}
	}
	if len(parts) == 0 {
		// Green is for what is certain.
		color := green
		if len(result.Unknown) > 0 {
			color = ""
		}
		parts = append(parts, t.paint(color, "no findings"))
	}
	add(len(result.Unknown), cyan, "unknown", "unknown", "")
	if b := result.Baseline; b != nil {
		add(b.Known, dim, "known", "known", " ("+clean(b.File)+")")
	}
	objects := fmt.Sprintf("%d objects", result.Summary.Objects)
	if result.Summary.Objects == 1 {
		objects = "1 object"
	}
	if result.Summary.Objects == 0 && len(result.Findings)+len(result.Unknown) == 0 {
		objects, parts = "no objects", []string{"nothing was judged"}
	}
	fmt.Fprintf(&t.out, "%s: %s\n", objects, strings.Join(parts, ", "))
}

// byRule counts the findings that lead to the action: together, and as ` (2 preauth-exposed, 1 devops-exposed)` in the
// order in which they stand in the report.
func byRule(findings []check.Finding, action check.Action) (total int, text string) {
	var names []string
	count := map[string]int{}
	for _, f := range findings {
		if f.Action != action {
			continue
		}
		if count[f.Rule] == 0 {
			names = append(names, f.Rule)
		}
		count[f.Rule]++
		total++
	}
	for i, name := range names {
		names[i] = fmt.Sprintf("%d %s", count[name], clean(name))
	}
	return total, " (" + strings.Join(names, ", ") + ")"
}

// item writes a text of several lines, of which the first is indented otherwise.
func (t *text) item(first, indent, s string) {
	for line := range strings.SplitSeq(strings.Trim(s, "\n"), "\n") {
		if line = strings.TrimRight(line, " \t\r"); line == "" {
			t.out.WriteByte('\n')
		} else {
			fmt.Fprintf(&t.out, "%s%s\n", first, clean(line))
		}
		first = indent
	}
}

// place is the `file:line: ` in front of a finding, nothing for an object of a cluster.
func place(file string, line int) string {
	switch {
	case file == "":
		return ""
	case line == 0:
		return clean(file) + ": "
	default:
		return fmt.Sprintf("%s:%d: ", clean(file), line)
	}
}
