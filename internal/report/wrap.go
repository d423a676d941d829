package report

import (
	"strings"
	"unicode/utf8"
)

// wrap writes a text in lines that fit; first stands before the first of them, indent before the others.
func (t *text) wrap(first, indent, s string) { t.wrapPainted(first, first, indent, s) }

// wrapPainted is wrap for a beginning that is painted, which takes as many columns as it does plain.
func (t *text) wrapPainted(plain, painted, indent, s string) {
	t.out.WriteString(painted)
	t.words(plain, indent, s, 0)
}

// wrapLines is wrap for a text of which no more than so many lines are wanted; 0 means all.
func (t *text) wrapLines(first, indent, s string, most int) {
	t.out.WriteString(first)
	t.words(first, indent, s, most)
}

func (t *text) words(plain, indent, s string, most int) {
	lines := 1
	column := utf8.RuneCountInString(plain)
	begun := false
	for word := range strings.FieldsSeq(s) {
		n := utf8.RuneCountInString(word)
		switch {
		case begun && lines == most && column+1+n+2 > t.width:
			t.out.WriteString(" …\n")
			return
		case begun && column+1+n > t.width:
			lines++
			t.out.WriteString("\n" + indent)
			column = utf8.RuneCountInString(indent)
		case begun:
			t.out.WriteByte(' ')
			column++
		}
		t.out.WriteString(word)
		column += n
		begun = true
	}
	t.out.WriteByte('\n')
}
