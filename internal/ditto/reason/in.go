package reason

import (
	"regexp"
	"strings"
)

// verb is what a format has in place of a text.
var verb = regexp.MustCompile(`%[a-z]`)

// patterns are the pieces of each sentence between what it is about, and how long they are together.
var patterns = func() []pattern {
	list := make([]pattern, len(all))
	for i := range all {
		p := pattern{code: all[i].Code}
		for _, piece := range verb.Split(all[i].Sentence, -1) {
			if piece != "" {
				p.pieces = append(p.pieces, piece)
				p.length += len(piece)
			}
		}
		list[i] = p
	}
	return list
}()

type pattern struct {
	code   Code
	pieces []string
	length int
}

// In is the code of the reason that a message gives; empty if it gives none that is in the catalogue. Of several it is
// the one that says most.
func In(message string) Code {
	best := pattern{}
	for _, p := range patterns {
		if p.length > best.length && p.in(message) {
			best = p
		}
	}
	return best.code
}

func (p pattern) in(message string) bool {
	for _, piece := range p.pieces {
		_, rest, found := strings.Cut(message, piece)
		if !found {
			return false
		}
		message = rest
	}
	return true
}
