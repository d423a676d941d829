// Package world is what one judgement looks at: a View of an inventory, the steps between the objects in it, and what
// each of them is by itself. It does no I/O: it asks the inventory, and says what it could not know.
package world

import (
	"cmp"
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/settings"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// View is an inventory with what is needed to read Ditto from it. What it reads it keeps, so it is made anew for each
// judgement; it is not safe for concurrent use. When the context of its judgement ends, so does all reading: see Err.
type View struct {
	inventory.Reader
	Options

	// Reading is what entries are read in.
	Reading way.Context

	ctx    context.Context //nolint:containedctx // lives as long as the judgement that the view is made for
	effort *effort
	// quiet: see Quietly.
	quiet *View

	// What was worked out: answers of the inventory, parts of workloads, the Services that select them, settings of
	// containers and what follows from them, the hosts that containers are told of, routes of entries, what edges
	// share; and what other packages keep (Memo).
	got        map[inventory.ID]*inventory.Object
	found      map[inventory.Key][]*inventory.Object
	parts      map[inventory.ID][]recognize.Part
	selecting  map[inventory.ID][]*inventory.Object
	read       map[recognize.PartID]*settings.Settings
	containers map[recognize.PartID]*container
	named      map[recognize.PartID][]Naming
	routing    map[entryService][]way.Route
	kept       way.Kept
	memos      map[any]any
}

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
	// Asking says what a service does that an edge asks whether a request may come in; it may be nil.
	Asking func(*View, way.AskedService) tri.State
}

// usualAnswers is about how many answers of the inventory a judgement needs.
const usualAnswers = 48

// New makes a view of an inventory for one judgement, whose context it obeys.
func New(ctx context.Context, r inventory.Reader, opts Options) *View {
	v := &View{
		Reader: r, Options: opts, ctx: ctx, effort: &effort{by: map[inventory.ID]int{}},
		parts: map[inventory.ID][]recognize.Part{}, read: map[recognize.PartID]*settings.Settings{},
		containers: map[recognize.PartID]*container{},
		named:      map[recognize.PartID][]Naming{}, routing: map[entryService][]way.Route{}, memos: map[any]any{},
	}
	v.TrustModel = cmp.Or(opts.TrustModel, "auto")
	if opts.Asking != nil {
		v.Edges.Asking = func(a way.AskedService) tri.State { return opts.Asking(v, a) }
	}
	v.Reading = way.Context{Objects: v, Config: v.Edges, Controllers: (*controllers)(v), Kept: &v.kept}
	return v
}

// Parsed is a configuration by its text, kept in the Cache of the view; parse reads it within the context of the
// judgement.
func (v *View) Parsed(main string, files map[string]string, parse func(context.Context) any) any {
	return v.Cache.Parsed(v.ctx, main, files, func() any { return parse(v.ctx) })
}

// Context is that of the judgement.
func (v *View) Context() context.Context { return v.ctx }

// Parts tells which containers of a workload run which part of Ditto; see the function of that name.
func (v *View) Parts(o *inventory.Object) []recognize.Part {
	id := o.Ref.ID()
	parts, known := v.parts[id]
	if !known {
		parts = recognize.Parts(v, o)
		v.parts[id] = parts
	}
	return parts
}

// ServicesSelecting are the Services that select a workload's pods; see the function of that name.
func (v *View) ServicesSelecting(o *inventory.Object) []*inventory.Object {
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
	if o != nil && o.Typed == nil &&
		slices.ContainsFunc(inventory.Kinds(),
			func(k schema.GroupVersionKind) bool { return k.GroupKind() == id.GroupKind }) {
		return nil
	}
	return o
}

// isForeignEndpoint says whether a Pod is an endpoint of a Service that does not select it: somebody wrote the
// EndpointSlice.
func (v *View) isForeignEndpoint(o *inventory.Object) bool {
	pod, ok := inventory.As[corev1.Pod](o)
	if !ok {
		return false
	}
	return slices.ContainsFunc(ServicesWithEndpoint(v, PodAddresses(pod)), func(svc *inventory.Object) bool {
		return !podspec.SelectsPods(inventory.Must[corev1.Service](svc).Spec.Selector, o)
	})
}

// PodAddresses are the addresses of a Pod.
func PodAddresses(pod *corev1.Pod) []string {
	var list []string
	for _, ip := range pod.Status.PodIPs {
		list = append(list, podspec.Address(ip.IP))
	}
	return list
}

// Settings are those of a part's container.
func (v *View) Settings(part recognize.Part) *settings.Settings {
	id := part.ID()
	s, known := v.read[id]
	if !known {
		s = v.Cache.settings.Read(v, part.Workload.Ref.Namespace, part.Workload.PodTemplate(), part.Container,
			part.Component)
		v.read[id] = s
	}
	return s
}

// Quietly is the view for looking at what is probably of no concern: what is asked of it does not count for what the
// judgement rests on, and so is not read live. Every Ditto in a cluster has much the same nginx configuration.
func (v *View) Quietly() *View {
	if v.quiet == nil {
		v.quiet = New(v.ctx, inventory.Quiet(v.Reader), v.Options)
		v.quiet.quiet, v.quiet.effort = v.quiet, v.effort
	}
	return v.quiet
}
