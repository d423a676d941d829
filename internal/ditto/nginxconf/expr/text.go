// Package expr knows the values of an nginx configuration and what they come to: texts with variables in them,
// patterns, maps, and what has to be so of a request for each value. Its table of variables says who decides what each
// of nginx's holds.
package expr

import (
	"errors"
	"slices"
	"strings"
)

// Part is a piece of a value: literal text, or a variable that is not resolved further. A variable named by a digit is
// a capture; From says what it was captured from.
type Part struct {
	Lit  string
	Name string
	From Text
}

// Text is a value as nginx composes it. Adjacent literals are joined, so a constant has at most one part.
type Text []Part

var errVariable = errors.New("invalid variable name")

// Parse splits a value into literals and variables, as ngx_http_script_compile does: $1 to $9, $name, ${name}. Names
// have no case (ngx_http_get_variable_index).
func Parse(s string) (Text, error) {
	var t Text
	for {
		i := strings.IndexByte(s, '$')
		if i < 0 {
			return t.Add(Part{Lit: s}), nil
		}
		t = t.Add(Part{Lit: s[:i]})
		if s = s[i+1:]; s == "" {
			return nil, errVariable
		}
		if s[0] >= '1' && s[0] <= '9' {
			t, s = t.Add(Part{Name: s[:1]}), s[1:]
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
		t = t.Add(Part{Name: strings.ToLower(s[:n])})
		if s = s[n:]; braced {
			s = s[1:]
		}
	}
}

// VariableName is the name of the variable that a directive defines.
func VariableName(s string) string { return strings.ToLower(strings.TrimPrefix(s, "$")) }

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// Literal is the constant text s.
func Literal(s string) Text { return Text(nil).Add(Part{Lit: s}) }

// Variable is the text of one unresolved variable.
func Variable(name string) Text { return Text{{Name: name}} }

// Add returns t with p behind it; t itself is not changed.
func (t Text) Add(p Part) Text {
	if p.Name == "" && p.Lit == "" {
		return t
	}
	if n := len(t); n > 0 && p.Name == "" && t[n-1].Name == "" {
		out := append(Text(nil), t...)
		out[n-1].Lit += p.Lit
		return out
	}
	return append(slices.Clip(t), p)
}

// Append returns t with u behind it.
func (t Text) Append(u Text) Text {
	for _, p := range u {
		t = t.Add(p)
	}
	return t
}

// Constant is the value of a text without variables.
func (t Text) Constant() (string, bool) {
	switch {
	case len(t) == 0:
		return "", true
	case len(t) == 1 && t[0].Name == "":
		return t[0].Lit, true
	}
	return "", false
}

// String is the text as it would be written, which also serves to tell texts apart.
func (t Text) String() string {
	var b strings.Builder
	for _, p := range t {
		switch {
		case p.Name == "":
			b.WriteString(p.Lit)
		case p.From != nil:
			b.WriteString("${" + p.Name + " of " + p.From.String() + "}")
		default:
			b.WriteString("${" + p.Name + "}")
		}
	}
	return b.String()
}
