package main

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

type auditOptions struct {
	verdictOptions
	baselineOptions
	clusterOptions
	namespace string
}

func newAudit() *cobra.Command {
	var o auditOptions
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Judge a running cluster once, read-only",
		Long: `Judge a running cluster once. Nothing is written. The cluster is read with your own
rights; what they do not cover is reported as unknown, by kind. Use it to see what a
dry run of the webhook (modes.enforce: off) would refuse: without --config it judges by
the defaults, which enforce the baseline.

All namespaces are read unless you name one with --namespace. (kubectl would use the
current one, but most ways in to a Ditto begin outside its namespace.) Use --namespace
if you have rights in one namespace only; what lies outside it is then unknown. The
chart has a ClusterRole for audits, whose name ends in -audit.

Exit codes: 0 nothing is denied, 1 could not run or nothing could be read, 3 something
is denied or what --fail-on names was found.`,
		Example: `  dittoguard audit
  dittoguard audit --namespace ditto
  dittoguard audit --fail-on unknown --context staging --output json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.validate(cmd); err != nil {
				return err
			}
			return o.run(cmd.Context(), cmd)
		},
	}
	o.verdictOptions.addFlags(cmd)
	o.baselineOptions.addFlags(cmd)
	o.clusterOptions.addFlags(cmd)
	cmd.Flags().StringVarP(&o.namespace, "namespace", "n", "",
		"read this namespace only; what lies outside it is unknown")
	return cmd
}

func (o *auditOptions) validate(cmd *cobra.Command) error {
	errs := []error{o.verdictOptions.validate(), o.baselineOptions.validate()}
	if cmd.Flags().Changed("namespace") {
		errs = append(errs, validateNamespaces("namespace", o.namespace))
	}
	return errors.Join(errs...)
}

func (o *auditOptions) run(ctx context.Context, cmd *cobra.Command) error {
	stderr := o.notes(cmd.ErrOrStderr())
	checker, release, configErr := o.checker(stderr)
	if configErr == nil {
		defer release()
	}
	inv, unlisted, err := o.snapshot(ctx, o.namespace)
	if err := errors.Join(configErr, err); err != nil {
		return err
	}
	if !slices.ContainsFunc(inv.All(), func(object *inventory.Object) bool { return runsDitto(inv, object) }) {
		note(stderr, "no part of Ditto runs in what was read, so there is little to judge")
	}
	tellUnguarded(stderr, inv)
	judged, err := checker.Judge(ctx, inv, inv.All())
	if err != nil {
		return err
	}
	judged.Unlisted(unlisted)
	result, err := o.judgedBy(stderr, checker, judged)
	if err != nil {
		return err
	}
	return o.conclude(ctx, cmd, checker, outcome{result, nil, nil, []*inventory.Memory{inv}})
}
