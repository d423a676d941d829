package way

import (
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
)

// anchor says where an edge pins an expression.
type anchor int

const (
	// AtStart: nginx and others write `^` before the text, so of several alternatives only the first is pinned.
	AtStart anchor = iota
	// whole: the expression has to match the whole path, as in Envoy.
	Whole
	// anywhere: nothing is pinned, as in Traefik.
	Anywhere
)

// Regex matches a regular expression.
//
// The dialects differ: PCRE in nginx and Kong, Go's in Traefik, RE2 in Envoy. What Go's package reads means the same in
// all of them as far as "does it match" goes; a lookahead outside a group is evaluated here, since Ditto's own charts
// use one. Everything else is undecided. Go's matching is linear, so a hostile expression costs nothing.
//
// An edge that compares undecoded text is asked for other spellings of the path too, since `/(?!devops)` does not stop
// `/%64evops`.
func Regex(r Reads, expression string, fold bool, at anchor) Matcher {
	p, ok := compile(expression, fold, at)
	if !ok || r == Raw && strings.Contains(expression, "%") {
		return Undecided(reason.Of("expression-not-evaluated", Quote(expression)))
	}
	if fold {
		// Nothing begins with a capital that may be a small letter as well. What Ditto serves is in small letters.
		if i := strings.IndexFunc(p.literal, unicode.IsUpper); i >= 0 {
			p.literal = p.literal[:i]
		}
	}
	read := requests.Unread(fmt.Sprint("regex ", bool(r), fold, at, " ", expression), p.literal)
	m := Matcher{
		Literal: p.literal, Samples: samplesOf(expression), Hints: hintsOf(expression, at),
		Paths: []requests.Paths{read},
	}
	m.Match = func(path string) (bool, bool) {
		if p.Matches(path) {
			return true, true
		}
		if r == Raw {
			if slices.ContainsFunc(spellings(path), p.Matches) {
				return true, true
			}
		}
		return false, true
	}
	return m
}

// hintsOf is a path that an expression which is not pinned matches, if it begins with the text of one. What steps
// behind it make of such a path is nothing that anybody would look for otherwise.
func hintsOf(expression string, at anchor) []string {
	if at != Anywhere {
		return nil
	}
	literal, _ := literalStart(expression)
	if !strings.HasPrefix(literal, "/") {
		return nil
	}
	return []string{literal}
}

// spellings are other ways to write a path: each single letter as an escape, in both cases of the hex digits, and all
// of them at once. A slash stays a slash, since Ditto does not split at an escaped one.
func spellings(path string) []string {
	const lower, upper = "0123456789abcdef", "0123456789ABCDEF"
	escape := func(b byte, digits string) string { return "%" + string(digits[b>>4]) + string(digits[b&15]) }
	var list []string
	var all strings.Builder
	for i := range len(path) {
		if path[i] == '/' {
			all.WriteByte('/')
			continue
		}
		all.WriteString(escape(path[i], lower))
		for _, digits := range []string{lower, upper} {
			list = append(list, path[:i]+escape(path[i], digits)+path[i+1:])
		}
	}
	return append(list, all.String())
}

// pattern is an expression cut at its lookaheads.
type pattern struct {
	parts   []part
	literal string
}

// part is a piece of a pattern: an expression that consumes text, or a lookahead that does not.
type part struct {
	re    *regexp.Regexp
	look  bool
	negat bool
}

// longest is what an expression may count in bytes; the API server accepts far longer paths.
const longest = 1000

// compile reads an expression; ok is false if Go cannot.
func compile(expression string, fold bool, at anchor) (p pattern, ok bool) {
	if len(expression) > longest {
		return pattern{}, false
	}
	pieces, ok := cutLookaheads(expression)
	if !ok || len(pieces) > 1 && at == Anywhere {
		return pattern{}, false
	}
	flags := ""
	if fold {
		flags = "(?i)"
	}
	for i, piece := range pieces {
		// Each piece has to be well-formed by itself, so that no bracket in it closes one of ours.
		plain, err := regexp.Compile(piece.text)
		if err != nil {
			return pattern{}, false
		}
		if i == 0 && at != Anywhere {
			p.literal, _ = plain.LiteralPrefix()
		}
		text := "^(?:" + piece.text + ")$"
		switch last := i == len(pieces)-1; {
		case len(pieces) == 1 && at == Anywhere:
			text = piece.text
		case len(pieces) == 1 && at == AtStart:
			text = "^" + piece.text
		case piece.look, last && at == AtStart:
			text = "^(?:" + piece.text + ")"
		}
		re, err := regexp.Compile(flags + text)
		if err != nil {
			return pattern{}, false
		}
		p.parts = append(p.parts, part{re: re, look: piece.look, negat: piece.negat})
	}
	return p, true
}

