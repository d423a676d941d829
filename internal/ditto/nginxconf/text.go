package nginxconf

import (
	"errors"
	"slices"
	"strings"
)

// part is a piece of a value: literal text, or a variable that is not resolved further. A variable named by a digit is a
// capture; from says what it was captured from.
type part struct {
	lit  string
	name string
	from text
}

// text is a value as nginx composes it. Adjacent literals are joined, so a constant has at most one part.
type text []part

var errVariable = errors.New("invalid variable name")

// parseText splits a value into literals and variables, as ngx_http_script_compile does: $1 to $9, $name, ${name}.
func parseText(s string) (text, error) {
	var t text
	for {
		i := strings.IndexByte(s, '$')
		if i < 0 {
			return t.add(part{lit: s}), nil
		}
		t = t.add(part{lit: s[:i]})
		if s = s[i+1:]; s == "" {
			return nil, errVariable
		}
		if s[0] >= '1' && s[0] <= '9' {
			t, s = t.add(part{name: s[:1]}), s[1:]
			continue
		}
		braced := s[0] == '{'
		if braced {
			s = s[1:]
		}
		n := 0
		for n < len(s) && wordByte(s[n]) {
			n++
		}
		if n == 0 || (braced && (n == len(s) || s[n] != '}')) {
			return nil, errVariable
		}
		t = t.add(part{name: s[:n]})
		if s = s[n:]; braced {
			s = s[1:]
		}
	}
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// literal is the constant text s.
func literal(s string) text { return text(nil).add(part{lit: s}) }

// variable is the text of one unresolved variable.
func variable(name string) text { return text{{name: name}} }

// add returns t with p behind it; t itself is not changed.
func (t text) add(p part) text {
	if p.name == "" && p.lit == "" {
		return t
	}
	if n := len(t); n > 0 && p.name == "" && t[n-1].name == "" {
		out := append(text(nil), t...)
		out[n-1].lit += p.lit
		return out
	}
	return append(slices.Clip(t), p)
}

func (t text) append(u text) text {
	for _, p := range u {
		t = t.add(p)
	}
	return t
}

// constant is the value of a text without variables.
func (t text) constant() (string, bool) {
	switch {
	case len(t) == 0:
		return "", true
	case len(t) == 1 && t[0].name == "":
		return t[0].lit, true
	}
	return "", false
}

// String is the text as it would be written, which also serves to tell texts apart.
func (t text) String() string {
	var b strings.Builder
	for _, p := range t {
		switch {
		case p.name == "":
			b.WriteString(p.lit)
		case p.from != nil:
			b.WriteString("${" + p.name + " of " + p.from.String() + "}")
		default:
			b.WriteString("${" + p.name + "}")
		}
	}
	return b.String()
}
