package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/rules"
)

// verdictOptions are the flags of every command whose exit code is a verdict.
type verdictOptions struct {
	judgeOptions
	outputOptions
	only, skip []string
	severity   string
	failOn     []string
	quiet      bool
	// asked are the rules that are judged by.
	asked []rules.HardeningRule
}

// What a verdict can fail on.
const (
	failOnDeny    = "deny"
	failOnWarn    = "warn"
	failOnUnknown = "unknown"
	failOnNone    = "none"
)

var (
	failures   = []string{failOnDeny, failOnWarn, failOnUnknown, failOnNone}
	severities = []string{string(rules.Critical), string(rules.High), string(rules.Medium), string(rules.Low)}
)

func (o *verdictOptions) addFlags(cmd *cobra.Command) {
	o.addVerdictFlags(cmd)
	o.outputOptions.addFlags(cmd)
	cmd.Flags().BoolVarP(&o.quiet, "quiet", "q", false, "no notes, and no text unless the command fails")
}

// addVerdictFlags adds those of commands that write no report.
func (o *verdictOptions) addVerdictFlags(cmd *cobra.Command) {
	o.judgeOptions.addFlags(cmd)
	flags := cmd.Flags()
	flags.StringSliceVar(&o.only, "only", nil, "judge by this `RULE` alone; can be repeated")
	flags.StringSliceVar(&o.skip, "skip", nil, "do not judge by this `RULE`; can be repeated")
	flags.StringVar(&o.severity, "severity", "", "judge by rules of this severity and worse: "+oneOf(severities))
	flags.StringSliceVar(&o.failOn, "fail-on", []string{failOnDeny}, "what makes the command fail: "+oneOf(failures)+"; warn and unknown include whatever is denied; can be repeated")
	for name, words := range map[string][]string{"severity": severities, "fail-on": failures} {
		cobra.CheckErr(cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)))
	}
	for _, name := range []string{"only", "skip"} {
		cobra.CheckErr(cmd.RegisterFlagCompletionFunc(name, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			list, _, err := o.load()
			if err != nil {
				return nil, cobra.ShellCompDirectiveError
			}
			return rules.Names(list), cobra.ShellCompDirectiveNoFileComp
		}))
	}
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
	if o.severity != "" && !slices.Contains(severities, o.severity) {
		errs = append(errs, fmt.Errorf("--severity: expected %s, found %q", oneOf(severities), o.severity))
	}
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

// filter leaves the rules that are asked for. Where that is not every rule, a part of a rule is judged by if it is named.
func (o *verdictOptions) filter(list []rules.HardeningRule) ([]rules.HardeningRule, error) {
	var errs []error
	for flag, names := range map[string][]string{"only": o.only, "skip": o.skip} {
		for _, name := range names {
			if !slices.Contains(rules.Names(list), name) {
				errs = append(errs, noRule(flag, name, rules.Names(list)))
			}
		}
	}
	if len(errs) > 0 {
		slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
		return nil, errors.Join(errs...)
	}
	wholes := rules.WithoutParts(list)
	asked := func(r rules.HardeningRule) bool {
		name := r.Metadata.Name
		switch {
		case len(o.only) > 0 && !slices.Contains(o.only, name):
			return false
		case len(o.only) == 0 && !slices.Contains(rules.Names(wholes), name):
			return false
		case slices.Contains(o.skip, name):
			return false
		}
		return o.severity == "" || slices.Index(severities, string(r.Spec.Severity)) <= slices.Index(severities, o.severity)
	}
	o.asked = slices.DeleteFunc(slices.Clone(list), func(r rules.HardeningRule) bool { return !asked(r) })
	if len(o.asked) == 0 {
		return nil, errors.New("--only, --skip and --severity leave no rule to judge by")
	}
	return o.asked, nil
}

// noRule is the error for a name that no rule has, with those that may be meant, as cobra tells them for commands.
func noRule(flag, name string, names []string) error {
	of := &cobra.Command{SuggestionsMinimumDistance: 3}
	for _, n := range names {
		of.AddCommand(&cobra.Command{Use: n, Run: func(*cobra.Command, []string) {}})
	}
	if near := of.SuggestionsFor(name); len(near) > 0 {
		return fmt.Errorf("--%s: there is no rule %q; did you mean %s?", flag, name, oneOf(near))
	}
	return fmt.Errorf("--%s: there is no rule %q; `dittoguard rules` lists them", flag, name)
}

// conclude writes the result and says by its error whether there is anything to fail on.
func (o *verdictOptions) conclude(ctx context.Context, cmd *cobra.Command, checker *check.Checker, judged outcome) error {
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
