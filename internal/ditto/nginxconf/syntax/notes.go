package syntax

import "fmt"

// Notes are sentences without repetition, in the order they came up.
type Notes struct {
	List []string
	seen map[string]bool
}

// Add notes a sentence, once.
func (n *Notes) Add(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if n.seen[text] {
		return
	}
	if n.seen == nil {
		n.seen = map[string]bool{}
	}
	n.seen[text] = true
	n.List = append(n.List, text)
}
