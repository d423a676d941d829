package hocon

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// value reads a value: one or more parts up to the end of the line, a comma or a closing bracket. The fields of an
// object are added to out beneath prefix; where the object turns out to be a part of a concatenation, it keeps them
// itself.
func (p *parser) value(prefix string, out *[]entry) (node, error) {
	start := len(*out)
	first, _, more, err := p.next(prefix, out)
	if err != nil {
		return node{}, err
	}
	if !more {
		return node{}, p.failed("a value")
	}
	if first.kind == object && len(*out) > start {
		first.entries = (*out)[start:]
	}
	var parts []node
	for {
		from := len(*out)
		part, space, more, err := p.next(prefix, out)
		if err != nil {
			return node{}, err
		}
		if !more {
			break
		}
		if parts == nil {
			first.entries = slices.Clone(first.entries)
			parts = append(parts, first)
		}
		if space != "" {
			parts = append(parts, node{text: space, bare: true})
		}
		part.entries = slices.Clone((*out)[from:])
		parts = append(parts, part)
	}
	if parts == nil {
		first.entries = nil
		return first, nil
	}
	*out = (*out)[:start]
	return concatenated(parts), nil
}

// next reads the next part of a value and the white space before it; more is false if the value has ended.
func (p *parser) next(prefix string, out *[]entry) (part node, space string, more bool, err error) {
	at := p.at
	for n := spaceLen(p.text[p.at:]); n > 0; n = spaceLen(p.text[p.at:]) {
		p.at += n
	}
	space = p.text[at:p.at]
	switch c := p.peek(); {
	case p.at >= len(p.text), c == '\n', c == ',', c == '}', c == ']', p.comment():
		return node{}, "", false, nil
	}
	part, err = p.part(prefix, out)
	return part, space, true, err
}

// concatenated joins parts that are all text, and keeps others until they are resolved.
func concatenated(parts []node) node {
	var b strings.Builder
	for _, part := range parts {
		if part.kind != scalar && part.kind != null {
			return node{kind: concatenation, parts: parts}
		}
		b.WriteString(part.text)
	}
	return node{text: b.String()}
}

// blank says whether the part is white space between two others.
func blank(n node) bool { return n.kind == scalar && n.bare && strings.TrimFunc(n.text, isSpace) == "" }

func (p *parser) part(prefix string, out *[]entry) (node, error) {
	switch c := p.peek(); {
	case c == '"':
		text, err := p.quoted()
		return node{text: text}, err
	case c == '{':
		p.at++
		return node{kind: object}, p.fields(prefix, true, out)
	case c == '[':
		p.at++
		return p.list()
	case c == '$':
		return p.reference()
	default:
		text, err := p.unquoted()
		if text == "null" {
			return node{kind: null, text: text}, err
		}
		return node{text: text, bare: true}, err
	}
}

func (p *parser) list() (node, error) {
	if p.depth++; p.depth > maxDepth {
		return node{}, p.failed("at most " + strconv.Itoa(maxDepth) + " levels")
	}
	p.lists++
	defer func() { p.depth--; p.lists-- }()
	n := node{kind: list}
	for {
		p.skip(true)
		if p.peek() == ']' {
			p.at++
			return n, nil
		}
		var fields []entry
		element, err := p.value("", &fields)
		if err != nil {
			return n, err
		}
		n.parts = append(n.parts, own(element, fields))
		newline := p.skip(true)
		if p.peek() == ',' {
			p.at++
		} else if !newline && p.peek() != ']' {
			return n, p.failed("a comma, a line end or a closing bracket in a list")
		}
	}
}

func (p *parser) reference() (node, error) {
	n := node{kind: reference}
	if !strings.HasPrefix(p.text[p.at:], "${") {
		return n, p.failed("${ at a dollar")
	}
	p.at += 2
	if p.peek() == '?' {
		p.at++
		n.optional = true
	}
	p.skip(false)
	path, err := p.path("a path in a substitution")
	if err != nil {
		return n, err
	}
	if strings.HasPrefix(p.text[p.at:], "[]") { // the list NAME_0, NAME_1, … of the environment
		path += "[]"
		p.at += 2
	}
	if p.peek() != '}' {
		return n, p.failed("a closing brace after a substitution")
	}
	p.at++
	n.text = path
	return n, nil
}

