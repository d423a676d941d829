package way

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/surface"
)

// Ditto resolves the dot segments of a path that an edge has written, whatever the client asked for. Escapes are text
// to most edges, which escape them once more (seen on Traefik: test/prove/edges).

// lands is To as Ditto reads it.
func (w Rewrite) lands() string {
	if w.Kind == RewritePrefix {
		return resolvedStart(w.To)
	}
	return resolved(w.To)
}

// resolved is a path without dot segments.
func resolved(path string) string {
	if read, ok := surface.Read(strings.ReplaceAll(path, "%", "%25")); ok {
		return read
	}
	return path
}

// resolvedStart is the text that paths begin with, without dot segments.
func resolvedStart(text string) string {
	rest := "/x"
	if strings.HasSuffix(text, "/") {
		rest = "x"
	}
	return strings.TrimSuffix(resolved(text+rest), rest)
}
