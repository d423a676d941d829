package requests

import (
	"net/netip"
	"strings"
)

// Reach is how far away clients can be.
type Reach int

const (
	// Cluster: they are in the cluster.
	Cluster Reach = iota
	// Internal: they are in a network that is not public.
	Internal
	// Public: they can be anywhere.
	Public
)

// Sources are clients by where they are.
type Sources struct {
	Reach Reach
	// Ranges are the addresses that get in; nil means all.
	Ranges []netip.Prefix
}

// Door is one place where clients come in.
type Door struct {
	// Kind is what it is, and where: `load balancer`, `node port`, `Gateway infra/public`.
	Kind string
	// Port is its number; 0 where there is none, or where it is not allocated yet.
	Port int32
	// Of is what a number is allocated for: the port of the Service. Whoever has been given a number for it keeps it.
	Of int32
}

func (s Sources) in(other Sources) Relation {
	switch {
	case s.Reach > other.Reach:
		return Beyond
	case other.Ranges == nil:
		return Inside
	case s.Ranges == nil:
		s.Ranges = everywhere
	}
	worst, met := Inside, false
	for _, r := range s.Ranges {
		switch c := coverage(r, other.Ranges); c {
		case Inside:
			met = true
		case Apart:
			if worst != Unclear {
				worst = Beyond
			}
		default:
			met = true
			if worst == Inside || c == Unclear {
				worst = c
			}
		}
	}
	if !met {
		return Apart
	}
	return worst
}

// everywhere are all addresses.
var everywhere = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}

// coverage says how a range lies to the union of others.
func coverage(r netip.Prefix, others []netip.Prefix) Relation {
	return union(others, func(o netip.Prefix) Relation {
		switch {
		case !o.Overlaps(r):
			return Apart
		case o.Bits() <= r.Bits():
			return Inside
		}
		return Beyond
	})
}

// The kinds of doors that are ports of the nodes where a pod runs. One that is bound to an address has it behind the
// kind.
const (
	HostPort    = "HostPort"
	HostNetwork = "HostNetwork"
)

// isPartOf says whether what is open at one kind of door is open at another: a host port at one address is one at any,
// and a pod on the host network has all ports of its node, a host port among them. The other way round it is growth.
func (d Door) isPartOf(other Door) bool {
	kind, _, _ := strings.Cut(d.Kind, " ")
	return d.Kind == other.Kind || kind == HostPort && (other.Kind == HostPort || other.Kind == HostNetwork)
}

func (d Door) in(other Door) Relation {
	switch {
	case !d.isPartOf(other):
		return Apart
	case d.Port == 0 && other.Port != 0:
		// What is allocated for the same port is what was.
		if d.Of != 0 && d.Of == other.Of {
			return Inside
		}
		return Unclear
	case d.Port != 0 && other.Port == 0:
		return Unclear
	case d.Port == 0 && d.Of != other.Of:
		return Unclear
	case d.Port != other.Port:
		return Apart
	}
	return Inside
}
