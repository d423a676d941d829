package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/ditto/generate"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/manifest"
)

func newGenerate() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "generate",
		Short:   "Write manifests that your Ditto is missing",
		Example: `  dittoguard generate networkpolicies deploy/`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("cannot generate %q, only networkpolicies; see %s --help", args[0], cmd.CommandPath())
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(newGenerateNetworkPolicies())
	return cmd
}

type networkPoliciesOptions struct {
	generate.Options
	inputOptions
}

func newGenerateNetworkPolicies() *cobra.Command {
	var o networkPoliciesOptions
	cmd := &cobra.Command{
		Use:   "networkpolicies PATH… | -",
		Short: "Write NetworkPolicies that isolate Ditto",
		Long: `Write NetworkPolicies for the Ditto in manifests: files, folders or - for standard
input, as for check. Each workload that runs a part of Ditto gets one. It allows these
connections, and no others:

  remoting and management   from Ditto's own Pods
  HTTP of the gateway       from the proxies that forward to it, which must be among
                            the manifests, and from the namespaces given with
                            --ingress-namespace
  metrics                   from the namespaces given with --monitoring-namespace

A namespace that you give is let in as a whole, past the proxies.

The policies go to standard output; notes on what they cut off or cannot do go to
standard error. Read the notes before you apply the policies: whatever reaches Ditto in
another way today will be cut off. If you give check the policies too, it no longer
reports network-isolation, except where a note says so.`,
		Example: `  # for a gateway behind Ditto's nginx
  dittoguard generate networkpolicies deploy/

  # for a gateway behind an ingress controller, with metrics
  dittoguard generate networkpolicies --ingress-namespace ingress-nginx \
    --monitoring-namespace monitoring deploy/`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(args); err != nil {
				return err
			}
			return o.run(cmd.Context(), cmd, args)
		},
	}
	o.inputOptions.addFlags(cmd)
	cmd.Flags().StringVarP(&o.namespace, "namespace", "n", "default", "namespace for objects that do not name one")
	cmd.Flags().StringSliceVar(&o.IngressNamespaces, "ingress-namespace", nil,
		"namespace whose pods may connect to the gateway's HTTP port")
	cmd.Flags().StringSliceVar(&o.MonitoringNamespaces, "monitoring-namespace", nil,
		"namespace whose pods may connect to the metrics")
	return cmd
}

func (o *networkPoliciesOptions) validate(paths []string) error {
	return errors.Join(validatePaths(paths), validateNamespaces("namespace", o.namespace),
		validateNamespaces("ingress-namespace", o.IngressNamespaces...),
		validateNamespaces("monitoring-namespace", o.MonitoringNamespaces...))
}

func (o *networkPoliciesOptions) run(ctx context.Context, cmd *cobra.Command, paths []string) error {
	stderr := cmd.ErrOrStderr()
	loaded, err := manifest.Load(paths, cmd.InOrStdin(), o.manifests(ctx, "dittoguard generate networkpolicies",
		paths...))
	if err != nil {
		return err
	}
	tell(stderr, loaded)
	if err := notEmpty(loaded, paths); err != nil {
		return err
	}
	inv := inventoryOf(loaded.Objects)
	view := topology.NewView(ctx, inv, world.Options{Cache: world.NewCache()})
	policies := generate.NetworkPolicies(view, inv.All(), o.Options)
	if err := world.CutShort(ctx, view); err != nil {
		return err
	}
	for _, n := range policies.Notes {
		note(stderr, "%s", n)
	}
	if len(policies.List) == 0 {
		if len(policies.Notes) > 0 {
			return errors.New("no NetworkPolicy can be written")
		}
		if unread := notRead(loaded.Objects); unread != "" {
			return fmt.Errorf("no part of Ditto runs in what was read of these manifests; not read: %s", unread)
		}
		return errors.New("no part of Ditto runs in these manifests")
	}
	return writePolicies(cmd.OutOrStdout(), policies.List)
}

// writePolicies writes a document for each policy.
func writePolicies(w io.Writer, list []generate.Policy) error {
	for i, p := range list {
		text, err := yaml.Marshal(p.NetworkPolicy)
		if err != nil {
			return fmt.Errorf("writing NetworkPolicy %s/%s: %w", p.Namespace, p.Name, err)
		}
		separator := "---\n"
		if i == 0 {
			separator = ""
		}
		if _, err := fmt.Fprintf(w, "%s# for %s\n%s", separator, p.Workload, text); err != nil {
			return err
		}
	}
	return nil
}
