package world

import (
	"context"
	"fmt"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// effort counts the work of one judgement by the objects that it is done for, in steps of a microsecond or so, so that
// a judgement that takes too long can name the object that costs so much.
type effort struct {
	total int
	by    map[inventory.ID]int
}

// What is done for an object, in steps.
const (
	// CostOfStep is a step of a way, costOfWay working out what a way lets in.
	CostOfStep = 2
	CostOfWay  = 20
)

// Spend notes work that is done for an object.
func (v *View) Spend(on inventory.ID, steps int) {
	v.effort.total += steps
	v.effort.by[on] += steps
}

// Err says why the judgement has ended before it was done, nil while it may go on. From then on a view finds nothing
// any more, so whoever works with one asks at the end, and takes nothing of what came out for an answer.
func (v *View) Err() error { return v.ctx.Err() }

// CutShort is the error of a judgement whose context has ended, nil of one that went through. It names the object that
// most of the work was done for, if there is one.
func CutShort(ctx context.Context, views ...*View) error {
	if ctx.Err() == nil {
		return nil
	}
	total, by := 0, map[inventory.ID]int{}
	for _, v := range views {
		total += v.effort.total
		for id, steps := range v.effort.by {
			by[id] += steps
		}
	}
	for id, steps := range by {
		if steps > total/2 {
			return fmt.Errorf("the judgement was cut short, most of the work went into %s: %w", RefOf(id),
				context.Cause(ctx))
		}
	}
	return fmt.Errorf("the judgement was cut short: %w", context.Cause(ctx))
}

// RefOf is an identity as people read it.
func RefOf(id inventory.ID) inventory.Ref {
	return inventory.Ref{Kind: id.Kind, Namespace: id.Namespace, Name: id.Name}
}
