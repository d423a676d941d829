package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto"
	"github.com/dittoguard/dittoguard/internal/explain"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
)

type explainOptions struct {
	judgeOptions
	clusterOptions
	namespace string
	// only is the namespace that is read of the cluster, empty for all.
	only      string
	inCluster bool
}

// explanations are the outputs of explain.
var explanations = map[string]func(io.Writer, explain.Explanation) error{
	"text": explain.Text, "json": explain.JSON, "mermaid": explain.Mermaid, "dot": explain.DOT,
}

func newExplain() *cobra.Command {
	o := explainOptions{judgeOptions: judgeOptions{outputs: []string{"text", "json", "mermaid", "dot"}}}
	cmd := &cobra.Command{
		Use:   "explain PATH… | - | --cluster [NAMESPACE…]",
		Short: "Show what Ditto is there, how it is configured, and every way in",
		Long: `Show what Ditto there is: its components, their effective settings and where each comes
from, the trust model, who can connect to which port, every way in hop by hop, and what
could not be told. What the rules find on a way in is noted there, and refuses nothing.
No value of a secret is shown.

Arguments are files and folders with manifests, or - for standard input, as for check.
With --cluster they are namespaces of the cluster instead, which is read with your
rights, as audit does; without any, every Ditto of the cluster is shown. With rights in
one namespace, read that one with --namespace; what lies outside is unknown then.

--output mermaid and --output dot draw the ways in. Entries say whether they are PUBLIC
or INTERNAL and what is found; those with findings have six or eight corners, and the
steps behind them are thick. Dotted steps are on ways of which not all is known.

Exit codes: 0 explained, 1 could not run, or there is no Ditto.`,
		Example: `  dittoguard explain deploy/
  dittoguard explain --output mermaid deploy/
  dittoguard explain --output json deploy/ | jq '.installations[].waysIn[] | select(.public)'
  dittoguard explain --cluster ditto
  dittoguard explain --cluster --namespace ditto`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.inCluster && cmd.Flags().Changed("namespace") {
				o.only = o.namespace
			}
			if err := o.validate(args); err != nil {
				return err
			}
			return o.run(cmd.Context(), cmd, args)
		},
	}
	o.judgeOptions.addFlags(cmd)
	o.clusterOptions.addFlags(cmd)
	cmd.Flags().BoolVar(&o.inCluster, "cluster", false, "read the cluster; arguments are namespaces")
	cmd.Flags().StringVarP(&o.namespace, "namespace", "n", "default", "namespace of objects in manifests that name none; with --cluster the only one to read")
	return cmd
}

func (o *explainOptions) validate(args []string) error {
	errs := []error{o.judgeOptions.validate()}
	if !o.inCluster {
		for _, flag := range [][2]string{{"kubeconfig", o.kubeconfig}, {"context", o.context}} {
			if flag[1] != "" {
				errs = append(errs, fmt.Errorf("--%s is for --cluster", flag[0]))
			}
		}
		if o.allNamespaces {
			errs = append(errs, errors.New("--all-namespaces is for --cluster"))
		}
		return errors.Join(append(errs, o.validatePaths(args), validateNamespaces("namespace", o.namespace))...)
	}
	errs = append(errs, validateNamespaces("namespace", o.namespace))
	for _, name := range args {
		if validateNamespaces("", name) != nil {
			errs = append(errs, fmt.Errorf("%q is no name of a namespace; with --cluster arguments are namespaces, without it files and folders", name))
		}
	}
	return errors.Join(errs...)
}

// validatePaths says of a path that is not there what else it may have been meant for.
func (o *explainOptions) validatePaths(args []string) error {
	errs := []error{validatePaths(args)}
	for _, path := range args {
		if path == "" || path == "-" {
			continue
		}
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && validateNamespaces("", path) == nil {
			errs = append(errs, fmt.Errorf("there is no file or folder %q; a namespace of the cluster is explained with --cluster %s", path, path))
		}
	}
	return errors.Join(errs...)
}

func (o *explainOptions) run(ctx context.Context, cmd *cobra.Command, args []string) error {
	stderr := cmd.ErrOrStderr()
	checker, release, configErr := o.checker(stderr)
	if configErr == nil {
		defer release()
	}
	inv, unlisted, err := o.read(ctx, cmd, args)
	if err := errors.Join(configErr, err); err != nil {
		return err
	}
	explanation, err := o.explain(ctx, checker, inv, unlisted, args)
	if err != nil {
		return err
	}
	if o.output == "mermaid" || o.output == "dot" {
		// A picture has no place for it.
		kinds, _ := check.Unlisted(unlisted)
		for _, group := range kinds {
			note(stderr, "every %s: %s", group.Title, group.Message)
		}
	}
	return explanations[o.output](cmd.OutOrStdout(), explanation)
}

// read reads the manifests, or the cluster; then it says also what could not be read.
func (o *explainOptions) read(ctx context.Context, cmd *cobra.Command, args []string) (*inventory.Memory, []check.Unknown, error) {
	stderr := cmd.ErrOrStderr()
	if o.inCluster {
		return o.snapshot(ctx, o.only)
	}
	loaded, err := manifest.Load(args, cmd.InOrStdin(), manifest.Options{Namespace: o.namespace, Command: "dittoguard explain"})
	if err != nil {
		return nil, nil, err
	}
	tell(stderr, loaded)
	if len(loaded.Worlds()) > 1 {
		note(stderr, "of an object that is defined more than once the last version is explained; check judges all of them")
	}
	return inventoryOf(loaded.Objects), nil, notEmpty(loaded, args)
}

// explain explains the Ditto that was asked for. That there is none is an error: an empty picture would look safe.
func (o *explainOptions) explain(
	ctx context.Context, checker *check.Checker, inv *inventory.Memory, unlisted []check.Unknown, args []string,
) (explain.Explanation, error) {
	objects := inv.All()
	verdict, err := checker.All(ctx, inv, objects)
	if err != nil {
		return explain.Explanation{}, err
	}
	verdict.Unknown = append(verdict.Unknown, unlisted...)
	view := checker.View(ctx, inv)
	opts := explain.Options{Verdict: verdict, Passwords: checker.Passwords()}
	found := explain.Namespaces(view, objects)
	if o.inCluster {
		opts.Namespaces = args
		for _, name := range args {
			if !slices.Contains(found, name) {
				return explain.Explanation{}, fmt.Errorf("no part of Ditto runs in namespace %s of the cluster; %s", name, runsIn(found))
			}
		}
	}
	if len(found) == 0 {
		return explain.Explanation{}, errors.New("nothing to explain: no part of Ditto was found")
	}
	explanation := explain.Build(ctx, view, objects, opts)
	return explanation, ditto.CutShort(ctx, view)
}

func runsIn(namespaces []string) string {
	if len(namespaces) == 0 {
		return "nor in any other"
	}
	return "it runs in " + strings.Join(namespaces, ", ")
}
