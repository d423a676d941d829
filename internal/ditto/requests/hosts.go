package requests

import (
	"slices"
	"strings"
)

// Hosts are names of hosts by a pattern.
type Hosts struct {
	// Name is a name, or a name behind `*.` for all that have something before it, or `*` for all names, or the text of
	// some other pattern.
	Name string
	// Opaque says that Name is some other pattern, which is only equal to itself.
	Opaque bool
	// Except are names and patterns of the same kind that are left out.
	Except []string
}

// NoHost stands for requests that name no host. It is a name that no host has.
const NoHost = "(no host)"

// AnyHost are all hosts.
func AnyHost() Hosts { return Hosts{Name: "*"} }

// HostsOf are the hosts that a name in an object means: none at all means every one.
func HostsOf(name string) Hosts {
	if name = strings.ToLower(strings.TrimSuffix(name, ".")); name == "" {
		name = "*"
	}
	return Hosts{Name: name, Opaque: name != "*" && strings.Contains(strings.TrimPrefix(name, "*."), "*")}
}

// In says how the hosts lie to others.
func (h Hosts) In(other Hosts) Relation {
	r, left := h.nearly(other)
	if r == Inside && len(left) > 0 {
		return Unclear
	}
	return r
}

// Equal says whether two are described alike.
func (h Hosts) Equal(other Hosts) bool {
	return h.Name == other.Name && h.Opaque == other.Opaque && slices.Equal(h.Except, other.Except)
}

// nearly is for hosts what nearly is for paths.
func (h Hosts) nearly(other Hosts) (r Relation, left []Hosts) {
	if r = hostIn(h, other); r != Inside || slices.Equal(h.Except, other.Except) {
		return r, nil
	}
	mine := make(map[string]bool, len(h.Except))
	for _, out := range h.Except {
		mine[out] = true
	}
	for _, out := range other.Except {
		if mine[out] || mine[above(out)] {
			continue
		}
		switch hostIn(h, Hosts{Name: out}) {
		case Apart:
		case Inside:
			return Apart, nil
		default:
			left = append(left, Hosts{Name: out})
		}
	}
	return Inside, left
}

// above is the pattern that certainly holds a name and is not that name, empty for a pattern.
func above(name string) string {
	if _, rest, dotted := strings.Cut(name, "."); dotted && name[0] != '*' {
		return "*." + rest
	}
	return ""
}

// costOf is the work of comparing hosts with others.
func (h Hosts) costOf(other Hosts) int {
	if slices.Equal(h.Except, other.Except) {
		return 1 + len(h.Except)/16
	}
	return 1 + len(h.Except) + len(other.Except)
}

// hostIn compares without what is left out. How many labels the star in front stands for, one or any number, differs
// between edges, so it is the least where it has to hold something, and the most where it has to be held.
func hostIn(h, other Hosts) Relation {
	suffix, wild := strings.CutPrefix(h.Name, "*")
	otherSuffix, otherWild := strings.CutPrefix(other.Name, "*")
	switch {
	case h.Name == other.Name && h.Opaque == other.Opaque, other.Name == "*" && !other.Opaque:
		return Inside
	case h.Opaque || other.Opaque:
		return Unclear
	case !wild && !otherWild:
		return Apart
	case !wild:
		label, under := strings.CutSuffix(h.Name, otherSuffix)
		switch {
		case !under || label == "":
			return Apart
		case strings.Contains(label, "."):
			return Unclear
		}
		return Inside
	case suffix == "":
		return Beyond
	case !otherWild:
		if strings.HasSuffix(other.Name, suffix) {
			return Beyond
		}
		return Apart
	case strings.HasSuffix(suffix, otherSuffix):
		return Unclear
	case strings.HasSuffix(otherSuffix, suffix):
		return Beyond
	}
	return Apart
}
