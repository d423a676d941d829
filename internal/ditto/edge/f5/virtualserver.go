package f5

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/nginx"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// Kinds are the rows of the kinds that are read here.
func Kinds() []way.Resource {
	controller := func(way.Context, *inventory.Object) string { return way.NameF5Nginx }
	return []way.Resource{
		{Kind: crd.F5VirtualServer, Links: virtualServerLinks, Routes: virtualServerRoutes, Controller: controller},
		{Kind: crd.F5VirtualServerRoute, Links: virtualServerRouteLinks, Routes: virtualServerRouteRoutes,
			Controller: controller, Taken: true},
		{Kind: crd.F5TransportServer, Links: transportServerLinks, Routes: transportServerRoutes,
			Controller: controller},
		{Kind: crd.F5Policy, Links: f5PolicyLinks},
	}
}

// routesWith stands for the VirtualServerRoutes with a label, which a VirtualServer can select.
func routesWith(key, value string) inventory.ID {
	return inventory.ID{GroupKind: schema.GroupKind{Kind: "VirtualServerRoutesWith"}, Name: key + "=" + value}
}

func virtualServerLinks(o *inventory.Object) way.Links {
	vs := inventory.Must[crd.VirtualServer](o)
	links := way.Links{
		Backends: f5Backends(vs.Spec.Upstreams, vs.Namespace),
		Uses:     f5PolicyIDs(vs.Spec.Policies, vs.Namespace),
	}
	for i := range vs.Spec.Routes {
		route := &vs.Spec.Routes[i]
		links.Uses = append(links.Uses, f5PolicyIDs(route.Policies, vs.Namespace)...)
		if route.Route != "" {
			if ns, name, ok := way.SecretName(route.Route, vs.Namespace); ok {
				links.Governs = append(links.Governs, inventory.ID{GroupKind: crd.F5VirtualServerRoute, Namespace: ns,
					Name: name})
			}
		}
		if s := route.RouteSelector; s != nil {
			for _, key := range way.KeysOf(s.MatchLabels) {
				links.Governs = append(links.Governs, routesWith(key, s.MatchLabels[key]))
			}
		}
	}
	return links
}

func virtualServerRouteLinks(o *inventory.Object) way.Links {
	vsr := inventory.Must[crd.VirtualServerRoute](o)
	links := way.Links{Backends: f5Backends(vsr.Spec.Upstreams, vsr.Namespace)}
	for i := range vsr.Spec.Subroutes {
		links.Uses = append(links.Uses, f5PolicyIDs(vsr.Spec.Subroutes[i].Policies, vsr.Namespace)...)
	}
	for _, key := range way.KeysOf(vsr.Labels) {
		links.Uses = append(links.Uses, routesWith(key, vsr.Labels[key]))
	}
	return links
}

// f5Backends are the Services of upstreams, those that stand in for them included.
func f5Backends(upstreams []crd.NginxUpstream, namespace string) []way.Backend {
	var list []way.Backend
	for _, u := range upstreams {
		if ns, name, ok := way.SecretName(u.Service, namespace); ok {
			list = append(list, way.Backend{Namespace: ns, Name: name, Port: intstr.FromInt32(u.Port)})
		}
		if u.Backup != "" {
			list = append(list, way.Backend{Namespace: namespace, Name: u.Backup, Port: intstr.FromInt32(u.BackupPort)})
		}
	}
	return list
}

func virtualServerRoutes(c way.Context, o *inventory.Object) []way.Route {
	vs := inventory.Must[crd.VirtualServer](o)
	r := f5Reader{c: c, server: vs, upstreams: vs.Spec.Upstreams, namespace: vs.Namespace}
	var routes []way.Route
	for i := range vs.Spec.Routes {
		if route := &vs.Spec.Routes[i]; route.Route == "" && route.RouteSelector == nil {
			routes = append(routes, r.location(route)...)
		}
	}
	return routes
}

// virtualServerRouteRoutes reads a VirtualServerRoute through each VirtualServer of the same host that takes it over.
// What a subroute does not say itself (policies, snippets) it has from the route there.
func virtualServerRouteRoutes(c way.Context, o *inventory.Object) []way.Route {
	vsr := inventory.Must[crd.VirtualServerRoute](o)
	var routes []way.Route
	for _, server := range f5Servers(c, o) {
		vs := inventory.Must[crd.VirtualServer](server)
		if vs.Spec.Host != vsr.Spec.Host {
			continue
		}
		r := f5Reader{
			c: c, server: vs, upstreams: vsr.Spec.Upstreams, namespace: vsr.Namespace,
			suffix: ", part of " + server.Ref.String(),
		}
		for i := range vs.Spec.Routes {
			outer := &vs.Spec.Routes[i]
			if !f5Takes(outer, vs.Namespace, vsr) {
				continue
			}
			r.outer = outer
			for j := range vsr.Spec.Subroutes {
				if sub := &vsr.Spec.Subroutes[j]; within(sub.Path, outer.Path) {
					routes = append(routes, r.location(sub)...)
				}
			}
		}
	}
	return routes
}

