package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v210 "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/dittoguard/dittoguard/internal/check"
)

// replaced carries replacements out, as who reads SARIF does: regions are those of the text as it was.
func replaced(t testing.TB, text string, list []*v210.Replacement) string {
	t.Helper()
	lines := strings.SplitAfter(text, "\n")
	offset := func(line, column int) int {
		if line < 1 || line > len(lines) || column < 1 || column > len([]rune(lines[line-1]))+1 {
			t.Fatalf("there is no column %d of line %d in %q", column, line, text)
		}
		return len(strings.Join(lines[:line-1], "")) + len(string([]rune(lines[line-1])[:column-1]))
	}
	for _, r := range slices.Backward(list) {
		first, end := offset(*r.DeletedRegion.StartLine, *r.DeletedRegion.StartColumn), offset(*r.DeletedRegion.EndLine, *r.DeletedRegion.EndColumn)
		inserted := ""
		if r.InsertedContent != nil {
			inserted = *r.InsertedContent.Text
		}
		text = text[:first] + inserted + text[end:]
	}
	return text
}

func TestReplacements(t *testing.T) {
	texts := []string{"", "a\n", "a", "a\nb\nc\n", "a\nb\nc", "a\nc\n", "ä\nb\nc\nd", "x\ny\n", "\n\n", "a\nb\nc\nd\ne\n", "a\nB\nc\nD\ne"}
	for _, before := range texts {
		for _, after := range texts {
			list := replacements(before, after)
			if got := replaced(t, before, list); got != after {
				t.Errorf("%q: %q, want %q", before, got, after)
			}
			if (len(list) == 0) != (before == after) {
				t.Errorf("%q to %q: %d replacements", before, after, len(list))
			}
		}
	}
	if list := replacements("a\nb\nc\nd\ne\n", "a\nB\nc\nD\ne\n"); len(list) != 2 || *list[0].DeletedRegion.StartLine != 2 || *list[0].DeletedRegion.EndLine != 3 {
		t.Errorf("what stays is replaced, too: %d", len(list))
	}
}

func FuzzReplacements(f *testing.F) {
	f.Add("a\nb", "b\n\n")
	f.Fuzz(func(t *testing.T, before, after string) {
		before, after = strings.ToValidUTF8(before, ""), strings.ToValidUTF8(after, "")
		if got := replaced(t, before, replacements(before, after)); got != after {
			t.Errorf("%q: %q, want %q", before, got, after)
		}
	})
}

// TestSARIFHasFixes: a finding that a patch of files mends has it, others have none, and the schema knows it.
func TestSARIFHasFixes(t *testing.T) {
	in := inputs(t)["mixed"]
	of := in.shown().Findings[0]
	in.Patches = func() (func(check.Finding) []Patch, error) {
		return func(f check.Finding) []Patch {
			if f.Rule != of.Rule || f.Message != of.Message {
				return nil
			}
			return []Patch{
				{"Set it to \"false\" [here](x).", []PatchedFile{{"/repository/deploy/a b.yaml", "a: 1\nb: true\n", "a: 1\nb: false\n"}}},
				{"Take it out.", []PatchedFile{{"c.yaml", "a: 1\nb: true", "a: 1\n"}}},
			}
		}, nil
	}
	report := readSARIF(t, written(t, "sarif", in))
	if err := report.Validate(); err != nil {
		t.Error(err)
	}
	type fix struct {
		text, file, inserted       string
		line, column, end, endLast int
	}
	var got []fix
	with := 0
	for _, r := range report.Runs[0].Results {
		if len(r.Fixes) > 0 {
			with++
		}
		for _, f := range r.Fixes {
			change := f.ArtifactChanges[0]
			region := change.Replacements[0].DeletedRegion
			one := fix{*f.Description.Text, *change.ArtifactLocation.URI, "", *region.StartLine, *region.StartColumn, *region.EndLine, *region.EndColumn}
			if content := change.Replacements[0].InsertedContent; content != nil {
				one.inserted = *content.Text
			}
			got = append(got, one)
		}
	}
	want := []fix{
		{`Set it to "false" [here] (x).`, "deploy/a%20b.yaml", "b: false\n", 2, 1, 3, 1},
		{"Take it out.", "c.yaml", "", 2, 1, 2, 8},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(fix{})); diff != "" || with != 1 {
		t.Error(with, diff)
	}
}
