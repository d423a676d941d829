// Package topology follows objects inwards, to the components that they concern, and components outwards, to every way
// in.
package topology

import (
	"context"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/proxy"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// NewView makes a view of an inventory for one judgement, in which the services that edges ask are followed, too.
func NewView(ctx context.Context, r inventory.Reader, opts world.Options) *world.View {
	opts.Asking = proxy.Asked
	return world.New(ctx, r, opts)
}

// known is what was worked out in one view.
type known struct {
	exposures map[recognize.PartID][]facts.Exposure
	byEntry   map[recognize.PartID]map[inventory.ID][]*facts.Exposure
	// ways are what the exposures were made of, requests what they let in, of those that somebody asked for; by their
	// keys.
	ways     map[string][]*hop
	requests map[string]requests.Set
	// mentioned is what is remarked of workloads that name a gateway.
	mentioned map[inventory.ID]string
	// tied are the objects of which something is not read that are ways in to a component.
	tied map[inventory.ID]bool
	// sick are the kinds of ways in to a namespace that cannot be read.
	sick map[string]string
}

var memo = world.NewMemo(func() *known {
	return &known{
		exposures: map[recognize.PartID][]facts.Exposure{},
		byEntry:   map[recognize.PartID]map[inventory.ID][]*facts.Exposure{},
		ways:      map[string][]*hop{}, requests: map[string]requests.Set{}, mentioned: map[inventory.ID]string{},
		tied: map[inventory.ID]bool{}, sick: map[string]string{},
	}
})
