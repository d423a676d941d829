package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dittoguard/dittoguard/internal/ditto/rendered"
	"github.com/dittoguard/dittoguard/internal/gittree"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
	"github.com/dittoguard/dittoguard/internal/render"
)

// inputOptions are the flags of every command that reads manifests.
type inputOptions struct {
	render render.Options
	// namespace is for objects that name none, and for charts.
	namespace string
}

func (o *inputOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVarP(&o.render.Values, "values", "f", nil, "`file` with values for a Helm chart; can be repeated")
	flags.StringArrayVar(&o.render.Set, "set", nil, "`NAME=VALUE` for a Helm chart; can be repeated")
	flags.StringArrayVar(&o.render.APIVersions, "api-versions", nil,
		"`API` that the cluster has (GROUP/VERSION or GROUP/VERSION/KIND), for a Helm chart; can be repeated")
	flags.StringVar(&o.render.Release, "release", "", "name of the release of a Helm chart (default: the chart's name)")
	flags.BoolVar(&o.render.AllowRemote, "allow-remote", false, "let a Kustomize folder fetch what lies elsewhere")
	cobra.CheckErr(cmd.MarkFlagFilename("values", "yaml", "yml"))
}

// manifests are the options for reading manifests; command is for messages, empty for check. Values are for one chart.
// What objects have rendered is looked for in their repository or, where there is none, in the folders that are named.
func (o *inputOptions) manifests(ctx context.Context, command string, paths ...string) manifest.Options {
	charts := 0
	opts := manifest.Options{Namespace: o.namespace, Command: command,
		Render: func(f manifest.Folder) (manifest.Rendering, error) {
			opts := o.render
			opts.Namespace = o.namespace
			if f.Chart {
				if charts++; charts > 1 && opts.ForCharts() {
					return manifest.Rendering{},
						errors.New("it is the second Helm chart, and --values, --set, --api-versions and --release are for one; name its folder alone")
				}
			}
			rendering, err := render.Folder(ctx, f, opts)
			if err == nil && len(rendering.Parts) == 0 {
				return manifest.Rendering{}, errors.New("nothing is rendered from it")
			}
			return rendering, err
		}}
	tree := render.Tree{
		Roots: append([]string{"."}, paths...), Options: render.Options{AllowRemote: o.render.AllowRemote},
		Remotes: func(dir string) []string { return gittree.Remotes(ctx, dir) },
	}
	opts.Makes = rendered.Is
	opts.Made = func(r inventory.Reader, object *inventory.Object, followed manifest.Followed) *manifest.Made {
		made := tree.Deployed(ctx, r, object, followed)
		if made != nil && o.render.ForCharts() &&
			slices.ContainsFunc(made.Parts, func(p manifest.Rendered) bool { return p.Folder.Chart }) {
			made.Notes = append(made.Notes,
				fmt.Sprintf("%s is rendered with values of its own; --values, --set, --api-versions and --release do not count for it", object.Ref))
		}
		return made
	}
	return opts
}
