package way

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// Rate is whether an edge limits what one client can send.
type Rate struct {
	// Limited says whether requests, or connections, of one client are certainly limited: on, off or unknown.
	Limited tri.State
	// Untried says that nothing is written that would limit requests, not even in vain. So it is where nothing but a
	// default is the source.
	Untried bool
}

// Tried says whether something is written that would limit requests.
func (r *Rate) Tried() bool {
	return r.Limited.Source != "default" && r.Limited.Why != "" && !r.Untried
}

// Unlimited is the reading where no annotation limits anything.
func Unlimited() tri.State {
	return tri.Is(tri.Off, "default", "no annotation limits requests")
}

// Positive says whether an annotation is a whole number above zero, as strconv.Atoi reads it: no spaces, no sign
// needed. Controllers take anything else for zero, which is no limit.
func Positive(value string) bool {
	n, err := strconv.Atoi(value)
	return err == nil && n > 0
}

// Everyone says whether a comma-separated list of networks takes in every address: what a limit is not for. ok is false
// for a list that cannot be read.
func Everyone(list string) (all, ok bool) {
	ok = true
	for item := range strings.SplitSeq(list, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		if p, err := netip.ParsePrefix(item); err == nil {
			all = all || p.Bits() == 0
		} else if _, err := netip.ParseAddr(item); err != nil {
			ok = false
		}
	}
	return all, ok
}

// Excepting takes a limit back where a list of addresses that it is not for takes in everyone.
func Excepting(s tri.State, a Annotations, prefix string, names ...string) tri.State {
	name := a.FirstOf(names...)
	if s.State != tri.On || name == "" {
		return s
	}
	switch all, ok := Everyone(a[name]); {
	case all:
		return tri.Is(tri.Off, prefix+name, name+" exempts every address from the limit")
	case !ok:
		return tri.Is(tri.Unknown, prefix+name, reason.Of("limit-exemption-broken", name))
	}
	return s
}

func decimal(n int32) string { return strconv.Itoa(int(n)) }
