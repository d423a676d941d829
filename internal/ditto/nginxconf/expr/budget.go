package expr

import "context"

// Budget bounds what one question may cost, so that no configuration can hold its reader up: conditions and maps
// multiply.
type Budget struct {
	// Ctx ends it early, if it is not nil.
	Ctx  context.Context //nolint:containedctx // lives as long as the question
	Left int
}

// Spend takes one step; false where there is nothing left, and then the answer is unknown.
func (w *Budget) Spend() bool {
	if w == nil {
		return true
	}
	if w.Left--; w.Ctx != nil && w.Ctx.Err() != nil {
		w.Left = -1
	}
	return w.Left >= 0
}
