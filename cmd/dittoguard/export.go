package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dittoguard/dittoguard/internal/engine"
	"github.com/dittoguard/dittoguard/internal/export"
	"github.com/dittoguard/dittoguard/rules"
)

func newExport() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "export",
		Short:   "Write rules in other formats",
		Example: `  dittoguard export admission-policies`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("cannot export %q, only admission-policies; see %s --help", args[0],
					cmd.CommandPath())
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(newExportAdmissionPolicies())
	return cmd
}

type admissionPoliciesOptions struct {
	ruleOptions
	dir               string
	configFile        string
	namespaces        []string
	namespaceSelector string
	actions           []string
	kubernetesVersion string
}

func newExportAdmissionPolicies() *cobra.Command {
	var o admissionPoliciesOptions
	cmd := &cobra.Command{
		Use:   "admission-policies [RULE…]",
		Short: "Write rules as admission policies, which Kubernetes evaluates itself",
		Long: `Write rules as ValidatingAdmissionPolicy and MutatingAdmissionPolicy, each with its
binding. The API server evaluates these itself, so they hold even while dittoguard is
down. Nothing is applied: keep the files in Git, or pipe them to kubectl.

A policy sees one object, so only rules about single objects can be exported. Among the
built-in rules these are the ones that are a part of another (dittoguard rules show
says of which). They find what a literal in a workload opens, for example, but no way
in that takes two objects. Where dittoguard runs, the whole rules find everything that
these policies find. Expressions are copied word for word. Without RULE, every rule
that can be exported is.

A violation is denied if the configuration enforces the rule's level. Otherwise it
causes a warning and an entry in the audit log, as the modes say. --action overrides
this. Exceptions and labels of namespaces have no counterpart in a policy.

With --dir each rule becomes a file, dittoguard-RULE.yaml. Files that an export wrote
are overwritten. If one of these names belongs to any other file, nothing is written.
Files of an earlier export that are not part of this one stay, and are named on
standard error.`,
		Example: `  dittoguard export admission-policies --namespace ditto --dir policies/

  # to begin with warnings only
  dittoguard export admission-policies --namespace ditto --action warn,audit | kubectl apply -f -`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return exportable(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			opts, err := o.validate(args)
			if err != nil {
				return err
			}
			return o.run(cmd, opts)
		},
	}
	f := cmd.Flags()
	o.addFlag(f)
	f.StringVar(&o.dir, "dir", "", "folder to write a file for each rule to (default: all go to standard output)")
	f.StringVar(&o.configFile, "config", "", "configuration file, kind Configuration (default: built-in defaults)")
	f.StringSliceVarP(&o.namespaces, "namespace", "n", nil,
		"namespace that the policies apply to (default: all but kube-system)")
	f.StringVar(&o.namespaceSelector, "namespace-selector", "",
		"labels of the namespaces that the policies apply to, such as team=iot")
	f.StringSliceVar(&o.actions, "action", nil,
		"deny, warn, audit, or warn,audit or deny,audit (default: as the configuration says)")
	f.StringVar(&o.kubernetesVersion, "kubernetes-version", "",
		fmt.Sprintf("Kubernetes version that the policies are for, and later ones (default 1.%d)",
			engine.NativeMinor()))
	completes(cmd, "action", []string{"deny", "warn", "audit"})
	cobra.CheckErr(cmd.MarkFlagDirname("dir"))
	cobra.CheckErr(cmd.MarkFlagFilename("config", "yaml", "yml"))
	return cmd
}

// exportable are the names of the rules that an admission policy can be made of.
func exportable() []string {
	list, err := rules.Builtin()
	if err != nil {
		return nil
	}
	return rules.Names(slices.DeleteFunc(list,
		func(r rules.HardeningRule) bool { return r.Spec.Match.Each != rules.EachObject }))
}

func (o *admissionPoliciesOptions) validate(names []string) (export.Options, error) {
	opts := export.Options{Rules: names, Now: time.Now()}
	errs := []error{validateNamespaces("namespace", o.namespaces...)}
	var err error
	opts.Minor, err = kubernetesMinor(o.kubernetesVersion)
	errs = append(errs, err)
	opts.Actions, err = validationActions(o.actions)
	errs = append(errs, err)
	opts.Namespaces, err = o.selector()
	errs = append(errs, err)
	return opts, errors.Join(errs...)
}

