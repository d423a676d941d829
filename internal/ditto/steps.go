package ditto

import (
	"slices"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// wayIn is what a way in was made of: the object that opens it, by which of its routes, and its hops.
type wayIn struct {
	entry *inventory.Object
	route *way.Route
	chain chain
}

// Steps are the objects that take the steps of a way in, one for each of its Hops: the entry, and then from outside
// inwards. The exposure has to come from this view; of any other there are none.
func (v *View) Steps(e *Exposure) []inventory.Ref {
	w, known := v.ways[e.key]
	if !known {
		return nil
	}
	steps := append(make([]inventory.Ref, 0, len(w.chain.hops)+1), w.entry.Ref)
	for _, h := range slices.Backward(w.chain.hops) {
		ref := inventory.Ref{APIVersion: h.at.Group, Kind: h.at.Kind, Namespace: h.at.Namespace, Name: h.at.Name}
		if o := v.Get(h.at.GroupKind, h.at.Namespace, h.at.Name); o != nil {
			ref = o.Ref
		}
		steps = append(steps, ref)
	}
	return steps
}
