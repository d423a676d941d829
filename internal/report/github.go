package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/dittoguard/dittoguard/internal/check"
)

// mostAnnotations is how many annotations of a type GitHub shows for a step
// (docs.github.com/en/actions/reference/limits).
const mostAnnotations = 10

// github writes commands of GitHub's workflows, which become annotations of the files of a pull request
// (docs.github.com/en/actions/reference/workflow-commands-for-github-actions). Of a cause there is one, the worst
// first.
func github(w io.Writer, in Input) error {
	result := in.shown()
	var b strings.Builder
	count := map[string]int{}
	annotate := func(kind, file string, line int, title, text string) {
		if count[kind]++; count[kind] > mostAnnotations {
			return
		}
		var properties []string
		if file != "" {
			properties = append(properties, "file="+escapeProperty(clean(in.relative(file))),
				fmt.Sprintf("line=%d", max(1, line)))
		}
		properties = append(properties, "title="+escapeProperty(clean(title)))
		fmt.Fprintf(&b, "::%s %s::%s\n", kind, strings.Join(properties, ","), escapeData(text))
	}
	for _, c := range result.Causes {
		text := clean(c.Subject.String()) + ": " + cleanLines(c.Message)
		if len(c.Example) > 0 {
			text += "\nway: " + clean(strings.Join(c.Example, " → "))
		}
		if c.Advice != "" {
			text += "\nfix: " + clean(c.Advice)
		}
		annotate(githubTypes[c.Action], c.File, c.Line, c.Rule+": "+c.Title, text)
	}
	for _, r := range check.Together(result.Unknown) {
		u := r.About[0]
		title := "unknown"
		if len(r.Rules) > 0 {
			title += ": " + strings.Join(r.Rules, ", ")
		}
		annotate("notice", u.File, u.Line, title, clean(u.Subject.String())+": "+clean(u.What)+": "+
			cleanLines(u.Message))
	}
	var cut []string
	for _, kind := range []string{"error", "warning", "notice"} {
		if n := count[kind] - mostAnnotations; n > 0 {
			cut = append(cut, counted(n, kind, kind+"s"))
		}
	}
	if len(cut) > 0 {
		fmt.Fprintf(&b, "dittoguard: %s more; GitHub shows %d annotations of a type\n", strings.Join(cut, ", "),
			mostAnnotations)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing annotations: %w", err)
	}
	return nil
}

var githubTypes = map[check.Action]string{check.ActionDeny: "error", check.ActionWarn: "warning",
	check.ActionAudit: "notice"}

// escapeData and escapeProperty are what GitHub's own toolkit does (actions/toolkit, packages/core/src/command.ts).
func escapeData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func escapeProperty(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}
