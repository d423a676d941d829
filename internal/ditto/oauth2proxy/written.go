package oauth2proxy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/requests"
)

// Takes are the paths that an upstream gets. One that rewrites them, or comes after one that does, is told from others
// by all that is written about it.
func (u *Upstream) Takes() requests.Paths {
	if u.Rewrite != "" || slices.ContainsFunc(u.before, func(other *Upstream) bool { return other.Rewrite != "" }) {
		return requests.Unread(u.written(), "")
	}
	taken := u.pattern()
	for _, other := range u.before {
		taken.Except = append(taken.Except, other.pattern())
	}
	return taken
}

func (u *Upstream) pattern() requests.Paths {
	if strings.HasSuffix(u.Path, "/") {
		return requests.Beginning(u.Path)
	}
	return requests.Path(u.Path)
}

func (u *Upstream) written() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q %q", u.Path, u.Rewrite)
	for _, before := range u.before {
		fmt.Fprintf(&b, " behind %q", before.Path)
	}
	return b.String()
}

// Written is all that decides who need not log in; empty for nil.
func (s *Skips) Written() string {
	if s == nil {
		return ""
	}
	return strings.Join(append([]string{s.Everything}, s.written...), "; ")
}
