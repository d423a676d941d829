package ditto

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// ingressReading is an Ingress as its controller reads it for one of its Services.
type ingressReading struct {
	in      edge.Input
	effects edge.Effects
}

// ingress reads an Ingress; svc is the backend, nil if none in particular is meant.
func (v *View) ingress(o, svc *inventory.Object) ingressReading {
	ing := o.Typed.(*networkingv1.Ingress)
	in := edge.Input{
		Ingress: ing, Class: edge.Resolve(v, ing, v.edges), Config: v.edges, Objects: v,
	}
	if svc != nil {
		in.Service, in.ServiceAnnotations = svc.Ref.Name, svc.Meta.Annotations
	}
	for _, other := range v.sameHost(ing) {
		neighbour := other.Typed.(*networkingv1.Ingress)
		if neighbour.Annotations["nginx.org/mergeable-ingress-type"] == "master" {
			in.Master = neighbour
		}
		of := edge.Input{Ingress: neighbour, Class: edge.Resolve(v, neighbour, v.edges), Config: v.edges, Objects: v}
		if of.Class.Controller == in.Class.Controller && edge.ForcesRegex(of) {
			in.HostForcesRegex = true
		}
	}
	return ingressReading{in: in, effects: edge.Read(in)}
}

// sameHost are the Ingresses, the one itself included, that share a host with it, in any namespace: most controllers
// merge them into one virtual server.
func (v *View) sameHost(ing *networkingv1.Ingress) []*inventory.Object {
	var list []*inventory.Object
	for _, host := range ingressHosts(ing) {
		list = append(list, v.Find(inventory.Key{Index: byHost, Value: host})...)
	}
	return ordered(slices.Clone(list))
}

// ingressHosts are the hosts of an Ingress's rules; no host at all is the empty one.
func ingressHosts(ing *networkingv1.Ingress) []string {
	if len(ing.Spec.Rules) == 0 {
		return []string{""}
	}
	var hosts []string
	for _, rule := range ing.Spec.Rules {
		if !slices.Contains(hosts, rule.Host) {
			hosts = append(hosts, rule.Host)
		}
	}
	return hosts
}

// opening is how the Ingress lets requests in, whatever their path.
func (r ingressReading) opening(o *inventory.Object) opening {
	op := opening{
		entry: o, kind: "Ingress", public: !r.in.Class.Internal,
		identity: r.effects.Identity.State, identityWhy: r.effects.Identity.Why,
		authenticated: switchOf(r.effects.Authentication),
		assumptions:   slices.Clone(r.effects.Assumptions),
	}
	if r.in.Class.Assumption != "" {
		op.assumptions = append(op.assumptions, r.in.Class.Assumption)
	}
	return op
}

// switchOf is an edge's state as a fact.
func switchOf(s edge.State) Switch {
	return Switch{State: s.State, Source: s.Source, Why: s.Why}
}

// EdgeFacts reads an Ingress or Route in front of a gateway. It is nil for an object that leads to none.
func (v *View) EdgeFacts(o *inventory.Object) *Edge {
	leads, safe := v.leadsToGateways(o)
	if !leads {
		return nil
	}
	switch t := o.Typed.(type) {
	case *networkingv1.Ingress:
		r := v.ingress(o, v.firstBackend(t))
		return &Edge{
			Controller:     r.in.Class.Controller,
			StripsIdentity: switchOf(r.effects.StripsIdentity), HidesHeaders: switchOf(r.effects.HidesHeaders),
			StrippingIsSafe:  safe,
			StripAnnotations: annotations(r.effects.StripAnnotations), HideAnnotations: annotations(r.effects.HideAnnotations),
			StripAdvice: r.effects.StripAdvice, HideAdvice: r.effects.HideAdvice,
		}
	case *inventory.OpenShiftRoute:
		return routeEdge(t, safe)
	}
	return nil
}

func annotations(m map[string]string) []Annotation {
	var list []Annotation
	for _, key := range slices.Sorted(maps.Keys(m)) {
		list = append(list, Annotation{Key: key, Value: m[key]})
	}
	return list
}

// firstBackend is a Service that the Ingress sends requests to, nil if none is there.
func (v *View) firstBackend(ing *networkingv1.Ingress) *inventory.Object {
	for _, b := range ingressBackends(ing) {
		if svc := v.Get(inventory.Service, ing.Namespace, b.Name); svc != nil {
			return svc
		}
	}
	return nil
}

// leadsToGateways says whether an entry leads to a gateway, and whether taking the identity header away there opens
// nothing: no gateway behind believes in identities, or the identity is set further in.
func (v *View) leadsToGateways(o *inventory.Object) (leads, safe bool) {
	safe = true
	for _, workload := range v.Affected(o).Workloads {
		for _, part := range Named(v.Parts(workload), Gateway) {
			for _, e := range v.Exposures(part) {
				if e.Port != PortHTTP || e.Entry.Ref().ID() != o.Ref.ID() {
					continue
				}
				leads = true
				if v.GatewayFacts(part).PreAuthentication.State != Off && e.Identity != IdentitySet {
					safe = false
				}
			}
		}
	}
	return leads, leads && safe
}

// authSecrets are the Secrets that the Ingress's annotations name as password files.
func (r ingressReading) authSecrets() []edge.AuthSecret { return r.effects.AuthSecrets }

// Leads says whether a change of an object can add, remove or re-point a way in, whatever it leads to: it is an entry or
// a hop, and differs in what makes it one. A workload is one by its labels, ports and files.
func Leads(before, after *inventory.Object) bool {
	if before == nil || after == nil {
		o := after
		if o == nil {
			o = before
		}
		switch o.Typed.(type) {
		case *corev1.Service, *networkingv1.Ingress, *networkingv1.IngressClass, *inventory.OpenShiftRoute,
			*networkingv1.NetworkPolicy:
			return true
		}
		return isSlice(o)
	}
	switch a := after.Typed.(type) {
	case *corev1.Service:
		b := before.Typed.(*corev1.Service)
		return !sameSpec(a.Spec, b.Spec) || !maps.Equal(a.Annotations, b.Annotations)
	case *networkingv1.Ingress:
		b := before.Typed.(*networkingv1.Ingress)
		return !sameSpec(a.Spec, b.Spec) || !maps.Equal(a.Annotations, b.Annotations)
	case *networkingv1.IngressClass:
		b := before.Typed.(*networkingv1.IngressClass)
		return !sameSpec(a.Spec, b.Spec) || !maps.Equal(a.Annotations, b.Annotations)
	case *networkingv1.NetworkPolicy:
		b := before.Typed.(*networkingv1.NetworkPolicy)
		return !sameSpec(a.Spec, b.Spec)
	case *inventory.OpenShiftRoute:
		b := before.Typed.(*inventory.OpenShiftRoute)
		return !sameSpec(a.Spec, b.Spec)
	}
	return isSlice(after) && !slices.Equal(Keys(before), Keys(after))
}

func isSlice(o *inventory.Object) bool {
	_, ok := o.Typed.(*discoveryv1.EndpointSlice)
	return ok
}

func sameSpec(a, b any) bool { return equality.Semantic.DeepEqual(a, b) }
