// Package hocon reads single settings out of HOCON documents, as Typesafe Config 1.4 does, for documents that are laid
// over a configuration which was not found as a whole.
//
// A document is read by path ([Document.Lookup]). What the document leaves to others, the values beneath it, and what
// its substitutions stand for, is asked of the caller, so that a document answers "absent" or "unknown" and never
// guesses. Nothing is read from files, from this process's environment or from system properties.
//
// Why there is a parser here although github.com/gurkankaymak/hocon exists: that library resolves substitutions against
// the environment of the process it runs in, opens the files that `include` names, does not tell an optional
// substitution that is undefined from a value, and reads some documents otherwise than Typesafe Config does.
// library_test.go shows each of these.
//
// Sources: the HOCON specification (HOCON.md of lightbend/config); where that leaves it open, Typesafe Config's
// behaviour.
package hocon

import "strings"

// The bounds of a document. A ConfigMap or Secret holds at most 1 MiB.
const (
	maxSize  = 1 << 20
	maxDepth = 100
)

// Document is a parsed HOCON document. It is immutable.
type Document struct{ entries []entry }

// entry is one assignment. The fields of nested objects are entries of their own with the whole path, in the order they
// stand in, beside an entry for the object itself; so of two entries for one path the later counts.
type entry struct {
	path    string
	value   node
	include bool
}

type kind uint8

const (
	scalar kind = iota
	null
	list
	object
	reference
	concatenation
)

// node is a value as it is written.
type node struct {
	kind kind
	// text is a scalar's text, or the path of a reference.
	text string
	// bare marks a scalar that was not quoted, optional a reference `${?path}`.
	bare, optional bool
	// parts are the elements of a list or the parts of a concatenation.
	parts []node
	// entries are the fields of an object that is an element of a list (with paths of its own) or a part of a
	// concatenation (with whole paths).
	entries []entry
}

// Path joins path elements to the form in which paths are given to this package: elements with dots between, where a
// dot that belongs to an element is written as a NUL.
func Path(elements ...string) string {
	for i, e := range elements {
		if strings.Contains(e, ".") {
			elements[i] = strings.ReplaceAll(e, ".", "\x00")
		}
	}
	return strings.Join(elements, ".")
}

// Element is one element of a path as it was written, dots and all.
func Element(e string) string { return strings.ReplaceAll(e, "\x00", ".") }

// within says whether path lies beneath prefix, and what of it does.
func within(path, prefix string) (rest string, ok bool) {
	if prefix == "" {
		return path, true
	}
	if len(path) > len(prefix) && path[len(prefix)] == '.' && path[:len(prefix)] == prefix {
		return path[len(prefix)+1:], true
	}
	return "", false
}
