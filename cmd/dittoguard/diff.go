package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/explain"
	"github.com/dittoguard/dittoguard/internal/gittree"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/report"
)

type diffOptions struct {
	verdictOptions
	clusterOptions
	inputOptions
	inCluster bool
}

func newDiff() *cobra.Command {
	var o diffOptions
	cmd := &cobra.Command{
		Use:   "diff OLD NEW | --cluster NEW",
		Short: "Say what a change opens, closes and makes wrong",
		Long: `Compare two states of the same manifests: which ways in open and close, which effective
settings change, which findings come and go. A finding is new if it lets in requests
that the old state did not, as for the webhook.

OLD and NEW are files, folders, - for standard input, or git:REVISION[:PATH] for what a
revision of this repository holds there; as in git, PATH begins at the top of the
repository unless it begins with ./ or ../. Each object may be there once, so name the
folders of one environment.

With --cluster, OLD is what runs now, read-only and with your own rights, and NEW is laid
over it. What NEW does not name stays as it is. Pods of workloads that NEW names are left
to their new templates.

Exit codes: 0 nothing new is denied, 1 could not run, 3 something new is denied or what
--fail-on names is new.`,
		Example: `  dittoguard diff git:main:deploy deploy/
  dittoguard diff git:v1.2.0:deploy git:HEAD:deploy --output json
  helm template ditto CHART | dittoguard diff --cluster -`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(args); err != nil {
				return err
			}
			return o.run(cmd.Context(), cmd, args)
		},
	}
	o.formatsOf(report.DiffFormats)
	o.verdictOptions.addFlags(cmd)
	o.clusterOptions.addFlags(cmd)
	o.inputOptions.addFlags(cmd)
	cmd.Flags().BoolVar(&o.inCluster, "cluster", false, "compare NEW with what runs in the cluster")
	cmd.Flags().StringVarP(&o.namespace, "namespace", "n", "default", "namespace for objects that do not name one")
	return cmd
}

func (o *diffOptions) validate(args []string) error {
	errs := []error{o.verdictOptions.validate(), validateNamespaces("namespace", o.namespace)}
	want := 2
	if o.inCluster {
		want = 1
	} else {
		errs = append(errs, o.withoutCluster())
	}
	switch {
	case len(args) != want && o.inCluster:
		errs = append(errs, errors.New("expected NEW: with --cluster, the old state is what runs"))
	case len(args) != want:
		errs = append(errs, errors.New("expected OLD and NEW: files, folders, - or git:REVISION[:PATH]"))
	case want == 2 && args[0] == "-" && args[1] == "-":
		errs = append(errs, errors.New("OLD and NEW cannot both be standard input"))
	}
	for _, arg := range args {
		if arg == "" {
			errs = append(errs, errors.New("one of the paths is empty"))
		}
		if revision, _, is := gittree.Named(arg); is && revision == "" {
			errs = append(errs, fmt.Errorf("%q names no revision: expected git:REVISION[:PATH]", arg))
		}
	}
	return errors.Join(errs...)
}

func (o *diffOptions) run(ctx context.Context, cmd *cobra.Command, args []string) error {
	stderr := o.notes(cmd.ErrOrStderr())
	checker, release, configErr := o.checker(stderr)
	if configErr == nil {
		defer release()
	}
	old, now, unlisted, err := o.states(ctx, cmd, args)
	if err := errors.Join(configErr, err); err != nil {
		return err
	}
	was, err := stateOf(ctx, checker, old, unlisted)
	if err != nil {
		return err
	}
	is, err := stateOf(ctx, checker, now, unlisted)
	if err != nil {
		return err
	}
	tellRendered(stderr, now)
	if !slices.ContainsFunc(now.All(), func(object *inventory.Object) bool { return runsDitto(now, object) }) {
		note(stderr, "no part of Ditto runs in what is new, so there is little to judge; name everything that is deployed together")
	}
	d := report.Diff{
		From: "the cluster", To: args[len(args)-1], Compared: is.judged.Since(was.judged),
		Settings: explain.Changes(was.explained, is.explained),
		Version:  buildVersion(), Root: workingFolder(),
	}
	d.Explain = func() (explain.Explanation, error) {
		opts := explain.Options{Verdict: check.Sorted(d.Compared.New), Passwords: checker.Passwords()}
		return explain.Build(ctx, is.judged.View(), now.All(), opts), ctx.Err()
	}
	if !o.inCluster {
		d.From = args[0]
	}
	fails := o.fails(d.Compared.New)
	err = o.each(cmd.OutOrStdout(), o.quiet && !fails, func(w io.Writer, format string, opts report.Options) error {
		d.Options = opts
		return report.WriteDiff(w, format, d)
	})
	switch {
	case err != nil:
		return err
	case fails:
		return errFindings
	}
	return errors.Join(ctx.Err(), world.CutShort(ctx, was.judged.View(), is.judged.View()))
}

