package way

import "github.com/dittoguard/dittoguard/internal/ditto/tri"

// Trust says what the name of a user is worth at a place.
type Trust int

const (
	// Unverified: nobody checked the credentials the name was read from.
	Unverified Trust = iota
	// Verified: a request without valid credentials does not get there.
	Verified
	// Doubtful: it cannot be told which.
	Doubtful
)

// Worse is the less safe of two readings, the second if they are equally safe. nil is no reading.
func Worse(a, b *tri.State) *tri.State {
	switch {
	case a == nil:
		return b
	case b == nil || badness(a.State) > badness(b.State):
		return a
	}
	return b
}

func badness(state string) int {
	switch state {
	case IdentityClient:
		return 4
	case IdentityUnknown:
		return 3
	case IdentityRemoved:
		return 2
	case IdentityEmpty:
		return 1
	}
	return 0
}

// Possibly matches what the narrow reading matches, and leaves open what only the wide one does.
func Possibly(narrow, wide Matcher, why string) Matcher {
	return Matcher{Literal: narrow.Literal, Why: why, Match: func(p string) (bool, bool) {
		if matches, _ := narrow.Matches(p); matches {
			return true, true
		}
		matches, _ := wide.Matches(p)
		return false, !matches
	}}
}
