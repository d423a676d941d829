package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dittoguard/dittoguard/internal/ruletest"
	"github.com/dittoguard/dittoguard/rules"
)

type testOptions struct {
	update bool
}

func newTest() *cobra.Command {
	var o testOptions
	cmd := &cobra.Command{
		Use:   "test DIR…",
		Short: "Test rules with their fixtures",
		Long: `Test rules with their fixtures. DIR contains folders NAME/rule.yaml, or is such a
folder. Next to rule.yaml are manifests: pass/*.yaml, in which the rule finds nothing;
fail/*.yaml, in which it finds what the comment at the top says; and fixed/*.yaml, which
is what its mutations make of fail/*.yaml. NAME.configuration.yaml next to NAME.yaml is
the configuration that NAME.yaml is judged by. A rule needs fixtures of both kinds, pass
and fail.

--update writes what the rules find into these comments, and what the mutations make
into fixed/*.yaml. Read the diff before you commit it.

Exit codes: 0 all fixtures pass, 1 could not run, 3 some fixture fails.`,
		Example: `  dittoguard test my-rules/`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(cmd *cobra.Command, dirs []string) error {
			if len(dirs) == 0 {
				return errors.New("nothing to test: name folders with rules")
			}
			return o.run(cmd.Context(), cmd, dirs)
		},
	}
	cmd.Flags().BoolVar(&o.update, "update", false, "rewrite what the fixtures expect")
	return cmd
}

func (o *testOptions) run(ctx context.Context, cmd *cobra.Command, dirs []string) error {
	suites, err := ruletest.Load(dirs...)
	if err != nil {
		return err
	}
	if err := noteRules(cmd.ErrOrStderr(), suites); err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	width := 0
	for _, s := range suites {
		width = max(width, len(s.Rule.Metadata.Name))
	}
	fixtures, failed := 0, 0
	for _, s := range suites {
		problems, written := s.Problems, []string(nil)
		bad := 0
		for _, c := range s.Cases {
			if err := ctx.Err(); err != nil {
				return err
			}
			outcome := c.Run(ctx, o.update)
			problems, written = append(problems, outcome.Problems...), append(written, outcome.Written...)
			if len(outcome.Problems) > 0 {
				bad++
			}
		}
		fixtures += len(s.Cases)
		result, count := "ok  ", plural(len(s.Cases), "fixture")
		if len(problems) > 0 {
			failed++
			result = "FAIL"
		}
		if bad > 0 {
			count = fmt.Sprintf("%d of %s", bad, count)
		}
		fmt.Fprintf(out, "%s  %-*s  %s\n", result, width, s.Rule.Metadata.Name, count)
		for _, problem := range problems {
			fmt.Fprintf(out, "    %s\n", strings.ReplaceAll(problem, "\n", "\n    "))
		}
		for _, file := range written {
			fmt.Fprintf(out, "    rewritten: %s\n", file)
		}
	}
	all := plural(len(suites), "rule") + ", " + plural(fixtures, "fixture")
	if failed > 0 {
		fmt.Fprintf(out, "%s: %s failed\n", all, plural(failed, "rule"))
		return errFixtures
	}
	fmt.Fprintf(out, "%s: all pass\n", all)
	return nil
}

// noteRules says what the fixtures do not show: what only check sees, and names that are taken.
func noteRules(w io.Writer, suites []ruletest.Suite) error {
	builtin, err := rules.Builtin()
	if err != nil {
		return err
	}
	for _, s := range suites {
		for _, line := range unseen([]rules.HardeningRule{s.Rule}) {
			note(w, "%s", line)
		}
		for _, b := range builtin {
			if b.Metadata.Name == s.Rule.Metadata.Name && !reflect.DeepEqual(b.Spec, s.Rule.Spec) {
				note(w, "%s: a rule %q is built in and differs; --rules will refuse this name", s.Rule.Source.File,
					b.Metadata.Name)
			}
		}
	}
	return nil
}

// plural is `1 rule`, `2 rules`.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
