package contour

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// Kinds is Contour's HTTPProxy. One with a virtual host may include others, in any namespace, and those still others:
// the one that names a Service is the entry, and is read under the conditions of all that include it. Source:
// internal/dag/httpproxy_processor.go of projectcontour/contour. An ExtensionService that is missing makes a virtual
// host invalid, so it decides nothing.
func Kinds() []way.Resource {
	return []way.Resource{{
		Kind: crd.HTTPProxy, Links: httpProxyLinks, Routes: httpProxyRoutes,
		Controller: func(way.Context, *inventory.Object) string { return way.NameContour },
	}}
}

func httpProxyLinks(o *inventory.Object) way.Links {
	spec := &inventory.Must[crd.ContourHTTPProxy](o).Spec
	var links way.Links
	for i := range spec.Routes {
		links.Backends = append(links.Backends, contourBackends(o, spec.Routes[i].Services)...)
	}
	for _, include := range spec.Includes {
		links.Governs = append(links.Governs, includedID(o, include.Namespace, include.Name))
	}
	if tcp := spec.TCPProxy; tcp != nil {
		links.Backends = append(links.Backends, contourBackends(o, tcp.Services)...)
		if include := tcpInclude(tcp); include != nil {
			links.Governs = append(links.Governs, includedID(o, include.Namespace, include.Name))
		}
	}
	return links
}

// tcpInclude: the old plural name counts where the new one is not given.
func tcpInclude(tcp *crd.ContourTCPProxy) *crd.ContourTCPIncluded {
	if tcp.Include != nil {
		return tcp.Include
	}
	return tcp.Includes
}

func includedID(o *inventory.Object, namespace, name string) inventory.ID {
	if namespace == "" {
		namespace = o.Ref.Namespace
	}
	return inventory.ID{GroupKind: crd.HTTPProxy, Namespace: namespace, Name: name}
}

func contourBackends(o *inventory.Object, services []crd.ContourService) []way.Backend {
	var list []way.Backend
	for _, s := range services {
		if s.Name != "" && s.Port > 0 {
			list = append(list, way.Backend{Namespace: o.Ref.Namespace, Name: s.Name, Port: intstr.FromInt32(s.Port)})
		}
	}
	return list
}

// inclusion is one way from a virtual host to an HTTPProxy.
type inclusion struct {
	root *inventory.Object
	// conditions are those of all includes on the way, outermost first.
	conditions []crd.ContourCondition
}

func (i inclusion) spec() *crd.ContourHTTPProxySpec {
	return &inventory.Must[crd.ContourHTTPProxy](i.root).Spec
}

func (i inclusion) host() *crd.ContourVirtualHost { return i.spec().VirtualHost }

// mostInclusions bounds the ways to one HTTPProxy.
const mostInclusions = 256

// inclusions are the ways to an HTTPProxy: itself if it has a virtual host, which keeps others from including it. named
// lists the conditions of each place where one HTTPProxy includes another. Without any, Contour serves nothing of it.
// left is how many more may be followed; below zero it says that there were more.
func inclusions(
	c way.Context, o *inventory.Object, within []inventory.ID, left *int,
	named func(o *inventory.Object, id inventory.ID) [][]crd.ContourCondition,
) []inclusion {
	if inventory.Must[crd.ContourHTTPProxy](o).Spec.VirtualHost != nil {
		return []inclusion{{root: o}}
	}
	id := o.Ref.ID()
	if slices.Contains(within, id) {
		return nil
	}
	within = append(slices.Clone(within), id)
	var list []inclusion
	for _, parent := range c.Governors(id) {
		if _, ok := inventory.As[crd.ContourHTTPProxy](parent); !ok {
			continue
		}
		for _, conditions := range named(parent, id) {
			if *left--; *left < 0 {
				return list
			}
			for _, at := range inclusions(c, parent, within, left, named) {
				list = append(list, inclusion{at.root, slices.Concat(at.conditions, conditions)})
			}
		}
	}
	return list
}

// includes are the conditions under which an HTTPProxy includes another. Contour refuses an include by anything but
// prefixes.
func includes(o *inventory.Object, id inventory.ID) [][]crd.ContourCondition {
	var list [][]crd.ContourCondition
	for _, include := range inventory.Must[crd.ContourHTTPProxy](o).Spec.Includes {
		valid := !slices.ContainsFunc(include.Conditions, func(c crd.ContourCondition) bool {
			return c.Exact != "" || c.Regex != ""
		})
		if valid && includedID(o, include.Namespace, include.Name) == id && validPaths(include.Conditions) {
			list = append(list, include.Conditions)
		}
	}
	return list
}

// tcpIncludes is the same for what becomes of connections, which knows no conditions.
func tcpIncludes(o *inventory.Object, id inventory.ID) [][]crd.ContourCondition {
	tcp := inventory.Must[crd.ContourHTTPProxy](o).Spec.TCPProxy
	if tcp == nil || len(tcp.Services) > 0 {
		return nil
	}
	if include := tcpInclude(tcp); include != nil && includedID(o, include.Namespace, include.Name) == id {
		return [][]crd.ContourCondition{nil}
	}
	return nil
}