// f5Servers are the VirtualServers that name or select a VirtualServerRoute.
func f5Servers(c way.Context, o *inventory.Object) []*inventory.Object {
	var list []*inventory.Object
	ids := []inventory.ID{o.Ref.ID()}
	for _, key := range way.KeysOf(o.Meta.Labels) {
		ids = append(ids, routesWith(key, o.Meta.Labels[key]))
	}
	for _, id := range ids {
		for _, server := range c.Governors(id) {
			if _, ok := inventory.As[crd.VirtualServer](server); ok && !slices.Contains(list, server) {
				list = append(list, server)
			}
		}
	}
	return list
}

func f5Takes(outer *crd.NginxRoute, namespace string, vsr *crd.VirtualServerRoute) bool {
	if outer.Route != "" {
		ns, name, ok := way.SecretName(outer.Route, namespace)
		return ok && ns == vsr.Namespace && name == vsr.Name
	}
	if outer.RouteSelector == nil {
		return false
	}
	selector, err := metav1.LabelSelectorAsSelector(&metav1.LabelSelector{MatchLabels: outer.RouteSelector.MatchLabels})
	return err == nil && selector.Matches(labels.Set(vsr.Labels))
}

// within says whether a subroute's path lies in that of the route: it begins with it, or is the same where the route's
// is exact. Subroutes of an expression are expressions of their own.
func within(sub, outer string) bool {
	if strings.HasPrefix(outer, "~") {
		return strings.HasPrefix(sub, "~")
	}
	if strings.HasPrefix(outer, "=") {
		return strings.ReplaceAll(sub, " ", "") == strings.ReplaceAll(outer, " ", "")
	}
	trim := func(path string) string { return strings.TrimSpace(strings.TrimPrefix(path, "^~")) }
	return strings.HasPrefix(trim(sub), trim(outer))
}

// f5Reader reads locations of one VirtualServer.
type f5Reader struct {
	c         way.Context
	server    *crd.VirtualServer
	upstreams []crd.NginxUpstream
	namespace string
	// outer is the VirtualServer's route that takes a VirtualServerRoute over; nil for a route of its own.
	outer  *crd.NginxRoute
	suffix string
}

// location reads each action of a route. Which of several a request meets is chance, or up to the client.
func (r f5Reader) location(route *crd.NginxRoute) []way.Route {
	var routes []way.Route
	inside := len(route.Splits) > 0 || len(route.Matches) > 0
	add := func(action *crd.NginxAction, which string) {
		if found, ok := r.action(route, action, which, inside); ok {
			routes = append(routes, found)
		}
	}
	add(route.Action, "")
	for i, s := range route.Splits {
		if s.Nothing() {
			continue
		}
		add(s.Action, fmt.Sprintf(", split %d", i+1))
	}
	for i, m := range route.Matches {
		add(m.Action, fmt.Sprintf(", match %d", i+1))
		for j, s := range m.Splits {
			if s.Nothing() {
				continue
			}
			add(s.Action, fmt.Sprintf(", match %d, split %d", i+1, j+1))
		}
	}
	return routes
}

// action reads one action; ok is false if it passes nothing on. inside says that the controller puts it into a location
// of its own that the route's leads to.
func (r f5Reader) action(route *crd.NginxRoute, action *crd.NginxAction, which string, inside bool) (found way.Route,
	ok bool) {
	if action == nil {
		return way.Route{}, false
	}
	proxy := action.Proxy
	name := action.Pass
	if proxy == nil {
		proxy = &crd.NginxProxying{}
	} else {
		name = proxy.Upstream
	}
	at := slices.IndexFunc(r.upstreams, func(u crd.NginxUpstream) bool { return u.Name == name })
	if at < 0 {
		return way.Route{}, false
	}
	path := location(route.Path)
	path.Rewrite = rewritePath(route.Path, proxy.RewritePath, inside)
	asks := r.server.Spec.Host + strings.TrimLeft(route.Path, "~*^= ")
	found = way.Route{
		Hosts: []string{r.server.Spec.Host}, Door: r.suffix + which,
		Text: r.server.Spec.Host + route.Path + which + r.suffix, Asks: asks, Path: &path,
		Backends: f5Backends(r.upstreams[at:at+1], r.namespace),
		Public:   !slices.Contains(r.c.Config.InternalIngressClasses, r.server.Spec.IngressClass),
	}
	found.Handling = r.handling(route, proxy, r.upstreams[at].Type == "grpc")
	found.Transport = virtualServerTransport(&r.server.Spec)
	for _, s := range []string{r.server.Spec.ServerSnippets, r.snippets(route)} {
		if directives, parsed := nginx.ParseSnippet(s); !parsed ||
			directives.Has("location", "rewrite", "include", "proxy_pass", "grpc_pass", "try_files") {
			found.Path.Rewrite = way.UnknownRewrite(reason.Of("snippet-routes"))
		}
	}
	return found, true
}

// snippets are a route's own, or else those of the route that takes it over.
func (r f5Reader) snippets(route *crd.NginxRoute) string {
	if route.LocationSnippets == "" && r.outer != nil {
		return r.outer.LocationSnippets
	}
	return route.LocationSnippets
}
