package topology

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/ingress"
	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/proxy"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/sealed"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Affected is what a change of objects puts in question.
type Affected struct {
	// Workloads run a component whose facts or ways in the object can change, proxies on the way included.
	Workloads []*inventory.Object
	// Entries are Ingresses and Routes whose reading the object can change.
	Entries []*inventory.Object
	// Holders are the Secrets and ConfigMaps whose passwords the object can put to use.
	Holders []*inventory.Object
}

// Follow follows objects inwards to the components that they can concern. The objects have to be in the view. What
// several of them lead to is followed once.
func Follow(v *world.View, objects ...*inventory.Object) Affected {
	f := newFollower(v)
	for _, o := range objects {
		f.follow(o)
	}
	return Affected{
		Workloads: world.Ordered(f.found.Workloads), Entries: world.Ordered(f.found.Entries),
		Holders: world.Ordered(f.found.Holders),
	}
}

// ForwardsTo are the workloads, with a part of Ditto or another proxy in them, that a proxy sends requests to.
func ForwardsTo(v *world.View, by recognize.Part) []*inventory.Object {
	f := newFollower(v)
	f.near = true
	f.targets(by)
	return world.Ordered(f.found.Workloads)
}

// behind are the workloads that an entry itself sends requests to.
func behind(v *world.View, entry *inventory.Object) []*inventory.Object {
	f := newFollower(v)
	f.alone = true
	f.follow(entry)
	return world.Ordered(f.found.Workloads)
}

type follower struct {
	view *world.View
	// alone: the Ingresses that one changes the reading of are not followed.
	alone bool
	// near: what a proxy among them forwards to is not followed.
	near bool
	// quiet: nothing but where a name leads is asked.
	quiet bool
	// seen are the objects that were followed, done is what else was: dependents by the identity of what they depend
	// on, siblings by their name.
	seen  map[inventory.ID]bool
	done  map[string]bool
	found Affected
}

func newFollower(v *world.View) *follower {
	return &follower{view: v, seen: map[inventory.ID]bool{}, done: map[string]bool{}}
}

func (f *follower) follow(o *inventory.Object) {
	if o == nil || f.seen[o.Ref.ID()] {
		return
	}
	f.seen[o.Ref.ID()] = true
	f.unread(o)
	if o.PodTemplate() != nil {
		f.workload(o)
		return
	}
	switch t := o.Typed.(type) {
	case *corev1.Service:
		f.service(t)
		f.governed(edge.LinksOf(o))
	case *discoveryv1.EndpointSlice:
		f.follow(f.view.Get(inventory.Service, o.Ref.Namespace, t.Labels[discoveryv1.LabelServiceName]))
		f.endpoints(t)
	case *networkingv1.NetworkPolicy:
		f.found.Workloads = append(f.found.Workloads, facts.IsolatedBy(f.view, o)...)
	case *corev1.Namespace:
		f.dependents(o.Ref.ID())
		for _, policy := range facts.PoliciesByLabel(f.view) {
			f.follow(policy)
		}
	case *corev1.ConfigMap, *corev1.Secret:
		f.holder(o)
		for _, reader := range world.ReadersOf(f.view, o) {
			f.follow(reader)
		}
		f.dependents(o.Ref.ID())
		if o.Ref.GroupKind() == inventory.ConfigMap {
			for _, key := range []inventory.Key{
				index.SettingsKey(o.Ref.Namespace + "/" + o.Ref.Name), index.ParametersKey(o.Ref.Name),
			} {
				for _, told := range f.view.Find(key) {
					f.follow(told)
				}
			}
		}
	default:
		if sealed.Is(o) {
			f.holder(o)
		}
		f.resource(o)
	}
}

// resource follows an object of a kind of package edge: an entry to its Services, and to whatever is read by it.
func (f *follower) resource(o *inventory.Object) {
	if edge.IsEntry(o) {
		f.found.Entries = append(f.found.Entries, o)
	}
	links := edge.LinksOf(o)
	for _, b := range links.Backends {
		f.follow(f.view.Get(inventory.Service, b.Namespace, b.Name))
	}
	for _, secret := range links.Passwords {
		f.holder(f.view.Get(inventory.Secret, secret.Namespace, secret.Name))
	}
	f.siblings(o)
	if edge.ByService(o) {
		return // an Ingress governs nothing, nothing uses it, and it uses no relay
	}
	f.governed(links)
	f.dependents(o.Ref.ID())
}

// siblings follows the objects of its kind whose reading an object decides without naming them.
func (f *follower) siblings(o *inventory.Object) {
	if f.alone {
		return
	}
	for _, s := range edge.SiblingsOf(f.view.Reading, o) {
		if s.Name != "" && f.done[s.Name] {
			continue
		}
		f.done[s.Name] = true
		for _, sibling := range f.view.Find(s.Key) {
			if s.Concerned == nil || s.Concerned(sibling) {
				f.follow(sibling)
			}
		}
	}
}

// governed follows what an object decides the reading of by naming it.
func (f *follower) governed(links way.Links) {
	for _, id := range links.Governs {
		f.follow(f.view.Get(id.GroupKind, id.Namespace, id.Name))
		f.dependentsOf(id, links.MayGovern)
	}
	for _, id := range links.Uses {
		if used := f.view.Get(id.GroupKind, id.Namespace, id.Name); used != nil && edge.IsRelay(used) {
			f.follow(used)
		}
		for _, o := range f.view.Find(inventory.Key{Index: way.ByGovernor, Namespace: id.Namespace,
			Value: id.String()}) {
			if edge.IsRelay(o) {
				f.follow(o)
			}
		}
	}
}

