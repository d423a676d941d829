package istio

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// istioGatewayLinks: a Gateway is read with the Services and the policies of the pods that serve it.
func istioGatewayLinks(o *inventory.Object) way.Links {
	selected := istioLabels(inventory.Must[crd.IngressGateway](o).Spec.Selector)
	return way.Links{Uses: append(way.PodsWith(selected), way.PodsLabelled(""))}
}

// istioLabels are labels of the pods that a Gateway selects: those it names, and the second one of Istio's own ingress
// gateway, which its documentation selects by either.
func istioLabels(selector map[string]string) map[string]string {
	selected := map[string]string{}
	maps.Copy(selected, selector)
	if selected["istio"] == "ingressgateway" && selected["app"] == "" {
		selected["app"] = "istio-ingressgateway"
	}
	if selected["app"] == "istio-ingressgateway" && selected["istio"] == "" {
		selected["istio"] = "ingressgateway"
	}
	return selected
}

// istioEdge is a Gateway as a VirtualService that is bound to it sees it.
type istioEdge struct {
	namespace, name string
	// gateway is nil if it was not found, as are its hosts.
	gateway *crd.IngressGateway
	hosts   *serverHosts
	// public says whether it is reached from outside.
	public bool
	// assumptions are what public rests on.
	assumptions []string
	// labels are those by which it chooses the pods that serve it. pods are the groups of those that Services stand
	// before, and namespaces where these lie, if any is known.
	labels     map[string]string
	pods       []istioPods
	namespaces []string
	policies   []*inventory.Object
	// unread says which kinds of policies, or that Gateways, cannot be read; empty if they can.
	unread string
	// balancer says which Service before the pods ends TLS; empty if none does.
	balancer string
}

// istioPods are pods that serve a Gateway, and labels that they are known to have.
type istioPods struct {
	namespace string
	labels    map[string]string
}

func (e *istioEdge) String() string { return "Gateway " + e.namespace + "/" + e.name }

// istioEdgeOf reads a Gateway by what is at hand. One that is not is taken for open: nothing else is on the safe side.
func istioEdgeOf(c way.Context, namespace, name string) *istioEdge {
	e := &istioEdge{namespace: namespace, name: name, public: true}
	o := c.Objects.Get(crd.IstioGateway, namespace, name)
	if o == nil || o.Typed == nil {
		e.unread = c.Unread([]string{namespace}, crd.IstioGateway)
		e.assumptions = []string{e.String() + " was not found; assumed to accept these requests from outside"}
		return e
	}
	e.gateway = inventory.Must[crd.IngressGateway](o)
	e.hosts = way.Keep(c, serverHostsKey(o.Ref.ID()), func() *serverHosts { return serverHostsOf(e.gateway) })
	e.labels = istioLabels(e.gateway.Spec.Selector)
	e.front(c)
	e.policies = e.governing(c)
	where := e.namespaces
	if len(where) > 0 {
		where = append(slices.Clone(where), way.IstioRoot)
	}
	e.unread = c.Unread(where, crd.IstioAuthorizationPolicy, crd.IstioRequestAuthentication, crd.IstioEnvoyFilter,
		crd.IstioWasmPlugin, crd.IstioTrafficExtension)
	return e
}

