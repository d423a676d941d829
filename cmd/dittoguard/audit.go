package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/dittoguard/dittoguard/internal/ditto"
	"github.com/dittoguard/dittoguard/internal/inventory/cluster"
)

func newAudit() *cobra.Command {
	var (
		judge               judgeOptions
		kubeconfig, context string
	)
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Judge a running cluster once, read-only",
		Long: `Judge a running cluster once. Nothing is written. Everything that the rules look at is
read with your rights; what they do not allow is reported as unknown. A dry run of the
webhook (modes.enforce: off) is read with this.

Exit codes: 0 nothing denied, 1 could not run, 3 something is denied.`,
		Example: `  dittoguard audit
  dittoguard audit --context staging --output json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := judge.validate(); err != nil {
				return err
			}
			loading := clientcmd.NewDefaultClientConfigLoadingRules()
			loading.ExplicitPath = kubeconfig
			overrides := &clientcmd.ConfigOverrides{CurrentContext: context}
			restConfig, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(loading, overrides).ClientConfig()
			if err != nil {
				return fmt.Errorf("finding the cluster: %w", err)
			}
			restConfig.UserAgent = "dittoguard/" + buildVersion()
			checker, release, err := judge.checker()
			if err != nil {
				return err
			}
			defer release()
			inv, notes, err := cluster.Snapshot(cmd.Context(), restConfig, ditto.Keys)
			if err != nil {
				return err
			}
			for _, note := range notes {
				fmt.Fprintf(cmd.ErrOrStderr(), "dittoguard: note: %s\n", note)
			}
			return judge.print(cmd.OutOrStdout(), checker.All(cmd.Context(), inv, inv.All()))
		},
	}
	judge.addFlags(cmd)
	cmd.Flags().StringVar(&kubeconfig, "kubeconfig", "", "kubeconfig file; without it KUBECONFIG, ~/.kube/config, or the Pod's service account")
	cmd.Flags().StringVar(&context, "context", "", "context of the kubeconfig file; without it the current one")
	cobra.CheckErr(cmd.MarkFlagFilename("kubeconfig"))
	return cmd
}