// path reads a key or the path of a substitution, up to what cannot belong to one.
func (p *parser) path(what string) (string, error) {
	var b strings.Builder
	// filled says whether the current element has begun. trim is the length up to which white
	// space at the end is kept.
	filled, trim := false, 0
	for p.at < len(p.text) {
		c := p.text[p.at]
		if c == '"' {
			text, err := p.quoted()
			if err != nil {
				return "", err
			}
			if text == "" {
				// Typesafe Config takes it, but then it could not be told from the root here.
				return "", p.failed("no empty element in " + what)
			}
			b.WriteString(strings.ReplaceAll(text, ".", "\x00"))
			filled, trim = true, b.Len()
			continue
		}
		if n := spaceLen(p.text[p.at:]); n > 0 {
			b.WriteString(p.text[p.at : p.at+n])
			p.at += n
			continue
		}
		if c == '\n' || reserved(c) || p.comment() {
			break
		}
		if c == '.' {
			if !filled {
				return "", p.failed("no empty element in " + what)
			}
			filled = false
		} else {
			filled = true
		}
		b.WriteByte(c)
		p.at++
		trim = b.Len()
	}
	if !filled {
		return "", p.failed(what)
	}
	return b.String()[:trim], nil
}

// reserved are the characters that cannot stand in unquoted text.
func reserved(c byte) bool { return strings.IndexByte("$\"{}[]:=,+#`^?!@*&\\", c) >= 0 }

func (p *parser) unquoted() (string, error) {
	start := p.at
	for p.at < len(p.text) && !p.comment() {
		c := p.text[p.at]
		if c == '+' && p.at > start && (p.text[p.at-1] == 'e' || p.text[p.at-1] == 'E') &&
			isNumber(p.text[start:p.at]+"+0") {
			p.at++ // the sign of an exponent
			continue
		}
		if c == '\n' || reserved(c) || spaceLen(p.text[p.at:]) > 0 {
			break
		}
		p.at++
	}
	if p.at == start {
		return "", p.failed("a value, or quotes around this character")
	}
	return p.text[start:p.at], nil
}

func isNumber(text string) bool { _, err := strconv.ParseFloat(text, 64); return err == nil }

// quoted reads a string in quotes, or in three quotes.
func (p *parser) quoted() (string, error) {
	if rest, ok := strings.CutPrefix(p.text[p.at:], `"""`); ok {
		end := strings.Index(rest, `"""`)
		if end < 0 {
			return "", p.failed("three closing quotes")
		}
		for end+3 < len(rest) && rest[end+3] == '"' { // quotes beyond three belong to the text
			end++
		}
		p.at += 3 + end + 3
		return rest[:end], nil
	}
	p.at++
	start := p.at
	end := strings.IndexAny(p.text[start:], "\"\\\n")
	if end >= 0 && p.text[start+end] == '"' {
		p.at += end + 1
		return p.text[start : start+end], nil
	}
	var b strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		p.at++
		switch c {
		case '"':
			return b.String(), nil
		case '\n':
			p.at--
			return "", p.failed("a closing quote on the same line")
		case '\\':
			if err := p.escape(&b); err != nil {
				return "", err
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", p.failed("a closing quote")
}

func (p *parser) escape(b *strings.Builder) error {
	c := p.peek()
	p.at++
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 && c != 0 {
		b.WriteByte("\"\\/\b\f\n\r\t"[i])
		return nil
	}
	if c == 'u' && p.at+4 <= len(p.text) {
		// A surrogate half becomes U+FFFD: no word that is compared with holds one.
		if r, err := strconv.ParseUint(p.text[p.at:p.at+4], 16, 16); err == nil && r != 0 {
			p.at += 4
			b.WriteRune(rune(r))
			return nil
		}
	}
	p.at = min(p.at-1, len(p.text))
	return p.failed("one of \" \\ / b f n r t u after a backslash")
}

// spaceLen is the length of the white space rune that the text begins with, 0 if it does not. A line end is not white
// space here, since it ends values.
func spaceLen(text string) int {
	if text == "" || text[0] == '\n' {
		return 0
	}
	if text[0] < utf8.RuneSelf {
		if isSpace(rune(text[0])) {
			return 1
		}
		return 0
	}
	if r, n := utf8.DecodeRuneInString(text); isSpace(r) {
		return n
	}
	return 0
}

// isSpace is what Typesafe Config takes for white space: Java's definition, no-break spaces and the byte order mark.
func isSpace(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return r == ' ' || r >= '\t' && r <= '\r' || r >= 0x1c && r <= 0x1f
	case r == 0xfeff:
		return true
	}
	return unicode.In(r, unicode.Zs, unicode.Zl, unicode.Zp)
}
