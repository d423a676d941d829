package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
)

type auditOptions struct {
	judgeOptions
	clusterOptions
}

func newAudit() *cobra.Command {
	var o auditOptions
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Judge a running cluster once, read-only",
		Long: `Judge a running cluster once. Nothing is written. Everything that the rules look at is
read with your rights; what they do not allow is reported as unknown. A dry run of the
webhook (modes.enforce: off) is read with this: without --config it says what would be
refused.

Exit codes: 0 nothing denied, 1 could not run, 3 something is denied.`,
		Example: `  dittoguard audit
  dittoguard audit --context staging --output json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.validate(); err != nil {
				return err
			}
			return o.run(cmd.Context(), cmd)
		},
	}
	o.judgeOptions.addFlags(cmd)
	o.clusterOptions.addFlags(cmd)
	return cmd
}

func (o *auditOptions) run(ctx context.Context, cmd *cobra.Command) error {
	stderr := cmd.ErrOrStderr()
	checker, release, configErr := o.checker(stderr)
	if configErr == nil {
		defer release()
	}
	inv, err := o.snapshot(ctx, stderr)
	if err := errors.Join(configErr, err); err != nil {
		return err
	}
	result, err := checker.All(ctx, inv, inv.All())
	if err != nil {
		return err
	}
	return o.print(cmd.OutOrStdout(), result)
}
