package topology

import (
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Asides are what following the ways in to components shows of other objects than those on the way. Who judges a
// workload, and those objects another time, hands them on from one view to the next.
type Asides struct {
	// Mentioned is what is remarked of workloads that name a gateway.
	Mentioned map[inventory.ID]string
	// Tied are the objects of which something is not read that are ways in to a component.
	Tied map[inventory.ID]bool
}

// AsidesOf are those of a view so far. What is put into them counts in the view as if it had been found there.
func AsidesOf(v *world.View) Asides {
	k := memo.Of(v)
	return Asides{k.mentioned, k.tied}
}
