package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/cluster"
)

// clusterOptions are the flags of every command that reads a cluster once.
type clusterOptions struct {
	kubeconfig, context string
	allNamespaces       bool
}

func (o *clusterOptions) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.kubeconfig, "kubeconfig", "",
		"kubeconfig file (default: $KUBECONFIG, ~/.kube/config, or the Pod's service account)")
	cmd.Flags().StringVar(&o.context, "context", "", "context of the kubeconfig file (default: the current one)")
	cmd.Flags().BoolVarP(&o.allNamespaces, "all-namespaces", "A", false,
		"read all namespaces, which is the default; overrides --namespace")
	cobra.CheckErr(cmd.MarkFlagFilename("kubeconfig"))
}

// withoutCluster refuses the flags where no cluster is read.
func (o *clusterOptions) withoutCluster() error {
	var errs []error
	for _, flag := range [][2]string{{"kubeconfig", o.kubeconfig}, {"context", o.context}} {
		if flag[1] != "" {
			errs = append(errs, fmt.Errorf("--%s needs --cluster", flag[0]))
		}
	}
	if o.allNamespaces {
		errs = append(errs, errors.New("--all-namespaces needs --cluster"))
	}
	return errors.Join(errs...)
}

// snapshot reads the cluster, or one namespace of it and what lies in none, and says what of it is unknown.
func (o *clusterOptions) snapshot(ctx context.Context, namespace string) (*inventory.Memory, []check.Unknown, error) {
	restConfig, err := o.cluster()
	if err != nil {
		return nil, nil, err
	}
	if o.allNamespaces {
		namespace = ""
	}
	restConfig.UserAgent = "dittoguard/" + buildVersion()
	taken, err := cluster.TakeSnapshot(ctx, restConfig, index.Of, namespace)
	if err != nil {
		return nil, nil, err
	}
	return taken.Memory, unlisted(taken.Unread, namespace), nil
}

// unlisted says what was not read, and with namespace that nothing outside it was.
func unlisted(unread []cluster.Unread, namespace string) []check.Unknown {
	var list []check.Unknown
	for _, u := range unread {
		unknown := check.Unknown{Subject: u.Ref, Unlisted: u.Ref.Name == "", What: "what it is",
			Message: "it cannot be read: " + u.Err.Error()}
		if unknown.Unlisted {
			unknown.What, unknown.Message = check.WhatThereIs, "it could not be listed: "+u.Err.Error()
			if apierrors.IsForbidden(u.Err) {
				// The server's own words name the kind once more, so that no two would read the same.
				unknown.Message = "you have no right to list it"
			}
		}
		list = append(list, unknown)
	}
	if namespace != "" {
		list = append(list, check.Unknown{
			Subject: inventory.Ref{APIVersion: "v1", Kind: inventory.Namespace.Kind}, Unlisted: true,
			What: "what there is in others",
			Message: "only namespace " + namespace +
				" was read; an Ingress, a route or a proxy elsewhere that leads to it is not seen",
		})
	}
	return list
}

// cluster finds the API server as kubectl does.
func (o *clusterOptions) cluster() (*rest.Config, error) {
	loading := clientcmd.NewDefaultClientConfigLoadingRules()
	loading.ExplicitPath = o.kubeconfig
	overrides := &clientcmd.ConfigOverrides{CurrentContext: o.context}
	restConfig, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(loading, overrides).ClientConfig()
	switch {
	case clientcmd.IsEmptyConfig(err):
		return nil, errors.New("finding the cluster: there is no kubeconfig file, and this is not a Pod; name one with --kubeconfig")
	case err != nil:
		return nil, fmt.Errorf("finding the cluster: %w", err)
	}
	return restConfig, nil
}
