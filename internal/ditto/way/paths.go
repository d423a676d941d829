package way

import (
	"net/url"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/requests"
)

// Path is one path of an Ingress as its controller reads it: which requests match, and what path the backend gets.
type Path struct {
	Matcher Matcher
	Rewrite Rewrite
}

// Everything matches every request and changes nothing: a default backend, or a rule without paths.
func Everything() Path { return Path{Matcher: Characters("/")} }

// Matcher decides whether a request matches.
type Matcher struct {
	Match func(path string) (matches, known bool)
	// Literal is the text that every match starts with, as Ditto reads it.
	Literal string
	// Hints are further paths that may match, as Ditto reads them, beside the usual ones.
	Hints []string
	// Samples are paths that match, as they are written; nil where Literal is one.
	Samples []string
	// Why says what keeps the matcher from deciding.
	Why string
	// Paths are patterns that have to match all together, and say the same; nil where there are none that do.
	Paths []requests.Paths
	// nothing says that no request matches, however it is spelled.
	nothing bool
}

// Matches says whether some request whose path Ditto reads as clientPath matches. Ditto decodes percent-escapes and
// tells upper case from lower; a client may spell a path with any escapes, and an edge that compares undecoded text is
// asked for all spellings. known is false where the matcher cannot decide.
func (m Matcher) Matches(clientPath string) (matches, known bool) {
	if m.Match == nil {
		return false, false
	}
	return m.Match(clientPath)
}

// Undecided is a matcher of which nothing is known.
func Undecided(why string) Matcher {
	return Matcher{Why: why, Match: func(string) (bool, bool) { return false, false }}
}

// IsNothing says whether no request matches, so that there is no way to what is behind.
func (m Matcher) IsNothing() bool { return m.nothing }

// Nothing matches no path.
func Nothing() Matcher {
	return Matcher{nothing: true, Match: func(string) (bool, bool) { return false, true }}
}

// Reads says how an edge compares a path: decoded, as nginx does, or as it stands in the request, as HAProxy and Envoy
// do.
type Reads bool

const (
	Decoded Reads = true
	Raw     Reads = false
)

// Text is what Ditto reads where an edge compares with the path of a rule. An edge that compares undecoded text matches
// a rule `/%64evops` only for clients that write it so, and Ditto decodes it.
func (r Reads) Text(path string) string {
	if r == Decoded {
		return path
	}
	if plain, err := url.PathUnescape(path); err == nil {
		return plain
	}
	return path
}

// Exact matches the path and nothing else.
func Exact(r Reads, path string) Matcher {
	text := r.Text(path)
	return Matcher{
		Literal: text, Match: func(p string) (bool, bool) { return p == text, true },
		Paths: []requests.Paths{requests.Path(text)},
	}
}

// Elements matches the path and everything below it, element by element, as networking.k8s.io/v1 defines Prefix.
func Elements(r Reads, path string) Matcher {
	text := strings.TrimRight(r.Text(path), "/")
	return Matcher{
		Literal: text, Match: func(p string) (bool, bool) { return below(p, text), true },
		Paths: []requests.Paths{requests.Below(text)},
	}
}

// below says whether a path is another one or lies below it.
func below(path, parent string) bool {
	rest, ok := strings.CutPrefix(path, parent)
	return ok && (rest == "" || rest[0] == '/' || strings.HasSuffix(parent, "/"))
}

// Characters matches everything that begins with the path, in the middle of an element too.
func Characters(path string) Matcher {
	text := Raw.Text(path)
	if cut := strings.LastIndexByte(path, '%'); cut >= 0 && cut > len(path)-3 {
		// The rule ends within an escape: what it matches depends on how the client spells the next letter.
		start := Raw.Text(path[:cut])
		return Matcher{Literal: start, Why: "the path ends within a percent-escape",
			Match: func(p string) (bool, bool) { return false, !strings.HasPrefix(p, start) }}
	}
	return Matcher{
		Literal: text, Match: func(p string) (bool, bool) { return strings.HasPrefix(p, text), true },
		Paths: []requests.Paths{requests.Beginning(text)},
	}
}

// AnyCase is characters without regard to case.
func AnyCase(path string) Matcher {
	text := Raw.Text(path)
	return Matcher{Literal: text, Match: func(p string) (bool, bool) {
		return len(p) >= len(text) && strings.EqualFold(p[:len(text)], text), true
	}, Paths: []requests.Paths{{Kind: requests.Fold, Text: text}}}
}

// RewriteKind says what happens to the path on the way to the backend.
type RewriteKind int

const (
	// RewriteNone: the backend gets the path as it came.
	RewriteNone RewriteKind = iota
	// RewritePrefix: one of Rewrite.From at the start of the path is replaced by Rewrite.To.
	RewritePrefix
	// RewriteConstant: the backend gets Rewrite.To, whatever came.
	RewriteConstant
	// RewriteUnknown: it cannot be told; see Rewrite.Why.
	RewriteUnknown
)

// Rewrite is what happens to the path of a matching request.
type Rewrite struct {
	Kind RewriteKind
	From []string
	To   string
	Why  string
}

// UnknownRewrite is a rewrite that cannot be told.
func UnknownRewrite(why string) Rewrite { return Rewrite{Kind: RewriteUnknown, Why: why} }

// origins are the paths that a client can ask for so that the backend gets the path.
func (w Rewrite) origins(upstream string) []string {
	switch w.Kind {
	case RewriteNone:
		return []string{upstream}
	case RewritePrefix:
		var list []string
		changed, to := false, w.lands()
		for _, from := range w.From {
			if rest, ok := strings.CutPrefix(upstream, to); ok {
				list = append(list, from+rest)
			}
			changed = changed || strings.HasPrefix(upstream, from)
		}
		if !changed {
			list = append(list, upstream)
		}
		return list
	case RewriteConstant, RewriteUnknown:
	}
	return nil
}
