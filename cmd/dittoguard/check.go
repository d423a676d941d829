package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/rendered"
	"github.com/dittoguard/dittoguard/internal/ditto/unread"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
)

type checkOptions struct {
	verdictOptions
	baselineOptions
	inputOptions
}

func newCheck() *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:   "check PATH… | -",
		Short: "Judge manifests",
		Long: `Judge manifests: files, folders (every .yaml, .yml and .json file in them), or - for
standard input. A folder with a kustomization is built as kustomize does, a Helm chart
is rendered by your helm. dittoguard sees only what you give it. An Ingress is judged with the
Service and the gateway that it leads to, so name everything that is deployed
together. If a Secret or ConfigMap is missing, whatever it decides is unknown; it is
never assumed to be safe.

The result goes to standard output, notes on what was left out to standard error.

Text says what to change; --output wide shows every finding and every way in.

Exit codes: 0 nothing is denied, 1 could not run, 3 something is denied or what
--fail-on names was found.`,
		Example: `  # a folder of manifests
  dittoguard check deploy/

  # what helm rendered for a namespace
  helm template ditto CHART --namespace ditto | dittoguard check --namespace ditto -

  # with rules of your own
  dittoguard check --rules my-rules/ deploy/

  # by some rules alone
  dittoguard check --only preauth-exposed,devops-exposed --output wide deploy/

  # for other programs
  dittoguard check --output json deploy/ | jq '.findings[] | select(.action == "deny")'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(args); err != nil {
				return err
			}
			return o.run(cmd.Context(), cmd, args)
		},
	}
	o.verdictOptions.addFlags(cmd)
	o.baselineOptions.addFlags(cmd)
	o.inputOptions.addFlags(cmd)
	cmd.Flags().StringVarP(&o.namespace, "namespace", "n", "default", "namespace for objects that do not name one")
	return cmd
}

var errNoInput = errors.New("nothing to judge: name files or folders with manifests, or - for standard input")

func (o *checkOptions) validate(paths []string) error {
	return errors.Join(o.verdictOptions.validate(), o.baselineOptions.validate(), validatePaths(paths),
		validateNamespaces("namespace", o.namespace))
}

func validatePaths(paths []string) error {
	switch {
	case len(paths) == 0:
		return errNoInput
	case slices.Contains(paths, ""):
		return errors.New("one of the paths is empty")
	}
	return nil
}

// validateNamespaces checks what a flag gives for names of namespaces.
func validateNamespaces(flag string, names ...string) error {
	var errs []error
	for _, name := range names {
		if problems := validation.IsDNS1123Label(name); len(problems) > 0 {
			errs = append(errs, fmt.Errorf("--%s: %q is not a valid name of a namespace", flag, name))
		}
	}
	return errors.Join(errs...)
}

func (o *checkOptions) run(ctx context.Context, cmd *cobra.Command, paths []string) error {
	stderr := o.notes(cmd.ErrOrStderr())
	checker, release, configErr := o.checker(stderr)
	if configErr == nil {
		defer release()
	}
	loaded, err := manifest.Load(paths, cmd.InOrStdin(), o.manifests(ctx, "", paths...))
	if err := errors.Join(configErr, err); err != nil {
		return err
	}
	tell(stderr, loaded)
	if err := notEmpty(loaded, paths); err != nil {
		return err
	}
	worlds := loaded.Worlds()
	if o.baselined() {
		if worlds, err = onlyWorld(loaded); err != nil {
			return err
		}
	}
	var (
		inv      *inventory.Memory
		judgedIn []*inventory.Memory
		results  []check.Result
	)
	for _, world := range worlds {
		inv = inventoryOf(world)
		judgedIn = append(judgedIn, inv)
		judged, err := checker.Judge(ctx, inv, inv.All())
		if err != nil {
			return err
		}
		result, err := o.judgedBy(stderr, checker, judged)
		if err != nil {
			return err
		}
		results = append(results, result)
	}
	tellRendered(stderr, inv)
	if !slices.ContainsFunc(loaded.Objects, func(object *inventory.Object) bool { return runsDitto(inv, object) }) {
		if skipped := notRead(loaded.Objects); skipped != "" {
			note(stderr, "no part of Ditto runs in what was read of these manifests, so there is little to judge; not read: %s", skipped)
		} else {
			note(stderr, "no part of Ditto runs in these manifests, so there is little to judge; name everything that is deployed together")
		}
	}
	return o.conclude(ctx, cmd, checker,
		outcome{check.Merge(results...), slices.Concat(loaded.Warnings, notesOn(loaded)), loaded.Objects, judgedIn})
}

// onlyWorld is what is compared with something: of two objects of one name nobody could tell which is meant.
func onlyWorld(loaded *manifest.Result) ([][]*inventory.Object, error) {
	if twice := loaded.Twice(); twice != "" {
		return nil, fmt.Errorf("%s: what is compared has each object once; name the folders of one environment", twice)
	}
	return [][]*inventory.Object{loaded.Objects}, nil
}

// notEmpty refuses paths without any object.
func notEmpty(loaded *manifest.Result, paths []string) error {
	if len(loaded.Objects) > 0 {
		return nil
	}
	if slices.Equal(paths, []string{"-"}) {
		paths = []string{"standard input"}
	}
	return fmt.Errorf("nothing to judge: there is no Kubernetes object in %s", strings.Join(paths, ", "))
}

func inventoryOf(objects []*inventory.Object) *inventory.Memory {
	inv := inventory.NewMemory(index.Of, nil)
	for _, object := range objects {
		inv.Put(object)
	}
	return inv
}

// tell says what was read otherwise than one might think, and what was not read at all.
func tell(w io.Writer, loaded *manifest.Result) {
	for _, warning := range loaded.Warnings {
		warn(w, "%s", warning)
	}
	for _, text := range notesOn(loaded) {
		note(w, "%s", text)
	}
}

// notesOn are notes on what was not read, or not judged.
func notesOn(loaded *manifest.Result) []string {
	notes := slices.Clone(loaded.Notes)
	for _, skipped := range loaded.Skipped {
		notes = append(notes, "not judged: "+skipped.String())
	}
	if files := some(loaded.Unnamed, 10); files != "" {
		notes = append(notes, "not judged: "+files+
			"; no kustomization here names them, so `kubectl apply -k` does not apply them")
	}
	if files := some(loaded.Other, 3); files != "" {
		notes = append(notes, "not read: "+files+"; only .yaml, .yml and .json are")
	}
	return notes
}

// some is the first of several names, and how many more there are.
func some(names []string, most int) string {
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// tellRendered says which objects make others that are not judged here. Those that make a Ditto are in the result.
func tellRendered(w io.Writer, inv *inventory.Memory) {
	const most = 3
	others := 0
	for _, object := range inv.All() {
		made, is := rendered.Of(inv, object)
		if !is || made.Ditto != "" || object.Source.Rendered || object.Source.NotRendered != "" {
			continue
		}
		if others++; others <= most {
			note(w, "%s does not name Ditto; what is rendered from it is not judged here; %s", object.Ref, made.How)
		}
	}
	if others > most {
		note(w, "the same for %d more", others-most)
	}
}

// notRead names objects that may have to do with Ditto and are not read; empty if there are none.
func notRead(objects []*inventory.Object) string {
	const most = 3
	var list []string
	for _, object := range objects {
		if unread.Is(object) {
			list = append(list, fmt.Sprintf("%s (%s)", object.Ref, object.Ref.APIVersion))
		}
	}
	if len(list) > most {
		list = append(list[:most], fmt.Sprintf("%d more", len(list)-most))
	}
	return strings.Join(list, ", ")
}

// runsDitto says whether the object is a workload with a service of Ditto in it.
func runsDitto(inv inventory.Reader, object *inventory.Object) bool {
	return slices.ContainsFunc(recognize.Parts(inv, object),
		func(part recognize.Part) bool { return recognize.IsDitto(part.Component) })
}

func warn(w io.Writer, format string, args ...any) {
	fmt.Fprintf(w, "dittoguard: warning: "+format+"\n", args...)
}

func note(w io.Writer, format string, args ...any) {
	fmt.Fprintf(w, "dittoguard: note: "+format+"\n", args...)
}
