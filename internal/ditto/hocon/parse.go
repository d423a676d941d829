package hocon

import (
	"fmt"
	"strings"
)

// Parse reads a document. It fails where Typesafe Config does, and with it the process that reads the document; the
// error names the line and never quotes the document, which may hold secrets.
func Parse(text string) (*Document, error) {
	if len(text) > maxSize {
		return nil, fmt.Errorf("HOCON document of %d bytes is longer than %d", len(text), maxSize)
	}
	if before, _, ok := strings.Cut(text, "\x00"); ok {
		return nil, fmt.Errorf("line %d: a NUL byte", 1+strings.Count(before, "\n"))
	}
	p := parser{text: text}
	p.skip(true)
	var entries []entry
	var err error
	switch p.peek() {
	case '[':
		return nil, p.failed("an object, not a list")
	case '{':
		p.at++
		err = p.fields("", true, &entries)
		if p.skip(true); err == nil && p.at < len(p.text) {
			err = p.failed("nothing after the object")
		}
	default:
		err = p.fields("", false, &entries)
	}
	if err != nil {
		return nil, err
	}
	return &Document{entries: entries}, nil
}

type parser struct {
	text  string
	at    int
	depth int
	// lists counts the lists that are open: `+=` is not allowed inside one.
	lists int
}

func (p *parser) failed(expected string) error {
	return fmt.Errorf("line %d: expected %s", 1+strings.Count(p.text[:p.at], "\n"), expected)
}

// peek is the next byte, 0 at the end.
func (p *parser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *parser) comment() bool {
	return p.peek() == '#' || strings.HasPrefix(p.text[p.at:], "//")
}

// skip passes over white space and comments, over line ends too if asked, and says whether it saw one.
func (p *parser) skip(newlines bool) (newline bool) {
	for p.at < len(p.text) {
		if p.text[p.at] == '\n' {
			if !newlines {
				return newline
			}
			newline = true
			p.at++
		} else if n := spaceLen(p.text[p.at:]); n > 0 {
			p.at += n
		} else if p.comment() {
			if end := strings.IndexByte(p.text[p.at:], '\n'); end >= 0 {
				p.at += end
			} else {
				p.at = len(p.text)
			}
		} else {
			return newline
		}
	}
	return newline
}

// fields reads the fields of an object, up to its closing brace if it has one.
func (p *parser) fields(prefix string, braced bool, out *[]entry) error {
	if p.depth++; p.depth > maxDepth {
		return p.failed(fmt.Sprintf("at most %d levels", maxDepth))
	}
	defer func() { p.depth-- }()
	for {
		p.skip(true)
		switch c := p.peek(); {
		case c == '}' && braced:
			p.at++
			return nil
		case p.at >= len(p.text) && !braced:
			return nil
		case p.at >= len(p.text):
			return p.failed("a closing brace")
		}
		if err := p.field(prefix, out); err != nil {
			return err
		}
		newline := p.skip(true)
		if p.peek() == ',' {
			p.at++
		} else if c := p.peek(); !newline && p.at < len(p.text) && (c != '}' || !braced) {
			return p.failed("a comma or a line end after a value")
		}
	}
}

// field reads one field or one include.
func (p *parser) field(prefix string, out *[]entry) error {
	if p.isInclude() {
		p.at += len("include")
		if err := p.include(); err != nil {
			return err
		}
		*out = append(*out, entry{path: prefix, include: true})
		return nil
	}
	key, err := p.path("a key")
	if err != nil {
		return err
	}
	path := key
	if prefix != "" {
		path = prefix + "." + key
	}
	p.skip(true)
	appends := false
	switch {
	case p.peek() == '{':
	case p.peek() == ':' || p.peek() == '=':
		p.at++
	case strings.HasPrefix(p.text[p.at:], "+="):
		p.at += 2
		if appends = true; p.lists > 0 {
			return p.failed("no += inside a list")
		}
	default:
		return p.failed("one of { : = += after a key")
	}
	p.skip(true)
	if appends {
		var nested []entry
		value, err := p.value("", &nested)
		if err != nil {
			return err
		}
		element := own(value, nested)
		*out = append(*out, entry{path: path, value: node{kind: concatenation, parts: []node{
			{kind: reference, text: path, optional: true},
			{kind: list, parts: []node{element}},
		}}})
		return nil
	}
	at := len(*out)
	*out = append(*out, entry{path: path})
	value, err := p.value(path, out)
	if err != nil {
		return err
	}
	(*out)[at].value = value
	return nil
}

// own gives an object that stands by itself the entries that were read for it.
func own(value node, entries []entry) node {
	if value.kind == object {
		value.entries = entries
	}
	return value
}

func (p *parser) isInclude() bool {
	rest, ok := strings.CutPrefix(p.text[p.at:], "include")
	if !ok {
		return false
	}
	// The word ends here if it is not part of a longer unquoted text.
	return rest == "" || rest[0] == '\n' || spaceLen(rest) > 0 || reserved(rest[0]) || strings.HasPrefix(rest, "//")
}

// include reads what follows the word: a quoted name, in url(), file(), classpath() and required() or not.
func (p *parser) include() error {
	open := 0
	for {
		p.skip(true)
		if p.peek() == '"' {
			break
		}
		word := p.at
		for c := p.peek(); c >= 'a' && c <= 'z'; c = p.peek() {
			p.at++
		}
		switch p.text[word:p.at] {
		case "required", "url", "file", "classpath":
		default:
			return p.failed("a quoted name after include")
		}
		if p.skip(false); p.peek() != '(' || open == 2 {
			return p.failed("a quoted name after include")
		}
		p.at++
		open++
	}
	if _, err := p.quoted(); err != nil {
		return err
	}
	for ; open > 0; open-- {
		if p.skip(false); p.peek() != ')' {
			return p.failed("a closing parenthesis after include")
		}
		p.at++
	}
	return nil
}
