package logback

import (
	"errors"
	"slices"
	"strings"
)

// The bounds of a substitution, so that variables that multiply themselves end.
const (
	maxExpansions = 1 << 10
	maxExpanded   = 1 << 16
	maxNesting    = 64
)

// These are what keeps a text from being substituted. Logback then takes the text as it stands.
var (
	errForm   = errors.New("a brace is missing")
	errCircle = errors.New("a variable refers to itself")
)

// undefined is what logback puts after the name of a variable that is not set and has no default.
const undefined = "_IS_UNDEFINED"

// piece is a part of a text: literal text, or a variable.
type piece struct {
	text     string
	variable bool
	// name and otherwise are the variable's name, which may itself hold variables, and its default.
	name, otherwise []piece
	hasDefault      bool
}

// scanner reads a text into pieces.
type scanner struct {
	text  string
	at    int
	depth int
}

// The things that end a run of literal text.
const (
	symbolNone     = ""
	symbolVariable = "${"
	symbolClose    = "}"
	symbolDefault  = ":-"
)

// symbol is the sign that stands at the current place. A colon that is not part of `:-` takes the character after it
// along, unless that may begin something; so does a dollar.
func (s *scanner) symbol() (sign string, literal string) {
	rest := s.text[s.at:]
	next := ""
	if len(rest) > 1 {
		next = rest[1:2]
	}
	switch rest[0] {
	case '{', '}':
		return rest[:1], ""
	case '$':
		if next == "{" {
			return symbolVariable, ""
		}
		return symbolNone, "$" + next
	case ':':
		switch next {
		case "-":
			return symbolDefault, ""
		case "$", "{":
			return symbolNone, ":"
		}
		return symbolNone, ":" + next
	}
	return symbolNone, rest[:1]
}

// pieces reads up to a closing brace or the sign of a default, which it leaves.
func (s *scanner) pieces() ([]piece, error) {
	if s.depth++; s.depth > maxNesting {
		return nil, errForm
	}
	defer func() { s.depth-- }()
	var list []piece
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			list = append(list, piece{text: literal.String()})
			literal.Reset()
		}
	}
	for s.at < len(s.text) {
		sign, text := s.symbol()
		switch sign {
		case symbolNone:
			s.at += len(text)
			literal.WriteString(text)
			continue
		case symbolClose, symbolDefault:
			flush()
			return list, nil
		}
		flush()
		s.at += len(sign)
		if sign == symbolVariable {
			v, err := s.variable()
			if err != nil {
				return nil, err
			}
			list = append(list, v)
			continue
		}
		inner, err := s.braced()
		if err != nil {
			return nil, err
		}
		list = append(list, inner...)
	}
	flush()
	return list, nil
}

// variable reads what follows `${`.
func (s *scanner) variable() (piece, error) {
	v := piece{variable: true}
	var err error
	if v.name, err = s.pieces(); err != nil {
		return v, err
	}
	if strings.HasPrefix(s.text[s.at:], symbolDefault) {
		s.at += len(symbolDefault)
		v.hasDefault = true
		if v.otherwise, err = s.pieces(); err != nil {
			return v, err
		}
	}
	return v, s.closing()
}

// braced reads what follows `{`: literal text in braces, in which variables count.
func (s *scanner) braced() ([]piece, error) {
	inner, err := s.pieces()
	if err != nil {
		return nil, err
	}
	list := append([]piece{{text: "{"}}, inner...)
	if strings.HasPrefix(s.text[s.at:], symbolDefault) {
		s.at += len(symbolDefault)
		if len(inner) == 0 {
			return nil, errForm
		}
		more, err := s.pieces()
		if err != nil {
			return nil, err
		}
		list = append(append(list, piece{text: ":-"}), more...)
	}
	return append(list, piece{text: "}"}), s.closing()
}

func (s *scanner) closing() error {
	if !strings.HasPrefix(s.text[s.at:], symbolClose) {
		return errForm
	}
	s.at++
	return nil
}

// expansion is the substitution of one text.
type expansion struct {
	lookup func(name string) Value
	// open are the variables whose values are being read.
	open   []string
	budget int
	// from is where the last variable that was set came from; why is what could not be known.
	from, why string
	// secret says that a variable so far may not be shown.
	secret bool
}

// substitute replaces the variables of a text. Where logback gives up it is the text as it stands.
func substitute(text string, lookup func(name string) Value) Value {
	if !strings.ContainsAny(text, "${}:") {
		return Value{Set: true, Text: text}
	}
	e := &expansion{lookup: lookup, budget: maxExpansions}
	expanded, err := e.text(text)
	switch {
	case e.why != "":
		return Value{Why: e.why}
	case err != nil:
		return Value{Set: true, Text: text}
	}
	return Value{Set: true, Text: expanded, From: e.from, Secret: e.secret}
}

// text expands a text. At the top, a closing brace or the sign of a default ends it, and what follows is dropped.
func (e *expansion) text(text string) (string, error) {
	s := &scanner{text: text}
	list, err := s.pieces()
	if err != nil {
		return "", err
	}
	return e.all(list)
}

func (e *expansion) all(list []piece) (string, error) {
	var b strings.Builder
	for i := range list {
		text := list[i].text
		if list[i].variable {
			var err error
			if text, err = e.variable(&list[i]); err != nil {
				return "", err
			}
		}
		if b.WriteString(text); b.Len() > maxExpanded {
			e.why = "it has too many variables"
			return "", errForm
		}
	}
	return b.String(), nil
}

func (e *expansion) variable(v *piece) (string, error) {
	if e.budget--; e.budget < 0 {
		e.why = "it has too many variables"
		return "", errForm
	}
	secret := e.secret
	e.secret = false
	name, err := e.all(v.name)
	if err != nil {
		return "", err
	}
	if e.secret { // the name would be shown
		e.why = "the name of a variable comes from a Secret"
		return "", errForm
	}
	e.secret = secret
	if slices.Contains(e.open, name) {
		return "", errCircle
	}
	e.open = append(e.open, name)
	defer func() { e.open = e.open[:len(e.open)-1] }()
	switch value := e.lookup(name); {
	case value.Why != "":
		e.why = value.Why
		return "", errForm
	case value.Set:
		e.secret = e.secret || value.Secret
		if value.From != "" {
			e.from = value.From
		}
		return e.text(value.Text)
	case v.hasDefault:
		return e.all(v.otherwise)
	}
	return name + undefined, nil
}
