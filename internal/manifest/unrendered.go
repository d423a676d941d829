package manifest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/shell"
)

// Kustomizations are the names by which Kustomize knows its folders (sigs.k8s.io/kustomize/api/konfig), ChartFile that
// by which Helm does (helm.sh/helm/v4/pkg/chart/v2/util).
var Kustomizations = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// ChartFile is in the folder of a Helm chart.
const ChartFile = "Chart.yaml"

// unrendered is a folder whose files are not what is deployed: patches, parts and templates, from which a tool makes
// that.
type unrendered struct {
	dir   string
	chart *chart
	// kustomization is nil for a chart.
	kustomization *kustomization
}

// chart is what of a Chart.yaml says how to render it.
type chart struct {
	Name         string `json:"name"`
	Dependencies []any  `json:"dependencies"`
}

// kustomization is what of a kustomization says how to render it, and which folders it takes in.
type kustomization struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Resources  []string `json:"resources"`
	Bases      []string `json:"bases"`
	Components []string `json:"components"`
	HelmCharts []any    `json:"helmCharts"`
	Inflated   []any    `json:"helmChartInflationGenerator"`
}

// unrenderedBy says what a file of this name makes of its folder; false if it is an object by another tool that bears
// the name.
func unrenderedBy(path string) (unrendered, bool) {
	u := unrendered{dir: filepath.Dir(path)}
	var into any
	switch name := filepath.Base(path); {
	case name == ChartFile:
		u.chart = &chart{}
		into = u.chart
	case slices.Contains(Kustomizations, name):
		u.kustomization = &kustomization{}
		into = u.kustomization
	default:
		return u, false
	}
	// What cannot be read says nothing of the rest, and the folder stays what it is.
	data, err := os.ReadFile(path)
	if err == nil {
		_ = yaml.Unmarshal(data, into)
	}
	if u.chart != nil {
		return u, true
	}
	group, _, _ := strings.Cut(u.kustomization.APIVersion, "/")
	return u, group == "" || group == "kustomize.config.k8s.io"
}

// inflates says whether it is a kustomization that renders Helm charts.
func (u unrendered) inflates() bool {
	return u.kustomization != nil && len(u.kustomization.HelmCharts)+len(u.kustomization.Inflated) > 0
}

// holds says whether a path is the folder or below it.
func (u unrendered) holds(path string) bool {
	below, err := filepath.Rel(u.dir, path)
	return err == nil && below != ".." && !strings.HasPrefix(below, ".."+string(filepath.Separator))
}

// command renders the folder.
func (u unrendered) command() string {
	dir := shell.Word(u.dir)
	if u.chart == nil {
		if u.inflates() {
			return "kubectl kustomize --enable-helm " + dir
		}
		return "kubectl kustomize " + dir
	}
	name := u.chart.Name
	if name == "" {
		name = "NAME"
	}
	command := "helm template " + shell.Word(name) + " " + dir
	if _, err := os.Stat(filepath.Join(u.dir, "charts")); err != nil && len(u.chart.Dependencies) > 0 {
		command += " --dependency-update"
	}
	return command
}

// Folder is a folder whose files are not what is deployed.
type Folder struct {
	Dir string
	// Chart says that Helm renders it, under a Name that the chart suggests; otherwise Kustomize does.
	Chart bool
	Name  string
}

// Rendered is one or more objects as they are deployed, and the file that they come from.
type Rendered struct {
	File string
	Text []byte
	// Folder is what an object had rendered, Namespace that of objects which name none, empty if it is that of all
	// manifests.
	Folder    Folder
	Namespace string
	// AsIs says that the text is that of the file.
	AsIs bool
}

// Rendering is what a folder is rendered to, with what people should know of it.
type Rendering struct {
	Parts []Rendered
	Notes []string
}

// render renders a folder that is deployed by itself. That it cannot be rendered is an error that says how to do it.
func (u unrendered) render(opts Options) (documents []document, notes []string, err error) {
	of := "a Helm chart"
	if u.chart == nil {
		of = "a Kustomize folder"
	}
	if opts.Render == nil || u.inflates() {
		return nil, nil, fmt.Errorf("%s is %s, whose files are not what is deployed; render it: %s | %s -", u.dir, of,
			u.command(), opts.Command)
	}
	folder := Folder{Dir: u.dir, Chart: u.chart != nil}
	if folder.Chart {
		if folder.Name = u.chart.Name; folder.Name == "" {
			folder.Name = "release-name"
		}
	}
	made, err := opts.Render(folder)
	if err != nil {
		return nil, nil, fmt.Errorf("rendering %s: %w; elsewhere: %s | %s -", u.dir, err, u.command(), opts.Command)
	}
	for _, part := range made.Parts {
		documents = append(documents, split(&file{name: part.File, named: true, rendered: true, folder: folder},
			part.Text)...)
	}
	return documents, made.Notes, nil
}

// deployed are the folders that are deployed by themselves. A base that an overlay takes in is not, nor is a Component,
// unless there is nothing else.
func deployed(found []unrendered) []unrendered {
	taken := map[string]bool{}
	for _, u := range found {
		if u.kustomization == nil {
			continue
		}
		for _, path := range slices.Concat(u.kustomization.Resources, u.kustomization.Bases,
			u.kustomization.Components) {
			taken[filepath.Join(u.dir, path)] = true
		}
	}
	whole := slices.DeleteFunc(slices.Clone(found), func(u unrendered) bool {
		return taken[filepath.Clean(u.dir)] || u.kustomization != nil && u.kustomization.Kind == "Component"
	})
	if len(whole) == 0 {
		return found
	}
	return whole
}
