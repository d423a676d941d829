package ditto

import (
	"cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// View is an inventory with what is needed to read Ditto from it. What it reads it keeps, so it is made anew for each
// judgement; it is not safe for concurrent use.
type View struct {
	inventory.Reader

	edges      edge.Config
	trustModel string
	cache      *Cache

	parts     map[inventory.ID][]Part
	gateways  map[partID]*GatewayFacts
	exposures map[partID][]Exposure
	proxies   map[partID]*proxy
}

// partID identifies a container of a workload.
type partID struct {
	workload  inventory.ID
	container string
}

func (p Part) id() partID { return partID{p.Workload.Ref.ID(), p.Container.Name} }

// Options say what the inventory itself does not show.
type Options struct {
	// Edges is what the configuration says of entry points and controllers.
	Edges edge.Config
	// TrustModel is the model that gateways are to follow: auto, proxy or oidc; empty means auto.
	TrustModel string
	// Cache keeps parsed configuration from one judgement to the next; required.
	Cache *Cache
}

// NewView makes a view of an inventory.
func NewView(r inventory.Reader, opts Options) *View {
	return &View{
		Reader: r, edges: opts.Edges, cache: opts.Cache, trustModel: cmp.Or(opts.TrustModel, "auto"),
		parts: map[inventory.ID][]Part{}, gateways: map[partID]*GatewayFacts{}, exposures: map[partID][]Exposure{},
		proxies: map[partID]*proxy{},
	}
}

// Parts tells which containers of a workload run which part of Ditto; see the function of that name.
func (v *View) Parts(o *inventory.Object) []Part {
	id := o.Ref.ID()
	parts, known := v.parts[id]
	if !known {
		parts = Parts(v, o)
		v.parts[id] = parts
	}
	return parts
}

// SameAsOwner says whether a Pod, ReplicaSet or Job is what the workload that made it describes, so that judging both
// would say everything twice. A pod that was relabelled, or changed in what decides, is no longer the same.
func (v *View) SameAsOwner(o *inventory.Object) bool {
	owner := ownerOf(v, o)
	if owner == nil {
		return false
	}
	template, made := owner.PodTemplate(), o.PodTemplate()
	if !selects(template.Labels, made.Labels) {
		return false
	}
	extra := 0
	for label := range made.Labels {
		if _, described := template.Labels[label]; !described && !addedByController(label) {
			extra++
		}
	}
	return extra == 0
}
