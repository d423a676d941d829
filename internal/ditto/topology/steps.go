package topology

import (
	"slices"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Steps are the objects that take the steps of a way in, one for each of its Hops: the entry, and then from outside
// inwards. The exposure has to come from this view; of any other there are none.
func Steps(v *world.View, e *facts.Exposure) []inventory.Ref {
	hops := memo.Of(v).ways[e.Way]
	if len(hops) == 0 {
		return nil
	}
	steps := append(make([]inventory.Ref, 0, len(hops)), e.Entry.Ref())
	for _, h := range slices.Backward(hops[:len(hops)-1]) {
		ref := inventory.Ref{APIVersion: h.at.Group, Kind: h.at.Kind, Namespace: h.at.Namespace, Name: h.at.Name}
		if o := v.Get(h.at.GroupKind, h.at.Namespace, h.at.Name); o != nil {
			ref = o.Ref
		}
		steps = append(steps, ref)
	}
	return steps
}
