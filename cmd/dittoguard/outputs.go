package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/dittoguard/dittoguard/internal/report"
)

// verdictFormats are the formats of a verdict, the first without being asked for.
var verdictFormats = report.Names()

var whenToColour = []string{"auto", "always", "never"}

// outputOptions say in which formats a verdict is written, and where.
type outputOptions struct {
	// formats are those that there are, the first without being asked for.
	formats []string
	outputs []string
	color   string
}

// formatsOf says which formats there are, before flags are added; those of a verdict if it is not called.
func (o *outputOptions) formatsOf(formats []string) { o.formats = formats }

func (o *outputOptions) addFlags(cmd *cobra.Command) {
	if o.formats == nil {
		o.formats = verdictFormats
	}
	formats := o.formats
	cmd.Flags().StringArrayVarP(&o.outputs, "output", "o", formats[:1],
		"`FORMAT[=FILE]`: "+oneOf(formats)+"; can be repeated, one of them without a file")
	completes(cmd, "output", formats)
	cmd.Flags().StringVar(&o.color, "color", "auto",
		"colour in text: "+oneOf(whenToColour)+"; auto is for terminals, unless NO_COLOR is set")
	completes(cmd, "color", whenToColour)
}

// completes has shells offer the values of a flag.
func completes(cmd *cobra.Command, flag string, values []string) {
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc(flag,
		cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)))
}

func (o *outputOptions) validate() error {
	var errs []error
	onStdout := 0
	files := map[string]bool{}
	for _, output := range o.outputs {
		format, file, named := strings.Cut(output, "=")
		switch {
		case !slices.Contains(o.formats, format):
			errs = append(errs, fmt.Errorf("--output: expected %s, found %q", oneOf(o.formats), format))
		case named && file == "":
			errs = append(errs, fmt.Errorf("--output: %q names no file", output))
		case named && files[filepath.Clean(file)]:
			errs = append(errs, fmt.Errorf("--output: %s is named twice", file))
		case named:
			files[filepath.Clean(file)] = true
		default:
			onStdout++
		}
	}
	if onStdout > 1 {
		errs = append(errs, errors.New("--output: two formats for standard output; give one of them a file: FORMAT=FILE"))
	}
	if o.color != "" && !slices.Contains(whenToColour, o.color) { // empty where there is no such flag
		errs = append(errs, fmt.Errorf("--color: expected %s, found %q", oneOf(whenToColour), o.color))
	}
	return errors.Join(errs...)
}

// write writes every output of a verdict; text for standard output is left out if it is to be silent.
func (o *outputOptions) write(stdout io.Writer, input report.Input, silent bool) error {
	return o.each(stdout, silent, func(w io.Writer, format string, opts report.Options) error {
		input.Options = opts
		return report.Write(w, format, input)
	})
}

// each writes every output. A file is there whole or not at all.
func (o *outputOptions) each(stdout io.Writer, silent bool, write func(io.Writer, string, report.Options) error) error {
	var errs []error
	for _, output := range o.outputs {
		format, file, named := strings.Cut(output, "=")
		if !named {
			if silent && (format == "text" || format == "wide") {
				continue
			}
			errs = append(errs, write(stdout, format, o.options(stdout)))
			continue
		}
		if err := whole(file, func(w io.Writer) error { return write(w, format, report.Options{}) }); err != nil {
			errs = append(errs, fmt.Errorf("--output: %w", err))
		}
	}
	return errors.Join(errs...)
}

// options are how text is written to where somebody may look at it.
func (o *outputOptions) options(w io.Writer) report.Options {
	terminal := isTerminal(w)
	opts := report.Options{Color: o.color == "always" || o.color == "auto" && terminal && os.Getenv("NO_COLOR") == "" &&
		os.Getenv("TERM") != "dumb"}
	if file, ok := w.(*os.File); ok && terminal {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil {
			opts.Width = width
		}
	}
	return opts
}

// whole writes a file by way of a temporary one, so that nobody ever sees half of it.
func whole(file string, write func(io.Writer) error) (err error) {
	temporary, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("writing %s: %w", file, err), ignoreMissing(os.Remove(temporary.Name())))
		}
	}()
	if err := errors.Join(write(temporary), temporary.Chmod(0o644), temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), file)
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// oneOf is `a or b`, `a, b or c`.
func oneOf(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// isTerminal says whether somebody looks at what is written.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
