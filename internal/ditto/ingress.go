package ditto

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/f5"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// ingressReading is an Ingress as its controller reads it for one of its Services.
type ingressReading struct {
	in      way.Input
	effects way.Effects
	// counts is the Ingress whose annotations count, nil if it is not at hand.
	counts *way.Input
}

// ingress reads an Ingress; svc is the backend, nil if none in particular is meant.
func (v *View) ingress(o, svc *inventory.Object) ingressReading {
	ing := o.Typed.(*networkingv1.Ingress)
	in := way.Input{
		Ingress: ing, Class: v.class(ing), Config: v.edges, Objects: v,
	}
	in.Controllers = v.controllerConfigs(in.Class)
	if svc != nil {
		in.Service, in.ServiceAnnotations = svc.Ref.Name, svc.Meta.Annotations
	}
	for _, host := range ingressHosts(ing) {
		siblings := v.siblingsOf(host)
		in.Master = f5.Master(siblings.masters[in.Class.Name])
		in.HostForcesRegex = in.HostForcesRegex || siblings.regex[in.Class.Controller]
	}
	reading := ingressReading{in: in, counts: v.counting(in)}
	reading.effects = v.effects(in, reading.counts)
	return reading
}

// defaultRoutes are the requests that the Ingress's default backend gets, and the Ingress as it is read for them.
func (v *View) defaultRoutes(r ingressReading) (ingressReading, []edge.DefaultRoute) {
	var siblings []*networkingv1.Ingress
	if edge.SharesDefault(r.in) {
		for _, other := range v.onHosts(byHost, r.in.Ingress) {
			sibling := other.Typed.(*networkingv1.Ingress)
			if sibling.Namespace != r.in.Ingress.Namespace || sibling.Name == r.in.Ingress.Name {
				continue
			}
			if class := v.class(sibling); class.Controller == r.in.Class.Controller && class.Name == r.in.Class.Name {
				siblings = append(siblings, sibling)
			}
		}
	}
	as, routes := edge.DefaultRoutes(r.in, siblings)
	if as.Ingress != r.in.Ingress {
		r = ingressReading{in: as, counts: &as, effects: edge.Read(as)}
	}
	return r, routes
}

// ingressNginx is the controller's name in package edge.
const ingressNginx = "ingress-nginx"

// isCanary says whether ingress-nginx sends a share of another Ingress's requests to this one's Services.
func isCanary(ing *networkingv1.Ingress) bool {
	return ing.Annotations["nginx.ingress.kubernetes.io/canary"] == "true"
}

// counting is the Ingress whose annotations count for one: itself, but for a canary its main Ingress, that of the same host
// and path; nil if that is not at hand. ingress-nginx ignores every other annotation of a canary (createServers,
// mergeAlternativeBackends).
func (v *View) counting(in way.Input) *way.Input {
	if in.Class.Controller != ingressNginx || !isCanary(in.Ingress) {
		return &in
	}
	for _, other := range v.onHosts(byHost, in.Ingress) {
		main := other.Typed.(*networkingv1.Ingress)
		if isCanary(main) || !sharesPath(main, in.Ingress) {
			continue
		}
		in.Ingress = main
		in.Class = v.class(main)
		in.Controllers = v.controllerConfigs(in.Class)
		return &in
	}
	return nil
}

// effects are what the edge does to requests.
func (v *View) effects(in way.Input, counts *way.Input) way.Effects {
	if counts == nil {
		unknown := way.State{State: Unknown, Source: "canary", Why: noMain}
		return way.Effects{
			Identity: unknown, Authentication: unknown, StripsIdentity: unknown, HidesHeaders: unknown,
			AuthSecrets: edge.Read(in).AuthSecrets,
		}
	}
	e := edge.Read(*counts)
	if counts.Ingress != in.Ingress {
		e.StripAnnotations, e.HideAnnotations = nil, nil
		e.AuthSecrets = append(e.AuthSecrets, edge.Read(in).AuthSecrets...)
	}
	return e
}

// noMain is why a canary cannot be read.
const noMain = "no Ingress of the same host and path, whose annotations count for this canary, is at hand"

// sharesPath says whether two Ingresses have a path of the same host in common.
func sharesPath(a, b *networkingv1.Ingress) bool {
	if a.Spec.DefaultBackend != nil && b.Spec.DefaultBackend != nil {
		return true
	}
	type place struct{ host, path string }
	places := map[place]bool{}
	for _, rule := range a.Spec.Rules {
		if rule.HTTP != nil {
			for _, p := range rule.HTTP.Paths {
				places[place{rule.Host, p.Path}] = true
			}
		}
	}
	for _, rule := range b.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		for _, p := range rule.HTTP.Paths {
			if places[place{rule.Host, p.Path}] {
				return true
			}
		}
	}
	return false
}

// albGroup names the load balancer that Ingresses share: one that is public makes it public for all.
const albGroup = "alb.ingress.kubernetes.io/group.name"

// standsIn says whether the Service takes the requests of all paths whose own Service has no endpoints: ingress-nginx
// sends them to the first port of the Service in its annotation default-backend, as they are.
func (r ingressReading) standsIn(svc *inventory.Object, leads func(*networkingv1.IngressServiceBackend) bool) bool {
	service := svc.Typed.(*corev1.Service)
	if !r.mayBeIngressNginx() || standIn(r.in.Ingress) != svc.Ref.Name || len(service.Spec.Ports) == 0 {
		return false
	}
	return leads(&networkingv1.IngressServiceBackend{
		Name: svc.Ref.Name, Port: networkingv1.ServiceBackendPort{Number: service.Spec.Ports[0].Port},
	})
}

// mayBeIngressNginx says whether ingress-nginx serves the Ingress, or may.
func (r ingressReading) mayBeIngressNginx() bool {
	return r.in.Class.Controller == ingressNginx || r.in.Class.Controller == way.Unknown
}

// doubtIngressNginx makes a way of which an annotation of ingress-nginx is all there is unknown where another controller may
// serve the Ingress.
func (r ingressReading) doubtIngressNginx(o *inventory.Object, route *way.Route, annotation string) {
	if r.in.Class.Controller != ingressNginx {
		route.Doubted, route.Doubt = true, "who serves "+o.Ref.String()+" cannot be told, and ingress-nginx would send requests there, by the annotation "+annotation
	}
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

// route is how the Ingress lets requests for a path of a host in, save for what clients speak, limits and error pages.
func (r ingressReading) route(host, asked string, path way.Path) way.Route {
	route := way.Route{
		Text: host + asked, Asks: host + asked, Path: &path, Public: !r.in.Class.Internal, Effects: r.effects,
		Doubt: r.in.Class.Doubt, Doubted: r.in.Class.Doubt != "",
	}
	if r.in.Class.Assumption != "" {
		route.Effects.Assumptions = append(slices.Clone(r.effects.Assumptions), r.in.Class.Assumption)
	}
	if r.in.Class.Hint != "" {
		route.Note = ", " + r.in.Class.Hint
	}
	return route
}

// switchOf is an edge's state as a fact.
func switchOf(s way.State) Switch {
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
	default:
		return v.resourceEdge(o, safe)
	}
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
	for _, workload := range v.behind(o) {
		for _, part := range Named(v.Parts(workload), Gateway) {
			for _, e := range v.ExposuresBy(part, o.Ref.ID()) {
				if e.Port != PortHTTP || e.Doubted {
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
func (r ingressReading) authSecrets() []way.AuthSecret { return r.effects.AuthSecrets }
