package rendered

import (
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Deployment is what a controller makes of folders of a repository because an object says so.
type Deployment struct {
	Sources []Source
	// Lack says why it cannot be rendered without a cluster; empty if it can.
	Lack string
	// Waits says that what lacks is an object, which may come from what is rendered later.
	Waits bool
}

// Source is a folder of a repository that objects are made of, and how.
type Source struct {
	// Path is the folder, from the top of the repository, with slashes.
	Path string
	// Repository is its URL, empty if the object that has it was not found; Kept is what says which repository it is.
	Repository, Kept string
	Is               Form
	Chart            Chart
	Build            Build
}

// Form is what a folder has to be.
type Form int

const (
	// Any is told by what is in the folder.
	Any Form = iota
	// OfHelm is a chart.
	OfHelm
	// OfFlux is a Kustomize folder or, without a kustomization, everything below.
	OfFlux
)

// Chart is how a chart is rendered.
type Chart struct {
	Release, Namespace string
	// Files have values: from the folder or, with a slash at the beginning, from the top of the repository. Those that
	// are not there are passed over if they are Optional.
	Files    []string
	Optional bool
	// Values overrule the files, and Set, helm's own --set and --set-string, both.
	Values         map[string]any
	Set, SetString []string
	APIVersions    []string
	// Secret says that there are values of a Secret among them.
	Secret bool
}

// Build is how manifests are changed before they are deployed.
type Build struct {
	// Fields are those of a kustomization, which are added to that of the folder.
	Fields map[string]any
	// Labels and Annotations are those of every object.
	Labels, Annotations map[string]string
	// Substitute has the values of Flux's variables, nil if none are replaced; Secret says that some are those of a
	// Secret.
	Substitute map[string]string
	Secret     bool
	// Namespace is that of objects which name none, empty if the controller gives them none.
	Namespace string
	// Recurse says that of a folder without a kustomization the folders below count, too.
	Recurse bool
}

// Changes says whether anything is changed.
func (b Build) Changes() bool {
	return len(b.Fields)+len(b.Labels)+len(b.Annotations) > 0 || b.Substitute != nil
}

// Deployed says which folders an object has deployed; false if it names none.
func Deployed(r inventory.Reader, o *inventory.Object) (Deployment, bool) {
	switch gk := o.Ref.GroupKind(); {
	case gk.Group == "helm.toolkit.fluxcd.io" && gk.Kind == "HelmRelease":
		return releaseOfFlux(r, o)
	case gk.Group == "kustomize.toolkit.fluxcd.io" && gk.Kind == "Kustomization":
		return kustomizationOfFlux(r, o)
	case gk.Group == "argoproj.io" && gk.Kind == "Application":
		return application(o)
	}
	return Deployment{}, false
}

// NotRendered says, with a reason of the catalogue, why what an object names in the same folders could not be rendered.
func NotRendered(why string) string { return reason.Of("rendering-fails", why) }

// Elsewhere says that what an object names lies in another repository than the object.
func Elsewhere(repository string) string {
	return reason.Of("rendered-other-repository", withoutCredentials(repository))
}

// TooFar says that more is rendered than is followed, in number or in steps.
func TooFar(most, steps int) string { return reason.Of("rendered-too-far", most, steps) }

// lacks is a deployment that is not rendered.
func lacks(sources []Source, why string) (Deployment, bool) {
	return Deployment{Sources: sources, Lack: why}, true
}

// beside is the first field of an object that is none of those which are read; empty if there is none.
func beside(content any, at string, read ...string) string {
	object, _ := content.(map[string]any)
	var others []string
	for name, value := range object {
		if !slices.Contains(read, name) && value != nil {
			others = append(others, at+"."+name)
		}
	}
	if len(others) == 0 {
		return ""
	}
	return reason.Of("rendered-field-not-evaluated", slices.Min(others))
}

// field is what stands at a path of objects, nil if nothing does.
func field(content any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		object, _ := content.(map[string]any)
		content = object[name]
	}
	return content
}

// list are the items of a list, none if it is none.
func list(content any, path string) []any {
	items, _ := field(content, path).([]any)
	return items
}

// pairs are the texts of an object.
func pairs(content any, path string) map[string]string {
	object, _ := field(content, path).(map[string]any)
	if len(object) == 0 {
		return nil
	}
	texts := make(map[string]string, len(object))
	for name, value := range object {
		if text, ok := value.(string); ok {
			texts[name] = text
		}
	}
	return texts
}

// kept are the fields of an object that are there, by their names.
func kept(content any, path string, names ...string) map[string]any {
	fields := map[string]any{}
	object, _ := field(content, path).(map[string]any)
	for _, name := range names {
		if value := object[name]; value != nil {
			fields[name] = value
		}
	}
	return fields
}
