package report

import (
	"fmt"
	"io"
	"slices"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/rules"
)

// Input is what every format is made of.
type Input struct {
	Result check.Result
	// Rules are those that were judged by.
	Rules []rules.HardeningRule
	// Version is dittoguard's.
	Version string
	// Options are for text.
	Options Options
}

// format writes a result in one form; there is a file for each.
type format struct {
	name  string
	write func(io.Writer, Input) error
}

var formats = []format{
	{"text", func(w io.Writer, in Input) error { return Text(w, in.Result, in.Options) }},
	{"wide", func(w io.Writer, in Input) error { return Wide(w, in.Result, in.Options) }},
	{"json", func(w io.Writer, in Input) error { return JSON(w, in.Result) }},
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
