package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/dittoguard/dittoguard/rules"
)

func newRules() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "List the rules",
		Example: `  dittoguard rules
  dittoguard rules show preauth-exposed`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, err := rules.Builtin()
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "NAME\tGUIDE\tLEVEL\tSEVERITY\tMUTATES\tTITLE")
			for _, r := range list {
				mutates := ""
				if len(r.Spec.Mutations) > 0 {
					mutates = "yes"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n",
					r.Metadata.Name, r.Spec.Guide, r.Spec.Level, r.Spec.Severity, mutates, r.Spec.Title)
			}
			return w.Flush()
		},
	}
	cmd.AddCommand(newRulesShow())
	return cmd
}

func newRulesShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show NAME",
		Short:   "Explain one rule",
		Example: "  dittoguard rules show devops-exposed",
		Args:    cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return ruleNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			list, err := rules.Builtin()
			if err != nil {
				return err
			}
			for _, r := range list {
				if r.Metadata.Name == args[0] {
					return showRule(cmd.OutOrStdout(), r)
				}
			}
			return fmt.Errorf("there is no rule %q; the rules are %s", args[0], strings.Join(ruleNames(), ", "))
		},
	}
}

func ruleNames() []string {
	list, err := rules.Builtin()
	if err != nil {
		return nil
	}
	return rules.Names(list)
}

func showRule(w io.Writer, r rules.HardeningRule) error {
	s := r.Spec
	_, err := fmt.Fprintf(w, "%s: %s\n\nguide section %s, level %s, severity %s\n\n%s\nHow to fix it\n\n%s",
		r.Metadata.Name, s.Title, s.Guide, s.Level, s.Severity, s.Rationale, s.Remediation)
	return err
}
