package way

import (
	"strconv"
	"strings"
)

// Version is a release: major and minor number, which is what annotations depend on.
type Version struct{ Major, Minor int }

// ParseVersion reads `3.6`, `v3.6.2` or `0.17.0-alpha.2`; ok is false for anything else, the empty string included.
func ParseVersion(text string) (v Version, ok bool) {
	parts := strings.SplitN(strings.TrimPrefix(strings.TrimSpace(text), "v"), ".", 3)
	if len(parts) < 2 {
		return Version{}, false
	}
	major, err := strconv.Atoi(parts[0])
	if err != nil || major < 0 {
		return Version{}, false
	}
	minor, err := strconv.Atoi(parts[1])
	if err != nil || minor < 0 {
		return Version{}, false
	}
	return Version{major, minor}, true
}

// AtLeast says whether v is the release or a later one.
func (v Version) AtLeast(major, minor int) bool {
	return v.Major > major || v.Major == major && v.Minor >= minor
}
