package way

import "strings"

// Ditto resolves the dot segments of a path that an edge has written, whatever the client asked for, unless the edge
// does.

// lands is To as Ditto reads it.
func (w Rewrite) lands() string {
	if w.Kind == RewritePrefix {
		return resolvedStart(w.To)
	}
	return resolved(w.To)
}

// resolved is a path without dot segments. Empty segments stay, and nothing is above them.
func resolved(path string) string {
	if !strings.Contains(path, "/.") {
		return path
	}
	segments := strings.Split(path, "/")
	var kept []string
	for i, s := range segments {
		if s != "." && s != ".." {
			kept = append(kept, s)
			continue
		}
		if last := len(kept) - 1; s == ".." && last > 0 && kept[last] != "" {
			kept = kept[:last]
		}
		if i == len(segments)-1 { // the slash before it stays
			kept = append(kept, "")
		}
	}
	return strings.Join(kept, "/")
}

// resolvedStart is the text that paths begin with, without dot segments.
func resolvedStart(text string) string {
	rest := "/x"
	if strings.HasSuffix(text, "/") {
		rest = "x"
	}
	return strings.TrimSuffix(resolved(text+rest), rest)
}
