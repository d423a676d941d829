package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/rules"
)

// ruleOptions is the flag of every command that knows rules.
type ruleOptions struct {
	dirs []string
}

func (o *ruleOptions) addFlag(flags *pflag.FlagSet) {
	flags.StringArrayVar(&o.dirs, "rules", nil, "`folder` with rules of your own (kind HardeningRule); can be repeated")
	cobra.CheckErr(cobra.MarkFlagDirname(flags, "rules"))
}

// names has shells offer the names of rules.
func (o *ruleOptions) names(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	list, _, err := o.load()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return rules.Names(list), cobra.ShellCompDirectiveNoFileComp
}

// load returns the rules that there are, built-in ones and the user's own, sorted by name, and the latter by
// themselves. All of them compile: the error is everything that is wrong with the user's.
func (o *ruleOptions) load() (all, own []rules.HardeningRule, err error) {
	all, err = rules.Builtin()
	if err != nil {
		return nil, nil, fmt.Errorf("loading built-in rules: %w", err)
	}
	if len(o.dirs) == 0 {
		return all, nil, nil
	}
	own, err = rules.LoadUser(o.dirs...)
	if err := errors.Join(err, check.Compile(own)); err != nil {
		return nil, nil, err
	}
	all = append(all, own...)
	slices.SortFunc(all, func(a, b rules.HardeningRule) int { return cmp.Compare(a.Metadata.Name, b.Metadata.Name) })
	return all, own, nil
}