func httpProxyRoutes(c way.Context, o *inventory.Object) []way.Route {
	spec := &inventory.Must[crd.ContourHTTPProxy](o).Spec
	var list []way.Route
	left := mostInclusions
	for _, at := range inclusions(c, o, nil, &left, includes) {
		for i := range spec.Routes {
			list = append(list, contourRoutes(c, o, at, &spec.Routes[i])...)
		}
	}
	if spec.TCPProxy != nil {
		for _, at := range inclusions(c, o, nil, &left, tcpIncludes) {
			if tcp := at.spec().TCPProxy; tcp != nil && at.host().TLS != nil {
				list = append(list, contourConnections(c, o, at, contourBackends(o, spec.TCPProxy.Services))...)
			}
		}
	}
	if left < 0 {
		list = append(list, way.UnfollowedRoute(httpProxyLinks(o).Backends, reason.Of("contour-too-many-includes")))
	}
	return list
}

// contourConnections is the route of connections: a virtual host with a tcpproxy reads no requests that come over TLS.
func contourConnections(c way.Context, o *inventory.Object, at inclusion, backends []way.Backend) []way.Route {
	if len(backends) == 0 {
		return nil
	}
	r := way.Route{
		Hosts: []string{at.host().FQDN}, Door: "tcpproxy" + includedBy(o, at),
		Text: at.host().FQDN + " (tcpproxy)" + includedBy(o, at), Asks: at.host().FQDN, Backends: backends,
		Public: contourPublic(c, at), Transport: contourConnectionTransport(at.host().TLS),
		Handling: way.Connections(at.host().TLS.Passthrough,
			"write routes instead of a tcpproxy: rateLimitPolicy is for requests"),
	}
	r.Fixes[way.StripIdentity].Advice = "write routes instead of a tcpproxy: headers cannot be changed where connections are passed through"
	r.Fixes[way.HideHeaders] = r.Fixes[way.StripIdentity]
	if why := contourAddresses(at.host().IPAllowPolicy); why != "" {
		r.Path = &way.Path{Matcher: way.Undecided(why)}
		r.Effects.Doubt(why)
		r.Transport.Doubt(why)
		r.Rate.Doubt(why)
	}
	return []way.Route{r}
}

// includedBy says who includes an HTTPProxy, for the text of a route.
func includedBy(o *inventory.Object, at inclusion) string {
	if at.root == o {
		return ""
	}
	return ", included by " + at.root.Ref.String()
}

// contourRoutes are one route of an HTTPProxy, for each of its Services: those have header policies of their own. A
// route over plain HTTP is redirected where the virtual host has TLS, and a tcpproxy leaves nothing else.
func contourRoutes(c way.Context, o *inventory.Object, at inclusion, route *crd.ContourRoute) []way.Route {
	host := at.host()
	if host.TLS != nil && at.spec().TCPProxy != nil && !route.PermitInsecure || !validPaths(route.Conditions) {
		return nil
	}
	conditions := slices.Concat(at.conditions, route.Conditions)
	where := mergePaths(conditions)
	path := where.path(route)
	why := contourAddresses(route.IPAllowPolicy)
	if len(route.IPAllowPolicy)+len(route.IPDenyPolicy) == 0 {
		why = contourAddresses(host.IPAllowPolicy)
	}
	if why != "" {
		path = way.Path{Matcher: way.Undecided(why), Rewrite: way.UnknownRewrite(why)}
	}
	transport := contourRouteTransport(at, route)
	rate, assumption := contourRateLimit(host, route)
	if why != "" {
		transport.Doubt(why)
		rate.Doubt(why)
	}
	var list []way.Route
	for i := range route.Services {
		backends := contourBackends(o, route.Services[i:i+1])
		if len(backends) == 0 || idle(route.Services, i) {
			continue
		}
		handling := contourRouteHandling(at, conditions, route, &route.Services[i])
		handling.Rate = rate
		if why != "" {
			handling.Effects.Doubt(why)
		}
		if assumption != "" {
			handling.Assumptions = append(handling.Assumptions, assumption)
		}
		list = append(list, way.Route{
			Hosts: []string{host.FQDN}, Door: includedBy(o, at), Conditions: way.NonEmpty(conditionText(conditions)),
			Text: host.FQDN + where.text + " (" + where.kind + ")" + conditionText(conditions) + includedBy(o, at),
			Asks: host.FQDN + where.text, Path: &path, Backends: backends, Public: contourPublic(c, at),
			Transport: transport,
			Handling:  handling,
		})
	}
	return list
}

// idle says whether a Service gets no requests: it has no share, and another one has.
func idle(services []crd.ContourService, i int) bool {
	return services[i].Weight == 0 && !services[i].Mirror &&
		slices.ContainsFunc(services, func(s crd.ContourService) bool { return s.Weight > 0 && !s.Mirror })
}

// contourPublic: the class of the virtual host is in one of two annotations, which come before the field
// (internal/ingressclass/ingressclass.go). One that names another class than the field is for another Contour.
func contourPublic(c way.Context, at inclusion) bool {
	notes := at.root.Meta.Annotations
	class := at.spec().IngressClassName
	for _, key := range []string{"projectcontour.io/ingress.class", way.ClassAnnotation} {
		if value, ok := notes[key]; ok {
			class = value
			break
		}
	}
	return !way.InternalClass(c.Config, class)
}

// contourAddresses says what keeps it from being certain that clients get past a list of addresses.
func contourAddresses(allowed []crd.ContourIPFilter) string {
	var ranges []string
	for _, f := range allowed {
		ranges = append(ranges, f.CIDR)
	}
	if len(allowed) == 0 || way.EveryAddress(ranges) {
		return ""
	}
	return "ipAllowPolicy admits only certain addresses, and whether clients have such an address depends on what is in front of Envoy"
}