func (p pattern) Matches(path string) bool { return matchParts(p.parts, path) }

// matchParts tries every length for all but the last part. There are few parts and paths are short.
func matchParts(parts []part, text string) bool {
	first, rest := parts[0], parts[1:]
	switch {
	case first.look:
		return first.re.MatchString(text) != first.negat && (len(rest) == 0 || matchParts(rest, text))
	case len(rest) == 0:
		return first.re.MatchString(text)
	}
	for i := 0; i <= len(text); i++ {
		if first.re.MatchString(text[:i]) && matchParts(rest, text[i:]) {
			return true
		}
	}
	return false
}

type piece struct {
	text        string
	look, negat bool
}

// mostLookaheads bounds the work of matchParts.
const mostLookaheads = 3

// cutLookaheads cuts an expression at its lookaheads. Inside groups, beside alternatives or in numbers they are not
// evaluated.
func cutLookaheads(expression string) (pieces []piece, ok bool) {
	if !strings.Contains(expression, "(?=") && !strings.Contains(expression, "(?!") {
		return []piece{{text: expression}}, true
	}
	if strings.Contains(expression, `\Q`) {
		return nil, false
	}
	start, depth, looks := 0, 0, 0
	lookFrom := -1
	for i, c := range structure(expression) {
		switch c {
		case '(':
			isLook := strings.HasPrefix(expression[i:], "(?=") || strings.HasPrefix(expression[i:], "(?!")
			if isLook && depth > 0 {
				return nil, false
			}
			if isLook {
				pieces = append(pieces, piece{text: expression[start:i]})
				lookFrom, start = i, i+3
				looks++
			}
			depth++
		case ')':
			depth--
			if depth == 0 && lookFrom >= 0 {
				pieces = append(pieces, piece{text: expression[start:i], look: true,
					negat: expression[lookFrom+2] == '!'})
				lookFrom, start = -1, i+1
				// A quantifier would apply to the lookahead.
				if start < len(expression) && strings.IndexByte("*+?{", expression[start]) >= 0 {
					return nil, false
				}
			}
		case '|':
			if depth == 0 {
				return nil, false
			}
		}
		if depth < 0 {
			return nil, false
		}
	}
	if depth != 0 || looks > mostLookaheads {
		return nil, false
	}
	return append(pieces, piece{text: expression[start:]}), true
}

// structure yields the parentheses and bars of an expression that are not text, neither escaped, nor quoted, nor in a
// class, and where they are.
func structure(expression string) iter.Seq2[int, byte] {
	return func(yield func(int, byte) bool) {
		class := false
		for i := 0; i < len(expression); i++ {
			rest := expression[i+1:]
			switch c := expression[i]; {
			case c == '\\' && !class && strings.HasPrefix(rest, "Q"):
				end := strings.Index(rest, `\E`)
				if end < 0 {
					return
				}
				i += end + 2
			case c == '\\':
				i++
			case class:
				class = c != ']'
			case c == '[':
				class = true
				// A bracket right after the opening one stands for itself.
				if strings.HasPrefix(rest, "^]") {
					i += 2
				} else if strings.HasPrefix(rest, "]") {
					i++
				}
			case strings.IndexByte("()|", c) >= 0:
				if !yield(i, c) {
					return
				}
			}
		}
	}
}

// Alternatives says whether an expression has alternatives that no group holds together. What an edge writes before it
// belongs to the first of them alone.
func Alternatives(expression string) bool {
	depth := 0
	for _, c := range structure(expression) {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		case '|':
			if depth <= 0 {
				return true
			}
		}
	}
	return false
}

// Wildcards matches a pattern in which `*` stands for any text and `?` for one character, to the end of the path.
func Wildcards(path string) Matcher {
	var expression strings.Builder
	for _, r := range Raw.Text(path) {
		switch r {
		case '*':
			expression.WriteString(".*")
		case '?':
			expression.WriteString(".")
		default:
			expression.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	return Regex(Raw, strings.ReplaceAll(expression.String(), "%", "\\x25"), false, Whole)
}
