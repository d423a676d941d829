package nginxconf

import (
	"net/netip"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
)

// accessState is what allow and deny say.
type accessState struct {
	state string
	why   string
	// self: the only addresses let in are the proxy's own.
	self bool
}

// access is the effect of allow and deny, unless `satisfy any` lets credentials stand in for them.
func access(s *scope) accessState {
	a := addresses(s)
	if satisfiesAny(s) && asksCredentials(s) {
		return accessState{state: accessOpen}
	}
	return a
}

func satisfiesAny(s *scope) bool {
	d := s.setting("satisfy")
	return d != nil && d.Arg(0) == "any"
}

// addresses reads the rules of the nearest level that has any.
func addresses(s *scope) accessState {
	for ; s != nil; s = s.parent {
		if len(s.rules) > 0 {
			s.once.Do(func() { s.letsIn = letIn(s.rules) })
			return s.letsIn
		}
	}
	return accessState{state: accessOpen}
}

// letIn reads rules in order: the first that fits decides, none lets in.
func letIn(rules []*syntax.Directive) accessState {
	some, self := false, true
	for _, d := range rules {
		switch {
		case d.Name == "allow" && (d.Arg(0) == "all" || takesInOutsiders(d.Arg(0))):
			return accessState{state: accessOpen}
		case d.Name == "allow":
			some = true
			self = self && (d.Arg(0) == "unix:" || strings.HasPrefix(d.Arg(0), "127.") || d.Arg(0) == "::1")
		case d.Arg(0) == "all" && !some:
			return accessState{state: accessNone, why: "deny all at " + d.At()}
		case d.Arg(0) == "all":
			return accessState{accessAddresses, "allow and deny before " + d.At(), self}
		case d.Arg(0) == "0.0.0.0/0" || d.Arg(0) == "::/0":
			return accessState{state: accessAddresses, why: "deny " + d.Arg(0) + " at " + d.At()}
		}
	}
	return accessState{state: accessOpen}
}

// takesInOutsiders says whether an address range is too wide to be an operator's: of IPv4 anything wider than
// 10.0.0.0/8, of IPv6 than a provider's, private ones apart.
func takesInOutsiders(text string) bool {
	p, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return false
	case p.Addr().Is4():
		return p.Bits() < 8
	}
	return p.Bits() < 16 && !p.Addr().IsPrivate()
}

func hasRules(s *scope) bool {
	return s.inherited("allow") != nil || s.inherited("deny") != nil
}
