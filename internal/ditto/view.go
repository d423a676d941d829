package ditto

import (
	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// View is an inventory with what is needed to read Ditto from it. What it reads it keeps, so it is made anew for each
// judgement; it is not safe for concurrent use.
type View struct {
	inventory.Reader

	edges     edge.Config
	cache     *Cache
	parts     map[inventory.ID][]Part
	gateways  map[partID]*GatewayFacts
	exposures map[partID][]Exposure
	proxies   map[partID]*proxy
	// components are the facts of Ditto's own services.
	components map[partID]*ComponentFacts
	// policies are the NetworkPolicies of a namespace.
	policies map[string]*policies
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
	// Cache keeps parsed configuration from one judgement to the next; required.
	Cache *Cache
}

// NewView makes a view of an inventory.
func NewView(r inventory.Reader, opts Options) *View {
	return &View{
		Reader: r, edges: opts.Edges, cache: opts.Cache,
		parts: map[inventory.ID][]Part{}, gateways: map[partID]*GatewayFacts{}, exposures: map[partID][]Exposure{},
		proxies: map[partID]*proxy{}, components: map[partID]*ComponentFacts{},
		policies: map[string]*policies{},
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
		if _, described := template.Labels[label]; !described && !AddedByController(label) {
			extra++
		}
	}
	return extra == 0
}
