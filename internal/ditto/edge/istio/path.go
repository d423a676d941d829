package istio

import (
	"fmt"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
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
func istioRulePath(m crd.VirtualServiceMatch, rewrite *crd.VirtualServiceRewrite) (text string, path way.Path) {
	from := "/"
	switch u := m.URI; {
	case u == nil || *u == crd.IstioStringMatch{}:
		text, path = "/", way.Everything()
	case u.Regex != "":
		text, path.Matcher, from = fmt.Sprintf("%s (regex)", u.Regex), way.Regex(way.Raw, u.Regex, false, way.Whole), ""
	case u.Exact != "":
		text, path.Matcher, from = u.Exact+" (exact)", way.Exact(way.Raw, u.Exact), ""
		if m.IgnoreURICase {
			path.Matcher = equalFold(u.Exact)
		}
	default:
		text, path.Matcher, from = u.Prefix+" (prefix)", way.Characters(u.Prefix), u.Prefix
		if m.IgnoreURICase {
			path.Matcher = way.AnyCase(u.Prefix)
		}
	}
	if rewrite != nil {
		path.Rewrite = istioRewrite(rewrite, from)
	}
	return text, path
}

// equalFold matches the path whatever its case. There is no text that all of its spellings begin with.
func equalFold(path string) way.Matcher {
	text := way.Raw.Text(path)
	return way.Matcher{Samples: []string{text}, Hints: []string{text, strings.ToLower(text)},
		Match: func(p string) (bool, bool) { return strings.EqualFold(p, text), true }}
}

// istioRewrite: `uri` takes the place of the prefix that matched, or of the whole path where another condition did.
func istioRewrite(r *crd.VirtualServiceRewrite, prefix string) way.Rewrite {
	switch {
	case r.URIRegexRewrite != nil:
		return way.EnvoyRegexRewrite(r.URIRegexRewrite.Match, r.URIRegexRewrite.Rewrite)
	case r.URI == "":
		return way.Rewrite{}
	}
	// Envoy writes the text as it is, which Ditto decodes. What follows a question mark is the query.
	path, _, query := strings.Cut(r.URI, "?")
	path = way.Raw.Text(path)
	if prefix == "" || query {
		return way.Rewrite{Kind: way.RewriteConstant, To: path}
	}
	return way.Rewrite{Kind: way.RewritePrefix, From: []string{prefix}, To: path}
}
