package way

import (
	"fmt"
	"testing"
)

// Of a path that more paths are tried for than are followed, nothing is certain but what the tried ones show.
func TestThroughSaysWhereItStopped(t *testing.T) {
	var prefixes []string
	for i := range 2 * mostOrigins {
		prefixes = append(prefixes, fmt.Sprintf("/p%03d", i))
	}
	for _, prefix := range prefixes {
		path := Through([]Stage{Matching(Exact(Decoded, prefix+"/devops")), Changing(StripPrefix(prefixes))})
		if leads, known := path.Matcher.Matches("/devops"); known && !leads {
			t.Errorf("%s/devops is said not to lead to /devops", prefix)
		}
	}
}
