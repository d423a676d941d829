package report

import (
	"fmt"
	"io"
	"slices"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/explain"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// Input is what every format is made of.
type Input struct {
	Result check.Result
	// Notes are what there is to know of what was judged: what was left out, and what was read otherwise than one might
	// think.
	Notes []string
	// Rules are those that were judged by.
	Rules []rules.HardeningRule
	// Version is dittoguard's.
	Version string
	// Options are for text.
	Options Options
	// Root is the folder from which files are named in formats that know relative names alone: where the command runs.
	Root string
	// Objects are those that were judged. They say where each step of a way in was read.
	Objects []*inventory.Object
	// FailsOn are the actions, and `unknown`, because of which the command fails.
	FailsOn []string
	// Explain says what Ditto there is, for formats that show more than findings; nil if that is not known.
	Explain func() (explain.Explanation, error)
	// Patches finds the patches of files that mend findings, for formats that have a place for them; nil where no files
	// were read.
	Patches func() (func(check.Finding) []Patch, error)
}

// format writes a result in one form; there is a file for each.
type format struct {
	name  string
	write func(io.Writer, Input) error
}

var formats = []format{
	{"text", func(w io.Writer, in Input) error {
		opts := in.Options
		opts.Plan = in.Patches != nil
		return Text(w, in.Result, opts)
	}},
	{"wide", func(w io.Writer, in Input) error { return Wide(w, in.Result, in.Options) }},
	{"json", func(w io.Writer, in Input) error { return JSON(w, in.Result, in.Notes...) }},
	{"sarif", sarif},
	{"junit", junit},
	{"github", github},
	{"gitlab", gitlab},
	{"markdown", markdown},
	{"html", html},
}

// Names are the names of the formats, the usual one first.
func Names() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// Write writes a result in the format of a name.
func Write(w io.Writer, name string, in Input) error {
	i := slices.IndexFunc(formats, func(f format) bool { return f.name == name })
	if i < 0 {
		return fmt.Errorf("there is no format %q", name)
	}
	return formats[i].write(w, in)
}

// shown is the result in order, with the findings that some mode asks for.
func (in Input) shown() check.Result {
	result := check.Sorted(in.Result)
	result.Findings = slices.DeleteFunc(result.Findings,
		func(f check.Finding) bool { return f.Action == check.ActionNone })
	return result
}
