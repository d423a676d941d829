// Package render makes manifests of what people keep: of a Kustomize folder, with Kustomize's own library, and of a Helm chart, with
// the helm of the user, so that charts, repositories and plugins work as they do there.
package render

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/dittoguard/dittoguard/internal/manifest"
)

// Options say how to render.
type Options struct {
	// Values, Set, Release and Namespace are helm's.
	Values, Set        []string
	Release, Namespace string
	// AllowRemote lets Kustomize fetch what lies elsewhere.
	AllowRemote bool
}

// ForCharts says whether there is anything in the options that only a chart has a use for.
func (o Options) ForCharts() bool { return len(o.Values)+len(o.Set) > 0 || o.Release != "" }

// Folder renders a folder.
func Folder(ctx context.Context, f manifest.Folder, opts Options) ([]manifest.Rendered, error) {
	if f.Chart {
		return chart(ctx, f, opts)
	}
	return kustomization(f.Dir, opts)
}

// chart runs `helm template`.
func chart(ctx context.Context, f manifest.Folder, opts Options) ([]manifest.Rendered, error) {
	if _, err := exec.LookPath("helm"); err != nil {
		return nil, errors.New("it is a Helm chart, and helm is not on the PATH")
	}
	release := opts.Release
	if release == "" {
		release = f.Name
	}
	args := []string{"template", release, f.Dir, "--namespace", opts.Namespace}
	for _, file := range opts.Values {
		args = append(args, "--values", file)
	}
	for _, set := range opts.Set {
		args = append(args, "--set", set)
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "helm", args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		said := strings.TrimPrefix(strings.TrimSpace(stderr.String()), "Error: ")
		if said == "" {
			said = err.Error()
		}
		if strings.Contains(said, "missing in charts/") {
			said += "; fetch it first: helm dependency build " + f.Dir
		}
		return nil, fmt.Errorf("helm template: %s", said)
	}
	return templates(f.Dir, stdout.Bytes()), nil
}

// source is what helm writes before what a template of a chart makes: `# Source: ditto/templates/gateway.yaml`.
const source = "# Source: "

// templates tells apart what each template made.
func templates(dir string, text []byte) []manifest.Rendered {
	var list []manifest.Rendered
	file := dir
	var document bytes.Buffer
	flush := func() {
		if len(bytes.TrimSpace(document.Bytes())) > 0 {
			list = append(list, manifest.Rendered{File: file, Text: bytes.Clone(document.Bytes())})
		}
		document.Reset()
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, len(text)+1)
	for lines.Scan() {
		line := lines.Text()
		if line == "---" || strings.HasPrefix(line, "--- ") {
			flush()
			file = dir
			continue
		}
		if name, is := strings.CutPrefix(line, source); is && len(bytes.TrimSpace(document.Bytes())) == 0 {
			if _, below, found := strings.Cut(name, "/"); found {
				file = filepath.Join(dir, filepath.FromSlash(below))
			}
		}
		document.WriteString(line + "\n")
	}
	flush()
	return list
}
