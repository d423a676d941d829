package fix

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/dittoguard/dittoguard/internal/edit"
	"github.com/dittoguard/dittoguard/internal/mend"
)

// ValuesText is values as a file of their own.
func ValuesText(values []mend.Value) (string, error) {
	root := yaml.Node{Kind: yaml.MappingNode}
	for _, v := range values {
		if v.Drop {
			continue
		}
		if _, err := edit.Apply(&root, edit.Set(v.Value, steps(v.Path)...)); err != nil {
			return "", err
		}
	}
	if len(root.Content) == 0 {
		return "", nil
	}
	return encode(&root, "a:\n- b\n")
}

// WithValues is a file of values with others set in it.
func WithValues(text string, values []mend.Value) (string, error) {
	if strings.TrimSpace(text) == "" {
		return ValuesText(values)
	}
	return rewrite(text, func(root *yaml.Node) error {
		for _, v := range values {
			if _, err := edit.Apply(root, valueEdits(v, root.Content[0])...); err != nil {
				return err
			}
		}
		return nil
	})
}

func valueEdits(v mend.Value, root *yaml.Node) []edit.Edit {
	path := steps(v.Path)
	switch {
	case v.User != "":
		list := root
		for _, key := range v.Path {
			list = child(list, key)
		}
		if list == nil {
			return nil
		}
		var edits []edit.Edit
		for _, n := range list.Content {
			if n.Kind == yaml.ScalarNode && strings.HasPrefix(n.Value, v.User+":") {
				edits = append(edits, edit.Remove(append(slices.Clone(path), edit.Same{Value: n.Value})...))
			} else if text(child(n, "user")) == v.User {
				edits = append(edits, edit.Remove(append(slices.Clone(path), edit.Where{By: "user", Is: v.User})...))
			}
		}
		return edits
	case v.Drop:
		return []edit.Edit{edit.Remove(path...)}
	}
	return []edit.Edit{edit.Set(v.Value, path...)}
}

func steps(path []string) []any {
	all := make([]any, len(path))
	for i, key := range path {
		all[i] = key
	}
	return all
}
