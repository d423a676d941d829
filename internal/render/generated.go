package render

import (
	"fmt"
	"path/filepath"

	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/dittoguard/dittoguard/internal/manifest"
)

// generated is a file system with an empty kustomization in a folder that has none, to which fields are added.
type generated struct {
	withOrigins
	file string
}

func (f generated) is(path string) bool {
	return filepath.Base(path) == filepath.Base(f.file) && sameFolder(filepath.Dir(path), f.dir)
}

// Exists implements filesys.FileSystem.
func (f generated) Exists(path string) bool { return f.is(path) || f.withOrigins.Exists(path) }

// CleanedAbs implements filesys.FileSystem.
func (f generated) CleanedAbs(path string) (filesys.ConfirmedDir, string, error) {
	if !f.is(path) {
		return f.withOrigins.CleanedAbs(path)
	}
	dir, _, err := f.withOrigins.CleanedAbs(filepath.Dir(path))
	return dir, filepath.Base(path), err
}

// ReadFile implements filesys.FileSystem.
func (f generated) ReadFile(path string) ([]byte, error) {
	if f.is(path) {
		return f.kustomization([]byte("{}"))
	}
	return f.withOrigins.ReadFile(path)
}

// patched are objects that helm rendered with what Kustomize makes of them.
func patched(parts []manifest.Rendered, fields map[string]any) ([]manifest.Rendered, error) {
	const dir = "/"
	files := filesys.MakeFsInMemory()
	all := map[string]any{}
	var names []any
	from := map[string]string{}
	for i, part := range parts {
		name := fmt.Sprintf("%d.yaml", i)
		if !manifest.Objects(part.Text) {
			continue
		}
		if err := files.WriteFile(dir+name, part.Text); err != nil {
			return nil, err
		}
		names, from[name] = append(names, name), part.File
	}
	all["resources"] = names
	add(all, fields)
	f := withOrigins{files, dir, all}
	content, err := f.kustomization([]byte("{}"))
	if err != nil {
		return nil, err
	}
	if err := files.WriteFile(dir+manifest.Kustomizations[0], content); err != nil {
		return nil, err
	}
	made, err := build(files, dir)
	for i := range made {
		made[i].File = from[filepath.Base(made[i].File)]
	}
	return made, err
}
