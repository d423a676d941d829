package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/dittoguard/dittoguard/internal/ditto"
	"github.com/dittoguard/dittoguard/internal/inventory/cluster"
)

type auditOptions struct {
	judgeOptions
	kubeconfig, context string
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
	o.addFlags(cmd)
	cmd.Flags().StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig file; without it KUBECONFIG, ~/.kube/config, or the Pod's service account")
	cmd.Flags().StringVar(&o.context, "context", "", "context of the kubeconfig file; without it the current one")
	cobra.CheckErr(cmd.MarkFlagFilename("kubeconfig"))
	return cmd
}

func (o *auditOptions) run(ctx context.Context, cmd *cobra.Command) error {
	stderr := cmd.ErrOrStderr()
	checker, release, configErr := o.checker(stderr)
	if configErr == nil {
		defer release()
	}
	restConfig, err := o.cluster()
	if err := errors.Join(configErr, err); err != nil {
		return err
	}
	restConfig.UserAgent = "dittoguard/" + buildVersion()
	inv, notes, err := cluster.Snapshot(ctx, restConfig, ditto.Keys)
	if err != nil {
		return fmt.Errorf("reading the cluster at %s: %w", restConfig.Host, err)
	}
	for _, text := range notes {
		note(stderr, "%s", text)
	}
	return o.print(cmd.OutOrStdout(), checker.All(ctx, inv, inv.All()))
}

// cluster finds the API server as kubectl does.
func (o *auditOptions) cluster() (*rest.Config, error) {
	loading := clientcmd.NewDefaultClientConfigLoadingRules()
	loading.ExplicitPath = o.kubeconfig
	overrides := &clientcmd.ConfigOverrides{CurrentContext: o.context}
	restConfig, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(loading, overrides).ClientConfig()
	switch {
	case clientcmd.IsEmptyConfig(err):
		return nil, errors.New("finding the cluster: there is no kubeconfig file, and this is no Pod; name one with --kubeconfig")
	case err != nil:
		return nil, fmt.Errorf("finding the cluster: %w", err)
	}
	return restConfig, nil
}
