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
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/explain"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
	"github.com/dittoguard/dittoguard/internal/report"
)

type explainOptions struct {
	judgeOptions
	clusterOptions
	inputOptions
	// only is the namespace that is read of the cluster, empty for all.
	only      string
	inCluster bool
	output    string
}

// explanationFormats are the outputs of explain, the first without being asked for.
var explanationFormats = []string{"text", "json", "mermaid", "dot", "html"}

// explanations write them.
var explanations = map[string]func(io.Writer, explain.Explanation) error{
	"text": explain.Text, "json": explain.JSON, "mermaid": explain.Mermaid, "dot": explain.DOT,
	"html": func(w io.Writer, e explain.Explanation) error {
		return report.HTML(w, e, buildVersion(), workingFolder())
	},
}

func newExplain() *cobra.Command {
	var o explainOptions
	cmd := &cobra.Command{
		Use:   "explain PATH… | - | --cluster [NAMESPACE…]",
		Short: "Show a Ditto's components, its settings and every way in",
		Long: `Show a Ditto: its components, their effective settings and where each comes from, the
trust model, who can connect to which port, every way in hop by hop, and what could
not be determined. What the rules find on a way in is noted there, and refuses nothing.
No value of a secret is shown.

Arguments are files and folders with manifests, or - for standard input, as for check.
With --cluster they are namespaces of the cluster, which is read with your own rights,
as audit does; without arguments every Ditto in the cluster is shown. If you have
rights in one namespace only, read that one with --namespace; what lies outside it is
then unknown.

--output mermaid and --output dot draw the ways in. Entries say whether they are PUBLIC
or INTERNAL, and what was found. Those with findings have six or eight corners, and the
steps behind them are thick. Dotted steps belong to ways that are partly unknown. Paths of
one entry, and locations of one proxy, are drawn together; what holds for all of them
stands in their title. Colours are those of verdicts, and say nothing that words do not.
--output html is a page that shows it all, without what the rules find.

Exit codes: 0 explained, 1 could not run, or no Ditto was found.`,
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
	cmd.Flags().StringVarP(&o.output, "output", "o", explanationFormats[0], oneOf(explanationFormats))
	completes(cmd, "output", explanationFormats)
	o.clusterOptions.addFlags(cmd)
	o.inputOptions.addFlags(cmd)
	cmd.Flags().BoolVar(&o.inCluster, "cluster", false, "read the cluster; arguments are then namespaces")
	cmd.Flags().StringVarP(&o.namespace, "namespace", "n", "default",
		"namespace for objects that do not name one; with --cluster, the only namespace to read")
	return cmd
}

func (o *explainOptions) validate(args []string) error {
	var errs []error
	if !slices.Contains(explanationFormats, o.output) {
		errs = append(errs, fmt.Errorf("--output: expected %s, found %q", oneOf(explanationFormats), o.output))
	}
	if !o.inCluster {
		errs = append(errs, o.withoutCluster())
		return errors.Join(append(errs, o.validatePaths(args), validateNamespaces("namespace", o.namespace))...)
	}
	errs = append(errs, validateNamespaces("namespace", o.namespace))
	for _, name := range args {
		if validateNamespaces("", name) != nil {
			errs = append(errs, fmt.Errorf("%q is not a valid name of a namespace; with --cluster arguments are namespaces, without it files and folders", name))
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
func (o *explainOptions) read(ctx context.Context, cmd *cobra.Command, args []string) (*inventory.Memory,
	[]check.Unknown, error) {
	stderr := cmd.ErrOrStderr()
	if o.inCluster {
		return o.snapshot(ctx, o.only)
	}
	loaded, err := manifest.Load(args, cmd.InOrStdin(), o.manifests(ctx, "dittoguard explain", args...))
	if err != nil {
		return nil, nil, err
	}
	tell(stderr, loaded)
	if len(loaded.Worlds()) > 1 {
		note(stderr, "if an object is defined more than once, its last version is explained; check judges all of them")
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
				return explain.Explanation{}, fmt.Errorf("no part of Ditto runs in namespace %s of the cluster; %s",
					name, runsIn(found))
			}
		}
	}
	if len(found) == 0 {
		if unread := notRead(objects); unread != "" {
			return explain.Explanation{},
				fmt.Errorf("nothing to explain: no part of Ditto was found in what was read; not read: %s", unread)
		}
		return explain.Explanation{}, errors.New("nothing to explain: no part of Ditto was found")
	}
	explanation := explain.Build(ctx, view, objects, opts)
	return explanation, world.CutShort(ctx, view)
}

func runsIn(namespaces []string) string {
	if len(namespaces) == 0 {
		return "nor in any other"
	}
	return "it runs in " + strings.Join(namespaces, ", ")
}