// front finds the Services before the pods that serve the Gateway: whether outsiders reach it is said by those, if they
// are load balancers, and by the pods, if they listen on their node. Something else may stand before a Service that is
// none.
func (e *istioEdge) front(c way.Context) {
	var internal []string
	public := false
	for _, o := range e.services(c) {
		service := inventory.Must[corev1.Service](o)
		if !selectsSome(service.Spec.Selector, e.gateway.Spec.Selector) &&
			!partOf(service.Spec.Selector, e.labels) {
			continue
		}
		pods := maps.Clone(e.gateway.Spec.Selector)
		if pods == nil {
			pods = map[string]string{}
		}
		maps.Copy(pods, service.Spec.Selector)
		e.pods = append(e.pods, istioPods{namespace: o.Ref.Namespace, labels: istioLabels(pods)})
		if !slices.Contains(e.namespaces, o.Ref.Namespace) {
			e.namespaces = append(e.namespaces, o.Ref.Namespace)
		}
		for _, p := range service.Spec.Ports {
			if tls := way.Balancer(service.Annotations, p.Port, p.Name, c.Config.Clouds); tls.State == tri.On &&
				service.Spec.Type == corev1.ServiceTypeLoadBalancer {
				e.balancer = reason.Of("istio-balancer-redirects-perhaps", o.Ref.String(), e.String(), tls.Why)
			}
		}
		switch {
		case len(service.Spec.ExternalIPs) > 0 || service.Spec.Type == corev1.ServiceTypeNodePort:
			public = true
		case service.Spec.Type == corev1.ServiceTypeLoadBalancer:
			if verdict := way.Publicness(service, c.Config.Clouds); verdict.Public {
				public = true
			} else if partOf(service.Spec.Selector, e.labels) ||
				partOf(e.gateway.Spec.Selector, service.Spec.Selector) {
				// One that shares a label and leaves another out may be for pods of somebody else.
				internal = append(internal, fmt.Sprintf("%s, an internal load balancer (%s)", o.Ref, verdict.Why))
			}
		}
	}
	if len(internal) > 0 && !public && servedOnNode(c, e.gateway.Spec.Selector) == "" {
		e.public = false
		e.assumptions = append(e.assumptions, e.String()+" is reached through nothing but "+strings.Join(internal,
			" and "))
	}
}

// services are the Services that outsiders may reach and that share a label with the pods of the Gateway, in stable
// order.
func (e *istioEdge) services(c way.Context) []*inventory.Object {
	var list []*inventory.Object
	for _, id := range way.PodsWith(e.labels) {
		for _, o := range c.Governors(id) {
			if _, ok := inventory.As[corev1.Service](o); ok && !slices.Contains(list, o) {
				list = append(list, o)
			}
		}
	}
	slices.SortFunc(list, func(a, b *inventory.Object) int { return a.Ref.Compare(b.Ref) })
	return list
}

// partOf says whether one selector is a part of another.
func partOf(part, whole map[string]string) bool {
	return labels.SelectorFromSet(part).Matches(labels.Set(whole))
}

// selectsSome says whether a Service's selector and labels of a pod can mean the same pod: they share a pair, and
// contradict each other nowhere.
func selectsSome(selector, pod map[string]string) bool {
	shared := false
	for key, value := range selector {
		if have, known := pod[key]; known {
			if have != value {
				return false
			}
			shared = true
		}
	}
	return shared
}

// governing are the policies and filters for the pods that serve the Gateway.
func (e *istioEdge) governing(c way.Context) []*inventory.Object {
	var list []*inventory.Object
	ids := append(way.PodsWith(e.labels), way.PodsLabelled(""))
	for _, pods := range e.pods {
		ids = append(ids, way.PodsWith(pods.labels)...)
	}
	for _, id := range ids {
		for _, o := range c.Governors(id) {
			if !slices.Contains(list, o) && e.governedBy(o) {
				list = append(list, o)
			}
		}
	}
	slices.SortFunc(list, func(a, b *inventory.Object) int { return a.Ref.Compare(b.Ref) })
	return list
}

// governedBy says whether a policy is for some of the pods that serve the Gateway: in their namespace or in the root
// one, by labels that they have. Where their namespace is not known, one that chooses by labels is taken to be in it.
func (e *istioEdge) governedBy(o *inventory.Object) bool {
	selector, targeted, ok := istioSelection(o)
	switch {
	case !ok || targeted:
		return false
	case len(e.pods) > 0:
		return slices.ContainsFunc(e.pods, func(p istioPods) bool { return p.chosenBy(selector, o.Ref.Namespace) })
	case !partOf(selector, e.labels):
		return false
	}
	return o.Ref.Namespace == way.IstioRoot || len(selector) > 0 || o.Ref.Namespace == e.namespace
}

// certainly says whether it is known that the policy is for all of the pods: others than it is for let in whoever comes
// through them.
func (e *istioEdge) certainly(o *inventory.Object) bool {
	selector, _, _ := istioSelection(o)
	if len(e.pods) == 0 {
		return o.Ref.Namespace == way.IstioRoot && partOf(selector, e.labels)
	}
	return !slices.ContainsFunc(e.pods, func(p istioPods) bool { return !p.chosenBy(selector, o.Ref.Namespace) })
}

