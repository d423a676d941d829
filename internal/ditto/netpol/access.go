package netpol

import (
	"maps"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// Pod is a pod that connections are made to.
type Pod struct {
	Namespace string
	Labels    map[string]string
	// Ports are the ports that its containers declare: a policy may use their names.
	Ports []Port
}

// Port is a port that a container declares.
type Port struct {
	Name     string
	Number   int32
	Protocol corev1.Protocol
}

// PortOf is a port as a pod declares it; without a protocol it is TCP.
func PortOf(p corev1.ContainerPort) Port {
	port := Port{Name: p.Name, Number: p.ContainerPort, Protocol: p.Protocol}
	if port.Protocol == "" {
		port.Protocol = corev1.ProtocolTCP
	}
	return port
}

// Access says who may connect to a port of a pod.
type Access struct {
	// Isolated: some policy restricts what may connect to the pod. Otherwise everyone may.
	Isolated bool
	// By names the policies that isolate the pod, whatever they let through, in the order they were given.
	By []string
	// Grants are what those policies let through to the port. They add up; no policy takes away what another one
	// grants.
	Grants []Grant
}

// Grant is what one peer of one rule lets through.
type Grant struct {
	// Policy is the name of the policy, in the pod's namespace.
	Policy string

	namespace string
	// peer is nil for everyone.
	peer *peer
}

// Ingress works out who may connect to a port of a pod. Policies of other namespaces are ignored.
func Ingress(policies []*Policy, pod Pod, port int32, protocol corev1.Protocol) Access {
	var access Access
	for _, p := range policies {
		if p.Namespace != pod.Namespace || !p.ingress || !p.Selects(pod.Labels) {
			continue
		}
		access.Isolated = true
		access.By = append(access.By, p.Name)
		for _, r := range p.rules {
			if !r.covers(pod, port, protocol) {
				continue
			}
			if len(r.peers) == 0 {
				access.Grants = append(access.Grants, Grant{Policy: p.Name, namespace: p.Namespace})
			}
			for _, from := range r.peers {
				access.Grants = append(access.Grants, Grant{Policy: p.Name, namespace: p.Namespace, peer: from})
			}
		}
	}
	return access
}

// covers says whether a rule is about a port.
func (r rule) covers(pod Pod, port int32, protocol corev1.Protocol) bool {
	if len(r.ports) == 0 {
		return true
	}
	for i := range r.ports {
		if means(&r.ports[i], pod, port, protocol) {
			return true
		}
	}
	return false
}

// means says whether an entry of `ports` stands for a port of the pod.
func means(p *networkingv1.NetworkPolicyPort, pod Pod, port int32, protocol corev1.Protocol) bool {
	switch {
	case ptr.Deref(p.Protocol, corev1.ProtocolTCP) != protocol:
		return false
	case p.Port == nil:
		return true
	case p.Port.Type == intstr.Int && p.EndPort != nil:
		return p.Port.IntVal <= port && port <= *p.EndPort
	case p.Port.Type == intstr.Int:
		return p.Port.IntVal == port
	}
	return slices.ContainsFunc(pod.Ports, func(declared Port) bool {
		return declared.Name == p.Port.StrVal && declared.Number == port && declared.Protocol == protocol
	})
}

// Source is where a connection comes from: a pod, an address outside the cluster, or a pod with an address.
type Source struct {
	// Namespace is empty for what is not a pod.
	Namespace string
	// NamespaceLabels need not hold kubernetes.io/metadata.name: Kubernetes sets it on every namespace.
	NamespaceLabels map[string]string
	PodLabels       map[string]string
	// IP is the address that the policies get to see, invalid if it is not known.
	IP netip.Addr
}

// Allows says whether a connection gets through.
func (a Access) Allows(s Source) bool {
	if !a.Isolated {
		return true
	}
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.Allows(s) })
}

// Allows says whether the grant lets a connection through.
func (g Grant) Allows(s Source) bool {
	switch {
	case g.peer == nil:
		return true
	case g.peer.block.IsValid():
		return s.IP.IsValid() && g.peer.inBlock(s.IP.Unmap())
	case s.Namespace == "":
		return false
	case g.peer.namespaces == nil && s.Namespace != g.namespace,
		g.peer.namespaces != nil && !g.peer.namespaces.Matches(namespaceLabels(s.Namespace, s.NamespaceLabels)):
		return false
	}
	return g.peer.pods == nil || g.peer.pods.Matches(labels.Set(s.PodLabels))
}

func (p *peer) inBlock(ip netip.Addr) bool {
	if !p.block.Contains(ip) {
		return false
	}
	return !slices.ContainsFunc(p.except, func(except netip.Prefix) bool { return except.Contains(ip) })
}

// namespaceLabels are the labels of a namespace, the one that Kubernetes sets included.
func namespaceLabels(name string, own map[string]string) labels.Set {
	all := make(labels.Set, len(own)+1)
	maps.Copy(all, own)
	all[corev1.LabelMetadataName] = name
	return all
}
