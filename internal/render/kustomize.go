package render

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	goyaml "go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/manifest"
)

// origin is the annotation in which Kustomize says where an object comes from (api/internal/utils.OriginAnnotationKey).
const origin = "config.kubernetes.io/origin"

// kustomization builds a folder, with more fields for its kustomization. No plugin, function or chart runs.
func kustomization(dir string, fields map[string]any, opts Options) ([]manifest.Rendered, error) {
	if !opts.AllowRemote {
		if err := local(dir, fields); err != nil {
			return nil, err
		}
	}
	return build(withOrigins{filesys.MakeFsOnDisk(), filepath.Clean(dir), fields}, dir)
}

// build has Kustomize build a folder of a file system.
func build(files filesys.FileSystem, dir string) ([]manifest.Rendered, error) {
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(files, dir)
	if err != nil {
		return nil, fmt.Errorf("kustomize: %w", err)
	}
	var list []manifest.Rendered
	for _, r := range built.Resources() {
		file := dir
		annotations := r.GetAnnotations()
		var from struct {
			Path         string `json:"path"`
			ConfiguredIn string `json:"configuredIn"`
		}
		if yaml.Unmarshal([]byte(annotations[origin]), &from) == nil {
			switch {
			case from.Path != "":
				file = filepath.Join(dir, filepath.FromSlash(from.Path))
			case from.ConfiguredIn != "":
				file = filepath.Join(dir, filepath.FromSlash(from.ConfiguredIn))
			}
		}
		delete(annotations, origin)
		if err := r.SetAnnotations(annotations); err != nil {
			return nil, fmt.Errorf("kustomize: %w", err)
		}
		text, err := r.AsYAML()
		if err != nil {
			return nil, fmt.Errorf("kustomize: %w", err)
		}
		list = append(list, manifest.Rendered{File: file, Text: text})
	}
	return list, nil
}

// withOrigins is a file system in which the kustomization of a folder asks for the origin of each object.
type withOrigins struct {
	filesys.FileSystem
	dir string
	// fields are added to the kustomization.
	fields map[string]any
}

// ReadFile implements filesys.FileSystem.
func (f withOrigins) ReadFile(path string) ([]byte, error) {
	data, err := f.FileSystem.ReadFile(path)
	if err != nil || !slices.Contains(manifest.Kustomizations, filepath.Base(path)) ||
		!sameFolder(filepath.Dir(path), f.dir) {
		return data, err
	}
	return f.kustomization(data)
}

// kustomization is the kustomization of the folder with what is added to it.
func (f withOrigins) kustomization(data []byte) ([]byte, error) {
	var content map[string]any
	if yaml.Unmarshal(data, &content) != nil || content == nil {
		return data, nil //nolint:nilerr // Kustomize says what is wrong with it
	}
	asked, _ := content["buildMetadata"].([]any)
	if !slices.Contains(asked, any(types.OriginAnnotations)) {
		content["buildMetadata"] = append(asked, types.OriginAnnotations)
	}
	for _, field := range []string{"transformers", "validators"} {
		if list, is := content[field].([]any); is {
			content[field] = slices.DeleteFunc(list, f.isOurs)
		}
	}
	add(content, f.fields)
	return yaml.Marshal(content)
}

// add puts fields into a kustomization: lists and objects beside what is there, and texts in its place.
func add(content, fields map[string]any) {
	for name, value := range fields {
		switch more := value.(type) {
		case []any:
			before, _ := content[name].([]any)
			content[name] = slices.Concat(before, more)
		case map[string]any:
			all, _ := content[name].(map[string]any)
			if all = maps.Clone(all); all == nil {
				all = map[string]any{}
			}
			maps.Copy(all, more)
			content[name] = all
		default:
			content[name] = value
		}
	}
}

// isOurs says whether a function of a kustomization is dittoguard's own (dittoguard krm), which changes nothing and
// judges what is about to be judged here.
func (f withOrigins) isOurs(name any) bool {
	file, _ := name.(string)
	if file == "" || remote(file) || strings.Contains(file, "\n") {
		return false
	}
	data, err := f.FileSystem.ReadFile(filepath.Join(f.dir, file))
	var head struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	return err == nil && yaml.Unmarshal(data, &head) == nil && head.Kind == "Configuration" &&
		strings.HasPrefix(head.APIVersion, "dittoguard.io/")
}

func sameFolder(a, b string) bool {
	x, errA := os.Stat(a)
	y, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(x, y)
}

