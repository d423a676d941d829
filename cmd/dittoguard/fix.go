package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/fix"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
)

type fixOptions struct {
	choiceOptions
	inputOptions
	chart      string
	helmValues bool
	warnings   bool
	write      bool
}

func newFix() *cobra.Command {
	var o fixOptions
	cmd := &cobra.Command{
		Use:   "fix PATH… | -",
		Short: "Plan what closes the findings, and write it",
		Long: `Find a few changes that leave nothing denied in manifests, as check judges
them. Changes are made in memory and judged again: what is printed was tried.

A change is printed where it belongs: as a diff of the manifest, as a patch of the Kustomize
folder, or as values of Ditto's Helm chart, which also are what --helm-values prints alone.
--write writes manifests and kustomizations and, with --helm-values and --values, the file of
values. Comments, order and quoting stay. What has YAML anchors, is a template or is generated
is left alone, and named. No password is made up: a plan refers to a Secret, and says how to
make it.

With --chart, or if a PATH is a chart, helm renders with the new values, and that is judged.
Otherwise the same change is made in the objects that the chart rendered.

With --severity, and with --warnings, nothing is to be left that is warned of, either.

Exit codes: 0 nothing is left, 1 could not run, 3 something is left.`,
		Example: `  # what closes what is denied
  dittoguard fix deploy/

  # write it
  dittoguard fix --write deploy/

  # values for Ditto's chart, put into a file of your own
  helm template ditto CHART --values values.yaml | dittoguard fix --helm-values --values values.yaml -

  # the same, with the chart at hand
  dittoguard fix --helm-values --values values.yaml --write CHART`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(args); err != nil {
				return err
			}
			return o.run(cmd.Context(), cmd, args)
		},
	}
	o.choiceOptions.addFlags(cmd)
	o.inputOptions.addFlags(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&o.namespace, "namespace", "n", "default", "namespace for objects that do not name one")
	flags.StringVar(&o.chart, "chart", "", "`folder` of Ditto's Helm chart, to render with the new values")
	flags.BoolVar(&o.helmValues, "helm-values", false,
		"print values of Ditto's chart alone; with --values, the difference of that file")
	flags.BoolVar(&o.warnings, "warnings", false, "close what is warned of, too")
	flags.BoolVar(&o.write, "write", false, "write the files")
	cobra.CheckErr(cmd.MarkFlagDirname("chart"))
	return cmd
}

func (o *fixOptions) validate(paths []string) error {
	errs := []error{o.choiceOptions.validate(), validatePaths(paths), validateNamespaces("namespace", o.namespace)}
	if o.write && slices.Contains(paths, "-") && !o.helmValues {
		errs = append(errs, errors.New("--write: standard input cannot be written; name the files"))
	}
	if o.write && o.helmValues && len(o.render.Values) == 0 {
		errs = append(errs, errors.New("--write: name the file of values to write with --values"))
	}
	return errors.Join(errs...)
}

func (o *fixOptions) run(ctx context.Context, cmd *cobra.Command, paths []string) error {
	stderr := cmd.ErrOrStderr()
	checker, release, err := o.checkerOf(stderr, o.filter)
	if err != nil {
		return err
	}
	defer release()
	var stdin []byte
	if slices.Contains(paths, "-") {
		if stdin, err = io.ReadAll(cmd.InOrStdin()); err != nil {
			return fmt.Errorf("reading stdin: %w", err)
		}
	}
	loaded, err := o.load(ctx, paths, stdin, nil)
	if err != nil {
		return err
	}
	tell(stderr, loaded)
	if err := notEmpty(loaded, paths); err != nil {
		return err
	}
	plans, err := o.plans(ctx, checker, loaded.Worlds())
	if err != nil {
		return err
	}
	read := func(name string) (string, error) {
		if name == "stdin" {
			return string(stdin), nil
		}
		text, err := os.ReadFile(name)
		return string(text), err
	}
	var outs []*fix.Output
	for _, plan := range plans {
		out, err := fix.Place(plan, read)
		if err != nil {
			return err
		}
		outs = append(outs, out)
	}
	return o.conclude(ctx, cmd, checker, paths, stdin, outs)
}

