package facts

import (
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
)

// known are the facts that were worked out in one view.
type known struct {
	components map[recognize.PartID]*ComponentFacts
	// policies are the NetworkPolicies of a namespace.
	policies map[string]*policies
}

var memo = world.NewMemo(func() *known {
	return &known{map[recognize.PartID]*ComponentFacts{}, map[string]*policies{}}
})
