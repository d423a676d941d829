package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/dittoguard/dittoguard/internal/ditto"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/cluster"
)

// clusterOptions are the flags of every command that reads a cluster once.
type clusterOptions struct {
	kubeconfig, context string
}

func (o *clusterOptions) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig file; without it KUBECONFIG, ~/.kube/config, or the Pod's service account")
	cmd.Flags().StringVar(&o.context, "context", "", "context of the kubeconfig file; without it the current one")
	cobra.CheckErr(cmd.MarkFlagFilename("kubeconfig"))
}

// snapshot reads the cluster, and notes what could not be read.
func (o *clusterOptions) snapshot(ctx context.Context, stderr io.Writer) (*inventory.Memory, error) {
	restConfig, err := o.cluster()
	if err != nil {
		return nil, err
	}
	restConfig.UserAgent = "dittoguard/" + buildVersion()
	inv, notes, err := cluster.Snapshot(ctx, restConfig, ditto.Keys)
	if err != nil {
		return nil, fmt.Errorf("reading the cluster at %s: %w", restConfig.Host, err)
	}
	for _, text := range notes {
		note(stderr, "%s", text)
	}
	return inv, nil
}

// cluster finds the API server as kubectl does.
func (o *clusterOptions) cluster() (*rest.Config, error) {
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
