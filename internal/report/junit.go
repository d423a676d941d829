package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// The elements of JUnit's XML that CI systems agree on (github.com/testmoapp/junitxml).
type (
	junitSuites struct {
		XMLName xml.Name `xml:"testsuites"`
		Name    string   `xml:"name,attr"`
		junitCounts
		Suites []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name string `xml:"name,attr"`
		junitCounts
		Cases []junitCase `xml:"testcase"`
	}
	junitCounts struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
	}
	junitCase struct {
		Class   string       `xml:"classname,attr"`
		Name    string       `xml:"name,attr"`
		File    string       `xml:"file,attr,omitempty"`
		Failure *junitReason `xml:"failure,omitempty"`
		Error   *junitReason `xml:"error,omitempty"`
		Skipped *junitReason `xml:"skipped,omitempty"`
		Out     string       `xml:"system-out,omitempty"`
	}
	junitReason struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// junit writes a test for each rule and installation. It fails with the causes of what is denied, and of what is warned
// of if the command fails on that; else a warning is what the test prints. A test that nothing fails and something is
// unknown of is skipped, or is an error if the command fails on what is unknown.
func junit(w io.Writer, in Input) error {
	result := in.shown()
	all := junitSuites{Name: "dittoguard"}
	homes := homesOf(result)
	for _, home := range homes.names {
		suite := junitSuite{Name: home.title}
		for _, rule := range in.named(result) {
			c := in.junitCase(rule, home, homes, result)
			if rule == "" && c.Skipped == nil && c.Error == nil {
				continue
			}
			suite.Cases = append(suite.Cases, c)
			suite.count(c)
		}
		all.Suites = append(all.Suites, suite)
		all.Tests, all.Failures = all.Tests+suite.Tests, all.Failures+suite.Failures
		all.Errors, all.Skipped = all.Errors+suite.Errors, all.Skipped+suite.Skipped
	}
	data, err := xml.MarshalIndent(all, "", "  ")
	if err == nil {
		_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, data)
	}
	if err != nil {
		return fmt.Errorf("writing JUnit: %w", err)
	}
	return nil
}

func (c *junitCounts) count(of junitCase) {
	c.Tests++
	switch {
	case of.Failure != nil:
		c.Failures++
	case of.Error != nil:
		c.Errors++
	case of.Skipped != nil:
		c.Skipped++
	}
}

// named are the rules that something can be said of, and "" for what is about none.
func (in Input) named(result check.Result) []string {
	names := rules.Names(in.Rules)
	for _, f := range result.Findings {
		names = append(names, f.Rule)
	}
	for _, u := range result.Unknown {
		names = append(names, u.Rule)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) == 0 || names[0] != "" {
		names = append([]string{""}, names...)
	}
	return names
}

func (in Input) junitCase(rule string, of home, homes homes, result check.Result) junitCase {
	c := junitCase{Class: "dittoguard." + of.name, Name: clean(rule)}
	if rule == "" {
		c.Name = "what could be read"
	}
	var failing, others []check.Cause
	var unknown []check.Unknown
	for _, cause := range result.Causes {
		switch {
		case cause.Rule != rule || homes.of(cause.Subject) != of.name:
		case cause.Action == check.ActionDeny, cause.Action == check.ActionWarn &&
			slices.Contains(in.FailsOn, string(check.ActionWarn)):
			failing = append(failing, cause)
		default:
			others = append(others, cause)
		}
	}
	for _, u := range result.Unknown {
		if u.Rule == rule && homes.of(u.Subject) == of.name {
			unknown = append(unknown, u)
		}
	}
	if len(failing) > 0 {
		c.Failure = &junitReason{Message: firstLine(failing[0].Message), Type: string(failing[0].Severity),
			Text: in.causesText(failing)}
		c.File = in.relative(failing[0].File)
	}
	if len(unknown) > 0 && c.Failure == nil {
		why := &junitReason{Message: firstLine(unknown[0].What + ": " + unknown[0].Message)}
		if slices.Contains(in.FailsOn, "unknown") {
			why.Type, why.Text = "unknown", in.unknownsText(unknown)
			c.Error = why
		} else {
			c.Skipped = why
			c.Out = in.unknownsText(unknown)
		}
	}
	c.Out += in.causesText(others)
	return c
}

// causesText says what is wrong, and what to change.
func (in Input) causesText(causes []check.Cause) string {
	var b strings.Builder
	for _, c := range causes {
		fmt.Fprintf(&b, "%s%s: %s\n%s\n", place(in.relative(c.File), c.Line), c.Action, clean(c.Subject.String()),
			cleanLines(c.Message))
		for i, hop := range c.Example {
			lead := "  way: "
			if i > 0 {
				lead = "    -> "
			}
			fmt.Fprintf(&b, "%s%s\n", lead, clean(hop))
		}
		if c.Advice != "" {
			fmt.Fprintf(&b, "  fix: %s\n", clean(c.Advice))
		}
	}
	return b.String()
}

func (in Input) unknownsText(unknowns []check.Unknown) string {
	var b strings.Builder
	for _, u := range unknowns {
		fmt.Fprintf(&b, "%sunknown: %s: %s: %s\n", place(in.relative(u.File), u.Line), clean(u.Subject.String()),
			clean(u.What), cleanLines(u.Message))
	}
	return b.String()
}

// firstLine is the first line of a message.
func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return clean(line)
}

// home is an installation, or where objects are that belong to none.
type home struct{ name, title string }

// homes say which installation an object is of, as far as its namespace tells; where there is one alone, everything is
// of it.
type homes struct{ names []home }

const elsewhere = "elsewhere"

func homesOf(result check.Result) homes {
	var h homes
	for _, i := range result.Installations {
		h.names = append(h.names, home{clean(i.Namespace), "Ditto in namespace " + clean(i.Namespace)})
	}
	if len(h.names) == 1 {
		return h
	}
	stray := len(h.names) == 0
	for _, f := range result.Findings {
		stray = stray || h.of(f.Subject) == elsewhere
	}
	for _, u := range result.Unknown {
		stray = stray || h.of(u.Subject) == elsewhere
	}
	if stray {
		title := "objects of several Dittos, or of none"
		if len(h.names) == 0 {
			title = "no Ditto was found"
		}
		h.names = append(h.names, home{elsewhere, title})
	}
	return h
}

func (h homes) of(object inventory.Ref) string {
	if len(h.names) == 1 {
		return h.names[0].name
	}
	if name := clean(object.Namespace); slices.ContainsFunc(h.names, func(k home) bool { return k.name == name }) {
		return name
	}
	return elsewhere
}
