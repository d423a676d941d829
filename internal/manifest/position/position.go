// Package position says on which line of a YAML or JSON document a field stands, so that a finding can point at it. It
// parses a document only when it is asked: most documents have no findings.
package position

import (
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// Document answers for one document. It is safe for concurrent use.
type Document struct {
	first int
	root  func() *yaml.Node
}

// New makes a Document of a text that holds a single YAML or JSON document and begins on line first (1-based) of its
// file. The text is kept and must not be changed. A text that does not parse has only its first line.
func New(text []byte, first int) *Document {
	return &Document{first: first, root: sync.OnceValue(func() *yaml.Node {
		var document yaml.Node
		if err := yaml.Unmarshal(text, &document); err != nil || len(document.Content) == 0 {
			return nil
		}
		return document.Content[0]
	})}
}

// Line is the line of a field in the notation of Kubernetes field errors (`spec.containers[0].env[3]`,
// `metadata.annotations[example.com/a]`), or of its nearest parent that is there. A key with dots may also be written
// plainly (`data.nginx.conf`). The empty field is the document's first line of content.
func (d *Document) Line(field string) int {
	root := d.root()
	if root == nil {
		return d.first
	}
	s := search{budget: maxSteps}
	_, line, _ := s.resolve(root, root.Line, field)
	return d.first + line - 1
}

// Join puts a field under a parent: `items[2]` and `spec.ports` make `items[2].spec.ports`.
func Join(parent, field string) string {
	if parent == "" || field == "" || strings.HasPrefix(field, "[") {
		return parent + field
	}
	return parent + "." + field
}
