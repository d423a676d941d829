package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/explain"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// extensions are the formats for programs, each with the ending of its golden files.
var extensions = map[string]string{
	"sarif": "sarif", "junit": "xml", "github": "txt", "gitlab": "json", "markdown": "md", "html": "html",
}

// hostileName is what a name must not do to whoever shows it: a tag, a table's cell, code, a link, a mention, a command of a
// workflow, the end of a CDATA section, a column of an escape.
const hostileName = "<script>alert(1)</script>|`x` ](https://evil.example) @all #1 ::error::x%0A ]]> ##[warning]y \x1b[2J\u202e"

// inputs are what every format has to write.
func inputs(t *testing.T) map[string]Input {
	t.Helper()
	builtin, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	some := slices.DeleteFunc(builtin, func(r rules.HardeningRule) bool {
		return r.Metadata.Name != "preauth-exposed" && r.Metadata.Name != "edge-tls"
	})
	installations := []check.Installation{{Namespace: "ditto", Releases: []string{"4.6"}, Components: []string{"gateway"}, Entries: 1}}
	bad := preauth(7, hostileName)
	bad.Subject.Name, bad.File, bad.Advice = hostileName, "dir/"+hostileName+".yaml", "Change "+hostileName+"."
	bad.Entry = &inventory.Ref{APIVersion: "networking.k8s.io/v1", Kind: "Ingress", Namespace: "ditto", Name: hostileName}
	bad.Message = hostileName + "\nsecond line"
	evil := check.Result{Findings: []check.Finding{bad}, Installations: installations, Summary: check.Summary{Objects: 1, Denied: 1}, Unknown: []check.Unknown{
		{Rule: "edge-tls", Subject: bad.Subject, What: hostileName, Message: hostileName, File: "a.yaml", Line: 3}}}
	in := func(result check.Result) Input {
		result.Installations = installations
		objects := []*inventory.Object{
			{Ref: ingress, Source: inventory.Source{File: "/repository/deploy/ingress.yaml", Line: 3}},
			{Ref: gateway, Source: inventory.Source{File: "deploy/gateway.yaml", Line: 14}},
		}
		explained := func() (explain.Explanation, error) { return explanation(result), nil }
		return Input{Result: result, Explain: explained, Rules: some, Version: "1.2.3", Root: "/repository", Objects: objects, FailsOn: []string{"deny"}}
	}
	return map[string]Input{
		"hole":    in(check.Result{Findings: []check.Finding{preauth(14, "a.example.com")}, Summary: check.Summary{Objects: 3, Denied: 1}}),
		"mixed":   in(mixed()),
		"unknown": in(check.Result{Unknown: mixed().Unknown, Summary: check.Summary{Objects: 3}}),
		"clean":   in(check.Result{Summary: check.Summary{Objects: 1}}),
		"hostile": in(evil),
	}
}

// explanation is what there would be to explain of a result: a way in for each finding about one.
func explanation(result check.Result) explain.Explanation {
	i := explain.Installation{Namespace: "ditto", Components: []explain.Component{{
		Component: "gateway", Workload: gateway, Container: "gateway", File: "deploy/gateway.yaml", Line: 14,
		TrustModel: &explain.TrustModel{Model: explain.ModelProxy, Why: "pre-authentication is on", Wanted: "auto"},
		Settings:   []explain.Setting{{Name: "preAuthentication", Title: "pre-authentication", State: "on", Source: "env ENABLE_PRE_AUTHENTICATION"}},
	}}}
	for _, f := range result.Findings {
		if len(f.Path) == 0 || f.Action == check.ActionNone {
			continue
		}
		w := explain.Way{
			Entry: opener(f), Kind: opener(f).Kind, Via: opener(f).String(), Public: true, Component: "gateway", Target: f.Subject, Port: "http",
			Verdict: string(f.Action), Findings: []explain.Finding{{Rule: f.Rule, Severity: string(f.Severity), Action: string(f.Action), Message: f.Message, Cause: f.Cause}},
		}
		for _, hop := range f.Path[1:] {
			w.Steps = append(w.Steps, explain.Step{Object: f.Subject, Text: hop})
		}
		w.Steps[0].Object = w.Entry
		i.WaysIn = append(i.WaysIn, w)
	}
	return explain.Explanation{Installations: []explain.Installation{i}}
}