// chosenBy says whether a selector of a policy in a namespace chooses the pods.
func (p istioPods) chosenBy(selector map[string]string, namespace string) bool {
	return (namespace == way.IstioRoot || namespace == p.namespace) && partOf(selector, p.labels)
}

// istioSelection says which pods a policy or filter chooses; targeted says that it names something else, a Gateway of
// the Gateway API for one.
func istioSelection(o *inventory.Object) (selector map[string]string, targeted, ok bool) {
	labelsOf := func(s *crd.IstioSelector) map[string]string {
		if s == nil {
			return nil
		}
		return s.MatchLabels
	}
	switch t := o.Typed.(type) {
	case *crd.AuthorizationPolicy:
		return labelsOf(t.Spec.Selector), t.Spec.TargetRef != nil || len(t.Spec.TargetRefs) > 0, true
	case *crd.RequestAuthentication:
		return labelsOf(t.Spec.Selector), t.Spec.TargetRef != nil || len(t.Spec.TargetRefs) > 0, true
	case *crd.WasmPlugin:
		return labelsOf(t.Spec.Selector), t.Spec.TargetRef != nil || len(t.Spec.TargetRefs) > 0, true
	case *crd.EnvoyFilter:
		if s := t.Spec.WorkloadSelector; s != nil {
			return s.Labels, len(t.Spec.TargetRefs) > 0, true
		}
		return nil, len(t.Spec.TargetRefs) > 0, true
	}
	return nil, false, false
}

// istioPolicyLinks: a policy decides how the Gateways are read whose pods it chooses.
func istioPolicyLinks(o *inventory.Object) way.Links {
	selector, targeted, ok := istioSelection(o)
	switch {
	case !ok || targeted:
		return way.Links{}
	case len(selector) == 0:
		return way.Links{Governs: []inventory.ID{way.PodsLabelled("")}}
	}
	return way.Links{Governs: way.PodsWith(selector)}
}

// serves says whether the Gateway has a server for the hosts of a VirtualService, and at which ports. passthrough tells
// servers that hand TLS on unread from those that read HTTP.
func (e *istioEdge) serves(hosts []string, namespace string, fits func(crd.IstioServer) bool) (ports []uint32,
	ok bool) {
	if e.gateway == nil {
		return nil, true
	}
	for _, server := range e.hosts.of(namespace, hosts...) {
		if fits(server) {
			ports = append(ports, server.Port.Number)
			ok = true
		}
	}
	return ports, ok
}

// The kinds of server that rules of a VirtualService apply to. One that redirects all requests lets none in.

func readsHTTP(s crd.IstioServer) bool {
	if s.TLS != nil && (s.TLS.HTTPSRedirect || strings.Contains(s.TLS.Mode, "PASSTHROUGH")) {
		return false
	}
	switch strings.ToUpper(s.Port.Protocol) {
	case "TCP", "TLS", "MONGO", "MYSQL", "REDIS":
		return false
	}
	return true
}

func passesTLS(s crd.IstioServer) bool {
	return s.TLS != nil && strings.Contains(s.TLS.Mode, "PASSTHROUGH")
}

func passesTCP(s crd.IstioServer) bool {
	protocol := strings.ToUpper(s.Port.Protocol)
	return !passesTLS(s) && (protocol == "TCP" || protocol == "TLS" || protocol == "MONGO" || protocol == "MYSQL" ||
		protocol == "REDIS")
}

// servedOnNode finds a workload that listens on its node and serves the Gateway of Istio's with the selector.
func servedOnNode(c way.Context, selector map[string]string) string {
	for _, id := range way.PodsWith(selector)[:min(1, len(selector))] {
		for _, o := range c.Governors(id) {
			template := o.PodTemplate()
			if template == nil || !labels.SelectorFromSet(selector).Matches(labels.Set(template.Labels)) {
				continue
			}
			if how, ok := way.ListensOnNode(&template.Spec); ok {
				return o.Ref.String() + ", which serves it, has " + how
			}
		}
	}
	return ""
}
