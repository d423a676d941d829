package surface

import (
	"net/url"
	"strings"
)

// slashes keeps the escape of a slash where all others are read.
var slashes = strings.NewReplacer("%2f", "%252F", "%2F", "%252F")

// Read is how Ditto's gateway reads a path (Pekko HTTP): each segment is percent-decoded, then dot segments are
// resolved, while empty segments stay, and nothing is above them. An encoded slash stays inside its segment, which is
// written back as %2F to tell it apart. ok is false for what the gateway answers with 400. Seen on the gateway itself
// (test/prove/gateway).
func Read(path string) (read string, ok bool) {
	segments := strings.Split(path, "/")
	var kept []string
	for i, s := range segments {
		s, err := url.PathUnescape(slashes.Replace(s))
		if err != nil {
			return "", false
		}
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
	return strings.Join(kept, "/"), true
}
