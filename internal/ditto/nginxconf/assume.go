package nginxconf

import (
	"fmt"
	"slices"
	"strings"
)

// assumption is what one reading takes for true about a request where the configuration leaves it open: that a text equals a
// value, matches a pattern, or counts as true in an `if`.
type assumption struct {
	source text
	equals *string
	re     *pattern
	// opaque names a question nobody here can ask, such as whether a file exists.
	opaque string
	holds  bool

	about string // subject, once it has been asked for
}

func (a assumption) subject() string {
	if a.about != "" {
		return a.about
	}
	if a.opaque != "" {
		return "\x00" + a.opaque
	}
	return a.source.String()
}

// decide answers the question for a known subject, if it can be.
func (a assumption) decide(value string) (holds, known bool) {
	switch {
	case a.equals != nil:
		return value == *a.equals, true
	case a.re != nil:
		_, ok, known := a.re.match(value)
		return ok, known
	case a.opaque != "":
		return false, false
	}
	return value != "" && value != "0", true
}

// String is the assumption for people: `$http_authorization matches "~Bearer"`.
func (a assumption) String() string {
	not := ""
	if !a.holds {
		not = "not "
	}
	subject := a.source.String()
	if len(a.source) == 1 && a.source[0].from == nil && a.source[0].name != "" {
		subject = "$" + a.source[0].name
	}
	switch {
	case a.opaque != "":
		return not + a.opaque
	case a.equals != nil && a.holds:
		return fmt.Sprintf("%s is %q", subject, *a.equals)
	case a.equals != nil:
		return fmt.Sprintf("%s is not %q", subject, *a.equals)
	case a.re != nil && a.holds:
		return fmt.Sprintf("%s matches %q", subject, a.re)
	case a.re != nil:
		return fmt.Sprintf("%s does not match %q", subject, a.re)
	case a.holds:
		return subject + " is set"
	}
	return subject + " is not set"
}

// contradicts says whether no request can meet both.
func (a assumption) contradicts(b assumption) bool {
	if a.subject() != b.subject() {
		return false
	}
	if a.equals != nil && a.holds {
		if holds, known := b.decide(*a.equals); known {
			return holds != b.holds
		}
	}
	if b.equals != nil && b.holds {
		if holds, known := a.decide(*b.equals); known {
			return holds != a.holds
		}
	}
	if a.asksLike(b) {
		return a.holds != b.holds
	}
	if a.re != nil && b.re != nil && a.holds && b.holds {
		x, y := a.re.anchor(), b.re.anchor()
		if a.re.fold || b.re.fold {
			x, y = strings.ToLower(x), strings.ToLower(y)
		}
		return !strings.HasPrefix(x, y) && !strings.HasPrefix(y, x)
	}
	if a.re != nil && b.re != nil && a.holds != b.holds {
		if !a.holds {
			a, b = b, a
		}
		return a.re.implies(b.re)
	}
	return false
}

// asksLike says whether two assumptions about the same text answer the same question.
func (a assumption) asksLike(b assumption) bool {
	if a.opaque != b.opaque || (a.re == nil) != (b.re == nil) || (a.equals == nil) != (b.equals == nil) {
		return false
	}
	return (a.re == nil || a.re.source == b.re.source && a.re.fold == b.re.fold) && (a.equals == nil || *a.equals == *b.equals)
}

// free says whether a client can meet the assumption without knowing or being anything in particular: by leaving a header
// out, or by choosing a method. A value that has to be met exactly may be a secret, and what nginx decides by the
// connection is not the client's to choose.
func (a assumption) free() bool {
	if a.opaque != "" {
		return false
	}
	method := len(a.source) == 1 && a.source[0].name == "request_method"
	for _, p := range a.source {
		if p.name != "" && !clientSets(p.name) {
			return false
		}
		if p.name == "" && a.re == nil && a.equals == nil {
			return false
		}
	}
	switch {
	case method && (a.equals != nil || !a.holds):
		return true
	case method:
		for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"} {
			if _, ok, known := a.re.match(m); ok && known {
				return true
			}
		}
		return false
	case a.equals != nil:
		return !a.holds || *a.equals == ""
	case a.re != nil:
		return a.holds == a.re.matchesEmpty()
	}
	return true
}

// clientSets names the variables whose value is the client's to choose, and may be left empty.
func clientSets(name string) bool {
	switch name {
	case "request_method", "args", "query_string", "content_type", "content_length", "request_body", "is_args":
		return true
	}
	return strings.HasPrefix(name, "http_") || strings.HasPrefix(name, "arg_") || strings.HasPrefix(name, "cookie_")
}

type assumptions []assumption

// with adds b; ok is false where that cannot be.
func (as assumptions) with(b assumption) (assumptions, bool) {
	b.about = b.subject()
	for _, a := range as {
		if a.subject() != b.about {
			continue
		}
		if a.contradicts(b) {
			return nil, false
		}
		if a.holds == b.holds && a.asksLike(b) {
			return as, true
		}
	}
	return append(slices.Clip(as), b), true
}

func (as assumptions) merge(bs assumptions) (assumptions, bool) {
	for _, b := range bs {
		more, ok := as.with(b)
		if !ok {
			return nil, false
		}
		as = more
	}
	return as, true
}

func (as assumptions) free() bool {
	for _, a := range as {
		if !a.free() {
			return false
		}
	}
	return true
}

// when is the assumptions for people: ` when $x is "y" and …`, without those that every client can meet.
func (as assumptions) when() string {
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
