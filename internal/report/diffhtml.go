package report

import (
	"io"

	"github.com/dittoguard/dittoguard/internal/check"
)

// htmlChange is a list of what changes, under a title.
type htmlChange struct {
	Title, Class string
	Lines        []string
}

// diffHTML writes a Diff as the page of a result: first what changes, then the later state, in which only what is new
// is found.
func diffHTML(w io.Writer, d Diff) error {
	view := newHTMLView(Input{Version: d.Version, Root: d.Root})
	result := check.Sorted(d.Compared.New)
	shown := Input{Result: result}.shown()
	view.Judged, view.Title, view.Compared = true, "What a change does", d.From+" → "+d.To
	view.Data.Compared = true
	view.judged(shown)
	view.Verdict = d.verdict()
	for _, c := range []htmlChange{
		{"Opens", "warn", lines(d.Compared.Opened, changedWay)},
		{"Closes", "clean", lines(d.Compared.Closed, changedWay)},
		{"Settings", "", lines(d.Settings, changedSetting)},
		{"Gone", "clean", settled(d.Compared.Gone)}, {"Less", "clean", settled(d.Compared.Less)},
	} {
		if len(c.Lines) > 0 {
			view.Changes = append(view.Changes, c)
		}
	}
	if d.Explain != nil {
		e, err := d.Explain()
		if err != nil {
			return err
		}
		view.explained(e, nil)
	}
	view.namespaces(shown)
	return view.write(w)
}
