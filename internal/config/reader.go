package config

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// reader takes YAML nodes apart and keeps every problem, with its line, in the order of the file.
type reader struct {
	name string
	errs []error
}

// field reads one field; path is where it stands, for errors.
type field func(n *yaml.Node, path string)

func (r *reader) fail(n *yaml.Node, path, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if path != "" {
		message = path + ": " + message
	}
	r.errs = append(r.errs, fmt.Errorf("%s:%d: %s", r.name, n.Line, message))
}

// is checks the kind of a node. Aliases are refused: a configuration is short, and they can go in circles.
func (r *reader) is(n *yaml.Node, path string, kind yaml.Kind, what string) bool {
	switch {
	case n.Kind == yaml.AliasNode:
		r.fail(n, path, "aliases are not allowed in a configuration")
	case n.Kind != kind || kind == yaml.ScalarNode && n.ShortTag() == "!!null":
		r.fail(n, path, "expected %s, found %s", what, describe(n))
	default:
		return true
	}
	return false
}

func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.ShortTag() == "!!null":
		return "nothing"
	default:
		return strconv.Quote(n.Value)
	}
}

// entries reads a mapping whose keys are names.
func (r *reader) entries(n *yaml.Node, path string, read func(key, value *yaml.Node, path string)) {
	if !r.is(n, path, yaml.MappingNode, "a mapping") {
		return
	}
	lines := map[string]int{}
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if !r.is(key, path, yaml.ScalarNode, "a name as key") {
			continue
		}
		if before, twice := lines[key.Value]; twice {
			r.fail(key, join(path, key.Value), "is already set on line %d", before)
			continue
		}
		lines[key.Value] = key.Line
		read(key, value, join(path, key.Value))
	}
}

// fields reads a mapping whose keys are known, and returns those that are there. A field without a value is not there,
// as in the Kubernetes API.
func (r *reader) fields(n *yaml.Node, path string, known map[string]field) map[string]bool {
	seen := map[string]bool{}
	r.entries(n, path, func(key, value *yaml.Node, path string) {
		read, ok := known[key.Value]
		if !ok {
			r.fail(key, path, "unknown field; expected %s", or(slices.Sorted(maps.Keys(known))))
			return
		}
		if value.Kind == yaml.ScalarNode && value.ShortTag() == "!!null" {
			return
		}
		seen[key.Value] = true
		read(value, path)
	})
	return seen
}

// require reports fields of a mapping that are not there.
func (r *reader) require(n *yaml.Node, path string, seen map[string]bool, names ...string) {
	if n.Kind != yaml.MappingNode {
		return
	}
	for _, name := range names {
		if !seen[name] {
			r.fail(n, join(path, name), "is required")
		}
	}
}

func (r *reader) list(n *yaml.Node, path string, read field) {
	if !r.is(n, path, yaml.SequenceNode, "a list") {
		return
	}
	for i, item := range n.Content {
		read(item, fmt.Sprintf("%s[%d]", path, i))
	}
}

// text reads a value that is not empty, whatever it looks like: a version 0.10 is not the number 0.1.
func (r *reader) text(n *yaml.Node, path string) string {
	if !r.is(n, path, yaml.ScalarNode, "a text") {
		return ""
	}
	s := strings.TrimSpace(n.Value)
	if s == "" {
		r.fail(n, path, "must not be empty")
	}
	return s
}

func (r *reader) texts(n *yaml.Node, path string) []string {
	var texts []string
	r.list(n, path, func(n *yaml.Node, path string) { texts = append(texts, r.text(n, path)) })
	return texts
}

func (r *reader) oneOf(n *yaml.Node, path string, allowed ...string) string {
	if !r.is(n, path, yaml.ScalarNode, or(allowed)) {
		return ""
	}
	if !slices.Contains(allowed, n.Value) {
		r.fail(n, path, "expected %s, found %q", or(allowed), n.Value)
	}
	return n.Value
}

func (r *reader) boolean(n *yaml.Node, path string) bool {
	if !r.is(n, path, yaml.ScalarNode, "true or false") {
		return false
	}
	// The tag tells `true` from the `yes` of YAML 1.1, which the library would take for a boolean here and nowhere
	// else.
	var b bool
	if n.ShortTag() != "!!bool" || n.Decode(&b) != nil {
		r.fail(n, path, "expected true or false, found %q", n.Value)
	}
	return b
}

// any reads a value of any type as decoded JSON has it, with integers as int64, which is what CEL calculates with.
func (r *reader) any(n *yaml.Node, path string) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		r.entries(n, path, func(key, value *yaml.Node, path string) { m[key.Value] = r.any(value, path) })
		return m
	case yaml.SequenceNode:
		list := []any{}
		r.list(n, path, func(n *yaml.Node, path string) { list = append(list, r.any(n, path)) })
		return list
	case yaml.AliasNode:
		r.is(n, path, yaml.ScalarNode, "a value")
		return nil
	case yaml.DocumentNode, yaml.ScalarNode:
	}
	var err error
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		var b bool
		err = n.Decode(&b)
		if err == nil {
			return b
		}
	case "!!int":
		var i int64
		if err = n.Decode(&i); err == nil {
			return i
		}
	case "!!float":
		var f float64
		if err = n.Decode(&f); err == nil && !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f
		}
		r.fail(n, path, "expected a number that JSON can hold, found %q", n.Value)
		return nil
	}
	if err != nil {
		r.fail(n, path, "expected a 64-bit integer or a boolean, found %q", n.Value)
	}
	return n.Value
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// or lists alternatives: `off, baseline or restricted`.
func or(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}
