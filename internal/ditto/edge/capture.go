package edge

import (
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
)

// captureRewrite is what nginx's `rewrite "^PATH" TARGET` does. Three shapes are told: a target without captures, which
// is what the backend always gets; `/x(/|$)(.*)` to `/y$2`; and `/x/(.*)` to `/y$1`.
func captureRewrite(path, target string) Rewrite {
	if !strings.Contains(target, "$") && strings.HasPrefix(target, "/") {
		return Rewrite{Kind: RewriteConstant, To: target}
	}
	unknown := rewriteUnknown("what the rewrite of " + quote(path) + " to " + quote(target) + " leads to cannot be told")
	to, number, ok := strings.Cut(target, "$")
	capture, err := strconv.Atoi(number)
	if !ok || err != nil || capture < 1 {
		return unknown
	}
	re, err := syntax.Parse(path, syntax.Perl)
	if err != nil {
		return unknown
	}
	from, ok := capturedPrefixes(re, capture)
	if !ok {
		return unknown
	}
	return Rewrite{Kind: RewritePrefix, From: from, To: to}
}

// capturedPrefixes are the texts that can stand before the rest of the path that a capture takes; ok is false if the
// expression is not: literal text, at most one group with a slash or nothing, and the capture of all the rest.
func capturedPrefixes(re *syntax.Regexp, capture int) (prefixes []string, ok bool) {
	parts := []*syntax.Regexp{re}
	if re.Op == syntax.OpConcat {
		parts = re.Sub
	}
	last := parts[len(parts)-1]
	if last.Op != syntax.OpCapture || last.Cap != capture || !isRest(last.Sub[0]) {
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