var kubernetesVersion = regexp.MustCompile(`^v?1\.([0-9]{1,3})(\.[0-9]+.*)?$`)

// kubernetesMinor is 37 for 1.37, v1.37 or 1.37.2, and 0 for an empty text.
func kubernetesMinor(text string) (uint, error) {
	if text == "" {
		return 0, nil
	}
	parts := kubernetesVersion.FindStringSubmatch(text)
	if parts == nil {
		return 0, fmt.Errorf("--kubernetes-version: expected a version such as 1.%d, found %q", engine.NativeMinor(),
			text)
	}
	minor, err := strconv.ParseUint(parts[1], 10, 16)
	if err != nil {
		return 0, fmt.Errorf("--kubernetes-version: %w", err)
	}
	if minor < export.FirstMinor {
		return 0, fmt.Errorf("--kubernetes-version: ValidatingAdmissionPolicy exists since 1.%d, found %q",
			export.FirstMinor, text)
	}
	return uint(minor), nil
}

// validationActions reads --action; nil leaves it to the configuration.
func validationActions(words []string) ([]admissionregistrationv1.ValidationAction, error) {
	known := map[string]admissionregistrationv1.ValidationAction{
		"deny": admissionregistrationv1.Deny, "warn": admissionregistrationv1.Warn,
		"audit": admissionregistrationv1.Audit,
	}
	var actions []admissionregistrationv1.ValidationAction
	for _, word := range words {
		action, ok := known[word]
		switch {
		case !ok:
			return nil, fmt.Errorf("--action: expected deny, warn or audit, found %q", word)
		case slices.Contains(actions, action):
			return nil, fmt.Errorf("--action: %s is named twice", word)
		}
		actions = append(actions, action)
	}
	if slices.Contains(actions, admissionregistrationv1.Deny) &&
		slices.Contains(actions, admissionregistrationv1.Warn) {
		return nil, errors.New("--action: Kubernetes does not accept warn together with deny, which says the same")
	}
	return actions, nil
}

// selector selects the namespaces that are named and have the labels; nil if neither is asked for.
func (o *admissionPoliciesOptions) selector() (*metav1.LabelSelector, error) {
	if len(o.namespaces) == 0 && o.namespaceSelector == "" {
		return nil, nil
	}
	selector, err := metav1.ParseToLabelSelector(o.namespaceSelector)
	if err != nil {
		return nil, fmt.Errorf("--namespace-selector: %w", err)
	}
	if len(o.namespaces) > 0 {
		selector.MatchExpressions = append(selector.MatchExpressions, metav1.LabelSelectorRequirement{
			Key: corev1.LabelMetadataName, Operator: metav1.LabelSelectorOpIn, Values: o.namespaces,
		})
	}
	return selector, nil
}

func (o *admissionPoliciesOptions) run(cmd *cobra.Command, opts export.Options) error {
	list, _, err := o.load()
	if err != nil {
		return err
	}
	cfg, err := loadConfig(o.configFile, list)
	if err != nil {
		return err
	}
	opts.Config = cfg
	policies, err := export.AdmissionPolicies(list, opts)
	if err != nil {
		return err
	}
	for _, text := range policies.Notes {
		note(cmd.ErrOrStderr(), "%s", text)
	}
	if o.dir == "" {
		return printPolicies(cmd.OutOrStdout(), policies.List)
	}
	stale, err := export.Write(o.dir, policies.List)
	if err != nil {
		return err
	}
	for _, file := range stale {
		note(cmd.ErrOrStderr(), "%s is from an earlier export and not part of this one; delete it if it is not wanted",
			file)
	}
	for _, p := range policies.List {
		if _, err := fmt.Fprintln(cmd.OutOrStdout(), filepath.Join(o.dir, p.Name()+".yaml")); err != nil {
			return err
		}
	}
	return nil
}

func printPolicies(w io.Writer, list []export.Policy) error {
	for i, p := range list {
		text, err := p.YAML()
		if err != nil {
			return err
		}
		separator := ""
		if i > 0 {
			separator = "---\n"
		}
		if _, err := io.WriteString(w, separator+strings.TrimSuffix(string(text), "\n")+"\n"); err != nil {
			return err
		}
	}
	return nil
}
