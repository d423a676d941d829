package ditto

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// maxHops bounds a way in; a longer one is a loop in all but name.
const maxHops = 12

// walker follows the ways to one port of one component outwards, until it meets entries.
type walker struct {
	view *View
	part Part
	port port
	out  []Exposure
}

// chain is a way as far as it has been followed: its hops, innermost first.
type chain struct {
	hops []hop
}

// hop is one step of a way.
type hop struct {
	// at is the object that takes the step, detail what matters of it (a port, a location).
	at     inventory.ID
	text   string
	detail string
	// proxy is set where the step is a location of an nginx.
	proxy *proxyRoute
	// notes are what this step rests on, unknown what could not be read of it.
	assumptions, unknown []string
}

func (c chain) with(h hop) chain {
	return chain{hops: append(slices.Clip(c.hops), h)}
}

// visits says whether the way already goes through the object in the same role.
func (c chain) visits(id inventory.ID, detail string) bool {
	return len(c.hops) >= maxHops ||
		slices.ContainsFunc(c.hops, func(h hop) bool { return h.at == id && h.detail == detail })
}

// Exposures are all ways in to a component, public or not, in stable order.
func (v *View) Exposures(part Part) []Exposure {
	if all, known := v.exposures[part.id()]; known {
		return all
	}
	var all []Exposure
	for _, p := range v.portsOf(part) {
		w := &walker{view: v, part: part, port: p}
		start := hop{
			at:     part.Workload.Ref.ID(),
			text:   fmt.Sprintf("%s, container %s, port %d (%s)", part.Workload.Ref, part.Container.Name, p.Number, p.Name),
			detail: fmt.Sprint(p.Number),
		}
		w.fromPod(part.Workload, p.Number, chain{hops: []hop{start}})
		all = append(all, w.out...)
	}
	slices.SortStableFunc(all, func(a, b Exposure) int { return strings.Compare(a.key, b.key) })
	all = slices.CompactFunc(all, func(a, b Exposure) bool { return a.key == b.key })
	v.exposures[part.id()] = all
	return all
}

// fromPod looks for whatever leads to a port of a workload's pods.
func (w *walker) fromPod(o *inventory.Object, number int32, c chain) {
	spec := &o.PodTemplate().Spec
	if spec.HostNetwork {
		w.nodeEntry(o, "HostNetwork", number, c)
	} else {
		for _, container := range runningContainers(spec) {
			for _, p := range container.Ports {
				if p.ContainerPort == number && p.HostPort != 0 {
					w.nodeEntry(o, "HostPort", p.HostPort, c)
				}
			}
		}
	}
	for _, svc := range servicesSelecting(w.view, o) {
		w.fromServicePorts(svc, c, func(sp *corev1.ServicePort) bool {
			target, ok := targetNumber(sp.TargetPort, sp.Port, spec)
			return ok && target == number
		}, number)
	}
	if pod, ok := o.Typed.(*corev1.Pod); ok {
		var addresses []string
		for _, ip := range pod.Status.PodIPs {
			addresses = append(addresses, ip.IP)
		}
		w.fromEndpoints(addresses, number, c)
	}
	// A proxy in the same pod reaches the port over loopback.
	for _, proxy := range Named(w.view.Parts(o), Proxy) {
		w.fromProxy(proxy, c, func(t proxyTarget) bool { return t.port == number && isLoopback(t.host) })
	}
}

// fromServicePorts goes on from the ports of a Service that lead to where the way stands.
func (w *walker) fromServicePorts(svc *inventory.Object, c chain, leads func(*corev1.ServicePort) bool, number int32) {
	service := svc.Typed.(*corev1.Service)
	for i := range service.Spec.Ports {
		sp := &service.Spec.Ports[i]
		if (sp.Protocol == "" || sp.Protocol == corev1.ProtocolTCP) && leads(sp) {
			w.fromService(svc, sp, number, c)
		}
	}
}

// fromEndpoints goes on from Services whose EndpointSlices name an address and port.
func (w *walker) fromEndpoints(addresses []string, number int32, c chain) {
	for _, svc := range servicesWithEndpoint(w.view, addresses) {
		for _, slice := range slicesOf(w.view, svc) {
			for _, p := range slice.Ports {
				// An EndpointSlice port without a number stands for every port.
				if p.Port != nil && *p.Port != number {
					continue
				}
				name := ""
				if p.Name != nil {
					name = *p.Name
				}
				w.fromServicePorts(svc, c, func(sp *corev1.ServicePort) bool { return sp.Name == name }, number)
			}
		}
	}
}

