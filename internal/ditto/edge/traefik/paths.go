package traefik

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// pathOf is which paths fulfil one of the alternatives.
func pathOf(all []alternative) way.Matcher {
	m := way.Matcher{Match: func(path string) (bool, bool) {
		known := true
		for _, a := range all {
			matches, decided, _ := a.matches(path)
			if matches && decided {
				return true, true
			}
			known = known && decided
		}
		return false, known
	}}
	for i, a := range all {
		literal := a.literal()
		if literal != "" {
			m.Hints = append(m.Hints, literal)
		}
		for _, c := range a.paths {
			if !c.not {
				m.Hints = append(m.Hints, c.Hints...)
			}
		}
		if i == 0 {
			m.Literal = literal
		} else if m.Literal != literal {
			m.Literal = ""
		}
		if m.Why == "" {
			m.Why = a.doubt()
		}
	}
	if m.Why != "" {
		m.Literal = ""
	}
	if len(all) == 1 {
		m.Paths = all[0].takes()
	}
	return m
}

// reserved are the characters whose escapes matchers see as they are (reservedCharacters of pkg/muxer/http), beside the
// slash.
const reserved = ":?#[]@!$&'()*+,;=%"

// routed is what Ditto reads where a path looks to matchers like the text of a rule. Traefik decodes paths for them,
// save for characters that mean something in a URL (withRoutingPath). So a rule with the escape of one is for those who
// write it so, and one with any other escape for nobody. An escaped slash stays one to Ditto as well.
func routed(text string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "%")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		plain, err := url.PathUnescape("%" + after[:min(2, len(after))])
		if err != nil || !strings.Contains(reserved, plain) || after[:2] != strings.ToUpper(after[:2]) {
			b.WriteByte('%')
			text = after
			continue
		}
		b.WriteString(plain)
		text = after[2:]
	}
}

// expressionFor reads PathRegexp. What means something in a URL can be escaped or not.
func expressionFor(text string) way.Matcher {
	if strings.Contains(text, "%") {
		return way.Regex(way.Raw, text, false, way.Anywhere)
	}
	m := way.Regex(way.Decoded, text, false, way.Anywhere)
	plain := m.Match
	m.Match = func(path string) (matches, known bool) {
		if matches, known = plain(path); matches || !known || !strings.ContainsAny(path, reserved) {
			return matches, known
		}
		for i := range len(path) {
			if strings.IndexByte(reserved, path[i]) >= 0 {
				if matches, _ := plain(path[:i] + escape(path[i]) + path[i+1:]); matches {
					return true, true
				}
			}
		}
		return false, true
	}
	return m
}

func escape(c byte) string { return fmt.Sprintf("%%%02X", c) }

// pathMatcher reads Path, PathPrefix or PathRegexp. In v2's syntax several paths may be named, with patterns in braces.
func pathMatcher(name string, args []string, syntax string) (way.Matcher, error) {
	var all []alternative
	for _, arg := range args {
		var m way.Matcher
		switch {
		case name == "pathregexp":
			if syntax == syntaxV2 {
				return way.Matcher{}, fmt.Errorf("the matcher PathRegexp is not known in v2's syntax")
			}
			if _, err := regexp.Compile(arg); err != nil {
				return way.Matcher{}, fmt.Errorf("PathRegexp: %w", err)
			}
			m = expressionFor(arg)
		case !strings.HasPrefix(arg, "/"):
			return way.Matcher{}, fmt.Errorf("%s: expected a path that starts with a slash", name)
		case syntax == syntaxV2 && strings.Contains(arg, "{"):
			expression, ok := bracePattern(arg)
			if !ok {
				return way.Matcher{}, fmt.Errorf("%s: expected {name} or {name:pattern} between braces", name)
			}
			at := way.Whole
			if name == "pathprefix" {
				at = way.AtStart
				expression = "(?:" + expression + ")"
			}
			m = way.Regex(way.Decoded, expression, false, at)
		case name == "path":
			m = way.Exact(way.Decoded, routed(arg))
		default:
			m = way.StartsWith(routed(arg))
		}
		all = append(all, alternative{paths: []pathCondition{{m, false}}})
	}
	return pathOf(all), nil
}

// bracePattern turns a path with {name} or {name:pattern} into a regular expression, as gorilla/mux does.
func bracePattern(path string) (expression string, ok bool) {
	var b strings.Builder
	for path != "" {
		text, rest, found := strings.Cut(path, "{")
		b.WriteString(regexp.QuoteMeta(text))
		if !found {
			break
		}
		end := closingBrace(rest)
		if end < 0 {
			return "", false
		}
		_, pattern, given := strings.Cut(rest[:end], ":")
		if !given {
			pattern = "[^/]+"
		}
		if _, err := regexp.Compile(pattern); err != nil {
			return "", false
		}
		b.WriteString("(?:" + pattern + ")")
		path = rest[end+1:]
	}
	return b.String(), true
}

// closingBrace is where the brace that is open ends, -1 if it does not.
func closingBrace(text string) int {
	depth := 1
	for i := range len(text) {
		switch text[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}
