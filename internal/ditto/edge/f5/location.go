package f5

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// location reads a path: `~ expression`, `~* expression` without regard to case, both anywhere in the path, `= path`,
// `^~ prefix`, or a prefix by characters. nginx compares the decoded path.
func location(path string) way.Path {
	after := func(modifier string) (string, bool) {
		text, ok := strings.CutPrefix(path, modifier)
		return strings.TrimSpace(text), ok
	}
	if text, ok := after("~*"); ok {
		return way.Path{Matcher: way.Regex(way.Decoded, text, true, way.Anywhere)}
	}
	if text, ok := after("~"); ok {
		return way.Path{Matcher: way.Regex(way.Decoded, text, false, way.Anywhere)}
	}
	if text, ok := after("="); ok {
		return way.Path{Matcher: way.Exact(way.Decoded, text)}
	}
	text, _ := after("^~")
	return way.Path{Matcher: plainLocation(text)}
}

// rewritePath is a path with a rewrite, which takes the place of a prefix or of an exact path, and is a replacement
// with captures for an expression (generateRewrites, generateProxyPassRewrite).
func rewritePath(path, target string, inside bool) way.Rewrite {
	prefix := strings.TrimSpace(strings.TrimPrefix(path, "^~"))
	switch {
	case target == "":
		return way.Rewrite{}
	case strings.HasPrefix(path, "~*"):
		return way.CaptureRewrite(strings.TrimSpace(strings.TrimPrefix(path, "~*")), target)
	case strings.HasPrefix(path, "~"):
		return way.CaptureRewrite(strings.TrimSpace(strings.TrimPrefix(path, "~")), target)
	case strings.HasPrefix(path, "=") && inside, strings.HasPrefix(path, "^~") && inside, strings.Contains(target, "$"):
		return way.UnknownRewrite(reason.Of("rewrite-not-determined", way.Quote(path), way.Quote(target)))
	case strings.HasPrefix(path, "="):
		return way.Rewrite{Kind: way.RewriteConstant, To: target}
	}
	return way.Rewrite{Kind: way.RewritePrefix, From: []string{prefix}, To: target}
}
