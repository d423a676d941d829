package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/dittoguard/dittoguard/internal/ruledocs"
	"github.com/dittoguard/dittoguard/rules"
)

func newRules() *cobra.Command {
	var o ruleOptions
	guide := false
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "List the rules",
		Long: `List the rules. With --guide, list what Ditto's hardening guide asks for, line by line,
with the rules that cover it or the reason why Kubernetes cannot show it.`,
		Example: `  dittoguard rules
  dittoguard rules --rules my-rules/
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
			list, own, err := o.load()
			if err != nil {
				return err
			}
			for _, line := range unseen(own) {
				note(cmd.ErrOrStderr(), "%s", line)
			}
			return listRules(cmd.OutOrStdout(), list, rules.Names(own))
		},
	}
	cmd.Flags().BoolVar(&guide, "guide", false, "list what the hardening guide asks for, and what covers it")
	o.addFlag(cmd.PersistentFlags())
	cmd.AddCommand(newRulesShow(&o))
	return cmd
}

// listRules prints a line for each rule; where some are the user's own, it says where each comes from.
func listRules(out io.Writer, list []rules.HardeningRule, own []string) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, guide, level, severity, mutates, from, title string) {
		columns := []string{name, guide, level, severity, mutates}
		if len(own) > 0 {
			columns = append(columns, from)
		}
		fmt.Fprintln(w, strings.Join(append(columns, title), "\t"))
	}
	row("NAME", "GUIDE", "LEVEL", "SEVERITY", "MUTATES", "FROM", "TITLE")
	for _, r := range list {
		mutates, from := "", "built in"
		if len(r.Spec.Mutations) > 0 {
			mutates = "yes"
		}
		if slices.Contains(own, r.Metadata.Name) {
			from = r.Source.File
		}
		row(r.Metadata.Name, r.Spec.Guide, string(r.Spec.Level), string(r.Spec.Severity), mutates, from, r.Spec.Title)
	}
	return w.Flush()
}

func newRulesShow(o *ruleOptions) *cobra.Command {
	return &cobra.Command{
		Use:               "show NAME",
		Short:             "Explain one rule",
		Example:           "  dittoguard rules show devops-exposed",
		ValidArgsFunction: o.names,
		RunE: func(cmd *cobra.Command, args []string) error {
			list, _, err := o.load()
			if err != nil {
				return err
			}
			if len(args) != 1 {
				return fmt.Errorf("name one rule: %s", strings.Join(rules.Names(list), ", "))
			}
			for _, r := range list {
				if r.Metadata.Name == args[0] {
					return showRule(cmd.OutOrStdout(), r, list)
				}
			}
			return fmt.Errorf("there is no rule %q; the rules are %s", args[0], strings.Join(rules.Names(list), ", "))
		},
	}
}

func showRule(w io.Writer, r rules.HardeningRule, list []rules.HardeningRule) error {
	s := r.Spec
	guide := ""
	if s.Guide != "" {
		guide = "guide section " + strings.ReplaceAll(s.Guide, ",", " and ") + ", "
	}
	var b strings.Builder
	since := ""
	if s.Since != "" {
		since = ", since " + string(s.Since)
	}
	fmt.Fprintf(&b, "%s: %s\n\n%slevel %s, severity %s%s\n\n%s\n\nHow to fix it\n\n%s\n",
		r.Metadata.Name, s.Title, guide, s.Level, s.Severity, since, strings.TrimRight(s.Rationale, "\n"), s.Fix(""))
	if len(s.Params) > 0 {
		fmt.Fprintf(&b, "\nParameters, under rules.%s.params of the configuration\n\n", r.Metadata.Name)
		for _, p := range s.Params {
			fmt.Fprintf(&b, "%s: %s, %s by default\n  %s\n", p.Name, p.Expected(), p.DefaultText(),
				strings.TrimSpace(p.Description))
		}
	}
	if len(s.Mutations) > 0 {
		fmt.Fprintf(&b, "\nAt admission this rule also makes the change itself, where nobody has decided otherwise and it is\n"+
			"safe to. Switch that off in the configuration with rules.%s.mutate: false.\n", r.Metadata.Name)
	}
	if s.PartOf != "" {
		fmt.Fprintf(&b, "\nThis rule is a part of %s, which finds everything that it finds. It is used only in the admission policies\n"+
			"that dittoguard export admission-policies writes.\n", s.PartOf)
	}
	for _, part := range list {
		if part.Spec.PartOf == r.Metadata.Name {
			fmt.Fprintf(&b, "\nKubernetes can enforce a part of this rule by itself, %s: see dittoguard export admission-policies.\n", part.Metadata.Name)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
