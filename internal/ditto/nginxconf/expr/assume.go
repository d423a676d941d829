package expr

import (
	"fmt"
	"slices"
	"strings"
)

// Assumption is what one reading takes for true about a request where the configuration leaves it open: that a text
// equals a value, matches a pattern, or counts as true in an `if`.
type Assumption struct {
	Source Text
	Equals *string
	Re     *Pattern
	// Opaque names a question nobody here can ask, such as whether a file exists.
	Opaque string
	Holds  bool

	about string // subject, once it has been asked for
}

func (a Assumption) subject() string {
	if a.about != "" {
		return a.about
	}
	if a.Opaque != "" {
		return "\x00" + a.Opaque
	}
	return a.Source.String()
}

// Decide answers the question for a known subject, if it can be.
func (a Assumption) Decide(value string) (holds, known bool) {
	switch {
	case a.Equals != nil:
		return value == *a.Equals, true
	case a.Re != nil:
		_, ok, known := a.Re.Match(value)
		return ok, known
	case a.Opaque != "":
		return false, false
	}
	return value != "" && value != "0", true
}

// String is the assumption for people: `$http_authorization matches "~Bearer"`.
func (a Assumption) String() string {
	not := ""
	if !a.Holds {
		not = "not "
	}
	subject := a.Source.String()
	if len(a.Source) == 1 && a.Source[0].From == nil && a.Source[0].Name != "" {
		subject = "$" + a.Source[0].Name
	}
	switch {
	case a.Opaque != "":
		return not + a.Opaque
	case a.Equals != nil && a.Holds:
		return fmt.Sprintf("%s is %q", subject, *a.Equals)
	case a.Equals != nil:
		return fmt.Sprintf("%s is not %q", subject, *a.Equals)
	case a.Re != nil && a.Holds:
		return fmt.Sprintf("%s matches %q", subject, a.Re)
	case a.Re != nil:
		return fmt.Sprintf("%s does not match %q", subject, a.Re)
	case a.Holds:
		return subject + " is set"
	}
	return subject + " is not set"
}

// contradicts says whether no request can meet both.
func (a Assumption) contradicts(b Assumption) bool {
	if a.subject() != b.subject() {
		return false
	}
	if a.Equals != nil && a.Holds {
		if holds, known := b.Decide(*a.Equals); known {
			return holds != b.Holds
		}
	}
	if b.Equals != nil && b.Holds {
		if holds, known := a.Decide(*b.Equals); known {
			return holds != a.Holds
		}
	}
	if a.asksLike(b) {
		return a.Holds != b.Holds
	}
	if a.Re != nil && b.Re != nil && a.Holds && b.Holds {
		x, y := a.Re.Anchor(), b.Re.Anchor()
		if a.Re.Fold || b.Re.Fold {
			x, y = strings.ToLower(x), strings.ToLower(y)
		}
		return !strings.HasPrefix(x, y) && !strings.HasPrefix(y, x)
	}
	if a.Re != nil && b.Re != nil && a.Holds != b.Holds {
		if !a.Holds {
			a, b = b, a
		}
		return a.Re.implies(b.Re)
	}
	return false
}

// asksLike says whether two assumptions about the same text answer the same question.
func (a Assumption) asksLike(b Assumption) bool {
	if a.Opaque != b.Opaque || (a.Re == nil) != (b.Re == nil) || (a.Equals == nil) != (b.Equals == nil) {
		return false
	}
	return (a.Re == nil || a.Re.Source == b.Re.Source && a.Re.Fold == b.Re.Fold) &&
		(a.Equals == nil || *a.Equals == *b.Equals)
}

// free says whether a client can meet the assumption without knowing or being anything in particular: by leaving a
// header out, or by choosing a method. A value that has to be met exactly may be a secret, and what nginx decides by
// the connection is not the client's to choose.
func (a Assumption) free() bool {
	if a.Opaque != "" {
		return false
	}
	method := len(a.Source) == 1 && a.Source[0].Name == "request_method"
	for _, p := range a.Source {
		if p.Name != "" && !Optional(p.Name) {
			return false
		}
		if p.Name == "" && a.Re == nil && a.Equals == nil {
			return false
		}
	}
	switch {
	case method && (a.Equals != nil || !a.Holds):
		return true
	case method:
		for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"} {
			if _, ok, known := a.Re.Match(m); ok && known {
				return true
			}
		}
		return false
	case a.Equals != nil:
		return !a.Holds || *a.Equals == ""
	case a.Re != nil:
		return a.Holds == a.Re.matchesEmpty()
	}
	return true
}

// Assumptions are what is taken for true together.
type Assumptions []Assumption

// With adds b; ok is false where that cannot be.
func (as Assumptions) With(b Assumption) (Assumptions, bool) {
	b.about = b.subject()
	for _, a := range as {
		if a.subject() != b.about {
			continue
		}
		if a.contradicts(b) {
			return nil, false
		}
		if a.Holds == b.Holds && a.asksLike(b) {
			return as, true
		}
	}
	return append(slices.Clip(as), b), true
}

// Merge adds all of bs; ok is false where that cannot be.
func (as Assumptions) Merge(bs Assumptions) (Assumptions, bool) {
	for _, b := range bs {
		more, ok := as.With(b)
		if !ok {
			return nil, false
		}
		as = more
	}
	return as, true
}

// Free says whether a client can meet all of them without knowing or being anything in particular.
func (as Assumptions) Free() bool {
	return !slices.ContainsFunc(as, func(a Assumption) bool { return !a.free() })
}

// When is the assumptions for people: ` when $x is "y" and …`, without those that every client can meet.
func (as Assumptions) When() string {
	var list []string
	for _, a := range as {
		if !a.free() {
			list = append(list, a.String())
		}
	}
	if len(list) == 0 {
		return ""
	}
	return " when " + strings.Join(list, " and ")
}
