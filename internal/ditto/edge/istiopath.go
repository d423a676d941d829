package edge

import (
	"fmt"
	"regexp/syntax"
	"strings"

	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

func istioAsked(m crd.VirtualServiceMatch) string {
	if u := m.URI; u != nil {
		return u.Exact + u.Prefix + u.Regex
	}
	return "/"
}

// istioConditions are what a condition asks for beside the path, as far as it is not the client's to write.
func istioConditions(m crd.VirtualServiceMatch) []string {
	if m.Port == 0 {
		return nil
	}
	return []string{fmt.Sprint("port ", m.Port)}
}

// istioRulePath reads a condition on the path. Envoy compares what the client wrote, and an expression with all of it.
func istioRulePath(m crd.VirtualServiceMatch, rewrite *crd.VirtualServiceRewrite) (text string, path Path) {
	from := "/"
	switch u := m.URI; {
	case u == nil || *u == crd.IstioStringMatch{}:
		text, path = "/", Everything()
	case u.Regex != "":
		text, path.Matcher, from = fmt.Sprintf("%s (regex)", u.Regex), regex(raw, u.Regex, false, whole), ""
	case u.Exact != "":
		text, path.Matcher, from = u.Exact+" (exact)", exact(raw, u.Exact), ""
		if m.IgnoreURICase {
			path.Matcher = equalFold(u.Exact)
		}
	default:
		text, path.Matcher, from = u.Prefix+" (prefix)", characters(u.Prefix), u.Prefix
		if m.IgnoreURICase {
			path.Matcher = anyCase(u.Prefix)
		}
	}
	if rewrite != nil {
		path.Rewrite = istioRewrite(rewrite, from)
	}
	return text, path
}

// equalFold matches the path whatever its case.
func equalFold(path string) Matcher {
	text := raw.text(path)
	return Matcher{literal: text, match: func(p string) (bool, bool) { return strings.EqualFold(p, text), true }}
}

// istioRewrite: `uri` takes the place of the prefix that matched, or of the whole path where another condition did.
func istioRewrite(r *crd.VirtualServiceRewrite, prefix string) Rewrite {
	switch {
	case r.URIRegexRewrite != nil:
		return envoyRegexRewrite(r.URIRegexRewrite.Match, r.URIRegexRewrite.Rewrite)
	case r.URI == "":
		return Rewrite{}
	case prefix == "":
		return Rewrite{Kind: RewriteConstant, To: r.URI}
	}
	return Rewrite{Kind: RewritePrefix, From: []string{prefix}, To: r.URI}
}

// envoyRegexRewrite puts the substitution, with `\1` for what a group matched, in the place of whatever the expression
// matches. Told are expressions that are pinned to the start: literal text, and what captureRewrite knows.
func envoyRegexRewrite(expression, substitution string) Rewrite {
	unknown := rewriteUnknown("what replacing " + quote(expression) + " by " + quote(substitution) + " leads to cannot be told")
	pinned, ok := strings.CutPrefix(expression, "^")
	if !ok || strings.Contains(substitution, "$") || len(expression) > longest {
		return unknown
	}
	re, err := syntax.Parse(pinned, syntax.Perl)
	switch {
	case err != nil:
		return unknown
	case strings.Contains(substitution, `\`):
		return captureRewrite(pinned, strings.ReplaceAll(substitution, `\`, "$"))
	case re.Op == syntax.OpLiteral && re.Flags&syntax.FoldCase == 0:
		return Rewrite{Kind: RewritePrefix, From: []string{string(re.Rune)}, To: substitution}
	}
	return unknown
}
