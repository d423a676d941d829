package fix

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/dittoguard/dittoguard/internal/edit"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
)

// Patch is an entry of `patches` in a kustomization.
type Patch struct {
	Target PatchTarget `json:"target" yaml:"target"`
	Patch  string      `json:"patch" yaml:"patch"`
}

// PatchTarget names what a patch is for.
type PatchTarget struct {
	Group string `json:"group,omitempty" yaml:"group,omitempty"`
	Kind  string `json:"kind" yaml:"kind"`
	Name  string `json:"name" yaml:"name"`
}

// Patches are changes as patches of Kustomize, which is what a post-renderer of Helm takes as well; one for each
// object.
func Patches(changes []*Change) ([]Patch, error) {
	var (
		list    []Patch
		objects []*inventory.Object
	)
	at := map[place]int{}
	for _, c := range changes {
		key := placeOf(c.Object)
		i, known := at[key]
		if !known {
			i = len(list)
			at[key] = i
			gk := c.Object.Ref.GroupKind()
			list = append(list, Patch{Target: PatchTarget{gk.Group, gk.Kind, c.Object.Ref.Name}})
			objects = append(objects, c.Object)
		}
		if objects[i] == nil {
			continue // it is gone already
		}
		after, ops, err := c.Apply(objects[i])
		if err != nil {
			return nil, err
		}
		objects[i] = after
		if after == nil {
			list[i].Patch = fmt.Sprintf("$patch: delete\napiVersion: %s\nkind: %s\nmetadata:\n  name: %s\n",
				c.Object.Ref.APIVersion, c.Object.Ref.Kind, c.Object.Ref.Name)
			continue
		}
		for _, op := range ops {
			text, err := opText(op)
			if err != nil {
				return nil, err
			}
			list[i].Patch += text
		}
	}
	return list, nil
}

// opText is an operation of a JSON patch as an element of a list in YAML.
func opText(op edit.Op) (string, error) {
	fields := &yaml.Node{Kind: yaml.MappingNode}
	for _, f := range []struct {
		name  string
		value any
	}{{"op", op.Op}, {"path", op.Path}, {"value", op.Value}} {
		if f.value == nil {
			continue
		}
		if _, err := edit.Apply(fields, edit.Set(f.value, f.name)); err != nil {
			return "", err
		}
	}
	return encode(&yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{fields}}, "a:\n- b\n")
}

// PatchesText is a kustomization's list of patches.
func PatchesText(list []Patch) (string, error) {
	root := yaml.Node{Kind: yaml.MappingNode}
	if err := addPatches(&root, list); err != nil {
		return "", err
	}
	return encode(&root, "a:\n- b\n")
}

func addPatches(root *yaml.Node, list []Patch) error {
	for _, p := range list {
		target := map[string]any{"kind": p.Target.Kind, "name": p.Target.Name}
		if p.Target.Group != "" {
			target["group"] = p.Target.Group
		}
		entry := map[string]any{"target": target, "patch": p.Patch}
		if _, err := edit.Apply(root, edit.Set(entry, "patches", edit.Same{Value: entry})); err != nil {
			return err
		}
	}
	return nil
}

// InKustomization adds patches to the kustomization of a folder.
func InKustomization(folder string, list []Patch, read Read) (File, error) {
	for _, name := range manifest.Kustomizations {
		path := filepath.Join(folder, name)
		before, err := read(path)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return File{}, err
		}
		after, err := rewrite(before, func(root *yaml.Node) error {
			own := append([]Patch(nil), list...)
			for i := range own {
				// A folder's patches are made before its own prefix and suffix are.
				bare := strings.TrimPrefix(own[i].Target.Name, text(child(root.Content[0], "namePrefix")))
				own[i].Target.Name = strings.TrimSuffix(bare, text(child(root.Content[0], "nameSuffix")))
			}
			return addPatches(root, own)
		})
		if err != nil {
			return File{}, fmt.Errorf("%s: %w", path, err)
		}
		return File{path, before, after}, nil
	}
	return File{}, fmt.Errorf("%s: there is no kustomization any more", folder)
}
