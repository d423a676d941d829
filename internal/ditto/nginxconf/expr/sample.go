package expr

import (
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/wire"
)

// Solve finds paths that pattern matches and for which template, with the pattern's captures, comes to want.
func Solve(pattern, template, want string) []string {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	template, _, _ = strings.Cut(template, "?")
	template, _, _ = strings.Cut(template, "$is_args")
	captures := map[int]string{}
	if t, err := Parse(template); err == nil && template != "" {
		for i, p := range t {
			if p.Name == "" {
				var ok bool
				if want, ok = strings.CutPrefix(want, p.Lit); !ok {
					break
				}
				continue
			}
			n, err := strconv.Atoi(p.Name)
			if err != nil {
				break
			}
			value := want
			if i+1 < len(t) && t[i+1].Lit != "" {
				value, _, _ = strings.Cut(want, t[i+1].Lit)
			} else if i+1 < len(t) {
				value = ""
			}
			captures[n] = value
			want = want[len(value):]
		}
	}
	path := Sample(re, captures)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return []string{path, wire.EscapeURI(path)}
}

// Sample is a short string that re matches, with the given text for its groups. It is a guess: who uses it verifies.
func Sample(re *syntax.Regexp, captures map[int]string) string {
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		for _, r := range []rune{'x', 'X', '0', '/', '-'} {
			for i := 0; i+1 < len(re.Rune); i += 2 {
				if re.Rune[i] <= r && r <= re.Rune[i+1] {
					return string(r)
				}
			}
		}
		if len(re.Rune) > 0 {
			return string(re.Rune[0])
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "x"
	case syntax.OpCapture:
		if s, ok := captures[re.Cap]; ok {
			return s
		}
		return Sample(re.Sub[0], captures)
	case syntax.OpPlus, syntax.OpAlternate:
		return Sample(re.Sub[0], captures)
	case syntax.OpStar, syntax.OpQuest:
		if holdsCapture(re.Sub[0], captures) {
			return Sample(re.Sub[0], captures)
		}
	case syntax.OpRepeat:
		return strings.Repeat(Sample(re.Sub[0], captures), min(re.Min, 64))
	case syntax.OpConcat:
		var b strings.Builder
		for _, sub := range re.Sub {
			if b.WriteString(Sample(sub, captures)); b.Len() > 4096 {
				break
			}
		}
		return b.String()
	default:
	}
	return ""
}

func holdsCapture(re *syntax.Regexp, captures map[int]string) bool {
	if re.Op == syntax.OpCapture && captures[re.Cap] != "" {
		return true
	}
	return slices.ContainsFunc(re.Sub, func(sub *syntax.Regexp) bool { return holdsCapture(sub, captures) })
}
