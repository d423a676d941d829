package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/explain"
)

// Diff is how one set of objects differs from an earlier one.
type Diff struct {
	// From and To are what people call the earlier and the later one.
	From, To string
	Compared check.Comparison
	// Root is the folder that files are named from.
	Root     string
	Settings []explain.SettingChange
	Options  Options
	// Version is dittoguard's. Explain says what Ditto there is in the later one, with what is new on its ways in.
	Version string
	Explain func() (explain.Explanation, error)
}

// DiffFormats are the formats of a Diff, the usual one first.
var DiffFormats = []string{"text", "json", "markdown", "html"}

// WriteDiff writes a Diff in the format of a name.
func WriteDiff(w io.Writer, name string, d Diff) error {
	switch name {
	case "text":
		return diffText(w, d)
	case "json":
		return diffJSON(w, d)
	case "markdown":
		return diffMarkdown(w, d)
	case "html":
		return diffHTML(w, d)
	}
	return fmt.Errorf("there is no format %q", name)
}

// diffJSON writes a Diff for programs. Fields are only ever added, and no list is null.
func diffJSON(w io.Writer, d Diff) error {
	sorted := check.Sorted(d.Compared.New)
	shown := func(list []check.Finding) []check.Finding {
		list = check.Sorted(check.Result{Findings: list}).Findings
		return slices.DeleteFunc(list, func(f check.Finding) bool { return f.Action == check.ActionNone })
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(struct {
		Old      string                  `json:"old"`
		New      string                  `json:"new"`
		Opened   []check.ChangedWay      `json:"opened"`
		Closed   []check.ChangedWay      `json:"closed"`
		Settings []explain.SettingChange `json:"settings"`
		Findings []check.Finding         `json:"findings"`
		Gone     []check.Finding         `json:"gone"`
		Less     []check.Finding         `json:"less"`
		Unknown  []check.Unknown         `json:"unknown"`
		Summary  check.Summary           `json:"summary"`
	}{
		d.From, d.To, append([]check.ChangedWay{}, d.Compared.Opened...),
		append([]check.ChangedWay{}, d.Compared.Closed...),
		append([]explain.SettingChange{}, d.Settings...), shown(d.Compared.New.Findings), shown(d.Compared.Gone),
		shown(d.Compared.Less),
		sorted.Unknown, sorted.Summary,
	})
	if err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}

// mostRoutes is how many routes of a way are named.
const mostRoutes = 4

// changedWay is a way in that opens or closes, in a line.
func changedWay(way check.ChangedWay) string {
	line := way.Entry.String()
	if !way.Public {
		line += " (internal)"
	}
	line += " to " + way.Component
	if way.Port != "" {
		line += ", port " + way.Port
	}
	if way.Entry != way.Target {
		line += ", of " + way.Target.String()
	}
	switch n := len(way.Routes); {
	case n > mostRoutes:
		line += fmt.Sprintf(": %s and %d more", strings.Join(way.Routes[:mostRoutes], ", "), n-mostRoutes)
	case n > 0:
		line += ": " + strings.Join(way.Routes, ", ")
	}
	if way.Partly {
		line += "; the rest stays"
	}
	if way.Doubted {
		line += "; a step of it is not read"
	}
	return line
}

// changedSetting is a setting that differs, in a line.
func changedSetting(s explain.SettingChange) string {
	line := s.Component + " of " + s.Workload.String()
	switch {
	case s.Name == "" && s.New == "":
		return line + " runs no more"
	case s.Name == "":
		return line + " is new"
	}
	line += ": " + s.Title + ": " + cmp.Or(s.Old, "not there") + ", now " + cmp.Or(s.New, "not there")
	if s.Source != "" {
		line += " (" + s.Source + ")"
	}
	return line
}

// lines are a line for each of a list.
func lines[T any](list []T, line func(T) string) []string {
	all := make([]string, 0, len(list))
	for _, item := range list {
		all = append(all, line(item))
	}
	return all
}

// settled names findings that some mode asks for, those of one subject and entry once.
func settled(findings []check.Finding) []string {
	var names []string
	for _, f := range check.Sorted(check.Result{Findings: findings}).Findings {
		name := f.Rule + ": " + f.Subject.String()
		if f.Entry != nil && *f.Entry != f.Subject {
			name += " over " + f.Entry.String()
		}
		if f.Action != check.ActionNone && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// verdict sums a Diff up in a line.
func (d Diff) verdict() string {
	var changes, found []string
	add := func(list *[]string, n int, one, many string) {
		if n > 0 {
			*list = append(*list, counted(n, one, many))
		}
	}
	add(&changes, len(d.Compared.Opened), "way in opens", "ways in open")
	add(&changes, len(d.Compared.Closed), "way in closes", "ways in close")
	add(&changes, len(d.Settings), "setting changes", "settings change")
	if len(changes) == 0 {
		changes = []string{"no known way in and no setting changes"}
	}
	add(&found, d.Compared.New.Summary.Denied, "denied", "denied")
	add(&found, d.Compared.New.Summary.Warned, "warning", "warnings")
	add(&found, len(d.Compared.New.Unknown), "unknown", "unknown")
	line := strings.Join(changes, ", ") + "; "
	if len(found) == 0 {
		line += "nothing new is found"
	} else {
		line += "new: " + strings.Join(found, ", ")
	}
	if gone := len(settled(d.Compared.Gone)); gone > 0 {
		line += fmt.Sprintf("; gone: %d", gone)
	}
	return line
}
