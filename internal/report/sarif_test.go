package report

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v210 "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/dittoguard/dittoguard/internal/check"
)

// TestSARIFIsValid asks the schema of SARIF 2.1.0, which comes with go-sarif.
func TestSARIFIsValid(t *testing.T) {
	for name, in := range inputs(t) {
		t.Run(name, func(t *testing.T) {
			report := readSARIF(t, written(t, "sarif", in))
			if err := report.Validate(); err != nil {
				t.Error(err)
			}
		})
	}
}

func readSARIF(t *testing.T, data []byte) *v210.Report {
	t.Helper()
	report, err := v210.FromBytes(data, v210.WithStrictValidation())
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestSARIFNamesNoAbsolutePath(t *testing.T) {
	in := inputs(t)["mixed"]
	for i := range in.Result.Findings {
		f := &in.Result.Findings[i]
		if f.File != "" {
			f.File = "/repository/" + f.File
		}
	}
	data := written(t, "sarif", in)
	if bytes.Contains(data, []byte("/repository")) {
		t.Errorf("the root is in:\n%s", data)
	}
	for _, test := range []struct{ file, want string }{
		{"/repository/deploy/a b.yaml", "deploy/a%20b.yaml"}, {"./deploy/a.yaml", "deploy/a.yaml"}, {"/elsewhere/a.yaml", "../elsewhere/a.yaml"},
		{"a:b.yaml", "./a:b.yaml"}, {"stdin", "stdin"},
	} {
		if got := in.uri(test.file); got != test.want {
			t.Errorf("%s: %q, expected %q", test.file, got, test.want)
		}
	}
	in.Root = ""
	if got := in.uri("/elsewhere/a.yaml"); got != "a.yaml" {
		t.Errorf("without a root: %q", got)
	}
}

// fingerprintsOf are those of a report's results, sorted.
func fingerprintsOf(t *testing.T, data []byte) []string {
	t.Helper()
	var list []string
	for _, r := range readSARIF(t, data).Runs[0].Results {
		list = append(list, r.PartialFingerprints["primaryLocationLineHash"])
	}
	slices.Sort(list)
	return list
}

// TestFingerprintsSurviveEdits: neither lines nor the order of objects make a finding another one, and no two are the same.
func TestFingerprintsSurviveEdits(t *testing.T) {
	in := inputs(t)["mixed"]
	again := in.Result.Findings[5] // the same Deployment in another file
	again.File = "deploy/other.yaml"
	in.Result.Findings = append(in.Result.Findings, again)
	before := fingerprintsOf(t, written(t, "sarif", in))
	if n := len(slices.Compact(slices.Clone(before))); n != len(before) || n < 8 {
		t.Errorf("%d fingerprints, %d of them different", len(before), n)
	}
	moved := in
	moved.Result.Findings = slices.Clone(in.Result.Findings)
	moved.Result.Unknown = slices.Clone(in.Result.Unknown)
	slices.Reverse(moved.Result.Findings)
	slices.Reverse(moved.Result.Unknown)
	for i := range moved.Result.Findings {
		moved.Result.Findings[i].Line += 40 - 3*i
	}
	if diff := cmp.Diff(before, fingerprintsOf(t, written(t, "sarif", moved))); diff != "" {
		t.Errorf("after an edit (-before +after):\n%s", diff)
	}
}

// TestSARIFStaysWithinGitHubsLimits: what is left out is said.
func TestSARIFStaysWithinGitHubsLimits(t *testing.T) {
	in := inputs(t)["clean"]
	for n := range mostResults + 7 {
		in.Result.Findings = append(in.Result.Findings, preauth(n, fmt.Sprintf("h%d.example.com", n)))
	}
	in.Result.Findings[3].Action = check.ActionWarn
	run := readSARIF(t, written(t, "sarif", in)).Runs[0]
	if len(run.Results) != mostResults {
		t.Errorf("%d results", len(run.Results))
	}
	notes := run.Invocations[0].ToolExecutionNotifications
	if len(notes) != 1 || !strings.HasPrefix(*notes[0].Message.Text, "7 results are left out, the least severe ones") {
		t.Errorf("it says: %v", notes)
	}
	if slices.ContainsFunc(run.Results, func(r *v210.Result) bool { return r.Level == v210.LevelWarning }) {
		t.Error("a warning is kept, and something denied is left out")
	}
	for _, rule := range run.Tool.Driver.Rules {
		if n := len(rule.Properties.Tags); n > 20 {
			t.Errorf("%s: %d tags", *rule.ID, n)
		}
	}
}
