package ruletest

import (
	"bytes"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// The marks of the lines in a fixture's head that say what the rule finds and what it cannot decide.
const (
	findsMark   = "# finds: "
	unknownMark = "# unknown: "
)

// line is one expectation.
func line(mark string, subject inventory.Ref, message string) string {
	return mark + subject.String() + ": " + strings.Join(strings.Fields(message), " ")
}

// head is a fixture taken apart: the comment that it begins with, the expectations in that, and the rest.
type head struct {
	comment, rest string
	expected      []string
}

// readHead takes the expectations out of the comment that a fixture begins with.
func readHead(text string) head {
	var h head
	for line := range strings.Lines(text) {
		switch {
		case h.rest != "" || !strings.HasPrefix(line, "#"):
			h.rest += line
		case strings.HasPrefix(line, findsMark) || strings.HasPrefix(line, unknownMark):
			h.expected = append(h.expected, strings.TrimRight(line, "\r\n"))
		default:
			h.comment += line
		}
	}
	return h
}

// text is the fixture with these expectations.
func (h head) text() string {
	comment := h.comment
	if comment != "" && !strings.HasSuffix(comment, "\n") {
		comment += "\n"
	}
	for _, line := range h.expected {
		comment += line + "\n"
	}
	return comment + h.rest
}

// unified shows how two lists of lines differ, "" if they do not.
func unified(expected, found []string) string {
	return unifiedText(text(expected), text(found))
}

func text(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

func unifiedText(expected, found string) string {
	out := diff.Diff("expected", []byte(expected), "found", []byte(found))
	// The first line only repeats the names.
	_, out, _ = bytes.Cut(out, []byte("\n"))
	return strings.TrimSuffix(string(out), "\n")
}
