// Package terminal makes what others wrote fit to be shown to people.
package terminal

import (
	"fmt"
	"strings"
	"unicode"
)

// Clean makes the parts of a manifest that end up in a line harmless: control characters, line breaks and the
// characters that turn the direction of writing are shown as escapes.
func Clean(s string) string {
	if strings.IndexFunc(s, harmful) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case !harmful(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func harmful(r rune) bool {
	return r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029')
}
