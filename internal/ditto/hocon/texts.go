package hocon

import "strings"

// Texts calls the function for every text that is written in the document, with its path, in the order they stand in:
// what was overwritten by a later line as well, since it is written all the same. What substitutions stand for is left
// out of a text, and the elements of a list have the path of the list.
func (d *Document) Texts(call func(path, text string)) {
	eachText(d.entries, "", call)
}

// eachText goes through entries, whose paths lie beneath the prefix.
func eachText(entries []entry, prefix string, call func(path, text string)) {
	for i := range entries {
		path := entries[i].path
		if prefix != "" {
			path = prefix + "." + path
		}
		if !entries[i].include {
			entries[i].value.texts(path, prefix, call)
		}
	}
}

func (n *node) texts(path, prefix string, call func(path, text string)) {
	switch n.kind {
	case scalar:
		call(Element(path), n.text)
	case list:
		for i := range n.parts {
			n.parts[i].texts(path, path, call)
			eachText(n.parts[i].entries, path, call)
		}
	case concatenation:
		var b strings.Builder
		isText := false
		for i := range n.parts {
			switch part := &n.parts[i]; part.kind {
			case scalar:
				b.WriteString(part.text)
				isText = isText || !blank(*part)
			case list:
				part.texts(path, prefix, call)
			case object:
				eachText(part.entries, prefix, call)
			default:
			}
		}
		if isText {
			call(Element(path), b.String())
		}
	default:
	}
}
