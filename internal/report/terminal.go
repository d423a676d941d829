package report

import (
	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/terminal"
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

// clean is for the parts of a manifest that end up in a line.
func clean(s string) string { return terminal.Clean(s) }
