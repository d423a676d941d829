package ditto

import (
	"cmp"
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/settings"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// View is an inventory with what is needed to read Ditto from it. What it reads it keeps, so it is made anew for each
// judgement; it is not safe for concurrent use. When the context of its judgement ends, so does all reading: see Err.
type View struct {
	inventory.Reader

	ctx    context.Context //nolint:containedctx // lives as long as the judgement that the view is made for
	effort *effort

	edges way.Config
	// reading is what entries are read in.
	reading way.Context
	kept    way.Kept
	apart   Apart
	// asking is how deep the question is what a service does with everyone; see asked.
	asking     int
	trustModel string
	clients    []Client
	cache      *Cache

	// quiet: see quietly.
	quiet *View

	got       map[inventory.ID]*inventory.Object
	found     map[inventory.Key][]*inventory.Object
	selecting map[inventory.ID][]*inventory.Object
	parts     map[inventory.ID][]Part
	read      map[partID]*settings.Settings
	gateways  map[partID]*GatewayFacts
	exposures map[partID][]Exposure
	byEntry   map[partID]map[inventory.ID][]*Exposure
	proxies   map[partID]*proxy
	// ways are the hops that the exposures were made of, innermost first, by their keys.
	ways map[string][]*hop
	// named are the hosts that containers are told of, mentioned what is remarked of workloads that name a gateway.
	named     map[partID][]naming
	mentioned map[inventory.ID]string
	// tied are the objects of which something is not read that are ways in to a component.
	tied map[inventory.ID]bool
	// requests are what the ways let in, of those that somebody asked for.
	requests map[string]requests.Set
	// components are the facts of Ditto's own services.
	components map[partID]*ComponentFacts
	// routing are the routes of entries.
	routing map[entryService][]way.Route
	// policies are the NetworkPolicies of a namespace.
	policies map[string]*policies
	// sick are the kinds of ways in to a namespace that cannot be read.
	sick map[string]string
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
	Edges way.Config
	// TrustModel is the model that gateways are to follow: auto, proxy or oidc; empty means auto.
	TrustModel string
	// Clients are workloads that use Ditto and hand no request on.
	Clients []Client
	// Cache keeps parsed configuration from one judgement to the next; required.
	Cache *Cache
	// Apart is shared with other views of the same judgement; see there. It may be nil.
	Apart Apart
}

// usualAnswers is about how many answers of the inventory a judgement needs.
const usualAnswers = 48

// NewView makes a view of an inventory for one judgement, whose context it obeys.
func NewView(ctx context.Context, r inventory.Reader, opts Options) *View {
	v := &View{
		Reader: r, ctx: ctx, effort: &effort{by: map[inventory.ID]int{}}, edges: opts.Edges, clients: opts.Clients, cache: opts.Cache, trustModel: cmp.Or(opts.TrustModel, "auto"),
		parts: map[inventory.ID][]Part{}, read: map[partID]*settings.Settings{}, gateways: map[partID]*GatewayFacts{},
		exposures: map[partID][]Exposure{}, byEntry: map[partID]map[inventory.ID][]*Exposure{}, proxies: map[partID]*proxy{}, components: map[partID]*ComponentFacts{},
		policies: map[string]*policies{}, ways: map[string][]*hop{},
		mentioned: map[inventory.ID]string{}, tied: map[inventory.ID]bool{},
	}
	v.edges.Asking, v.apart = v.asked, opts.Apart
	v.reading = way.Context{Objects: v, Config: v.edges, Controllers: (*controllers)(v), Kept: &v.kept}
	return v
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

// servicesSelecting are the Services that select a workload's pods; see the function of that name.
func (v *View) servicesSelecting(o *inventory.Object) []*inventory.Object {
	id := o.Ref.ID()
	list, known := v.selecting[id]
	if !known {
		if v.selecting == nil {
			v.selecting = map[inventory.ID][]*inventory.Object{}
		}
		list = servicesSelecting(v, o)
		v.selecting[id] = list
	}
	return list
}

// Get implements inventory.Reader. An object of a kind that is read, in a version that is not, tells nothing.
func (v *View) Get(gk schema.GroupKind, namespace, name string) *inventory.Object {
	id := inventory.ID{GroupKind: gk, Namespace: namespace, Name: name}
	o, known := v.got[id]
	if !known && v.Err() != nil {
		return nil
	}
	if !known {
		if v.got == nil {
			v.got = make(map[inventory.ID]*inventory.Object, usualAnswers)
		}
		o = v.decoded(id)
		v.got[id] = o
	}
	return o
}

// Find implements inventory.Reader.
func (v *View) Find(key inventory.Key) []*inventory.Object {
	list, known := v.found[key]
	if !known && v.Err() != nil {
		return nil
	}
	if !known {
		if v.found == nil {
			v.found = make(map[inventory.Key][]*inventory.Object, usualAnswers)
		}
		list = v.Reader.Find(key)
		v.found[key] = list
	}
	return list
}

func (v *View) decoded(id inventory.ID) *inventory.Object {
	o := v.Reader.Get(id.GroupKind, id.Namespace, id.Name)
	if o != nil && o.Typed == nil && slices.ContainsFunc(inventory.Kinds(), func(k schema.GroupVersionKind) bool { return k.GroupKind() == id.GroupKind }) {
		return nil
	}
	return o
}

// isForeignEndpoint says whether a Pod is an endpoint of a Service that does not select it: somebody wrote the EndpointSlice.
func (v *View) isForeignEndpoint(o *inventory.Object) bool {
	pod, ok := o.Typed.(*corev1.Pod)
	if !ok {
		return false
	}
	return slices.ContainsFunc(servicesWithEndpoint(v, podAddresses(pod)), func(svc *inventory.Object) bool {
		return !selectsPods(svc.Typed.(*corev1.Service).Spec.Selector, o)
	})
}

// podAddresses are the addresses of a Pod.
func podAddresses(pod *corev1.Pod) []string {
	var list []string
	for _, ip := range pod.Status.PodIPs {
		list = append(list, ip.IP)
	}
	return list
}
