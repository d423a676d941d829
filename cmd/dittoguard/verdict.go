package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dittoguard/dittoguard/internal/check"
)

// verdictOptions are the flags of every command whose exit code is a verdict.
type verdictOptions struct {
	choiceOptions
	outputOptions
	failOn []string
	quiet  bool
}

// What a verdict can fail on.
const (
	failOnDeny    = "deny"
	failOnWarn    = "warn"
	failOnUnknown = "unknown"
	failOnNone    = "none"
)

var failures = []string{failOnDeny, failOnWarn, failOnUnknown, failOnNone}

func (o *verdictOptions) addFlags(cmd *cobra.Command) {
	o.addVerdictFlags(cmd)
	o.outputOptions.addFlags(cmd)
	cmd.Flags().BoolVarP(&o.quiet, "quiet", "q", false, "no notes, and no text unless the command fails")
}

// addVerdictFlags adds those of commands that write no report.
func (o *verdictOptions) addVerdictFlags(cmd *cobra.Command) {
	o.choiceOptions.addFlags(cmd)
	flags := cmd.Flags()
	flags.StringSliceVar(&o.failOn, "fail-on", []string{failOnDeny}, "what makes the command fail: "+oneOf(failures)+
		"; warn and unknown include whatever is denied; can be repeated")
	completes(cmd, "fail-on", failures)
}

func (o *verdictOptions) validate() error {
	errs := []error{o.outputOptions.validate()}
	for _, word := range o.failOn {
		if !slices.Contains(failures, word) {
			errs = append(errs, fmt.Errorf("--fail-on: expected %s, found %q", oneOf(failures), word))
		}
	}
	if slices.Contains(o.failOn, failOnNone) && len(o.failOn) > 1 {
		errs = append(errs, errors.New("--fail-on: none goes with nothing else"))
	}
	errs = append(errs, o.choiceOptions.validate())
	return errors.Join(errs...)
}

// notes is where notes go.
func (o *verdictOptions) notes(stderr io.Writer) io.Writer {
	if o.quiet {
		return io.Discard
	}
	return stderr
}

// checker makes the Checker for the rules that are asked for.
func (o *verdictOptions) checker(stderr io.Writer) (*check.Checker, func(), error) {
	return o.checkerOf(o.notes(stderr), o.filter)
}

// conclude writes the result and says by its error whether there is anything to fail on.
func (o *verdictOptions) conclude(ctx context.Context, cmd *cobra.Command, checker *check.Checker,
	judged outcome) error {
	stderr := o.notes(cmd.ErrOrStderr())
	if len(o.only)+len(o.skip) == 0 && o.severity == "" {
		o.idle(stderr, checker.Exceptions(), judged.result)
	}
	fails := o.fails(judged.result)
	if err := o.write(cmd.OutOrStdout(), o.input(ctx, checker, judged), o.quiet && !fails); err != nil {
		return err
	}
	if fails {
		return errFindings
	}
	return ctx.Err()
}

func (o *verdictOptions) fails(result check.Result) bool {
	s := result.Summary
	switch {
	case slices.Contains(o.failOn, failOnNone):
		return false
	case s.Denied > 0:
		return true
	case slices.Contains(o.failOn, failOnWarn) && s.Warned > 0:
		return true
	}
	return slices.Contains(o.failOn, failOnUnknown) && len(result.Unknown) > 0
}
