// Package shell writes commands that people may copy into a shell. syntax.Quote of mvdan.cc/sh has no word for text
// with control characters in a POSIX shell; what is quoted here comes from manifests, and everything in it has one.
package shell

import "strings"

// Word writes a word so that a shell takes it for one, and for nothing else, whatever is in it.
func Word(word string) string {
	plain := func(r rune) bool {
		return strings.ContainsRune("/.-_:=@+%", r) || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' &&
			r <= 'z'
	}
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
