package manifest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// unnamed are the files with objects of a cluster below directories that Kustomize builds which no kustomization names.
func (l *listing) unnamed() []string {
	named := map[string]bool{}
	for _, u := range l.unrendered {
		if u.kustomization == nil {
			continue
		}
		for _, name := range Kustomizations {
			var content any
			path := filepath.Join(u.dir, name)
			named[path] = true
			if data, err := os.ReadFile(path); err == nil && yaml.Unmarshal(data, &content) == nil {
				nameAll(content, u.dir, named)
			}
		}
	}
	var list []string
	for _, path := range l.inside {
		inChart := slices.ContainsFunc(l.unrendered, func(u unrendered) bool { return u.chart != nil && u.holds(path) })
		if !named[path] && !inChart && HasObjects(path) {
			list = append(list, path)
		}
	}
	return list
}

// nameAll notes every text of a kustomization as the name of a file: there are many fields with such, and a text that
// is none names nothing that is there. `NAME=FILE` is how generators name files.
func nameAll(content any, dir string, named map[string]bool) {
	switch v := content.(type) {
	case map[string]any:
		for _, item := range v {
			nameAll(item, dir, named)
		}
	case []any:
		for _, item := range v {
			nameAll(item, dir, named)
		}
	case string:
		named[filepath.Join(dir, v)] = true
		if _, file, is := strings.Cut(v, "="); is {
			named[filepath.Join(dir, file)] = true
		}
	}
}

// HasObjects says whether there is an object of a cluster in a file.
func HasObjects(path string) bool {
	data, err := os.ReadFile(path)
	return err == nil && Objects(data)
}

// Objects says whether there is an object of a cluster in a text.
func Objects(data []byte) bool {
	for _, d := range split(&file{}, data) {
		var head struct {
			APIVersion string `json:"apiVersion"`
			Kind       string `json:"kind"`
		}
		if yaml.Unmarshal(d.text, &head) == nil && head.APIVersion != "" && head.Kind != "" &&
			notForCluster(head.APIVersion, head.Kind) == "" {
			return true
		}
	}
	return false
}
