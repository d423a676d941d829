// Package evidence makes docs/evidence.md: which facts about other people's software were seen on that software, with which version
// and when.
//
// A folder beside this one runs software and records what it does in testdata. testdata/claims.json lists what follows from that, and
// the test that compares the record with how dittoguard reads the same.
package evidence

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// About says what was run; every record has one, under this name.
type About struct {
	// Software is what was run, with its version: `Ditto 3.9.6`.
	Software string
	// On is what it ran on, with versions.
	On []string `json:",omitempty"`
	// Note is what is special about it: that it is not what its makers publish, and why.
	Note string `json:",omitempty"`
	// Date is the day of the run, as in 2026-11-29.
	Date string
}

// Claim is a fact, and what shows it.
type Claim struct {
	Claim string
	// Test is the Go test that fails if dittoguard reads it otherwise.
	Test string
	// Records are the files that it reads; a star stands for anything.
	Records string
}

// Page is docs/evidence.md, made of the folders beneath a root.
func Page(root string) (string, error) {
	var b strings.Builder
	b.WriteString(head)
	folders, err := filepath.Glob(filepath.Join(root, "*", "testdata", "claims.json"))
	if err != nil {
		return "", err
	}
	notes := map[string]bool{}
	for _, file := range folders {
		folder := filepath.Dir(filepath.Dir(file))
		fmt.Fprintf(&b, "\n## %s\n\n| What was seen | On | When | Compared by |\n| --- | --- | --- | --- |\n", filepath.Base(folder))
		var claims []Claim
		if err := load(file, &claims); err != nil {
			return "", err
		}
		for _, c := range claims {
			if err := c.hasTest(folder); err != nil {
				return "", err
			}
			software, dates, err := c.read(folder, notes)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&b, "| %s | %s | %s | `%s` |\n", c.Claim, strings.Join(software, "<br>"), strings.Join(dates, "<br>"), c.Test)
		}
	}
	b.WriteString("\n## What was run\n\n")
	for _, note := range slices.Sorted(maps.Keys(notes)) {
		fmt.Fprintf(&b, "- %s\n", note)
	}
	return b.String(), nil
}

const head = `<!-- Generated from test/prove by ` + "`make generate`" + `. -->
# Evidence

What dittoguard takes for granted about other software, and where that was seen: on the software itself, run by ` + "`make prove`" + `, which
records what it does. ` + "`make test`" + ` compares the records with how dittoguard reads the same objects, without that software.
`

// read finds what a claim was seen on, and when.
func (c Claim) read(folder string, notes map[string]bool) (software, dates []string, err error) {
	files, err := filepath.Glob(filepath.Join(folder, "testdata", c.Records))
	if err != nil || len(files) == 0 {
		return nil, nil, fmt.Errorf("%s: no record %s: %w", folder, c.Records, err)
	}
	for _, file := range files {
		var record struct{ About About }
		if err := load(file, &record); err != nil {
			return nil, nil, err
		}
		a := record.About
		if a.Software == "" || a.Date == "" {
			return nil, nil, fmt.Errorf("%s does not say what was run, or when", file)
		}
		software = append(software, a.Software)
		if !slices.Contains(dates, a.Date) {
			dates = append(dates, a.Date)
		}
		note := a.Software
		if len(a.On) > 0 {
			note += ", on " + strings.Join(a.On, ", ")
		}
		if a.Note != "" {
			note += ": " + a.Note
		}
		notes[note] = true
	}
	return software, dates, nil
}

// hasTest says whether the test is there: one that was renamed proves nothing.
func (c Claim) hasTest(folder string) error {
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		return err
	}
	is := regexp.MustCompile(`(?m)^func ` + regexp.QuoteMeta(c.Test) + `\(`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if is.Match(text) {
			return nil
		}
	}
	return fmt.Errorf("%s: there is no test %s for %q", folder, c.Test, c.Claim)
}

func load(file string, into any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
