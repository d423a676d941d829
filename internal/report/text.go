package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/dittoguard/dittoguard/internal/check"
)

// Options say how Text writes.
type Options struct {
	// Color adds ANSI escapes for a terminal.
	Color bool
	// Verbose also shows the findings that no mode asks for, and each finding's keys.
	Verbose bool
}

// Text writes the result for people. A finding looks like this; what to do is said once for all findings of a rule:
//
//	deploy/gateway.yaml:14: deny: preauth-exposed (critical, guide 1)
//	  Deployment ditto/gateway
//	  A public way in reaches a gateway that believes the identity a client sends.
//	    Internet
//	    → Ingress ditto/api (ditto.example.com/api)
//	    → Service ditto/gateway:8080
//
//	  Fix:
//	    Switch pre-authentication off:
//	    …
func Text(w io.Writer, result check.Result, opts Options) error {
	t := text{opts: opts, fixed: map[[2]string]bool{}}
	result = ordered(result)
	var shown []check.Finding
	for _, f := range result.Findings {
		if f.Action != check.ActionNone || opts.Verbose {
			shown = append(shown, f)
		}
	}
	for len(shown) > 0 {
		n := 1
		for n < len(shown) && shown[n].Rule == shown[0].Rule && shown[n].Action == shown[0].Action {
			n++
		}
		t.group(shown[:n])
		shown = shown[n:]
	}
	t.unknowns(result.Unknown)
	t.summary(result)
	if _, err := w.Write(t.out.Bytes()); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

type text struct {
	out  bytes.Buffer
	opts Options
	// fixed holds the rules and fixes that were printed.
	fixed map[[2]string]bool
}

// group writes the findings of one rule that lead to the same, and then how to fix them.
func (t *text) group(findings []check.Finding) {
	for _, f := range findings {
		t.finding(f)
	}
	printed := map[string]bool{}
	for _, f := range findings {
		key := [2]string{f.Rule, f.Fix}
		switch {
		case strings.TrimSpace(f.Fix) == "" || printed[f.Fix]:
			continue
		case t.fixed[key]:
			printed[f.Fix] = true
			fmt.Fprintf(&t.out, "  %s as for %s above\n\n", t.paint(bold, "Fix:"), clean(f.Rule))
			continue
		}
		t.fixed[key], printed[f.Fix] = true, true
		fmt.Fprintf(&t.out, "  %s\n", t.paint(bold, "Fix:"))
		t.block("    ", f.Fix)
		t.out.WriteByte('\n')
	}
}

func (t *text) finding(f check.Finding) {
	action, color := string(f.Action), colors[f.Action]
	if f.Action == check.ActionNone {
		action = "off"
	}
	fmt.Fprintf(&t.out, "%s%s: %s (%s)\n", place(f.File, f.Line), t.paint(color, action), t.paint(bold, clean(f.Rule)), about(f))
	fmt.Fprintf(&t.out, "  %s\n", clean(f.Subject.String()))
	t.block("  ", f.Message)
	for i, hop := range f.Path {
		arrow := "→ "
		if i == 0 {
			arrow = ""
		}
		fmt.Fprintf(&t.out, "    %s%s\n", t.paint(dim, arrow), clean(hop))
	}
	if t.opts.Verbose {
		for _, key := range f.Keys {
			fmt.Fprintf(&t.out, "  %s\n", t.paint(dim, "key "+clean(key)))
		}
	}
	t.out.WriteByte('\n')
}

// about is what the parentheses behind a rule's name say.
func about(f check.Finding) string {
	parts := []string{clean(string(f.Severity))}
	if f.Guide != "" {
		parts = append(parts, "guide "+clean(f.Guide))
	}
	return strings.Join(parts, ", ")
}

func (t *text) unknowns(unknowns []check.Unknown) {
	if len(unknowns) == 0 {
		return
	}
	fmt.Fprintf(&t.out, "%s\n", t.paint(bold, "Could not be decided:"))
	for _, u := range unknowns {
		rule := ""
		if u.Rule != "" {
			rule = " (" + clean(u.Rule) + ")"
		}
		fmt.Fprintf(&t.out, "%s%s: %s%s\n", place(u.File, u.Line), t.paint(cyan, "unknown"), clean(u.What), rule)
		fmt.Fprintf(&t.out, "  %s\n", clean(u.Subject.String()))
		t.block("  ", u.Message)
	}
	t.out.WriteByte('\n')
}

// summary writes the last line: `12 objects: 1 denied, 2 warnings, 1 audited, 3 unknown`.
func (t *text) summary(result check.Result) {
	count := map[check.Action]int{}
	for _, f := range result.Findings {
		count[f.Action]++
	}
	var parts []string
	add := func(n int, color, one, many string) {
		switch {
		case n == 1:
			parts = append(parts, t.paint(color, "1 "+one))
		case n > 1:
			parts = append(parts, t.paint(color, fmt.Sprintf("%d %s", n, many)))
		}
	}
	add(count[check.ActionDeny], red, "denied", "denied")
	add(count[check.ActionWarn], yellow, "warning", "warnings")
	add(count[check.ActionAudit], cyan, "audited", "audited")
	if t.opts.Verbose {
		add(count[check.ActionNone], dim, "in no mode", "in no mode")
	}
	if len(parts) == 0 {
		// Green is for what is certain.
		color := green
		if len(result.Unknown) > 0 {
			color = ""
		}
		parts = append(parts, t.paint(color, "no findings"))
	}
	add(len(result.Unknown), cyan, "unknown", "unknown")
	objects := fmt.Sprintf("%d objects", result.Summary.Objects)
	if result.Summary.Objects == 1 {
		objects = "1 object"
	}
	if result.Summary.Objects == 0 && len(result.Findings)+len(result.Unknown) == 0 {
		objects, parts = "no objects", []string{"nothing was judged"}
	}
	fmt.Fprintf(&t.out, "%s: %s\n", objects, strings.Join(parts, ", "))
}

// block writes a text of several lines, indented.
func (t *text) block(indent, s string) {
	for line := range strings.SplitSeq(strings.Trim(s, "\n"), "\n") {
		if line = strings.TrimRight(line, " \t\r"); line == "" {
			t.out.WriteByte('\n')
			continue
		}
		fmt.Fprintf(&t.out, "%s%s\n", indent, clean(line))
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