// written is what a format makes of an input.
func written(t *testing.T, format string, in Input) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, format, in); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFormatsAreGolden(t *testing.T) {
	for format, extension := range extensions {
		for name, in := range inputs(t) {
			t.Run(format+"/"+name, func(t *testing.T) {
				got := written(t, format, in)
				if format == "html" {
					got = withoutLooks(got)
				}
				path := filepath.Join("testdata", format, name+"."+extension)
				if *update {
					if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(path, got, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), string(got)); diff != "" {
					t.Errorf("%s (-want +got); go test -update rewrites it:\n%s", path, diff)
				}
			})
		}
	}
}

// withoutLooks is a page without its style, its script, and their digests.
func withoutLooks(page []byte) []byte {
	page = bytes.Replace(page, []byte(pageCSS), nil, 1)
	page = bytes.Replace(page, []byte(pageJS), nil, 1)
	return regexp.MustCompile(`sha256-[^ ]*&#39;`).ReplaceAll(page, []byte("sha256-…"))
}

func TestJUnitIsXMLAndCounts(t *testing.T) {
	for name, in := range inputs(t) {
		var got junitSuites
		if err := xml.Unmarshal(written(t, "junit", in), &got); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var cases, failures, errs, skipped int
		for _, suite := range got.Suites {
			for _, c := range suite.Cases {
				cases++
				for n, is := range map[*int]bool{&failures: c.Failure != nil, &errs: c.Error != nil, &skipped: c.Skipped != nil} {
					if is {
						*n++
					}
				}
			}
		}
		if want := (junitCounts{cases, failures, errs, skipped}); got.junitCounts != want || cases == 0 {
			t.Errorf("%s: it says %+v, and has %+v", name, got.junitCounts, want)
		}
	}
}

// TestJUnitFailsAsTheCommandDoes: warnings and unknowns fail a test if the command fails on them.
func TestJUnitFailsAsTheCommandDoes(t *testing.T) {
	counts := func(name string, failsOn ...string) junitCounts {
		in := inputs(t)[name]
		in.FailsOn = failsOn
		var got junitSuites
		if err := xml.Unmarshal(written(t, "junit", in), &got); err != nil {
			t.Fatal(err)
		}
		return got.junitCounts
	}
	for _, test := range []struct {
		name    string
		failsOn string
		want    junitCounts
	}{
		{"mixed", "deny", junitCounts{Tests: 5, Failures: 1, Skipped: 3}},
		{"mixed", "warn", junitCounts{Tests: 5, Failures: 2, Skipped: 3}},
		{"mixed", "unknown", junitCounts{Tests: 5, Failures: 1, Errors: 3}},
		{"clean", "unknown", junitCounts{Tests: 2}},
	} {
		if got := counts(test.name, test.failsOn); got != test.want {
			t.Errorf("%s, failing on %s: %+v, expected %+v", test.name, test.failsOn, got, test.want)
		}
	}
}

// TestJUnitHasASuiteForEachInstallation: what is of none is in one of its own.
func TestJUnitHasASuiteForEachInstallation(t *testing.T) {
	in := inputs(t)["hole"]
	in.Result.Installations = append(in.Result.Installations, check.Installation{Namespace: "other", Components: []string{"gateway"}})
	edge := in.Result.Findings[0]
	edge.Subject.Namespace, edge.Cause = "edge", "another"
	in.Result.Findings = append(in.Result.Findings, edge)
	var got junitSuites
	if err := xml.Unmarshal(written(t, "junit", in), &got); err != nil {
		t.Fatal(err)
	}
	failures := map[string]int{}
	for _, suite := range got.Suites {
		failures[suite.Name] = suite.Failures
	}
	want := map[string]int{"Ditto in namespace ditto": 1, "Ditto in namespace other": 0, "objects of several Dittos, or of none": 1}
	if diff := cmp.Diff(want, failures); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
}

