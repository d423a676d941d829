package way

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/requests"
)

// Spelling says how a step writes the path of a request that it sends on, as against the path by which it chose where
// to. Ditto's gateway decodes each segment of a path and then resolves dot segments (surface.Read). So where a
// step sends on what the client wrote, Ditto may read another path than the one that was chosen by.
type Spelling int

const (
	// SpellingUnread: it is not known.
	SpellingUnread Spelling = iota
	// SpellingKeptPerhaps: it is not known, and for a single path at the worst what SpellingKept is.
	SpellingKeptPerhaps
	// SpellingResolved: what it chose by, where dot segments are resolved and an escaped slash stays as it is. Ditto
	// reads the same.
	SpellingResolved
	// SpellingDecoded: what it chose by, where escaped slashes are slashes, too. Ditto reads the same. So does an nginx
	// whose proxy_pass has a path, or that rewrites.
	SpellingDecoded
	// SpellingKept: what the client wrote, while it chose by what that comes to if escaped slashes are slashes. So does
	// an nginx whose proxy_pass has no path. A segment with escaped slashes in it is one segment to Ditto.
	SpellingKept
	// SpellingVerbatim: what the client wrote, by which it chose, dot segments included. So does HAProxy.
	SpellingVerbatim
)

// spells is how whoever writes paths in some way does so for requests that this path takes.
func (p Path) spells(s Spelling) Spelling {
	switch {
	case p.Matcher.nothing:
		return SpellingResolved
	case s == SpellingKept && (p.Rewrite.Kind == RewritePrefix || p.Rewrite.Kind == RewriteConstant):
		return SpellingDecoded
	case s == SpellingResolved || s == SpellingDecoded:
		return s
	case p.Rewrite.Kind == RewriteUnknown:
		return SpellingUnread
	case p.Rewrite.Kind == RewriteConstant:
		return SpellingResolved
	case s == SpellingUnread && p.Matcher.exact():
		return SpellingKeptPerhaps
	// a single path, too, can be the end of another one, with its slashes escaped
	case s == SpellingUnread || s == SpellingKept:
		return s
	case p.Matcher.exact():
		return SpellingResolved
	}
	open, known := p.Matcher.openEnded()
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

// openEnded says whether paths match, as they are written, that dot segments lead elsewhere. It tries what can follow
// the text that every match begins with, and what can follow some matches.
func (m Matcher) openEnded() (open, known bool) {
	known = m.Literal != ""
	for _, start := range append([]string{m.Literal}, m.Samples...) {
		start = strings.TrimRight(start, "/")
		up := strings.Repeat("../", strings.Count(start, "/")+2)
		for _, tail := range []string{up, "x/" + up} {
			for _, end := range []string{"config", "logging/gateway", "things"} {
				matches, decided := m.Matches(start + "/" + tail + end)
				if matches {
					return true, true
				}
				known = known && decided
			}
		}
	}
	return false, known
}
