package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dittoguard/dittoguard/rules"
)

// choiceOptions are the flags that choose by which rules is judged.
type choiceOptions struct {
	judgeOptions
	only, skip []string
	severity   string
	// asked are the rules that are judged by.
	asked []rules.HardeningRule
}

var severities = []string{string(rules.Critical), string(rules.High), string(rules.Medium), string(rules.Low)}

func (o *choiceOptions) addFlags(cmd *cobra.Command) {
	o.judgeOptions.addFlags(cmd)
	flags := cmd.Flags()
	flags.StringSliceVar(&o.only, "only", nil, "judge by this `RULE` alone; can be repeated")
	flags.StringSliceVar(&o.skip, "skip", nil, "do not judge by this `RULE`; can be repeated")
	flags.StringVar(&o.severity, "severity", "", "judge by rules of this severity and worse: "+oneOf(severities))
	completes(cmd, "severity", severities)
	for _, name := range []string{"only", "skip"} {
		cobra.CheckErr(cmd.RegisterFlagCompletionFunc(name, o.names))
	}
}

func (o *choiceOptions) validate() error {
	if o.severity != "" && !slices.Contains(severities, o.severity) {
		return fmt.Errorf("--severity: expected %s, found %q", oneOf(severities), o.severity)
	}
	return nil
}

// filter leaves the rules that are asked for. Where that is not every rule, a part of a rule is judged by if it is
// named.
func (o *choiceOptions) filter(list []rules.HardeningRule) ([]rules.HardeningRule, error) {
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
		return o.severity == "" || slices.Index(severities, string(r.Spec.Severity)) <= slices.Index(severities,
			o.severity)
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
