package rules

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Load reads every rule document of a folder: the files <rule>/rule.yaml, where the folder bears the rule's name, and
// loose files at the top that are not in a folder of their own. A file ends in .yaml, .yml or .json and may hold
// several documents. Folders below a rule's folder are its fixtures and are not read; nor are folders named pass, fail
// or fixed at the top, so that a rule's own folder can be loaded too.
//
// Decoding is strict. All problems of all files are reported at once, joined, in the order of file and line, each as
// `preauth/rule.yaml:14: spec.validations[0].expresion: unknown field`. Then no rule is returned. The rules come sorted
// by name. Expressions are not compiled here.
func Load(fsys fs.FS) ([]HardeningRule, error) {
	return LoadFrom(fsys, "")
}

// LoadFrom is Load for a folder that people know by another name than fsys does: dir is put before each file name in
// errors and in Source.File.
func LoadFrom(fsys fs.FS, dir string) ([]HardeningRule, error) {
	var probs problems
	found, err := read(fsys, dir, &probs)
	if err != nil {
		return nil, err
	}
	reportDuplicates(found, &probs)
	checkParts(found, &probs)
	if err := probs.join(); err != nil {
		return nil, err
	}
	sortByName(found)
	return found, nil
}

// read reads the rule documents of a folder, those with problems of their own included.
func read(fsys fs.FS, dir string, probs *problems) ([]HardeningRule, error) {
	files, err := ruleFiles(fsys)
	if err != nil {
		return nil, unreadable(dir, err)
	}
	var found []HardeningRule
	for _, name := range files {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, unreadable(dir, err)
		}
		shown := path.Join(dir, name)
		for _, d := range documents(data, shown, probs) {
			rule, ok := decode(d, shown, probs)
			if !ok {
				continue
			}
			folder := path.Dir(name)
			if folder == "." {
				folder = ""
			}
			validate(&rule, folder, probs)
			found = append(found, rule)
		}
	}
	return found, nil
}

// unreadable names what could not be read as people know it: an fs.FS knows names inside it only.
func unreadable(dir string, err error) error {
	if in, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("reading rules: %s: %w", path.Join(dir, in.Path), in.Err)
	}
	return fmt.Errorf("reading rules: %w", err)
}

func sortByName(list []HardeningRule) {
	slices.SortFunc(list, func(a, b HardeningRule) int { return cmp.Compare(a.Metadata.Name, b.Metadata.Name) })
}

// ruleFiles lists the files that hold rule documents, sorted. A symbolic link is what it leads to: a kubelet mounts a
// ConfigMap as links into a hidden folder.
func ruleFiles(fsys fs.FS) ([]string, error) {
	top, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range top {
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case !isFolder(fsys, e.Name(), e):
			if isDocument(e.Name()) {
				files = append(files, e.Name())
			}
		case e.Name() == "pass" || e.Name() == "fail" || e.Name() == "fixed":
		default:
			inside, err := fs.ReadDir(fsys, e.Name())
			if err != nil {
				return nil, err
			}
			for _, f := range inside {
				name := path.Join(e.Name(), f.Name())
				if isDocument(f.Name()) && !strings.HasPrefix(f.Name(), ".") && !isFolder(fsys, name, f) {
					files = append(files, name)
				}
			}
		}
	}
	slices.Sort(files)
	return files, nil
}

// isFolder says whether an entry of a folder is one itself, or a symbolic link to one.
func isFolder(fsys fs.FS, name string, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir()
	}
	info, err := fs.Stat(fsys, name)
	return err == nil && info.IsDir()
}

func isDocument(name string) bool {
	switch path.Ext(name) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

// documents splits a file. Empty documents are skipped.
func documents(data []byte, file string, probs *problems) []*yaml.Node {
	var docs []*yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return docs
		}
		if err != nil {
			line, text := yamlError(err)
			probs.add(file, line, "", "%s", text)
			return docs
		}
		if doc.Kind == yaml.DocumentNode && len(doc.Content) == 1 && !isNull(doc.Content[0]) {
			docs = append(docs, doc.Content[0])
		}
	}
}

func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == "!!null"
}

// yamlError takes the line out of the parser's text, which is all it gives: `yaml: line 4: …`.
func yamlError(err error) (int, string) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	var line int
	if n, _ := fmt.Sscanf(text, "line %d:", &line); n == 1 {
		_, text, _ = strings.Cut(text, ": ")
		return line, "not YAML: " + text
	}
	return 1, "not YAML: " + text
}

func reportDuplicates(found []HardeningRule, probs *problems) {
	first := make(map[string]Source, len(found))
	for _, r := range found {
		name := r.Metadata.Name
		if name == "" {
			continue
		}
		if other, ok := first[name]; ok {
			probs.ofRule(&r, "metadata.name", "rule %q is already defined at %s:%d", name, other.File,
				other.LineOf("metadata.name"))
			continue
		}
		first[name] = r.Source
	}
}

// checkParts demands of each part that the whole is there or built in, is no part itself, and is no milder: a part that
// denies where the whole would only warn is none.
func checkParts(found []HardeningRule, probs *problems) {
	byName := make(map[string]*HardeningRule, len(found))
	for i := range found {
		byName[found[i].Metadata.Name] = &found[i]
	}
	for i := range found {
		r := &found[i]
		of := r.Spec.PartOf
		if of == "" || of == r.Metadata.Name {
			continue
		}
		bad := func(format string, args ...any) {
			probs.add(r.Source.File, r.Source.LineOf("spec.partOf"), "spec.partOf", format, args...)
		}
		switch whole := byName[of]; {
		case whole == nil:
			if !isBuiltin(of) {
				bad("there is no rule %q", of)
			}
		case whole.Spec.PartOf != "":
			bad("%q is itself a part of %q", of, whole.Spec.PartOf)
		case r.Spec.Level == Baseline && whole.Spec.Level == Restricted:
			bad("%q is restricted, so its part cannot be baseline", of)
		}
	}
}

// WithoutParts leaves out the rules that are parts of rules in the list, as whoever evaluates the whole ones does. The
// list itself stays as it is.
func WithoutParts(list []HardeningRule) []HardeningRule {
	names := Names(list)
	return slices.DeleteFunc(slices.Clone(list), func(r HardeningRule) bool {
		return r.Spec.PartOf != "" && slices.Contains(names, r.Spec.PartOf)
	})
}
