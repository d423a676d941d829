package expr

import (
	"regexp"
	"strings"
)

// Pattern is a regular expression of the configuration. nginx runs PCRE; what Go's engine does not have (lookaround,
// back references, possessive quantifiers) is not understood, and then every match is unknown.
type Pattern struct {
	Source string
	Fold   bool
	re     *regexp.Regexp // nil: not understood
	// The form ^literal(?!x)rest, the one lookahead people write to leave /api/2/connections out, is matched in pieces.
	ahead *lookahead
}

type lookahead struct {
	prefix string
	not    bool
	look   *regexp.Regexp
	rest   *regexp.Regexp
}

// Compile reads a pattern; fold is for those of either case.
func Compile(source string, fold bool) *Pattern {
	p := &Pattern{Source: source, Fold: fold}
	flags := ""
	if fold {
		flags = "(?i)"
	}
	if re, err := regexp.Compile(flags + source); err == nil {
		p.re = re
		return p
	}
	p.ahead = splitLookahead(source, flags)
	return p
}

// splitLookahead understands a single lookahead behind an anchored literal, outside of any group.
func splitLookahead(source, flags string) *lookahead {
	at := strings.Index(source, "(?!")
	if other := strings.Index(source, "(?="); at < 0 || (other >= 0 && other < at) {
		at = other
	}
	if at < 1 || source[0] != '^' {
		return nil
	}
	prefix := source[1:at]
	if regexp.QuoteMeta(prefix) != prefix || (flags != "" && strings.ToLower(prefix) != strings.ToUpper(prefix)) {
		return nil
	}
	end := closing(source, at)
	if end < 0 {
		return nil
	}
	tail := source[end+1:]
	// A quantifier behind the group, or an alternative beside it, would change what the pieces mean.
	if tail != "" && strings.ContainsRune("*+?{", rune(tail[0])) || topLevelBar(tail) {
		return nil
	}
	look, err := regexp.Compile(flags + "^(?:" + source[at+3:end] + ")")
	if err != nil {
		return nil
	}
	rest, err := regexp.Compile(flags + "^(?:" + tail + ")")
	if err != nil {
		return nil
	}
	return &lookahead{prefix: prefix, not: source[at+2] == '!', look: look, rest: rest}
}

// closing is the index of the parenthesis that closes the one at open, or -1.
func closing(s string, open int) int {
	depth := 0
	for i := open; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '[':
			return -1 // a class may hold parentheses; not worth a parser of its own
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

func topLevelBar(s string) bool {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			depth--
		case '|':
			if depth == 0 {
				return true
			}
		}
	}
	return false
}

// Match is a regular expression run: known is false where Go cannot say what PCRE would.
func (p *Pattern) Match(s string) (groups []string, ok, known bool) {
	// PCRE lets $ match before a final line feed, Go does not.
	if strings.HasSuffix(s, "\n") && strings.Contains(p.Source, "$") {
		return nil, false, false
	}
	if p.re != nil {
		groups = p.re.FindStringSubmatch(s)
		return groups, groups != nil, true
	}
	if a := p.ahead; a != nil {
		tail, ok := strings.CutPrefix(s, a.prefix)
		if !ok || a.look.MatchString(tail) == a.not {
			return nil, false, true
		}
		groups = a.rest.FindStringSubmatch(tail)
		if groups == nil {
			return nil, false, true
		}
		groups[0] = a.prefix + groups[0]
		return groups, true, true
	}
	return nil, false, false
}

// Understood says whether Go can say what PCRE would.
func (p *Pattern) Understood() bool { return p.re != nil || p.ahead != nil }

// Names are the named groups with their numbers.
func (p *Pattern) Names() map[string]int {
	out := map[string]int{}
	if p.re != nil {
		for i, n := range p.re.SubexpNames() {
			if n != "" {
				out[strings.ToLower(n)] = i
			}
		}
	}
	return out
}

// matchesEmpty says whether the empty string certainly matches.
func (p *Pattern) matchesEmpty() bool {
	_, ok, known := p.Match("")
	return ok && known
}

// Anchor is the literal that every match begins with, for a pattern such as ^Bearer; "" if there is none to be seen.
func (p *Pattern) Anchor() string {
	rest, ok := strings.CutPrefix(p.Source, "^")
	if !ok || topLevelBar(p.Source) {
		return ""
	}
	n := 0
	for n < len(rest) && !strings.ContainsRune(`\.+*?()|[]{}^$`, rune(rest[n])) {
		n++
	}
	// A quantifier applies to the character before it.
	if n > 0 && n < len(rest) && strings.ContainsRune("*?{+", rune(rest[n])) {
		n--
	}
	if p.Fold {
		return strings.ToLower(rest[:n])
	}
	return rest[:n]
}

// implies says whether whatever p matches, q matches too: q is a literal, and p begins with a text that holds it.
func (p *Pattern) implies(q *Pattern) bool {
	lit, anchored := strings.CutPrefix(q.Source, "^")
	begin := p.Anchor()
	if lit == "" || regexp.QuoteMeta(lit) != lit || p.Fold && !q.Fold {
		return false
	}
	if q.Fold {
		lit, begin = strings.ToLower(lit), strings.ToLower(begin)
	}
	if anchored {
		return strings.HasPrefix(begin, lit)
	}
	return strings.Contains(begin, lit)
}

// String is the pattern as a location would have it, with its mark.
func (p *Pattern) String() string {
	if p.Fold {
		return "~*" + p.Source
	}
	return "~" + p.Source
}

// Patterns keeps patterns that are met again and again, compiled once.
type Patterns map[string]*Pattern

// Keep compiles a pattern and keeps it.
func (ps Patterns) Keep(source string, fold bool) {
	p := Compile(source, fold)
	ps[p.String()] = p
}

// Get is a pattern, compiled anew if it was not kept.
func (ps Patterns) Get(source string, fold bool) *Pattern {
	p := Pattern{Source: source, Fold: fold}
	if known, ok := ps[p.String()]; ok {
		return known
	}
	return Compile(source, fold)
}
