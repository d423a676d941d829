// Package reason is the catalogue of why something cannot be decided. A reason has a code, which never changes, a
// sentence, and what settles it. Readers say a reason with [Of]; which one a message gives is told by its text ([In]),
// since that passes through facts and rules, which know texts alone.
//
// # Adding a reason
//
// A line in the table of its file, with a code that begins with whose reason it is, and `go test ./internal/ruledocs
// -update` for docs/unknowns.md.
package reason

import (
	"fmt"
	"slices"
	"strings"
)

// Code names a reason: `traefik-middleware-not-found`. It is part of the JSON output and never changes.
type Code string

// Reason is one reason why something cannot be decided.
type Reason struct {
	Code Code
	// Sentence is a format, whose verbs stand for what it is about.
	Sentence string
	// Settles says what would decide it.
	Settles string
}

// all are the reasons of every table. It is never changed.
var all = slices.Concat(edges, kong, gateways, inside, within)

var byCode = func() map[Code]*Reason {
	list := make(map[Code]*Reason, len(all))
	for i := range all {
		list[all[i].Code] = &all[i]
	}
	return list
}()

// Settles says what would decide what a reason is about; empty if the code is none of the catalogue.
func Settles(code Code) string {
	if r := byCode[code]; r != nil {
		return r.Settles
	}
	return ""
}

// All lists the reasons by their codes.
func All() []Reason {
	return slices.SortedFunc(slices.Values(all),
		func(a, b Reason) int { return strings.Compare(string(a.Code), string(b.Code)) })
}

// Of says a reason about something. It panics if there is none of the code, which a test of the sources finds.
func Of(code Code, about ...any) string {
	r := byCode[code]
	if r == nil {
		panic("no reason has the code " + string(code))
	}
	if len(about) == 0 {
		return r.Sentence
	}
	return fmt.Sprintf(r.Sentence, about...)
}
