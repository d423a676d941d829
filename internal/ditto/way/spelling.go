package way

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/requests"
)

// Spelling says how a step writes the path of a request that it sends on, as against the path by which it chose where to. Ditto's
// gateway decodes each segment of a path and then resolves dot segments (wire.ReadByGateway). So where a step sends on what the
// client wrote, Ditto may read another path than the one that was chosen by.
type Spelling int

const (
	// SpellingUnread: it is not known.
	SpellingUnread Spelling = iota
	// SpellingResolved: what it chose by, where dot segments are resolved and an escaped slash stays as it is. Ditto reads the same.
	SpellingResolved
	// SpellingDecoded: what it chose by, where escaped slashes are slashes, too. Ditto reads the same. So does an nginx whose proxy_pass
	// has a path, or that rewrites.
	SpellingDecoded
	// SpellingKept: what the client wrote, while it chose by what that comes to if escaped slashes are slashes. So does an nginx whose
	// proxy_pass has no path. A segment with escaped slashes in it is one segment to Ditto.
	SpellingKept
	// SpellingVerbatim: what the client wrote, by which it chose, dot segments included. So does HAProxy.
	SpellingVerbatim
)

// spells is how whoever writes paths in some way does so for requests that this path takes.
func (p Path) spells(s Spelling) Spelling {
	switch {
	case s == SpellingKept && (p.Rewrite.Kind == RewritePrefix || p.Rewrite.Kind == RewriteConstant):
		return SpellingDecoded
	case s == SpellingResolved || s == SpellingDecoded:
		return s
	case p.Rewrite.Kind == RewriteUnknown:
		return SpellingUnread
	case p.Rewrite.Kind == RewriteConstant || p.Matcher.exact():
		return SpellingResolved
	case s == SpellingUnread:
		return s
	}
	open, known := p.Matcher.openEnded(s)
	switch {
	case open:
		return s
	case known:
		return SpellingResolved
	}
	return SpellingUnread
}

// exact says whether a single path matches.
func (m Matcher) exact() bool {
	return len(m.Paths) > 0 && m.Paths[0].Kind == requests.Exact
}

// openEnded says whether requests match that Ditto reads as other paths than the one that matches, where a step writes paths in some way
// (SpellingKept or SpellingVerbatim). It tries what can follow the text that every match begins with.
func (m Matcher) openEnded(s Spelling) (open, known bool) {
	start := strings.TrimRight(m.Literal, "/")
	tails := []string{"", "x/"}
	if s == SpellingVerbatim {
		up := strings.Repeat("../", strings.Count(start, "/")+2)
		tails = []string{up, "x/" + up}
	}
	known = m.Literal != ""
	for _, tail := range tails {
		for _, end := range []string{"config", "logging/gateway", "things"} {
			matches, decided := m.Matches(start + "/" + tail + end)
			if matches {
				return true, true
			}
			known = known && decided
		}
	}
	return false, known
}
