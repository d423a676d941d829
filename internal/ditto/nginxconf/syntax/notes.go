package syntax

// Notes are sentences without repetition, in the order they came up.
type Notes struct {
	List []string
	seen map[string]bool
}

// Add notes a sentence, once.
func (n *Notes) Add(text string) {
	if n.seen[text] {
		return
	}
	if n.seen == nil {
		n.seen = map[string]bool{}
	}
	n.seen[text] = true
	n.List = append(n.List, text)
}
