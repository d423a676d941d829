package istio

import (
	"slices"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// Kinds are the rows of the kinds that are read here.
func Kinds() []way.Resource {
	list := []way.Resource{
		{
			Kind: crd.IstioVirtualService, Links: virtualServiceLinks, Routes: virtualServiceRoutes,
			Controller: func(way.Context, *inventory.Object) string { return "istio" },
		},
		{Kind: crd.IstioGateway, Links: istioGatewayLinks},
		{Kind: crd.IstioServiceEntry, Links: serviceEntryLinks, Relay: true},
	}
	for _, gk := range []way.Resource{
		{Kind: crd.IstioAuthorizationPolicy}, {Kind: crd.IstioRequestAuthentication}, {Kind: crd.IstioEnvoyFilter},
		{Kind: crd.IstioWasmPlugin}, {Kind: crd.IstioTrafficExtension},
	} {
		list = append(list, way.Resource{Kind: gk.Kind, Links: istioPolicyLinks})
	}
	return list
}

// istioMesh is the gateway that stands for all sidecars: whoever is inside the cluster.
const istioMesh = "mesh"

// virtualServiceLinks: a VirtualService that is bound to a Gateway, and one that may be a delegate, send requests to
// Services. One for the mesh alone lets nobody in from outside.
func virtualServiceLinks(o *inventory.Object) way.Links {
	vs := inventory.Must[crd.VirtualService](o)
	var links way.Links
	gateways := istioGateways(vs, vs.Namespace)
	if isDelegate(vs) || len(gateways) > 0 {
		links.Backends = virtualServiceBackends(vs)
		links.Uses = append(serviceHosts(vs), way.IstioMesh())
	}
	for _, g := range gateways {
		links.Uses = append(links.Uses, inventory.ID{GroupKind: crd.IstioGateway, Namespace: g.Namespace, Name: g.Name})
	}
	for i := range vs.Spec.HTTP {
		if d := vs.Spec.HTTP[i].Delegate; d != nil {
			id := inventory.ID{GroupKind: crd.IstioVirtualService, Namespace: d.Namespace, Name: d.Name}
			if id.Namespace == "" {
				id.Namespace = vs.Namespace
			}
			links.Governs = append(links.Governs, id)
			if mirrors(&vs.Spec.HTTP[i]) {
				links.Uses = append(links.Uses, id)
			}
		}
	}
	return links
}

// isDelegate: a VirtualService without hosts is read through those that delegate to it
// (pilot/pkg/model/virtualservice.go).
func isDelegate(vs *crd.VirtualService) bool { return len(vs.Spec.Hosts) == 0 }

// istioGateways are the Gateways that a VirtualService is bound to, the mesh left out.
func istioGateways(vs *crd.VirtualService, namespace string) []way.IstioName {
	var list []way.IstioName
	for _, text := range vs.Spec.Gateways {
		if text == istioMesh {
			continue
		}
		ns, name := gatewayName(text, namespace)
		if n := (way.IstioName{Namespace: ns, Name: name}); !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return list
}

func virtualServiceBackends(vs *crd.VirtualService) []way.Backend {
	var list []way.Backend
	for i := range vs.Spec.HTTP {
		list = append(list, httpBackends(&vs.Spec.HTTP[i], vs.Namespace)...)
	}
	for _, rules := range [][]crd.VirtualServiceBytes{vs.Spec.TLS, vs.Spec.TCP} {
		for i := range rules {
			list = append(list, bytesBackends(&rules[i], vs.Namespace)...)
		}
	}
	return list
}

// httpBackends are where a rule sends requests, and where it sends copies of them: whoever gets a copy acts on it. Of
// several destinations one without a weight gets nothing.
func httpBackends(rule *crd.VirtualServiceHTTP, namespace string) []way.Backend {
	return istioBackends(httpDestinations(rule), namespace)
}

func istioBackends(destinations []crd.IstioDestination, namespace string) []way.Backend {
	var list []way.Backend
	for _, d := range destinations {
		if b, ok := istioBackend(d, namespace); ok {
			list = append(list, b)
		}
	}
	return list
}

func weighted(routes []crd.VirtualServiceHTTPRoute) []crd.VirtualServiceHTTPRoute {
	if len(routes) == 1 {
		return routes
	}
	var list []crd.VirtualServiceHTTPRoute
	for _, r := range routes {
		if r.Weight > 0 {
			list = append(list, r)
		}
	}
	return list
}

func bytesBackends(rule *crd.VirtualServiceBytes, namespace string) []way.Backend {
	return istioBackends(bytesDestinations(rule), namespace)
}

// virtualServiceRoutes reads a VirtualService, and a delegate through each VirtualService that delegates to it.
func virtualServiceRoutes(c way.Context, o *inventory.Object) []way.Route {
	vs := inventory.Must[crd.VirtualService](o)
	if !isDelegate(vs) {
		return rootRoutes(c, vs, vs.Spec.HTTP, vs.Namespace, "")
	}
	var routes []way.Route
	for _, other := range c.Governors(o.Ref.ID()) {
		root, ok := inventory.As[crd.VirtualService](other)
		if !ok || isDelegate(root) || !exports(vs, root.Namespace) {
			continue
		}
		for i := range root.Spec.HTTP {
			rule := &root.Spec.HTTP[i]
			d := rule.Delegate
			if d == nil || d.Name != vs.Name || d.Namespace != vs.Namespace &&
				(d.Namespace != "" || root.Namespace != vs.Namespace) {
				continue
			}
			var merged []crd.VirtualServiceHTTP
			for _, own := range vs.Spec.HTTP {
				if m, ok := istioMerge(*rule, own, vs.Namespace); ok {
					merged = append(merged, m)
				}
			}
			routes = append(routes, rootRoutes(c, root, merged, vs.Namespace, ", delegated by "+other.Ref.String())...)
		}
	}
	return routes
}

// rootRoutes reads rules at each Gateway that a VirtualService is bound to. Short names of destinations are those of
// the namespace in which they are written.
func rootRoutes(c way.Context, root *crd.VirtualService, rules []crd.VirtualServiceHTTP, namespace,
	suffix string) []way.Route {
	var routes []way.Route
	for _, g := range istioGateways(root, root.Namespace) {
		e := istioEdgeOf(c, g.Namespace, g.Name)
		seen := len(e.namespaces) == 0 ||
			slices.ContainsFunc(e.namespaces, func(ns string) bool { return exports(root, ns) })
		if slices.Equal(root.Spec.ExportTo, []string{"~"}) || !seen {
			continue
		}
		r := istioReader{c: c, root: root, edge: e, access: istioAccessOf(e), namespace: namespace,
			suffix: ", " + e.String() + suffix, hosts: istioHosts(root), host: hostsText(root.Spec.Hosts),
			spoken: map[spoken]way.Transport{}}
		r.requested = way.RequestedHosts(r.hosts)
		if ports, ok := e.serves(r.hosts, root.Namespace, e.letsIn); ok {
			r.redirects = suffix != "" && slices.ContainsFunc(root.Spec.HTTP, redirectsToHTTPS)
			for i := range rules {
				if rules[i].Delegate == nil || suffix != "" {
					routes = append(routes, r.http(&rules[i], ports)...)
				}
				for _, copied := range r.copies(&rules[i]) {
					routes = append(routes, r.http(&copied, ports)...)
				}
				r.redirects = r.redirects || redirectsToHTTPS(rules[i])
			}
		}
		if suffix != "" {
			continue
		}
		for _, bytes := range []struct {
			rules []crd.VirtualServiceBytes
			fits  func(crd.IstioServer) bool
			what  string
		}{{root.Spec.TLS, passesTLS, "TLS passed through unread"}, {root.Spec.TCP, passesTCP, "TCP"}} {
			if ports, ok := e.serves(r.hosts, root.Namespace, bytes.fits); ok && len(bytes.rules) > 0 {
				transport := r.connectionTransport(bytes.fits)
				for i := range bytes.rules {
					routes = append(routes, r.bytes(&bytes.rules[i], bytes.what, ports, transport)...)
				}
			}
		}
	}
	return routes
}
