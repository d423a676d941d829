package edge

import (
	"strconv"
	"strings"
)

// version is a release: major and minor number, which is what annotations depend on.
type version struct{ major, minor int }

// parseVersion reads `3.6`, `v3.6.2` or `0.17.0-alpha.2`; ok is false for anything else, the empty string included.
func parseVersion(text string) (v version, ok bool) {
	parts := strings.SplitN(strings.TrimPrefix(strings.TrimSpace(text), "v"), ".", 3)
	if len(parts) < 2 {
		return version{}, false
	}
	major, err := strconv.Atoi(parts[0])
	if err != nil || major < 0 {
		return version{}, false
	}
	minor, err := strconv.Atoi(parts[1])
	if err != nil || minor < 0 {
		return version{}, false
	}
	return version{major, minor}, true
}

// atLeast says whether v is the release or a later one.
func (v version) atLeast(major, minor int) bool {
	return v.major > major || v.major == major && v.minor >= minor
}
