package position

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// Duplicate is a key that stands twice in one mapping.
type Duplicate struct {
	Key string
	// Line is the line of the later one, Before that of the one before it.
	Line, Before int
}

// Duplicates lists the keys that stand more than once in a mapping, in the order of the text. A key that overrides a
// merged one is not among them.
func (d *Document) Duplicates() []Duplicate {
	var found []Duplicate
	var walk func(node *yaml.Node)
	walk = func(node *yaml.Node) {
		if node.Kind == yaml.MappingNode {
			seen := make(map[string]int, len(node.Content)/2)
			for i := 0; i < len(node.Content); i += 2 {
				key := node.Content[i]
				if key.Kind != yaml.ScalarNode || isMerge(key) {
					continue
				}
				line := d.first + key.Line - 1
				if before, twice := seen[key.Value]; twice {
					found = append(found, Duplicate{Key: key.Value, Line: line, Before: before})
				}
				seen[key.Value] = line
			}
		}
		// Aliases are not followed: what they stand for is visited where it is written.
		for _, child := range node.Content {
			walk(child)
		}
	}
	if root := d.root(); root != nil {
		walk(root)
	}
	return found
}

// LineOfType is the line of the first value of a JSON type (bool, number, string, object, array) at a path without
// indices (`spec.containers.env.value`, every element of a list is looked at), as in the type errors of encoding/json.
// Without such a value it is what Line says.
func (d *Document) LineOfType(parent, path, jsonType string) int {
	root := d.root()
	if root == nil {
		return d.first
	}
	s := search{budget: maxSteps}
	if node, line, complete := s.resolve(root, root.Line, parent); complete {
		if line = s.find(node, line, path, jsonType); line != 0 {
			return d.first + line - 1
		}
	}
	return d.Line(Join(parent, path))
}

// find returns the line of the first value of the type at the path, 0 if there is none. line is where the node stands.
func (s *search) find(node *yaml.Node, line int, path, jsonType string) int {
	if s.exhausted() {
		return 0
	}
	node, path = target(node), strings.TrimPrefix(path, ".")
	if path == "" && typeOf(node) == jsonType {
		return line
	}
	if node.Kind == yaml.SequenceNode {
		for _, element := range node.Content {
			if line := s.find(element, element.Line, path, jsonType); line != 0 {
				return line
			}
		}
		return 0
	}
	for name, rest := range names(path) {
		if child, line := s.lookUp(node, name); child != nil {
			if line := s.find(child, line, rest, jsonType); line != 0 {
				return line
			}
		}
	}
	return 0
}

// typeOf is the JSON type that a node gets in kubectl, which reads YAML 1.1: there a plain `yes` is a boolean.
func typeOf(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return "object"
	case yaml.SequenceNode:
		return "array"
	default:
	}
	switch node.ShortTag() {
	case "!!bool":
		return "bool"
	case "!!int", "!!float":
		return "number"
	case "!!null":
		return "null"
	}
	if node.Style == 0 {
		switch strings.ToLower(node.Value) {
		case "y", "yes", "on", "n", "no", "off":
			return "bool"
		}
	}
	return "string"
}
