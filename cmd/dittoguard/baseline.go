package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/dittoguard/dittoguard/internal/baseline"
	"github.com/dittoguard/dittoguard/internal/check"
)

// baselineOptions say which findings are known.
type baselineOptions struct {
	baselineFile, writeFile string
}

func (o *baselineOptions) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.baselineFile, "baseline", "",
		"`file` with findings that are known; what it does not have, and what lets in more, is judged")
	cmd.Flags().StringVar(&o.writeFile, "write-baseline", "",
		"write what is found to this `file`, and count it as known; keeps its reasons and owners")
	for _, name := range []string{"baseline", "write-baseline"} {
		cobra.CheckErr(cmd.MarkFlagFilename(name, "yaml", "yml"))
	}
}

func (o *baselineOptions) validate() error {
	if o.baselineFile != "" && o.writeFile != "" {
		return errors.New("--baseline and --write-baseline: expected one of the two; the latter keeps what people wrote into its file")
	}
	return nil
}

// baselined says whether findings are compared with what is known.
func (o *baselineOptions) baselined() bool { return o.baselineFile != "" || o.writeFile != "" }

// judgedBy is the verdict, without what is known. It writes down what is, if that is asked for.
func (o *baselineOptions) judgedBy(stderr io.Writer, checker *check.Checker, judged *check.Judged) (check.Result,
	error) {
	if !o.baselined() {
		return judged.Result(), nil
	}
	known, err := o.known(stderr, checker, judged)
	if err != nil {
		return check.Result{}, err
	}
	result, matched, settled := judged.Beyond(known.Known())
	result.Baseline = &check.Baselined{File: known.File, Known: settled}
	for i, e := range known.Entries {
		if !matched[i] && checker.Judges(e.Rule) {
			result.Baseline.Stale = append(result.Baseline.Stale, check.StaleEntry{Rule: e.Rule, Subject: e.Subject,
				Entry: e.Entry, Line: e.Line})
			warn(stderr, "%s:%d: nothing is wrong there any more: %s; --write-baseline leaves it out", known.File,
				e.Line, about(e.Known))
		}
	}
	return result, nil
}

// known reads the baseline, or writes it.
func (o *baselineOptions) known(stderr io.Writer, checker *check.Checker, judged *check.Judged) (*baseline.Baseline,
	error) {
	if o.writeFile == "" {
		return baseline.Load(o.baselineFile)
	}
	before, err := baseline.Load(o.writeFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	// What is not judged now is neither known to be wrong nor to be mended.
	known := baseline.Of(judged.Known(), before, func(k check.Known) bool { return !checker.Judges(k.Rule) })
	known.File = o.writeFile
	for _, e := range known.Entries {
		if !e.Provable() {
			warn(stderr, "%s: stays new, since not enough is known of what it lets in", about(e.Known))
		}
	}
	if err := whole(o.writeFile, known.Write); err != nil {
		return nil, fmt.Errorf("--write-baseline: %w", err)
	}
	return known, nil
}

// about names what is known.
func about(k check.Known) string {
	text := fmt.Sprintf("%s: %s", k.Rule, k.Subject)
	if k.Entry != nil && *k.Entry != k.Subject {
		text += " over " + k.Entry.String()
	}
	return text
}