// TestNothingIsACommandButOurs: no name and no message begins a line of its own, or ends a property.
func TestNothingIsACommandButOurs(t *testing.T) {
	command := regexp.MustCompile(`^::(error|warning|notice) (file=[^:,\n]*,line=\d+,)?title=[^:,\n]*::[^\n]*$`)
	for name, in := range inputs(t) {
		for line := range strings.Lines(string(written(t, "github", in))) {
			if !command.MatchString(strings.TrimSuffix(line, "\n")) {
				t.Errorf("%s: %q", name, line)
			}
		}
	}
}

func TestGitHubsLimitOfAnnotationsIsSaid(t *testing.T) {
	in := inputs(t)["clean"]
	for n := range 12 {
		f := preauth(n+1, "a.example.com")
		f.Cause = strconv.Itoa(n)
		in.Result.Findings = append(in.Result.Findings, f)
	}
	lines := strings.Split(strings.TrimSpace(string(written(t, "github", in))), "\n")
	if last := lines[len(lines)-1]; len(lines) != 11 || last != "dittoguard: 2 errors more; GitHub shows 10 annotations of a type" {
		t.Errorf("%d lines, the last one %q", len(lines), last)
	}
}

func TestGitLabsFingerprintsAreUnique(t *testing.T) {
	in := inputs(t)["mixed"]
	in.Result.Findings = append(in.Result.Findings, in.Result.Findings...)
	in.Result.Unknown = append(in.Result.Unknown, in.Result.Unknown...)
	var issues []gitlabIssue
	if err := json.Unmarshal(written(t, "gitlab", in), &issues); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, i := range issues {
		if seen[i.Fingerprint] || i.Location.Path == "" || i.Location.Lines.Begin < 1 {
			t.Errorf("%+v", i)
		}
		seen[i.Fingerprint] = true
	}
	if len(issues) < 15 {
		t.Errorf("%d issues", len(issues))
	}
}

// TestMarkdownHasNothingOfANameButText: outside of the picture, whose labels explain tests, no character of a name is syntax.
func TestMarkdownHasNothingOfANameButText(t *testing.T) {
	text := string(written(t, "markdown", inputs(t)["hostile"]))
	for _, bad := range []string{"<script", "`x`", "](", "@all", "#1 ", "|&", "\x1b", "\u202e"} {
		if strings.Contains(text, bad) {
			t.Errorf("it has %q:\n%s", bad, text)
		}
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "|") && strings.Count(line, "|") != 5 {
			t.Errorf("a row of another table: %s", line)
		}
	}
}

func TestMarkdownFitsInAComment(t *testing.T) {
	in := inputs(t)["clean"]
	for n := range 2000 {
		f := preauth(n+1, strings.Repeat("ü", 20)+strconv.Itoa(n)+".example.com")
		f.Cause = strconv.Itoa(n)
		f.Path[1] += strconv.Itoa(n)
		in.Result.Findings = append(in.Result.Findings, f)
	}
	result := in.Result
	in.Explain = func() (explain.Explanation, error) { return explanation(result), nil }
	text := string(written(t, "markdown", in))
	if n := len([]rune(text)); n > 65536 || n < 40000 {
		t.Errorf("%d characters", n)
	}
	if !regexp.MustCompile(`and \d+ more, for which a comment has no space`).MatchString(text) || strings.Count(text, "```")%2 != 0 {
		t.Errorf("what is cut is not said:\n%s", text[len(text)-1000:])
	}
}