// state is one side, judged and explained.
type state struct {
	judged    *check.Judged
	explained explain.Explanation
}

func stateOf(ctx context.Context, checker *check.Checker, inv *inventory.Memory, unlisted []check.Unknown) (state,
	error) {
	judged, err := checker.Judge(ctx, inv, inv.All())
	if err != nil {
		return state{}, err
	}
	judged.Unlisted(unlisted)
	explained := explain.Build(ctx, judged.View(), inv.All(), explain.Options{Passwords: checker.Passwords()})
	return state{judged, explained}, nil
}

// states reads both sides, and says what of the cluster could not be read.
func (o *diffOptions) states(ctx context.Context, cmd *cobra.Command, args []string) (old, now *inventory.Memory,
	unlisted []check.Unknown, err error) {
	to, newErr := o.side(ctx, cmd, args[len(args)-1], false)
	if o.inCluster {
		running, unlisted, err := o.snapshot(ctx, "")
		if err := errors.Join(newErr, err); err != nil {
			return nil, nil, nil, err
		}
		return running, over(running, to), unlisted, nil
	}
	from, oldErr := o.side(ctx, cmd, args[0], true)
	if err := errors.Join(oldErr, newErr); err != nil {
		return nil, nil, nil, err
	}
	return inventoryOf(from), inventoryOf(to), nil, nil
}

// side reads one side. An old one may have nothing in it: then everything is new.
func (o *diffOptions) side(ctx context.Context, cmd *cobra.Command, arg string, old bool) ([]*inventory.Object, error) {
	stderr := o.notes(cmd.ErrOrStderr())
	loaded, err := o.loadSide(ctx, cmd.InOrStdin(), arg)
	if err != nil {
		return nil, err
	}
	if loaded == nil {
		if !old {
			return nil, fmt.Errorf("nothing to judge: there is nothing at %s", arg)
		}
		note(stderr, "there is nothing at %s, so everything is new", arg)
		return nil, nil
	}
	tell(stderr, loaded)
	if len(loaded.Objects) == 0 && old {
		note(stderr, "there is no Kubernetes object in %s, so everything is new", arg)
	} else if err := notEmpty(loaded, []string{arg}); err != nil {
		return nil, err
	}
	worlds, err := onlyWorld(loaded)
	if err != nil {
		return nil, err
	}
	return worlds[0], nil
}

// over lays objects over what runs. The Pods and ReplicaSets of workloads among them are left out: their templates
// replace those.
func over(running *inventory.Memory, objects []*inventory.Object) *inventory.Memory {
	laid := map[inventory.ID]*inventory.Object{}
	made := map[inventory.ID]bool{}
	for _, o := range objects {
		laid[o.Ref.ID()] = o
		made[o.Ref.ID()] = o.PodTemplate() != nil
	}
	all := running.All()
	for again := true; again; {
		again = false
		for _, o := range all {
			id := o.Ref.ID()
			if laid[id] != nil || made[id] {
				continue
			}
			for _, owner := range o.Meta.OwnerReferences {
				of := inventory.Ref{APIVersion: owner.APIVersion, Kind: owner.Kind, Namespace: o.Ref.Namespace,
					Name: owner.Name}
				if owner.Controller != nil && *owner.Controller && made[of.ID()] {
					made[id], again = true, true
				}
			}
		}
	}
	inv := inventoryOf(objects)
	for _, o := range all {
		if id := o.Ref.ID(); laid[id] == nil && !made[id] {
			inv.Put(o)
		}
	}
	return inv
}

// temporary is a folder for the time that something runs.
func temporary(use func(dir string) error) (err error) {
	dir, err := os.MkdirTemp("", "dittoguard-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	return use(dir)
}
