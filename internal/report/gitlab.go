package report

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// gitlabIssue is an entry of a code quality report (docs.gitlab.com/ci/testing/code_quality).
type gitlabIssue struct {
	Description string         `json:"description"`
	Check       string         `json:"check_name"`
	Fingerprint string         `json:"fingerprint"`
	Severity    string         `json:"severity"`
	Location    gitlabLocation `json:"location"`
}

type gitlabLocation struct {
	Path  string      `json:"path"`
	Lines gitlabLines `json:"lines"`
}

type gitlabLines struct {
	Begin int `json:"begin"`
}

// gitlabSeverities are those of rules in GitLab's words. What is only audited, and what is unknown, is `info`.
var gitlabSeverities = map[rules.Severity]string{
	rules.Critical: "blocker", rules.High: "critical", rules.Medium: "major", rules.Low: "minor",
}

// gitlab writes a code quality report.
func gitlab(w io.Writer, in Input) error {
	result := in.shown()
	issues := []gitlabIssue{}
	prints := prints{}
	for _, f := range result.Findings {
		text := clean(f.Subject.String()) + ": " + firstLine(f.Message)
		if f.Advice != "" {
			text += ". Fix: " + clean(f.Advice)
		}
		severity := gitlabSeverities[f.Severity]
		if f.Action == check.ActionAudit || severity == "" {
			severity = "info"
		}
		issues = append(issues, gitlabIssue{text, f.Rule, prints.finding(f), severity,
			in.gitlabLocation(f.Subject, f.File, f.Line)})
	}
	for _, u := range result.Unknown {
		name := u.Rule
		if name == "" {
			name = undecided
		}
		text := "unknown: " + clean(u.Subject.String()) + ": " + clean(u.What) + ": " + firstLine(u.Message)
		issues = append(issues, gitlabIssue{text, name, prints.unknown(u), "info",
			in.gitlabLocation(u.Subject, u.File, u.Line)})
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(issues); err != nil {
		return fmt.Errorf("writing the code quality report: %w", err)
	}
	return nil
}

// gitlabLocation is where an object was read. An issue has to have a path: of an object in a cluster it is the object's
// name.
func (in Input) gitlabLocation(object inventory.Ref, file string, line int) gitlabLocation {
	if file == "" {
		return gitlabLocation{Path: clean(object.String()), Lines: gitlabLines{Begin: 1}}
	}
	return gitlabLocation{Path: clean(in.relative(file)), Lines: gitlabLines{Begin: max(1, line)}}
}
