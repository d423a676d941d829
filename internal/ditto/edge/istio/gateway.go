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
	// trusts says that its pods believe the proxies before them what clients speak.
	trusts bool
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
	e.trusts = way.IstioTrustsProxies(c)
	e.hosts = way.Keep(c, serverHostsKey(o.Ref.ID()), func() *serverHosts { return serverHostsOf(e.gateway) })
	// By this annotation, which is Istio's own, the pods of Services serve a Gateway, whatever it selects.
	if _, byServices := e.gateway.Annotations["internal.istio.io/gateway-service"]; !byServices {
		e.labels = istioLabels(e.gateway.Spec.Selector)
		e.front(c)
	}
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
// none. So the Gateway is internal only if an internal load balancer is found, and no public one before the same pods.
func (e *istioEdge) front(c way.Context) {
	var internal []string
	public := false
	for _, o := range e.services(c) {
		service := inventory.Must[corev1.Service](o)
		if !selectsSome(service.Spec.Selector, e.gateway.Spec.Selector) && !partOf(service.Spec.Selector, e.labels) {
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
		switch why := internalWhy(c, service); {
		case why == "":
			public = true
		case service.Spec.Type == corev1.ServiceTypeLoadBalancer:
			if partOf(service.Spec.Selector, e.labels) || partOf(e.gateway.Spec.Selector, service.Spec.Selector) {
				// One that shares a label and leaves another out may be for pods of somebody else.
				internal = append(internal, fmt.Sprintf("%s, an internal load balancer (%s)", o.Ref, why))
			}
		}
	}
	if len(internal) > 0 && !public && !e.publicBeside(c) && servedOnNode(c, e.gateway.Spec.Selector) == "" {
		e.public = false
		e.assumptions = append(e.assumptions, e.String()+" is reached through nothing but "+strings.Join(internal,
			" and "))
	}
}

// internalWhy says why those who ask a Service that outsiders may reach are not outsiders; empty if they are.
func internalWhy(c way.Context, service *corev1.Service) string {
	if len(service.Spec.ExternalIPs) > 0 || service.Spec.Type != corev1.ServiceTypeLoadBalancer {
		return ""
	}
	verdict := way.Publicness(service, c.Config.Clouds)
	if verdict.Public {
		return ""
	}
	return verdict.Why
}

// publicBeside says whether there is a Service for outsiders before the same pods, which it chooses by other labels
// than the Gateway does: by some of those that the Services before them name.
func (e *istioEdge) publicBeside(c way.Context) bool {
	for _, pods := range e.pods {
		for _, id := range way.PodsWith(pods.labels) {
			for _, o := range c.Governors(id) {
				service, ok := inventory.As[corev1.Service](o)
				if ok && o.Ref.Namespace == pods.namespace && selectsSome(service.Spec.Selector, pods.labels) &&
					internalWhy(c, service) == "" {
					return true
				}
			}
		}
	}
	return false
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
