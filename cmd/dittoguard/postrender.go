package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/manifest"
	"github.com/dittoguard/dittoguard/internal/report"
)

type postRenderOptions struct {
	verdictOptions
	namespace string
}

// mostRendered is how many bytes helm may hand over.
const mostRendered = 64 << 20

func newPostRender() *cobra.Command {
	var o postRenderOptions
	cmd := &cobra.Command{
		Use:   "post-render",
		Short: "Let helm install only what nothing is denied of",
		Long: `Judge what helm rendered, as its post-renderer: standard input comes back unchanged on
standard output, unless something is denied. Then nothing does, standard error says what
and how to mend it, and helm installs nothing.

A release is judged by itself. What decides about it and is not in it is unknown, and
refused only with --fail-on unknown, or onUnknown: deny in the configuration.

Exit codes: 0 nothing is denied, 1 could not run, 3 something is denied or what
--fail-on names was found.`,
		Example: `  # helm 3
  helm upgrade --install ditto CHART --post-renderer dittoguard --post-renderer-args post-render

  # helm 4, with the plugin
  helm upgrade --install ditto CHART --post-renderer dittoguard-post-render

  # as a filter, of which nothing is refused
  helm template ditto CHART | dittoguard post-render --fail-on none`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			stderr, release := helmsOwn(cmd.ErrOrStderr())
			defer release()
			err := errors.Join(o.validate(), validateNamespaces("namespace", o.namespace))
			if err == nil {
				err = o.run(cmd.Context(), cmd, stderr)
			}
			if err != nil && !errors.Is(err, errFindings) && stderr != cmd.ErrOrStderr() {
				printError(stderr, err)
			}
			return err
		},
	}
	o.addVerdictFlags(cmd)
	namespace := os.Getenv("HELM_NAMESPACE") // helm sets it for plugins
	if namespace == "" {
		namespace = "default"
	}
	cmd.Flags().StringVarP(&o.namespace, "namespace", "n", namespace,
		"namespace for objects that do not name one; $HELM_NAMESPACE if that is set")
	cmd.Flags().Lookup("namespace").DefValue = "default"
	return cmd
}

// helmsOwn is the standard error of helm where helm keeps that of its plugin to itself: helm 4 drops it
// (helm.sh/helm/v4/internal/plugin/runtime_subprocess.go), and nobody would learn why nothing is installed. On Linux it
// is to be had from the process above, unless it is a file, in which helm would write over it; else the terminal stands
// in.
func helmsOwn(stderr io.Writer) (w io.Writer, release func()) {
	if os.Getenv("HELM_PLUGIN_NAME") != "" {
		for _, name := range []string{fmt.Sprintf("/proc/%d/fd/2", os.Getppid()), "/dev/tty"} {
			if info, err := os.Stat(name); err != nil || info.Mode().IsRegular() {
				continue
			}
			if file, err := os.OpenFile(name, os.O_WRONLY, 0); err == nil {
				return file, func() { _ = file.Close() }
			}
		}
	}
	return stderr, func() {}
}

func (o *postRenderOptions) run(ctx context.Context, cmd *cobra.Command, stderr io.Writer) error {
	data, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), mostRendered+1))
	switch {
	case err != nil:
		return fmt.Errorf("reading standard input: %w", err)
	case len(data) > mostRendered:
		return fmt.Errorf("standard input is larger than %d MiB", mostRendered>>20)
	}
	loaded, loadErr := manifest.Load([]string{"-"}, bytes.NewReader(data),
		manifest.Options{Namespace: o.namespace, Command: "dittoguard post-render"})
	result, err := o.judge(ctx, stderr, loaded)
	if err := errors.Join(loadErr, err); err != nil {
		return err
	}
	if o.fails(result) {
		if err := report.Refusal(stderr, "this release", withoutPlaces(result), o.failOn,
			report.Options{}); err != nil {
			return err
		}
		return errFindings
	}
	_, err = cmd.OutOrStdout().Write(data)
	return err
}

// judge judges everything that another program hands over; there may be nothing.
func (o *verdictOptions) judge(ctx context.Context, stderr io.Writer, loaded *manifest.Result) (check.Result, error) {
	checker, release, err := o.checker(stderr)
	if err != nil || loaded == nil {
		return check.Result{}, err
	}
	defer release()
	tell(o.notes(stderr), loaded)
	var results []check.Result
	for _, world := range loaded.Worlds() {
		inv := inventoryOf(world)
		judged, err := checker.Judge(ctx, inv, inv.All())
		if err != nil {
			return check.Result{}, err
		}
		results = append(results, judged.Result())
	}
	return check.Merge(results...), nil
}

// withoutPlaces takes out where objects were read: lines of standard input help nobody.
func withoutPlaces(result check.Result) check.Result {
	return placed(result, func(string, int) (string, int) { return "", 0 })
}

// placed says by another name where objects were read.
func placed(result check.Result, at func(file string, line int) (string, int)) check.Result {
	for i := range result.Findings {
		f := &result.Findings[i]
		f.File, f.Line = at(f.File, f.Line)
	}
	for i := range result.Causes {
		c := &result.Causes[i]
		c.File, c.Line = at(c.File, c.Line)
	}
	for i := range result.Unknown {
		u := &result.Unknown[i]
		u.File, u.Line = at(u.File, u.Line)
	}
	return result
}
