package way

import (
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// NginxRewrite is what nginx's `rewrite "^PATH" TARGET` does. A reference to a group that is not there is empty.
func NginxRewrite(path, target string) Rewrite {
	to, number, _ := strings.Cut(target, "$")
	capture, err := strconv.Atoi(number)
	if re, broken := syntax.Parse(path, syntax.Perl); err == nil && broken == nil && capture > re.MaxCap() &&
		capture <= mostCaptures {
		return Rewrite{Kind: RewriteConstant, To: to}
	}
	return CaptureRewrite(path, target)
}

// mostCaptures is how many groups can be referred to: $12 is the first one, and a 2.
const mostCaptures = 9

// CaptureRewrite replaces a path that an expression matches. Told are these shapes: a target without captures, which is
// what the backend always gets; `/x(/|$)(.*)` to `/y$2`; `/x/(.*)` to `/y$1`; `/x/(a.*)` to `/y$1`; `/x(/(.*))?` to
// `/y$2`, where an absent group is an empty rest; and `/x(/.*)?` to `$1`.
func CaptureRewrite(path, target string) Rewrite {
	if !strings.Contains(target, "$") && strings.HasPrefix(target, "/") {
		return Rewrite{Kind: RewriteConstant, To: target}
	}
	unknown := UnknownRewrite(reason.Of("rewrite-not-determined", Quote(path), Quote(target)))
	to, number, ok := strings.Cut(target, "$")
	capture, err := strconv.Atoi(number)
	if !ok || err != nil || capture < 1 || capture > mostCaptures {
		return unknown
	}
	re, err := syntax.Parse(path, syntax.Perl)
	if err != nil {
		return unknown
	}
	from, ok := capturedPrefixes(re, capture, to == "")
	if !ok {
		return unknown
	}
	return Rewrite{Kind: RewritePrefix, From: from, To: to}
}

// capturedPrefixes are the texts that can stand before the rest of the path that a capture takes; ok is false if the
// expression is not: literal text, at most one group with a slash or nothing, and the capture of all the rest.
//
// slash allows for a rest that begins with a slash; it is right only where nothing is put before the rest.
func capturedPrefixes(re *syntax.Regexp, capture int, slash bool) (prefixes []string, ok bool) {
	parts, optional := opened(re, capture)
	last := parts[len(parts)-1]
	if last.Op != syntax.OpCapture || last.Cap != capture ||
		!isRest(last.Sub[0]) && !(slash && isSlashAndRest(last.Sub[0])) && (optional || !endsInRest(last.Sub[0])) {
		return nil, false
	}
	prefixes = []string{""}
	for _, p := range parts[:len(parts)-1] {
		var choices []string
		switch {
		case p.Op == syntax.OpBeginText || p.Op == syntax.OpBeginLine:
			choices = []string{""}
		case p.Op == syntax.OpLiteral && p.Flags&syntax.FoldCase == 0:
			choices = []string{string(p.Rune)}
		case p.Op == syntax.OpQuest && isSlash(p.Sub[0]), p.Op == syntax.OpCapture && isSlashOrEnd(p.Sub[0]):
			choices = []string{"/", ""}
		default:
			return nil, false
		}
		var next []string
		for _, prefix := range prefixes {
			for _, c := range choices {
				next = append(next, prefix+c)
			}
		}
		if prefixes = next; len(prefixes) > 16 {
			return nil, false
		}
	}
	slices.Sort(prefixes)
	return slices.Compact(prefixes), true
}

// opened are the parts of an expression, with groups at its end that another group is in, and optional ones, taken
// apart; optional says whether one of the latter was.
func opened(re *syntax.Regexp, capture int) (parts []*syntax.Regexp, optional bool) {
	for {
		switch {
		case re.Op == syntax.OpConcat:
			parts = append(parts, re.Sub[:len(re.Sub)-1]...)
			re = re.Sub[len(re.Sub)-1]
		case re.Op == syntax.OpQuest && (re.Sub[0].Op == syntax.OpCapture || re.Sub[0].Op == syntax.OpConcat),
			re.Op == syntax.OpCapture && re.Cap < capture:
			optional = optional || re.Op == syntax.OpQuest
			re = re.Sub[0]
		default:
			return append(parts, re), optional
		}
	}
}

func isSlashAndRest(re *syntax.Regexp) bool {
	if re.Op != syntax.OpConcat || len(re.Sub) != 2 || !isSlash(re.Sub[0]) {
		return false
	}
	rest := re.Sub[1]
	if rest.Op == syntax.OpCapture {
		rest = rest.Sub[0]
	}
	return isRest(rest)
}

// endsInRest says whether an expression takes everything from somewhere on: then a group of it holds all that is left
// of the path.
func endsInRest(re *syntax.Regexp) bool {
	return re.Op == syntax.OpConcat && isRest(re.Sub[len(re.Sub)-1])
}

// isRest says whether an expression is `.*` or `.+`.
func isRest(re *syntax.Regexp) bool {
	return (re.Op == syntax.OpStar || re.Op == syntax.OpPlus) &&
		(re.Sub[0].Op == syntax.OpAnyCharNotNL || re.Sub[0].Op == syntax.OpAnyChar)
}

func isSlash(re *syntax.Regexp) bool {
	return re.Op == syntax.OpLiteral && string(re.Rune) == "/"
}

// isSlashOrEnd says whether an expression is `/|$`.
func isSlashOrEnd(re *syntax.Regexp) bool {
	if re.Op != syntax.OpAlternate || len(re.Sub) != 2 {
		return false
	}
	slash, end := re.Sub[0], re.Sub[1]
	return isSlash(slash) && (end.Op == syntax.OpEndText || end.Op == syntax.OpEndLine)
}

// EnvoyRegexRewrite puts the substitution, with `\1` for what a group matched, in the place of whatever the expression
// matches. Told are expressions that are pinned to the start: literal text, and what CaptureRewrite knows.
func EnvoyRegexRewrite(expression, substitution string) Rewrite {
	unknown := UnknownRewrite(reason.Of("replacement-not-determined", Quote(expression), Quote(substitution)))
	pinned, ok := strings.CutPrefix(expression, "^")
	if !ok || strings.Contains(substitution, "$") || len(expression) > longest {
		return unknown
	}
	re, err := syntax.Parse(pinned, syntax.Perl)
	switch {
	case err != nil:
		return unknown
	case strings.Contains(substitution, `\`):
		return CaptureRewrite(pinned, strings.ReplaceAll(substitution, `\`, "$"))
	case re.Op == syntax.OpLiteral && re.Flags&syntax.FoldCase == 0:
		return Rewrite{Kind: RewritePrefix, From: []string{string(re.Rune)}, To: substitution}
	}
	return unknown
}
