package journal

import "cmp"

// ticket is the place of a request in the order of all. Every process counts by itself, and is ahead of what it hears
// of others (Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System", 1978; ties are broken by the
// name of the journal).
//
// That makes of two requests at least the later one consider the other. Both write their entries before they ask. If
// the later one asks the process of the earlier one before that has begun, it leaves its own time there, and so the
// "earlier" one would have got a later ticket. So it asks after that, and hears of it. An answer that was given before
// a request began counts whatever its ticket (see [Journal.Merge]), since a process that has just started counts from
// one.
type ticket struct {
	clock   uint64
	journal string
}

func (t ticket) before(u ticket) bool {
	return cmp.Or(cmp.Compare(t.clock, u.clock), cmp.Compare(t.journal, u.journal)) < 0
}
