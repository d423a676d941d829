// Package render makes manifests of what people keep: of a Kustomize folder, with Kustomize's own library, and of a
// Helm chart, with the helm of the user, so that charts, repositories and plugins work as they do there.
package render

import (
	"context"

	"github.com/dittoguard/dittoguard/internal/manifest"
)

// Options say how to render.
type Options struct {
	// Values, Set, APIVersions, Release and Namespace are helm's.
	Values, Set, APIVersions []string
	Release, Namespace       string
	// Given are values over those of the files, as YAML, and SetString is helm's. Secret says that errors must not show
	// them.
	Given     []byte
	SetString []string
	Secret    bool
	// AllowRemote lets Kustomize fetch what lies elsewhere.
	AllowRemote bool
}

// ForCharts says whether there is anything in the options that only a chart has a use for.
func (o Options) ForCharts() bool {
	return len(o.Values)+len(o.Set)+len(o.APIVersions) > 0 || o.Release != ""
}

// Folder renders a folder.
func Folder(ctx context.Context, f manifest.Folder, opts Options) (manifest.Rendering, error) {
	if f.Chart {
		return chart(ctx, f, opts)
	}
	parts, err := kustomization(f.Dir, nil, opts)
	return manifest.Rendering{Parts: parts}, err
}
