package position

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxSteps bounds how many nodes one question looks at: aliases and merges can blow up a small text, or go in circles.
const maxSteps = 1 << 17

// search is one walk through a document.
type search struct {
	budget int
}

func (s *search) exhausted() bool { s.budget--; return s.budget < 0 }

// resolve follows a field as far as it can and returns the node it comes to, with its line (that of the key, where
// there is one), and whether that is the whole field. line is the one of the node it starts from.
func (s *search) resolve(node *yaml.Node, line int, field string) (*yaml.Node, int, bool) {
	node, field = target(node), strings.TrimPrefix(field, ".")
	if field == "" {
		return node, line, true
	}
	if s.exhausted() {
		return node, line, false
	}
	if inner, isBracket := strings.CutPrefix(field, "["); isBracket {
		if name, rest, closed := strings.Cut(inner, "]"); closed {
			if child, at := s.element(node, name); child != nil {
				return s.resolve(child, at, rest)
			}
		}
		return node, line, false
	}
	// Keys can hold dots: in `data.nginx.conf` the key can be `nginx` or `nginx.conf`. The first that leads all the way
	// is it.
	best, bestLine := node, line
	for name, rest := range names(field) {
		child, at := s.lookUp(node, name)
		if child == nil {
			continue
		}
		found, foundLine, complete := s.resolve(child, at, rest)
		if complete {
			return found, foundLine, true
		}
		if best == node {
			best, bestLine = found, foundLine
		}
	}
	return best, bestLine, false
}

// names yields the keys with which a field can begin, the shortest first, and what is left of the field after each.
func names(field string) func(yield func(name, rest string) bool) {
	return func(yield func(name, rest string) bool) {
		for end := range len(field) + 1 {
			if end == len(field) || field[end] == '.' || field[end] == '[' {
				if !yield(field[:end], field[end:]) {
					return
				}
			}
		}
	}
}

// element finds what stands in brackets: the index of a list, or the key of a mapping, which may be quoted.
func (s *search) element(node *yaml.Node, name string) (*yaml.Node, int) {
	if node.Kind == yaml.SequenceNode {
		i, err := strconv.Atoi(name)
		if err != nil || i < 0 || i >= len(node.Content) {
			return nil, 0
		}
		return node.Content[i], node.Content[i].Line
	}
	if unquoted, err := strconv.Unquote(name); err == nil {
		name = unquoted
	}
	return s.lookUp(node, name)
}

// lookUp finds the value of a key and the line of the key. Of duplicate keys the last one counts, as in kubectl.
func (s *search) lookUp(node *yaml.Node, key string) (*yaml.Node, int) {
	node = target(node)
	if node.Kind != yaml.MappingNode || s.exhausted() {
		return nil, 0
	}
	for i := len(node.Content) - 2; i >= 0; i -= 2 {
		if name := target(node.Content[i]); name.Kind == yaml.ScalarNode && name.Value == key {
			return node.Content[i+1], node.Content[i].Line
		}
	}
	for i := 0; i < len(node.Content); i += 2 {
		if !isMerge(node.Content[i]) {
			continue
		}
		merged := []*yaml.Node{node.Content[i+1]}
		if list := target(merged[0]); list.Kind == yaml.SequenceNode {
			merged = list.Content
		}
		for _, m := range merged {
			if child, line := s.lookUp(m, key); child != nil {
				return child, line
			}
		}
	}
	return nil, 0
}

func isMerge(key *yaml.Node) bool {
	return key.Kind == yaml.ScalarNode && key.Value == "<<" &&
		key.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0
}

func target(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode && node.Alias != nil {
		return node.Alias
	}
	return node
}
