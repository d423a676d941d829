package fix

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/dittoguard/dittoguard/internal/edit"
)

// File is a file as it is, and as it is to be.
type File struct {
	Name          string
	Before, After string
}

// Diff is the difference, as diff -u has it.
func (f File) Diff() (string, error) { return unified(f.Name, f.Before, f.After) }

// Write writes the file by way of a temporary one, so that nobody ever sees half of it. It keeps the file's
// permissions, and writes what a symbolic link leads to.
func (f File) Write() (err error) {
	name, err := filepath.EvalSymlinks(f.Name)
	if os.IsNotExist(err) {
		name, err = f.Name, nil
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", f.Name, err)
	}
	mode := os.FileMode(0o644)
	if info, err := os.Stat(name); err == nil {
		mode = info.Mode().Perm()
	}
	temporary, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", f.Name, err)
	}
	_, err = temporary.WriteString(f.After)
	if closed := temporary.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Chmod(temporary.Name(), mode)
	}
	if err == nil {
		err = os.Rename(temporary.Name(), name)
	}
	if err != nil {
		_ = os.Remove(temporary.Name()) // what is left of it
		return fmt.Errorf("writing %s: %w", f.Name, err)
	}
	return nil
}

// Left is a change that is not made in a file, and why.
type Left struct {
	Change *Change
	Why    string
}

// Read gives the text of a file.
type Read func(name string) (string, error)

// generated are comments of files that something else writes.
var generated = regexp.MustCompile(`(?im)^\s*#.*(do not edit|@generated|code generated|^# source: )`)

// placeholder is what Ditto's own placeholders begin with, `{{ jwt:aud }}`: they are no template.
var placeholder = regexp.MustCompile(`\{\{\s*[\w-]+:`)

// comment is a line that is nothing but a comment. What stands in it is no part of the document.
var comment = regexp.MustCompile(`(?m)^\s*#.*$`)

// template says whether something else makes the document of the text.
func template(text string) bool {
	text = comment.ReplaceAllString(text, "")
	return strings.Count(text, "{{") > len(placeholder.FindAllString(text, -1))
}

// Files makes changes in the files that the objects stand in. What cannot be made there is left, with the reason.
func Files(changes []*Change, read Read) ([]File, []Left, error) {
	var (
		files []File
		left  []Left
	)
	for _, c := range changes {
		source := c.Object.Source
		if source.Folder != "" {
			left = append(left, Left{c, "it is rendered from the Helm chart " + source.Folder})
			continue
		}
		i := slices.IndexFunc(files, func(f File) bool { return f.Name == source.File })
		if i < 0 {
			text, err := read(source.File)
			if err != nil {
				return nil, nil, err
			}
			i = len(files)
			files = append(files, File{source.File, text, text})
		}
		after, why, err := changeText(files[i], c)
		if err != nil {
			return nil, nil, err
		}
		if why != "" {
			left = append(left, Left{c, why})
			continue
		}
		files[i].After = after
	}
	return slices.DeleteFunc(files, func(f File) bool { return f.Before == f.After }), left, nil
}

// changeText makes a change in a file; why says why it is not made.
func changeText(f File, c *Change) (text, why string, err error) {
	if strings.EqualFold(filepath.Ext(f.Name), ".json") {
		return "", "it is JSON", nil
	}
	all := lines(f.After)
	found := false
	for _, d := range documents(all) {
		body := strings.Join(all[d.first:d.end], "")
		if d.err != nil {
			continue
		}
		item, here := locate(d.root, c)
		if !here {
			continue
		}
		switch {
		case found:
			return "", "it is defined more than once in the file", nil
		case strings.HasPrefix(strings.TrimSpace(body), "{"):
			return "", "it is JSON", nil
		case template(body):
			return "", "it is, or holds, a template", nil
		case generated.MatchString(body):
			return "", "a comment says that it is generated", nil
		case aliased(d.root):
			return "", "its document has YAML anchors", nil
		case c.Gone && item < 0:
			text, found = removed(all, d), true
			continue
		}
		after, err := rewrite(body, func(root *yaml.Node) error {
			object := root.Content[0]
			if item >= 0 {
				items := listOf(object)
				if c.Gone {
					items.Content = slices.Delete(items.Content, item, item+1)
					return nil
				}
				object = items.Content[item]
			}
			_, err := edit.Apply(object, c.Edits...)
			return err
		})
		if err != nil {
			return "", "", fmt.Errorf("%s: %w", f.Name, err)
		}
		text, found = strings.Join(all[:d.first], "")+after+strings.Join(all[d.end:], ""), true
	}
	if !found {
		return "", "it was not found in the file again", nil
	}
	return text, "", nil
}

// removed are the lines without a document, and without the marker before it, or behind it if it is the first.
func removed(all []string, d document) string {
	first, end := d.first, d.end
	switch {
	case first > 0:
		first--
	case end < len(all):
		end++
	}
	return strings.Join(slices.Delete(slices.Clone(all), first, end), "")
}

// locate says whether a document holds the object of a change: itself, or as an item of a List, whose number it
// returns.
func locate(root *yaml.Node, c *Change) (item int, found bool) {
	if len(root.Content) == 0 {
		return -1, false
	}
	if is(root.Content[0], c) {
		return -1, true
	}
	if items := listOf(root.Content[0]); items != nil {
		for i, n := range items.Content {
			if is(n, c) {
				return i, true
			}
		}
	}
	return -1, false
}

func listOf(n *yaml.Node) *yaml.Node {
	if items := child(n, "items"); items != nil && items.Kind == yaml.SequenceNode {
		return items
	}
	return nil
}

// is says whether a node is the object of a change, by its kind and name; a namespace that it does not name is the one
// that it was read for.
func is(n *yaml.Node, c *Change) bool {
	meta := child(n, "metadata")
	namespace := text(child(meta, "namespace"))
	return text(child(n, "kind")) == c.Object.Ref.Kind && text(child(n, "apiVersion")) == c.Object.Ref.APIVersion &&
		text(child(meta, "name")) == c.Object.Ref.Name && (namespace == "" || namespace == c.Object.Ref.Namespace)
}

func child(n *yaml.Node, name string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}

func text(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	return n.Value
}

func aliased(n *yaml.Node) bool {
	return n.Anchor != "" || n.Kind == yaml.AliasNode || slices.ContainsFunc(n.Content, aliased)
}
