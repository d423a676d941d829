package render

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/ditto/rendered"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
)

// How many objects are followed, and how far: an object may render itself under another name, and so on.
const most, steps = 200, 8

// Tree finds what objects name in the repository that they are kept in.
type Tree struct {
	// Roots are folders that stand for the top of a repository, where an object lies below none with a .git.
	Roots []string
	// Remotes are the URLs that a repository was cloned from, none if that is not known.
	Remotes func(dir string) []string
	Options Options
}

// Deployed renders what an object of Flux or Argo CD has deployed, if that lies in the same tree as the object. It is
// nil if the object names nothing that does.
func (t Tree) Deployed(ctx context.Context, r inventory.Reader, o *inventory.Object,
	followed manifest.Followed) *manifest.Made {
	deployment, is := rendered.Deployed(r, o)
	if !is {
		return nil
	}
	var made manifest.Made
	var charts []string
	lack := deployment.Lack
	if followed.Count >= most || followed.Steps >= steps {
		lack = rendered.TooFar(most, steps)
	}
	for _, source := range deployment.Sources {
		top, dir := t.find(o, source.Path)
		if dir == "" {
			return nil
		}
		note, elsewhere := t.isHere(o, source, top, dir)
		if elsewhere {
			return &manifest.Made{Lack: rendered.Elsewhere(source.Repository)}
		}
		if note != "" {
			made.Notes = append(made.Notes, note)
		}
		one := deployed{source: source, top: top, dir: dir, opts: t.Options}
		if one.isChart() {
			charts = append(charts, dir)
		}
		if lack != "" {
			continue
		}
		parts, taken, err := one.render(ctx)
		if err != nil {
			lack = rendered.NotRendered(err.Error())
		}
		made.Parts, made.Taken = append(made.Parts, parts...), append(append(made.Taken, dir), taken...)
	}
	if lack != "" {
		// By its own values a chart is not deployed. Of anything else, what it is by itself is better than nothing.
		return &manifest.Made{Taken: charts, Lack: lack, Waits: deployment.Waits}
	}
	return &made
}

// find finds a folder from the top of the repository that an object is kept in.
func (t Tree) find(o *inventory.Object, name string) (top, dir string) {
	local := filepath.FromSlash(path.Clean(strings.TrimLeft(name, "/")))
	if o.Source.File == "" || o.Source.File == manifest.Stdin || !filepath.IsLocal(local) {
		return "", "" // it is in no tree, or names nothing in one
	}
	tops := above(o.Source.File)
	if tops == nil {
		tops = slices.Concat(t.Roots, between(o.Source.File))
	}
	for _, top := range tops {
		if info, err := os.Stat(filepath.Join(top, local)); err == nil && info.IsDir() {
			return top, filepath.Join(top, local)
		}
	}
	return "", ""
}

// above is the top of the git repository that a file lies in, as the file's own path writes it.
func above(file string) []string {
	dir := filepath.Dir(file)
	for range 64 {
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
			return []string{dir}
		}
		switch full, err := filepath.Abs(dir); {
		case err != nil || full == filepath.Dir(full):
			return nil
		case filepath.IsAbs(dir) || dir != "." && filepath.Base(dir) != "..":
			dir = filepath.Dir(dir)
		default:
			dir = filepath.Join(dir, "..")
		}
	}
	return nil
}

// between are the folders that a file lies in, below the one in which the command runs; the outer ones first.
func between(file string) []string {
	var list []string
	if filepath.IsLocal(file) {
		for dir := filepath.Dir(file); dir != "."; dir = filepath.Dir(dir) {
			list = append(list, dir)
		}
	}
	slices.Reverse(list)
	return list
}

// isHere says whether a source is certainly another repository than the one at hand, or notes that it is taken for
// that.
func (t Tree) isHere(o *inventory.Object, s rendered.Source, top, dir string) (note string, elsewhere bool) {
	var remotes []string
	if t.Remotes != nil {
		for _, remote := range t.Remotes(top) {
			if where := repository(remote); where != "" {
				remotes = append(remotes, where)
			}
		}
	}
	where := repository(s.Repository)
	switch {
	case where == "" || len(remotes) == 0:
		return fmt.Sprintf("%s is rendered from %s, which is taken for what %s holds there", o.Ref, dir, s.Kept), false
	case !slices.Contains(remotes, where):
		return "", true
	}
	return "", false
}

// repository is the host and the path of a URL of git, however it is written; empty if there is no host.
func repository(url string) string {
	url = strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(url, "/"), ".git"))
	scheme, rest, is := strings.Cut(url, "://")
	if !is {
		host, below, is := strings.Cut(url, ":") // as scp has it
		if !is || strings.Contains(host, "/") {
			return ""
		}
		rest = host + "/" + strings.TrimPrefix(below, "/")
	}
	if scheme == "file" {
		return ""
	}
	if _, after, is := strings.Cut(rest, "@"); is {
		rest = after
	}
	host, below, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, ":")
	return host + "/" + below
}

