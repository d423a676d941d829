package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/dittoguard/dittoguard/internal/ruledocs"
	"github.com/dittoguard/dittoguard/rules"
)

func newRules() *cobra.Command {
	guide := false
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "List the rules",
		Long: `List the rules. With --guide, list what Ditto's hardening guide asks for, line by line:
the rules that cover it, or why Kubernetes cannot show it.`,
		Example: `  dittoguard rules
  dittoguard rules --guide
  dittoguard rules show preauth-exposed`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if guide {
				g, err := rules.HardeningGuide()
				if err != nil {
					return err
				}
				return ruledocs.Text(cmd.OutOrStdout(), g)
			}
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
	cmd.Flags().BoolVar(&guide, "guide", false, "list what the hardening guide asks for instead, and what covers it")
	cmd.AddCommand(newRulesShow())
	return cmd
}

func newRulesShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show NAME",
		Short:   "Explain one rule",
		Example: "  dittoguard rules show devops-exposed",
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return ruleNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("name one rule: %s", strings.Join(ruleNames(), ", "))
			}
			list, err := rules.Builtin()
			if err != nil {
				return err
			}
			for _, r := range list {
				if r.Metadata.Name == args[0] {
					return showRule(cmd.OutOrStdout(), r, list)
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

func showRule(w io.Writer, r rules.HardeningRule, list []rules.HardeningRule) error {
	s := r.Spec
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\nguide section %s, level %s, severity %s\n\n%s\nHow to fix it\n\n%s",
		r.Metadata.Name, s.Title, strings.ReplaceAll(s.Guide, ",", " and "), s.Level, s.Severity, s.Rationale, s.Remediation)
	if len(s.Mutations) > 0 {
		fmt.Fprintf(&b, "\nAt admission this rule also makes the change itself, where nobody has decided otherwise and it is\n"+
			"safe to. The configuration switches that off with rules.%s.mutate: false.\n", r.Metadata.Name)
	}
	if s.PartOf != "" {
		fmt.Fprintf(&b, "\nThis rule is a part of %s, which finds all that it finds. Only the admission policies that dittoguard export\n"+
			"admission-policies writes evaluate it.\n", s.PartOf)
	}
	for _, part := range list {
		if part.Spec.PartOf == r.Metadata.Name {
			fmt.Fprintf(&b, "\nWhat Kubernetes can hold of this rule by itself is %s: dittoguard export admission-policies.\n", part.Metadata.Name)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
