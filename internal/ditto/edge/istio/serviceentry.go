package istio

import (
	"iter"
	"net"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/dittoguard/dittoguard/internal/ditto/dns"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// serviceHost stands for a host that a destination names and a ServiceEntry has.
func serviceHost(host, namespace string) inventory.ID {
	if ns, name, ok := istioService(host, namespace); ok {
		host = name + "." + ns + ".svc.cluster.local"
	}
	return way.ServiceHost(host)
}

// AliasOf stands for the host that an ExternalName Service is another name of, which a ServiceEntry may have; ok is
// false for other Services.
func AliasOf(svc *corev1.Service) (id inventory.ID, ok bool) {
	if svc.Spec.Type != corev1.ServiceTypeExternalName || svc.Spec.ExternalName == "" ||
		net.ParseIP(svc.Spec.ExternalName) != nil {
		return inventory.ID{}, false
	}
	return serviceHost(svc.Spec.ExternalName, svc.Namespace), true
}

// PortsTo are the ports of a ServiceEntry behind which a Service is. An endpoint is asked about each port at most once.
func PortsTo(o *inventory.Object, svc inventory.ID, leads func(way.Backend) bool) []int32 {
	entry, ok := inventory.As[crd.ServiceEntry](o)
	if !ok {
		return nil
	}
	led := make([]bool, len(entry.Spec.Ports))
	for e, service := range servicesBehind(entry) {
		if service.Namespace != svc.Namespace || service.Name != svc.Name {
			continue
		}
		for i := range led {
			led[i] = led[i] || leads(backendAt(entry, e, service, i))
		}
	}
	var list []int32
	for i := range led {
		if led[i] {
			list = append(list, entry.Spec.Ports[i].Number)
		}
	}
	return list
}

// serviceEntryLinks: a ServiceEntry decides what a destination of its hosts means. Pods that it selects lie in its own
// namespace, and are not followed; neither are addresses, nor names of single pods.
func serviceEntryLinks(o *inventory.Object) way.Links {
	entry := inventory.Must[crd.ServiceEntry](o)
	links := way.Links{Backends: serviceEntryBackends(entry, 0)}
	for _, host := range entry.Spec.Hosts {
		links.Governs = append(links.Governs, serviceHost(host, entry.Namespace))
	}
	if entry.Spec.WorkloadSelector != nil {
		links.Unread = append(links.Unread, way.UnreadBackend{What: "pods that its workloadSelector chooses",
			Namespace: entry.Namespace})
	}
	for _, e := range serviceEntryEndpoints(entry) {
		what := ""
		switch {
		case net.ParseIP(e.Address) != nil:
			what = "endpoints by address"
		case isPod(dns.Services(e.Address, entry.Namespace)):
			what = "endpoints by the name of a pod"
		default:
			continue
		}
		links.Unread = append(links.Unread, way.UnreadBackend{What: what, Host: e.Address})
	}
	return links
}

// isPod says whether a name can mean nothing but one pod of a Service.
func isPod(meanings []dns.Service) bool {
	return len(meanings) > 0 && !slices.ContainsFunc(meanings, func(s dns.Service) bool { return !s.Pod })
}

// serviceEntryEndpoints are those of a ServiceEntry. One that has none, and no pods either, looks its hosts up in DNS,
// if it does so with anything.
func serviceEntryEndpoints(entry *crd.ServiceEntry) []crd.ServiceEntryEndpoint {
	if len(entry.Spec.Endpoints) > 0 || entry.Spec.WorkloadSelector != nil ||
		!strings.HasPrefix(entry.Spec.Resolution, "DNS") {
		return entry.Spec.Endpoints
	}
	var list []crd.ServiceEntryEndpoint
	for _, host := range entry.Spec.Hosts {
		list = append(list, crd.ServiceEntryEndpoint{Address: host})
	}
	return list
}

// serviceEntryBackends are the Services behind one port of a ServiceEntry, or behind every one where it is zero.
func serviceEntryBackends(entry *crd.ServiceEntry, number int32) []way.Backend {
	var list []way.Backend
	for e, service := range servicesBehind(entry) {
		for i := range entry.Spec.Ports {
			if number == 0 || entry.Spec.Ports[i].Number == number {
				list = append(list, backendAt(entry, e, service, i))
			}
		}
	}
	return list
}

// servicesBehind yields the endpoints of a ServiceEntry, each with the Services that it can mean.
func servicesBehind(entry *crd.ServiceEntry) iter.Seq2[crd.ServiceEntryEndpoint, dns.Service] {
	return func(yield func(crd.ServiceEntryEndpoint, dns.Service) bool) {
		for _, e := range serviceEntryEndpoints(entry) {
			if strings.Contains(e.Address, "/") {
				continue
			}
			for _, service := range dns.Services(e.Address, entry.Namespace) {
				if !service.Pod && !yield(e, service) {
					return
				}
			}
		}
	}
}

// backendAt is a Service behind the i-th port of a ServiceEntry. An endpoint's own port comes before the target port,
// and that before the number.
func backendAt(entry *crd.ServiceEntry, e crd.ServiceEntryEndpoint, service dns.Service, i int) way.Backend {
	p := &entry.Spec.Ports[i]
	b := way.Backend{Namespace: service.Namespace, Name: service.Name, Port: intstr.FromInt32(p.Number)}
	if p.TargetPort != 0 {
		b.Port = intstr.FromInt32(p.TargetPort)
	}
	if own := e.Ports[p.Name]; own != 0 {
		b.Port = intstr.FromInt32(own)
	}
	return b
}

// httpDestinations are the hosts that a rule sends requests, or copies of them, to.
func httpDestinations(rule *crd.VirtualServiceHTTP) []crd.IstioDestination {
	if rule.Redirect != nil || rule.DirectResponse != nil {
		return nil
	}
	var list []crd.IstioDestination
	for _, d := range weighted(rule.Route) {
		list = append(list, d.Destination)
	}
	if rule.Mirror != nil && somewhat(rule.MirrorPercentage) {
		list = append(list, *rule.Mirror)
	}
	for _, m := range rule.Mirrors {
		if m.Destination != nil && somewhat(m.Percentage) {
			list = append(list, *m.Destination)
		}
	}
	return list
}

// somewhat says whether a share is any.
func somewhat(share *crd.IstioPercent) bool { return share == nil || share.Value > 0 }

func bytesDestinations(rule *crd.VirtualServiceBytes) []crd.IstioDestination {
	var list []crd.IstioDestination
	for _, r := range rule.Route {
		list = append(list, r.Destination)
	}
	return list
}

// serviceHosts are the hosts that a VirtualService names as destinations.
func serviceHosts(vs *crd.VirtualService) []inventory.ID {
	var all []crd.IstioDestination
	for i := range vs.Spec.HTTP {
		all = append(all, httpDestinations(&vs.Spec.HTTP[i])...)
	}
	for _, rules := range [][]crd.VirtualServiceBytes{vs.Spec.TLS, vs.Spec.TCP} {
		for i := range rules {
			all = append(all, bytesDestinations(&rules[i])...)
		}
	}
	var list []inventory.ID
	for _, d := range all {
		if id := serviceHost(d.Host, vs.Namespace); !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}

// byEntries are the Services that destinations mean by the host of a ServiceEntry at hand. Whom it is exported to plays
// no part: what is not seen leads nowhere.
func (r istioReader) byEntries(destinations []crd.IstioDestination) []way.Backend {
	var list []way.Backend
	for _, d := range destinations {
		var number int32
		if d.Port != nil {
			number = int32(min(d.Port.Number, 65535)) // bounded
		}
		for _, o := range r.c.Governors(serviceHost(d.Host, r.namespace)) {
			if entry, ok := inventory.As[crd.ServiceEntry](o); ok {
				list = append(list, serviceEntryBackends(entry, number)...)
			}
		}
	}
	return list
}