// load reads the manifests; a chart is rendered with more files of values.
func (o *fixOptions) load(ctx context.Context, paths []string, stdin []byte, values []string) (*manifest.Result,
	error) {
	inputs := o.inputOptions
	inputs.render.Values = append(slices.Clone(inputs.render.Values), values...)
	if !o.charts(paths) {
		inputs.render.Values = nil // they are to be changed, and nothing is rendered with them
	}
	return manifest.Load(paths, bytes.NewReader(stdin), inputs.manifests(ctx, "dittoguard fix", paths...))
}

// charts says whether a path is a Helm chart.
func (o *fixOptions) charts(paths []string) bool {
	return slices.ContainsFunc(paths, func(path string) bool {
		_, err := os.Stat(filepath.Join(path, "Chart.yaml"))
		return err == nil
	})
}

// closes says what is not to be left.
func (o *fixOptions) closes(f check.Finding) bool {
	return f.Action == check.ActionDeny || (o.warnings || o.severity != "") && f.Action == check.ActionWarn
}

func (o *fixOptions) goal() string {
	if o.warnings || o.severity != "" {
		return "denied or warned of"
	}
	return "denied"
}

// plans are the plans, one for each trust model that there is a choice of. Those that leave nothing open come alone,
// and one that is the same for both models comes once.
func (o *fixOptions) plans(ctx context.Context, checker *check.Checker, worlds [][]*inventory.Object) ([]*fix.Plan,
	error) {
	remedies, err := fix.Remedies(ctx, checker, worlds)
	if err != nil {
		return nil, err
	}
	models := fix.Models(remedies, o.closes)
	if len(models) < 2 {
		models = []string{""}
	}
	var plans []*fix.Plan
	for _, model := range models {
		plan, err := fix.Find(ctx, checker, worlds, fix.Options{Closes: o.closes, Model: model})
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(plans, plan.Same) {
			plans = append(plans, plan)
		}
	}
	return plans, nil
}

// conclude prints the plans, writes what is to be written, and says by its error whether something is left.
func (o *fixOptions) conclude(ctx context.Context, cmd *cobra.Command, checker *check.Checker, paths []string,
	stdin []byte, outs []*fix.Output) error {
	stdout, stderr := cmd.OutOrStdout(), cmd.ErrOrStderr()
	proved := slices.ContainsFunc(outs, func(out *fix.Output) bool { return out.Proved() })
	if proved {
		other := slices.IndexFunc(outs, func(out *fix.Output) bool { return !out.Proved() })
		outs = slices.DeleteFunc(outs, func(out *fix.Output) bool { return !out.Proved() })
		if other >= 0 {
			outs[0].Notes = append(outs[0].Notes, otherModel[outs[0].Model])
		}
	}
	if len(outs) > 1 && (o.write || o.helmValues) {
		return fmt.Errorf("there is a choice of trust models; set trustModel to oidc or proxy in the configuration (--config), "+
			"or look at both plans without %s", strings.Join(o.decisive(), " and "))
	}
	for i, out := range outs {
		how, rendered, err := o.prove(ctx, checker, paths, stdin, out)
		if err != nil {
			return err
		}
		proved = proved && rendered
		if o.helmValues {
			if err := o.values(stdout, stderr, out); err != nil {
				return err
			}
			continue
		}
		text, err := out.Text(o.goal(), how)
		if err != nil {
			return err
		}
		if len(outs) > 1 {
			text = fmt.Sprintf("Plan %d, trust model %s: %s", i+1, out.Model, text)
		}
		if i > 0 {
			text = "\n" + text
		}
		if _, err := io.WriteString(stdout, text); err != nil {
			return err
		}
	}
	out := outs[0]
	if o.write && !o.helmValues {
		for _, f := range out.Files {
			if err := f.Write(); err != nil {
				return err
			}
			note(stderr, "%s is written", f.Name)
		}
		proved = proved && len(out.Left)+len(out.Values)+len(out.Rendered) == 0
	}
	if !proved || o.helmValues && len(out.Files)+len(out.Left)+len(out.Rendered) > 0 {
		return errFindings
	}
	return nil
}

// otherModel says of the model of a plan what it leaves out.
var otherModel = map[string]string{
	"oidc":  "The other trust model, a proxy that owns the identity, needs changes by hand: set trustModel: proxy in the configuration to see which.",
	"proxy": "The other trust model, tokens, needs changes by hand: set trustModel: oidc in the configuration to see which.",
}

func (o *fixOptions) decisive() []string {
	var flags []string
	if o.write {
		flags = append(flags, "--write")
	}
	if o.helmValues {
		flags = append(flags, "--helm-values")
	}
	return flags
}
