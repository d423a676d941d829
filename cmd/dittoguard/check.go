package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dittoguard/dittoguard/internal/ditto"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
)

func newCheck() *cobra.Command {
	var (
		judge     judgeOptions
		namespace string
	)
	cmd := &cobra.Command{
		Use:   "check PATH… | -",
		Short: "Judge manifests",
		Long: `Judge manifests: files, folders (with everything in them that ends in .yaml, .yml or
.json), or - for standard input. All of them together are what dittoguard sees: an
Ingress is judged with the Service and the gateway that it leads to.

Exit codes: 0 nothing denied, 1 could not run, 3 something is denied.`,
		Example: `  # a folder of manifests
  dittoguard check deploy/

  # what a Helm chart renders, in the namespace it is for
  helm template ditto oci://registry-1.docker.io/eclipse/ditto -n ditto | dittoguard check --namespace ditto -

  # for a program to read
  dittoguard check --output json deploy/ | jq '.findings[] | select(.action == "deny")'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errNoInput
			}
			if err := judge.validate(); err != nil {
				return err
			}
			loaded, err := manifest.Load(args, cmd.InOrStdin(), manifest.Options{Namespace: namespace})
			if err != nil {
				return err
			}
			for _, warning := range loaded.Warnings {
				fmt.Fprintf(cmd.ErrOrStderr(), "dittoguard: warning: %s\n", warning)
			}
			for _, skipped := range loaded.Skipped {
				fmt.Fprintf(cmd.ErrOrStderr(), "dittoguard: note: not judged: %s\n", skipped)
			}
			checker, release, err := judge.checker()
			if err != nil {
				return err
			}
			defer release()
			inv := inventory.NewMemory(ditto.Keys, nil)
			for _, o := range loaded.Objects {
				inv.Put(o)
			}
			return judge.print(cmd.OutOrStdout(), checker.All(cmd.Context(), inv, inv.All()))
		},
	}
	judge.addFlags(cmd)
	cmd.Flags().StringVarP(&namespace, "namespace", "n", "default", "namespace of objects that name none")
	return cmd
}
