package oauth2proxy

import (
	"fmt"
	"strings"
)

// Written is all that decides which requests an upstream gets, for telling it from another one.
func (u *Upstream) Written() string {
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
	var b strings.Builder
	fmt.Fprintf(&b, "%q", s.Everything)
	for _, r := range s.routes {
		fmt.Fprintf(&b, " %v", r.negate)
		if r.path != nil {
			fmt.Fprintf(&b, " %q", r.path.String())
		}
	}
	return b.String()
}
