package traefik

import (
	"slices"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// Kinds are the kinds of Traefik's provider kubernetescrd. An IngressRouteUDP carries no HTTP, and nothing of
// Ditto listens to UDP. A ServersTransport and a TLSOption change nothing that a request can do.
func Kinds() []way.Resource {
	served := func(way.Context, *inventory.Object) string { return way.NameTraefik }
	var list []way.Resource
	for _, group := range []string{crd.TraefikGroup, crd.TraefikOldGroup} {
		list = append(list,
			way.Resource{Kind: crd.TraefikKind(group, "IngressRoute"), Links: ingressRouteLinks,
				Routes: ingressRouteRoutes, Controller: served},
			way.Resource{Kind: crd.TraefikKind(group, "IngressRouteTCP"), Links: ingressRouteTCPLinks,
				Routes: ingressRouteTCPRoutes, Controller: served},
			way.Resource{Kind: crd.TraefikKind(group, "TraefikService"), Links: serviceLinks, Relay: true},
			way.Resource{Kind: crd.TraefikKind(group, "Middleware"), Links: middlewareLinks, Sends: true},
			way.Resource{Kind: crd.TraefikKind(group, "MiddlewareTCP")},
		)
	}
	return list
}

// layer is one router that a request passes. Since v3.6 routers may stand before others.
type layer struct {
	o     *inventory.Object
	route *crd.TraefikRoute
}

// mostLayers bounds the ways through routers before others.
const mostLayers = 256

func ingressRouteRoutes(c way.Context, o *inventory.Object) []way.Route {
	spec := &inventory.Must[crd.TraefikIngressRoute](o).Spec
	var list []way.Route
	left := mostLayers
	for _, before := range layersBefore(c, o, nil, &left) {
		for i := range spec.Routes {
			if !isRouter(&spec.Routes[i]) {
				continue
			}
			layers := append(slices.Clone(before), layer{o, &spec.Routes[i]})
			list = append(list, layeredRoutes(c, layers)...)
		}
	}
	if left < 0 {
		list = append(list, way.UnfollowedRoute(ingressRouteLinks(o).Backends, reason.Of("traefik-too-many-routers")))
	}
	return list
}

func isRouter(r *crd.TraefikRoute) bool { return r.Match != "" && (r.Kind == "" || r.Kind == "Rule") }

// layersBefore are the routers that stand before those of an IngressRoute: one empty list if none do, and none at all
// where it names some that are not there, since Traefik serves nothing then.
//
// left is how many more may be followed; below zero it says that there were more.
func layersBefore(c way.Context, o *inventory.Object, within []inventory.ID, left *int) [][]layer {
	spec := &inventory.Must[crd.TraefikIngressRoute](o).Spec
	if len(spec.ParentRefs) == 0 {
		return [][]layer{nil}
	}
	if slices.Contains(within, o.Ref.ID()) {
		return nil
	}
	within = append(slices.Clone(within), o.Ref.ID())
	var list [][]layer
	for _, ref := range referencesOf(o, "IngressRoute", spec.ParentRefs) {
		for _, parent := range ref.found(c.Objects) {
			typed, ok := inventory.As[crd.TraefikIngressRoute](parent)
			if !ok {
				continue
			}
			if *left--; *left < 0 {
				return list
			}
			for _, before := range layersBefore(c, parent, within, left) {
				for i := range typed.Spec.Routes {
					if *left >= 0 && isRouter(&typed.Spec.Routes[i]) {
						*left--
						list = append(list, append(slices.Clone(before), layer{parent, &typed.Spec.Routes[i]}))
					}
				}
			}
		}
	}
	return list
}

// target is a Service that a router sends requests to, with the Middlewares that stand before it alone.
type target struct {
	backend     way.Backend
	middlewares []reference
	outside     bool
}

// targetsOf are the Services that the services of an object come down to. seen are the TraefikServices that were
// followed: what is behind one is the same by whatever way a request gets there.
func targetsOf(c way.Context, o *inventory.Object, services []crd.TraefikServiceTo,
	seen map[inventory.ID]bool) []target {
	var list []target
	for _, to := range services {
		ref := serviceRef(o, to)
		for _, b := range backendsOf(o, to) {
			list = append(list, target{b, referencesOf(o, "Middleware", to.Middlewares), ref.outside()})
		}
		if to.Kind != "TraefikService" {
			continue
		}
		// If a word means several, each may be the one.
		for _, further := range ref.found(c.Objects) {
			if seen[further.Ref.ID()] {
				continue
			}
			seen[further.Ref.ID()] = true
			for _, t := range targetsOf(c, further, partsOf(further), seen) {
				t.outside = t.outside || ref.outside()
				list = append(list, t)
			}
		}
	}
	return list
}

// layeredRoutes are the routes of the last router of the layers: one for all Services without Middlewares of their own,
// and one for each of the others.
func layeredRoutes(c way.Context, layers []layer) []way.Route {
	last := layers[len(layers)-1]
	var plain []way.Backend
	outside := false
	var list []way.Route
	services := last.route.Services
	if len(services) > 1 { // a single one is not weighed
		services = weighing(services)
	}
	for _, t := range targetsOf(c, last.o, services, map[inventory.ID]bool{}) {
		if len(t.middlewares) == 0 {
			plain, outside = append(plain, t.backend), outside || t.outside
			continue
		}
		list = append(list, layeredRoute(c, layers, t.middlewares, []way.Backend{t.backend}, t.outside))
	}
	if len(plain) > 0 {
		list = append(list, layeredRoute(c, layers, nil, plain, outside))
	}
	return list
}

func layeredRoute(c way.Context, layers []layer, behind []reference, backends []way.Backend, outside bool) way.Route {
	chain := newTraefikChain(c.Objects, c.Config)
	excludes, text, asks := false, "", ""
	var only parsedRule
	for i, l := range layers {
		rule, err := readRule(l.route.Match, syntaxOf(c, l))
		if err != nil {
			chain.close(reason.Of("traefik-rule-broken", way.Quote(l.route.Match), l.o.Ref, err))
			rule = parsedRule{path: way.Undecided(chain.closed), asks: l.route.Match}
		}
		if rule.addresses {
			chain.close(reason.Of("traefik-rule-by-address", way.Quote(l.route.Match)))
		}
		only, excludes = rule, excludes || rule.excludesIdentity
		chain.stages = append(chain.stages, way.Matching(rule.path))
		chain.apply(referencesOf(l.o, "Middleware", l.route.Middlewares))
		if i == 0 {
			text, asks = l.route.Match, rule.asks
		} else {
			text = l.route.Match + ", behind " + text
			asks = text
		}
		if i < len(layers)-1 {
			text += " of " + l.o.Ref.String()
		}
	}
	chain.apply(behind)
	if outside {
		chain.assume("Traefik allows references to other namespaces (allowCrossNamespace)")
	}
	if excludes && chain.effects.Identity.State == way.IdentityClient {
		chain.effects.Identity = tri.Is(way.IdentityUnknown, "match", reason.Of("traefik-rule-on-header", way.Header))
	}
	path := way.Through(chain.stages)
	if chain.closed != "" {
		path = way.Path{Matcher: way.Undecided(chain.closed), Rewrite: way.UnknownRewrite(chain.closed)}
	}
	var lets requests.Set
	if len(layers) == 1 && chain.closed == "" {
		lets = only.lets(text, chain.stages[1:])
	}
	first := inventory.Must[crd.TraefikIngressRoute](layers[0].o)
	for i := range lets {
		lets[i].Doors = entryDoors(first)
	}
	route := way.Route{
		Text: text, Asks: asks, Path: &path, Backends: backends,
		Public:    !way.InternalClass(c.Config, first.Spec.IngressClassName, first.Annotations[way.ClassAnnotation]),
		Transport: ingressRouteTransport(&first.Spec, chain),
		Handling:  chain.handling(rateAdvice),
	}
	if lets != nil {
		route.Lets = func() requests.Set { return lets }
	}
	return route
}

// entryDoors are where clients of an IngressRoute come in; without any named, wherever Traefik lets them by default.
func entryDoors(route *crd.TraefikIngressRoute) []requests.Door {
	list := []requests.Door{}
	for _, name := range route.Spec.EntryPoints {
		list = append(list, requests.Door{Kind: "entry point " + name})
	}
	if len(list) == 0 {
		list = append(list, requests.Door{Kind: "entry points"})
	}
	return list
}

// syntaxOf is the syntax of a router's rule; empty where it is up to Traefik's configuration.
func syntaxOf(c way.Context, l layer) string {
	if l.route.Syntax != "" {
		return l.route.Syntax
	}
	if v, ok := way.ParseVersion(c.Config.Controllers[way.NameTraefik].Version); ok && !v.AtLeast(3, 0) ||
		l.o.Ref.GroupKind().Group == crd.TraefikOldGroup {
		return syntaxV2
	}
	return ""
}
