package explain

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/dittoguard/dittoguard/internal/terminal"
)

// width is how many columns a line may have.
const width = 120

// page is text that is laid out in lines of at most width columns; a word that is longer stands on a line of its own.
type page struct{ strings.Builder }

// line writes a text behind an indent. What does not fit goes on beneath it, further in by hang columns.
func (p *page) line(indent, hang int, format string, args ...any) {
	p.wrapped(strings.Repeat(" ", indent), strings.Repeat(" ", indent+hang), fmt.Sprintf(format, args...))
}

// cell writes `name      text`, with the text from a column on, beneath a name that is too long.
func (p *page) cell(indent, column int, name, text string) {
	if utf8.RuneCountInString(name)+1 > column {
		p.line(indent, 2, "%s", name)
		name = ""
	}
	pad := column - utf8.RuneCountInString(name)
	first := strings.Repeat(" ", indent) + terminal.Clean(name) + strings.Repeat(" ", pad)
	p.wrapped(first, strings.Repeat(" ", indent+column), text)
}

// wrapped writes a text behind first, and further lines of it behind rest.
func (p *page) wrapped(first, rest, text string) {
	at := utf8.RuneCountInString(first)
	p.WriteString(first)
	empty := true
	for word := range strings.FieldsSeq(text) {
		word = terminal.Clean(word)
		n := utf8.RuneCountInString(word)
		if !empty && at+1+n > width {
			p.WriteString("\n" + rest)
			at, empty = utf8.RuneCountInString(rest), true
		}
		if !empty {
			p.WriteByte(' ')
			at++
		}
		p.WriteString(word)
		at, empty = at+n, false
	}
	p.WriteByte('\n')
}

func (p *page) gap() { p.WriteByte('\n') }
