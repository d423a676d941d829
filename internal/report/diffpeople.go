package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/dittoguard/dittoguard/internal/check"
)

// diffText writes a Diff for who reviews a change:
//
//	git:main:deploy → deploy
//
//	OPENS
//	Ingress ditto/api to gateway, port http, of Deployment ditto/gateway: ditto.example.com/devops
//
//	SETTINGS
//	gateway of Deployment ditto/gateway: pre-authentication: off, now on (env ENABLE_PRE_AUTHENTICATION)
//
//	NEW: DENIED
//	preauth-exposed: …
//
//	1 way in opens, 1 setting changes; new: 1 denied
func diffText(w io.Writer, d Diff) error {
	t := newText(d.Options)
	t.wrap("", "  ", clean(d.From)+" → "+clean(d.To))
	t.out.WriteByte('\n')
	result := check.Sorted(d.Compared.New)
	t.list("Opens", yellow, lines(d.Compared.Opened, changedWay))
	t.list("Closes", green, lines(d.Compared.Closed, changedWay))
	t.list("Settings", bold, lines(d.Settings, changedSetting))
	for _, action := range asked {
		before := t.out.Len()
		t.causes(strings.ToUpper("New: "+did[action]), action, result.Causes)
		if t.out.Len() > before {
			t.out.WriteByte('\n')
		}
	}
	t.list("Gone", green, settled(d.Compared.Gone))
	t.list("Less", green, settled(d.Compared.Less))
	t.briefUnknowns(result.Unknown)
	fmt.Fprintf(&t.out, "%s\n", d.verdict())
	if _, err := w.Write(t.out.Bytes()); err != nil {
		return fmt.Errorf("writing the difference: %w", err)
	}
	return nil
}

// list writes lines under a title, nothing if there are none.
func (t *text) list(title, color string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(&t.out, "%s\n", t.paint(color, strings.ToUpper(title)))
	for _, line := range lines {
		t.wrap("", "  ", clean(line))
	}
	t.out.WriteByte('\n')
}

// diffMarkdown writes a Diff as a comment for a pull request.
func diffMarkdown(w io.Writer, d Diff) error {
	in := Input{Root: d.Root}
	result := check.Sorted(d.Compared.New)
	item := func(line string) string { return "- " + mdText(line) + "\n" }
	page := comment{}
	page.WriteString("### dittoguard: " + mdText(d.verdict()) + "\n\n")
	page.add(mdText(d.From+" → "+d.To) + "\n\n")
	page.list("Opens", lines(lines(d.Compared.Opened, changedWay), item))
	page.list("Closes", lines(lines(d.Compared.Closed, changedWay), item))
	page.list("Settings", lines(lines(d.Settings, changedSetting), item))
	page.causes(in, "New: ", result)
	page.list("Gone", lines(settled(d.Compared.Gone), item))
	page.list("Less", lines(settled(d.Compared.Less), item))
	groups, rest := check.Unlisted(result.Unknown)
	var unknown []string
	for _, g := range groups {
		unknown = append(unknown, item("every "+g.Title+": "+firstLine(g.Message)))
	}
	for _, r := range check.Together(rest) {
		unknown = append(unknown, in.mdUnknown(r))
	}
	page.list("Unknown", unknown)
	if _, err := io.WriteString(w, page.String()); err != nil {
		return fmt.Errorf("writing Markdown: %w", err)
	}
	return nil
}