// dependents follows what an object, which need not be there, decides the reading of.
func (f *follower) dependents(id inventory.ID) { f.dependentsOf(id, nil) }

// dependentsOf follows what may be among it; nil for all.
func (f *follower) dependentsOf(id inventory.ID, may func(*inventory.Object) bool) {
	key := inventory.Key{Index: way.ByUse, Namespace: id.Namespace, Value: id.String()}
	if f.done[key.Value] {
		return
	}
	f.done[key.Value] = may == nil
	for _, o := range f.view.Find(key) {
		if may != nil && !may(o) {
			continue
		}
		if service, ok := inventory.As[corev1.Service](o); ok && way.ArePodsIn(id) {
			// Another Service before the same pods is none of what changes, but they may serve a Gateway by its labels.
			for _, pods := range way.FrontsPods(service) {
				f.dependents(pods)
			}
			continue
		}
		f.follow(o)
		if o.Ref.GroupKind() == inventory.Service {
			for _, entry := range world.BackendUsers(f.view, o) {
				f.follow(entry)
			}
		}
	}
}

// workload notes a workload that runs a component, and follows a proxy to what it forwards to.
func (f *follower) workload(o *inventory.Object) {
	f.servedBy(o)
	f.governed(edge.LinksOf(o))
	parts := f.view.Parts(o)
	f.mentions(o)
	if len(parts) == 0 {
		return
	}
	f.found.Workloads = append(f.found.Workloads, o)
	if f.near {
		return
	}
	if slices.ContainsFunc(parts, func(p recognize.Part) bool { return recognize.IsDitto(p.Component) }) {
		// A MongoDB counts where Ditto runs beside it.
		f.found.Workloads = append(f.found.Workloads,
			f.view.Find(inventory.Key{Index: index.ByMongoDB, Namespace: o.Ref.Namespace})...)
		// What its owner makes of a pod of an earlier revision depends on how the owner replaces it.
		for _, made := range f.view.Find(inventory.Key{Index: index.ByDitto, Namespace: o.Ref.Namespace}) {
			if owner := world.OwnerOf(f.view, made); owner != nil && owner.Ref.ID() == o.Ref.ID() &&
				!f.view.SameAsOwner(made) {
				f.found.Workloads = append(f.found.Workloads, made)
			}
		}
	}
	for _, part := range recognize.Named(parts, recognize.Proxy) {
		f.targets(part)
		for _, route := range proxy.Routes(f.view, part) {
			if route.Blind {
				for _, ditto := range f.view.DittosIn(o.Ref.Namespace) {
					f.follow(ditto)
				}
			}
		}
	}
	for _, ref := range podspec.References(&o.PodTemplate().Spec) {
		gk := inventory.ConfigMap
		if ref.Kind == "Secret" {
			gk = inventory.Secret
		}
		f.holder(f.view.Get(gk, o.Ref.Namespace, ref.Name))
	}
}

// targets follows the hosts that a proxy forwards to. Of a proxy that is not read those are words that may be hosts.
func (f *follower) targets(by recognize.Part) {
	namespace := by.Workload.Ref.Namespace
	for _, a := range proxy.Read(f.view, by).Aims {
		if !a.Bare || world.ServiceNamed(f.view.Quietly(), a.Host, namespace) != nil {
			f.target(namespace, a.Target)
		}
	}
}

// mentions follows a workload that names a Ditto, and is no proxy that is known, to it. What others name is asked
// quietly, and what those name is not followed.
func (f *follower) mentions(o *inventory.Object) {
	if f.near || f.quiet {
		return
	}
	quiet := f.view.Quietly()
	for _, c := range quiet.Strangers(o) {
		for _, n := range quiet.Namings(o, c) {
			if n.Weak {
				continue
			}
			probe := newFollower(quiet)
			probe.quiet, probe.seen[o.Ref.ID()] = true, true
			probe.target(o.Ref.Namespace, proxy.Target{Host: n.Name, Port: n.Port})
			if slices.ContainsFunc(probe.found.Workloads,
				func(o *inventory.Object) bool { return len(recognize.Named(quiet.Parts(o), recognize.Gateway)) > 0 }) {
				f.found.Workloads = append(f.found.Workloads, o)
				f.target(o.Ref.Namespace, proxy.Target{Host: n.Name, Port: n.Port})
			}
		}
	}
}

// holder notes a Secret or ConfigMap that may hold passwords.
func (f *follower) holder(o *inventory.Object) {
	if o != nil {
		f.found.Holders = append(f.found.Holders, o)
	}
}

// servedBy follows a controller to the Ingresses of the classes that it serves.
func (f *follower) servedBy(o *inventory.Object) {
	for _, name := range recognize.ServedClasses(&o.PodTemplate().Spec) {
		classes := []string{name}
		for _, class := range f.view.Find(inventory.KindKey(inventory.IngressClass, "")) {
			if inventory.Must[networkingv1.IngressClass](class).Spec.Controller == name {
				// Without a class an Ingress may have this one by default.
				classes = append(classes, class.Ref.Name, "")
			}
		}
		for _, class := range classes {
			f.dependents(ingress.ClassID(class))
		}
	}
}
