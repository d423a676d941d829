package nginxconf

import (
	"regexp"
	"strings"
)

// pattern is a regular expression of the configuration. nginx runs PCRE; what Go's engine does not have (lookaround, back
// references, possessive quantifiers) is not understood, and then every match is unknown.
type pattern struct {
	source string
	fold   bool
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

func compile(source string, fold bool) *pattern {
	p := &pattern{source: source, fold: fold}
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

// match is a regular expression run: known is false where Go cannot say what PCRE would.
func (p *pattern) match(s string) (groups []string, ok, known bool) {
	// PCRE lets $ match before a final line feed, Go does not.
	if strings.HasSuffix(s, "\n") && strings.Contains(p.source, "$") {
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

// names are the named groups with their numbers.
func (p *pattern) names() map[string]int {
	out := map[string]int{}
	if p.re != nil {
		for i, n := range p.re.SubexpNames() {
			if n != "" {
				out[n] = i
			}
		}
	}
	return out
}

// matchesEmpty says whether the empty string certainly matches.
func (p *pattern) matchesEmpty() bool {
	_, ok, known := p.match("")
	return ok && known
}

// anchor is the literal that every match begins with, for a pattern such as ^Bearer; "" if there is none to be seen.
func (p *pattern) anchor() string {
	rest, ok := strings.CutPrefix(p.source, "^")
	if !ok || topLevelBar(p.source) {
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
	if p.fold {
		return strings.ToLower(rest[:n])
	}
	return rest[:n]
}

// implies says whether whatever p matches, q matches too: q is a literal, and p begins with a text that holds it.
func (p *pattern) implies(q *pattern) bool {
	lit, anchored := strings.CutPrefix(q.source, "^")
	begin := p.anchor()
	if lit == "" || regexp.QuoteMeta(lit) != lit || p.fold && !q.fold {
		return false
	}
	if q.fold {
		lit, begin = strings.ToLower(lit), strings.ToLower(begin)
	}
	if anchored {
		return strings.HasPrefix(begin, lit)
	}
	return strings.Contains(begin, lit)
}

func (p *pattern) String() string {
	if p.fold {
		return "~*" + p.source
	}
	return "~" + p.source
}