// taken are the fields of a kustomization whose texts are all names of files or folders; pathOf those with fields that
// are.
var (
	taken = []string{
		"resources", "bases", "components", "crds", "configurations", "generators", "transformers", "validators",
		"patchesStrategicMerge",
	}
	pathOf = map[string][]string{
		"patches": {"path"}, "patchesJson6902": {"path"}, "replacements": {"path"}, "openapi": {"path"},
		"configMapGenerator": {"files", "envs", "env"}, "secretGenerator": {"files", "envs", "env"},
	}
)

// local refuses a kustomization that takes in what lies elsewhere, itself or by way of another; fields are those that
// it is given.
func local(dir string, fields map[string]any) error {
	var far []string
	seen := map[string]bool{}
	var look func(dir string)
	look = func(dir string) {
		dir = filepath.Clean(dir)
		if seen[dir] {
			return
		}
		seen[dir] = true
		for _, name := range manifest.Kustomizations {
			path := filepath.Join(dir, name)
			data, err := os.ReadFile(path)
			var content map[string]any
			if err != nil || yaml.Unmarshal(data, &content) != nil {
				continue // not there, or Kustomize says what is wrong
			}
			for _, name := range named(content) {
				below := filepath.Join(dir, name)
				if remote(name) {
					far = append(far, fmt.Sprintf("%s (%s)", userInfo.ReplaceAllString(name, "://"), path))
				} else if info, err := os.Stat(below); err == nil && info.IsDir() {
					look(below)
				} else if data, err := os.ReadFile(below); err == nil {
					far = append(far, fetched(data, below)...)
				}
			}
			far = append(far, fetched(data, path)...)
		}
	}
	look(dir)
	for _, name := range named(fields) {
		if below := filepath.Join(dir, name); remote(name) {
			far = append(far, userInfo.ReplaceAllString(name, "://"))
		} else {
			look(below)
		}
	}
	if len(far) == 0 {
		return nil
	}
	slices.Sort(far)
	return fmt.Errorf("it takes in what lies elsewhere, and is fetched with --allow-remote: %s",
		strings.Join(far, ", "))
}

// fetched are the remote files that Kustomize's own transformers and generators name, in files of theirs or written out
// in a kustomization: their fields `path`, `paths`, `files`, `envs` and `env`.
func fetched(data []byte, path string) []string {
	var far []string
	decoder := goyaml.NewDecoder(bytes.NewReader(data))
	for {
		var document any
		if decoder.Decode(&document) != nil {
			return far // the end, or Kustomize says what is wrong
		}
		object, _ := document.(map[string]any)
		if object["apiVersion"] != "builtin" {
			for _, field := range []string{"generators", "transformers", "validators"} {
				list, _ := object[field].([]any)
				for _, item := range list {
					if text, written := item.(string); written && strings.Contains(text, "\n") {
						far = append(far, fetched([]byte(text), path)...)
					}
				}
			}
			continue
		}
		for _, field := range []string{"path", "paths", "files", "envs", "env"} {
			for _, name := range texts(object[field]) {
				if remote(name) {
					far = append(far, fmt.Sprintf("%s (%s)", userInfo.ReplaceAllString(name, "://"), path))
				}
			}
		}
	}
}

// userInfo is who fetches something, in a URL.
var userInfo = regexp.MustCompile(`://[^/?#@\s]*@`)

// named are the files and folders that a kustomization names.
func named(content map[string]any) []string {
	var names []string
	for _, field := range taken {
		names = append(names, texts(content[field])...)
	}
	for field, paths := range pathOf {
		list, is := content[field].([]any)
		if !is {
			list = []any{content[field]}
		}
		for _, item := range list {
			object, _ := item.(map[string]any)
			for _, path := range paths {
				for _, text := range texts(object[path]) {
					if _, file, named := strings.Cut(text, "="); named {
						text = file // NAME=FILE of a generator
					}
					names = append(names, text)
				}
			}
		}
	}
	slices.Sort(names)
	return names
}

func texts(v any) []string {
	switch v := v.(type) {
	case string:
		if !strings.Contains(v, "\n") { // an object that is written out
			return []string{v}
		}
	case []any:
		var list []string
		for _, item := range v {
			list = append(list, texts(item)...)
		}
		return list
	}
	return nil
}

// remote says whether Kustomize would fetch what a name means: it looks for a scheme, a user or a known host before it
// looks for a folder (api/internal/git.NewRepoSpecFromURL).
func remote(name string) bool {
	lower := strings.ToLower(name)
	first, _, _ := strings.Cut(lower, "/")
	return strings.Contains(lower, "://") || strings.HasPrefix(lower, "git::") || strings.Contains(first, "@") ||
		strings.HasPrefix(lower, "github.com")
}
