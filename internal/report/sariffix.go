package report

import (
	"strings"
	"unicode/utf8"

	"github.com/pmezard/go-difflib/difflib"

	v210 "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/dittoguard/dittoguard/internal/check"
)

// Patch is a change of files that mends a finding.
type Patch struct {
	Message string
	Files   []PatchedFile
}

// PatchedFile is a file as it is, and as it is to be.
type PatchedFile struct{ Name, Before, After string }

// patches are those of each finding, none where there is nobody who finds them.
func (in Input) patches() (func(check.Finding) []Patch, error) {
	if in.Patches == nil {
		return func(check.Finding) []Patch { return nil }, nil
	}
	return in.Patches()
}

// fix is a patch as replacements of lines.
func (s *sarifRun) fix(p Patch) *v210.Fix {
	f := v210.NewFix().WithDescription(message(clean(p.Message)))
	for _, file := range p.Files {
		change := v210.NewArtifactChange().
			WithArtifactLocation(v210.NewArtifactLocation().WithURI(s.in.uri(file.Name)).WithURIBaseID(sourceRoot))
		for _, r := range replacements(file.Before, file.After) {
			change.AddReplacement(r)
		}
		f.AddArtifactChange(change)
	}
	return f
}

// replacements make one text of another, by whole lines. The regions are those of the text as it was (SARIF 2.1.0,
// 3.57.3).
func replacements(before, after string) []*v210.Replacement {
	old, now := strings.SplitAfter(before, "\n"), strings.SplitAfter(after, "\n")
	// The end of line n is the beginning of the next one, or its last column if there is none.
	at := func(n int) (line, column int) {
		if n < len(old) {
			return n + 1, 1
		}
		return len(old), 1 + utf8.RuneCountInString(old[len(old)-1])
	}
	var list []*v210.Replacement
	for _, op := range difflib.NewMatcherWithJunk(old, now, false, nil).GetOpCodes() {
		if op.Tag == 'e' {
			continue
		}
		region := v210.NewRegion()
		line, column := at(op.I1)
		region.WithStartLine(line).WithStartColumn(column)
		line, column = at(op.I2)
		region.WithEndLine(line).WithEndColumn(column)
		r := v210.NewReplacement().WithDeletedRegion(region)
		if text := strings.Join(now[op.J1:op.J2], ""); text != "" {
			r.WithInsertedContent(v210.NewArtifactContent().WithText(text))
		}
		list = append(list, r)
	}
	return list
}
