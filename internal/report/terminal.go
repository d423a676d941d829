package report

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/dittoguard/dittoguard/internal/check"
)

// The ANSI codes in use (ECMA-48, select graphic rendition).
const (
	bold   = "1"
	dim    = "2"
	red    = "1;31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

var colors = map[check.Action]string{
	check.ActionDeny: red, check.ActionWarn: yellow, check.ActionAudit: cyan, check.ActionNone: dim,
}

// paint puts a colour around a text, if colours are wanted.
func (t *text) paint(color, s string) string {
	if !t.opts.Color || color == "" || s == "" {
		return s
	}
	return "\x1b[" + color + "m" + s + "\x1b[0m"
}

// clean makes the parts of a manifest that end up in a line harmless for a terminal: control characters, line breaks and
// the characters that turn the direction of writing are shown as escapes.
func clean(s string) string { return Clean(s) }

// Clean is for whoever else writes parts of manifests to a terminal.
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