// fromService looks for whatever leads to a port of a Service. number is the port behind it, which is what a client of
// a headless Service connects to.
func (w *walker) fromService(svc *inventory.Object, sp *corev1.ServicePort, number int32, c chain) {
	detail := fmt.Sprint(sp.Port)
	if c.visits(svc.Ref.ID(), detail) {
		return
	}
	service := svc.Typed.(*corev1.Service)
	c = c.with(hop{at: svc.Ref.ID(), detail: detail, text: serviceText(svc, sp)})
	w.serviceEntries(svc, sp, c)

	for _, user := range backendUsers(w.view, svc) {
		switch user.Typed.(type) {
		case *networkingv1.Ingress:
			w.ingressEntries(user, svc, func(b *networkingv1.IngressServiceBackend) bool {
				if b.Port.Name != "" {
					return b.Port.Name == sp.Name
				}
				return b.Port.Number == sp.Port
			}, c)
		case *inventory.OpenShiftRoute:
			w.routeEntries(user, sp, number, c)
		}
	}
	for _, alias := range aliasesOf(w.view, svc) {
		w.fromAlias(alias, sp.Port, c)
	}
	// A hand-made Service can have this one's address as its endpoint.
	addresses := serviceAddresses(service)
	w.fromEndpoints(addresses, sp.Port, c)

	reachable := sp.Port
	if service.Spec.ClusterIP == corev1.ClusterIPNone {
		reachable = number
	}
	w.fromProxiesNaming(append([]string{svc.Ref.Name}, addresses...), c, func(namespace string, t proxyTarget) bool {
		if t.port != reachable {
			return false
		}
		if slices.Contains(addresses, t.host) {
			return true
		}
		named := serviceNamed(w.view, t.host, namespace)
		return named != nil && named.Ref.ID() == svc.Ref.ID()
	})
}

// fromAlias goes on from an ExternalName Service that stands for the Service where the way is.
func (w *walker) fromAlias(alias *inventory.Object, number int32, c chain) {
	detail := "alias " + fmt.Sprint(number)
	if c.visits(alias.Ref.ID(), detail) {
		return
	}
	service := alias.Typed.(*corev1.Service)
	c = c.with(hop{
		at: alias.Ref.ID(), detail: detail,
		text: fmt.Sprintf("%s (ExternalName %s)", alias.Ref, service.Spec.ExternalName),
	})
	for _, user := range backendUsers(w.view, alias) {
		switch user.Typed.(type) {
		case *networkingv1.Ingress:
			w.ingressEntries(user, alias, func(b *networkingv1.IngressServiceBackend) bool {
				return aliasPort(service, b) == number
			}, c)
		case *inventory.OpenShiftRoute:
			w.routeEntries(user, &corev1.ServicePort{Port: number}, number, c)
		}
	}
	for _, further := range aliasesOf(w.view, alias) {
		w.fromAlias(further, number, c)
	}
	w.fromProxiesNaming([]string{alias.Ref.Name}, c, func(namespace string, t proxyTarget) bool {
		named := serviceNamed(w.view, t.host, namespace)
		return t.port == number && named != nil && named.Ref.ID() == alias.Ref.ID()
	})
}

// aliasPort is the port that a backend means at an ExternalName Service.
func aliasPort(service *corev1.Service, b *networkingv1.IngressServiceBackend) int32 {
	for i := range service.Spec.Ports {
		sp := &service.Spec.Ports[i]
		if (b.Port.Name != "" && b.Port.Name == sp.Name) || (b.Port.Number != 0 && b.Port.Number == sp.Port) {
			if sp.TargetPort.IntVal != 0 {
				return sp.TargetPort.IntVal
			}
			return sp.Port
		}
	}
	return b.Port.Number
}

// fromProxiesNaming goes on from every proxy that forwards to one of the hosts.
func (w *walker) fromProxiesNaming(hosts []string, c chain, leads func(namespace string, t proxyTarget) bool) {
	for _, workload := range w.view.proxiesNaming(hosts) {
		namespace := workload.Ref.Namespace
		for _, proxy := range Named(w.view.Parts(workload), Proxy) {
			w.fromProxy(proxy, c, func(t proxyTarget) bool { return leads(namespace, t) })
		}
	}
}

// fromProxy goes on from the locations of a proxy that forward to where the way stands.
func (w *walker) fromProxy(proxy Part, c chain, leads func(proxyTarget) bool) {
	for _, route := range w.view.proxyRoutes(proxy) {
		if !slices.ContainsFunc(route.targets, leads) {
			continue
		}
		if c.visits(proxy.Workload.Ref.ID(), route.detail) {
			continue
		}
		next := c.with(hop{
			at: proxy.Workload.Ref.ID(), detail: route.detail, text: route.text, proxy: route,
			assumptions: route.assumptions, unknown: route.unknown,
		})
		w.proxyEntry(proxy, route, next)
		for _, listen := range route.listens {
			w.fromPod(proxy.Workload, listen, next)
		}
	}
}

// serviceText shows the hop as `Service ditto/gateway, port 8080 (http)`.
func serviceText(svc *inventory.Object, sp *corev1.ServicePort) string {
	text := fmt.Sprintf("%s, port %d", svc.Ref, sp.Port)
	if sp.Name != "" {
		text += " (" + sp.Name + ")"
	}
	return text
}