// deployed is one folder that is rendered as an object says.
type deployed struct {
	source   rendered.Source
	top, dir string
	opts     Options
}

// render renders it. taken is what else in the tree is part of it.
func (d deployed) render(ctx context.Context) (parts []manifest.Rendered, taken []string, err error) {
	build, folder := d.source.Build, manifest.Folder{Dir: d.dir}
	switch {
	case d.isChart():
		folder.Chart = true
		if parts, err = d.chart(ctx); err == nil && len(build.Fields) > 0 {
			parts, err = patched(parts, build.Fields)
		}
	case d.source.Is == rendered.OfHelm:
		return nil, nil, errors.New("there is no chart in " + d.dir)
	case kustomized(d.dir):
		parts, err = kustomization(d.dir, build.Fields, d.opts)
	default:
		parts, taken, err = d.plain()
	}
	if err != nil {
		return nil, nil, err
	}
	for i := range parts {
		if parts[i].Namespace = build.Namespace; parts[i].AsIs {
			continue
		}
		if parts[i].Folder = folder; folder.Chart {
			parts[i].Namespace = d.source.Chart.Namespace
		}
		if parts[i].Text, err = finished(parts[i].Text, build); err != nil {
			return nil, nil, err
		}
	}
	return parts, taken, nil
}

func (d deployed) isChart() bool {
	return d.source.Is != rendered.OfFlux && holds(d.dir, manifest.ChartFile)
}

func (d deployed) chart(ctx context.Context) ([]manifest.Rendered, error) {
	c := d.source.Chart
	opts := Options{Set: c.Set, SetString: c.SetString, APIVersions: c.APIVersions, Release: c.Release,
		Namespace: c.Namespace, Secret: c.Secret}
	for _, name := range c.Files {
		file := filepath.Join(d.dir, filepath.FromSlash(name))
		if below, fromTop := strings.CutPrefix(name, "/"); fromTop {
			file = filepath.Join(d.top, filepath.FromSlash(below))
		}
		if within, err := filepath.Rel(d.top, file); err != nil || !filepath.IsLocal(within) {
			return nil, fmt.Errorf("the file of values %s lies outside", name)
		}
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) && c.Optional {
			continue
		}
		opts.Values = append(opts.Values, file)
	}
	if len(c.Values) > 0 {
		given, err := yaml.Marshal(c.Values)
		if err != nil {
			return nil, err
		}
		opts.Given = given
	}
	made, err := chart(ctx, manifest.Folder{Dir: d.dir, Chart: true, Name: c.Release}, opts)
	return made.Parts, err
}

// plain are the manifests of a folder without a kustomization. If something is added to them, Kustomize builds them
// from one that names them all, as Flux makes it.
func (d deployed) plain() (parts []manifest.Rendered, taken []string, err error) {
	var folders, files []string
	err = filepath.WalkDir(d.dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || path == d.dir:
			return err
		case entry.IsDir() && (!d.source.Build.Recurse || strings.HasPrefix(entry.Name(), ".")):
			return fs.SkipDir
		case entry.IsDir() && d.source.Is == rendered.OfFlux && kustomized(path):
			folders = append(folders, path)
			return fs.SkipDir
		case manifest.IsManifest(path) && entry.Type().IsRegular() && manifest.HasObjects(path):
			files = append(files, path)
		}
		return nil
	})
	taken = slices.Concat(folders, files)
	if err != nil {
		return nil, nil, err
	}
	if d.source.Build.Changes() {
		fields := map[string]any{"resources": d.below(taken)}
		add(fields, d.source.Build.Fields)
		if !d.opts.AllowRemote {
			if err := local(d.dir, fields); err != nil {
				return nil, nil, err
			}
		}
		files := withOrigins{filesys.MakeFsOnDisk(), filepath.Clean(d.dir), fields}
		parts, err = build(generated{files, filepath.Join(d.dir, manifest.Kustomizations[0])}, d.dir)
		return parts, taken, err
	}
	for _, folder := range folders {
		more, err := kustomization(folder, nil, d.opts)
		if err != nil {
			return nil, nil, err
		}
		parts = append(parts, more...)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, nil, err
		}
		parts = append(parts, manifest.Rendered{File: filepath.Clean(file), Text: text, AsIs: true})
	}
	return parts, taken, nil
}

// below are paths as a kustomization of the folder names them.
func (d deployed) below(paths []string) []any {
	var list []any
	for _, path := range paths {
		if name, err := filepath.Rel(d.dir, path); err == nil {
			list = append(list, filepath.ToSlash(name))
		}
	}
	return list
}

func kustomized(dir string) bool {
	return slices.ContainsFunc(manifest.Kustomizations, func(name string) bool { return holds(dir, name) })
}

func holds(dir, name string) bool {
	info, err := os.Stat(filepath.Join(dir, name))
	return err == nil && !info.IsDir()
}
