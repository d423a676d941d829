// Package netpol evaluates NetworkPolicies of networking.k8s.io/v1: which connections to a port of a pod they let
// through. Its meaning is that of the API documentation of k8s.io/api/networking/v1 and of the page "Network Policies"
// of Kubernetes; it knows nothing of Ditto.
//
// Two things no NetworkPolicy can forbid, so that neither is ever a hole: connections from the node that a pod runs on
// (the kubelet's probes among them), and those of a pod to itself. Whether policies have any effect is the network
// plugin's affair, and cannot be seen in them.
package netpol

import (
	"errors"
	"fmt"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Policy is a NetworkPolicy that was read.
type Policy struct {
	Namespace, Name string

	pods    labels.Selector
	ingress bool
	rules   []rule
}

// rule is one ingress rule. Without ports it means every port, without peers everyone.
type rule struct {
	ports []networkingv1.NetworkPolicyPort
	peers []*peer
}

// peer is one entry of `from`.
type peer struct {
	api networkingv1.NetworkPolicyPeer
	// pods and namespaces are nil where the peer has no such selector.
	pods, namespaces labels.Selector
	block            netip.Prefix
	except           []netip.Prefix
}

// Read reads a policy. The error joins everything that an API server would refuse it for and that decides about
// ingress, each with the field.
func Read(p *networkingv1.NetworkPolicy) (*Policy, error) {
	r := &reader{}
	spec := field.NewPath("spec")
	read := &Policy{
		Namespace: p.Namespace, Name: p.Name,
		pods:    r.selector(spec.Child("podSelector"), &p.Spec.PodSelector),
		ingress: r.ingress(spec.Child("policyTypes"), p.Spec.PolicyTypes),
	}
	for i := range p.Spec.Ingress {
		at := spec.Child("ingress").Index(i)
		var out rule
		for j := range p.Spec.Ingress[i].Ports {
			r.port(at.Child("ports").Index(j), &p.Spec.Ingress[i].Ports[j])
		}
		out.ports = p.Spec.Ingress[i].Ports
		for j := range p.Spec.Ingress[i].From {
			out.peers = append(out.peers, r.peer(at.Child("from").Index(j), &p.Spec.Ingress[i].From[j]))
		}
		read.rules = append(read.rules, out)
	}
	if len(r.errs) > 0 {
		return nil, errors.Join(r.errs...)
	}
	return read, nil
}

// Selects says whether the policy is about pods with these labels; it is about pods of its own namespace only.
func (p *Policy) Selects(podLabels map[string]string) bool {
	return p.pods.Matches(labels.Set(podLabels))
}

// reader collects what is wrong with a policy.
type reader struct{ errs []error }

func (r *reader) bad(at *field.Path, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("%s: %s", at, fmt.Sprintf(format, args...)))
}

func (r *reader) selector(at *field.Path, s *metav1.LabelSelector) labels.Selector {
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		r.bad(at, "%v", err)
	}
	return selector
}

// ingress says whether a policy of these types restricts ingress: without any it does.
func (r *reader) ingress(at *field.Path, types []networkingv1.PolicyType) bool {
	ingress := len(types) == 0
	for i, t := range types {
		switch t {
		case networkingv1.PolicyTypeIngress:
			ingress = true
		case networkingv1.PolicyTypeEgress:
		default:
			r.bad(at.Index(i), "expected Ingress or Egress, found %q", t)
		}
	}
	return ingress
}

func (r *reader) port(at *field.Path, p *networkingv1.NetworkPolicyPort) {
	if p.Protocol != nil {
		switch *p.Protocol {
		case corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP:
		default:
			r.bad(at.Child("protocol"), "expected TCP, UDP or SCTP, found %q", *p.Protocol)
		}
	}
	if p.Port != nil {
		if p.Port.Type == intstr.Int {
			r.number(at.Child("port"), p.Port.IntVal)
		} else {
			for _, problem := range validation.IsValidPortName(p.Port.StrVal) {
				r.bad(at.Child("port"), "%s", problem)
			}
		}
	}
	if p.EndPort == nil {
		return
	}
	switch end := at.Child("endPort"); {
	case p.Port == nil || p.Port.Type != intstr.Int:
		r.bad(end, "goes with a port that is a number")
	case *p.EndPort < p.Port.IntVal:
		r.bad(end, "is below the port")
	default:
		r.number(end, *p.EndPort)
	}
}

func (r *reader) number(at *field.Path, n int32) {
	for _, problem := range validation.IsValidPortNum(int(n)) {
		r.bad(at, "%s", problem)
	}
}

func (r *reader) peer(at *field.Path, api *networkingv1.NetworkPolicyPeer) *peer {
	p := &peer{api: *api}
	switch {
	case api.IPBlock == nil && api.PodSelector == nil && api.NamespaceSelector == nil:
		r.bad(at, "names no peer: expected podSelector, namespaceSelector or ipBlock")
	case api.IPBlock != nil && (api.PodSelector != nil || api.NamespaceSelector != nil):
		r.bad(at, "has an ipBlock and a selector, which do not go together")
	}
	if api.PodSelector != nil {
		p.pods = r.selector(at.Child("podSelector"), api.PodSelector)
	}
	if api.NamespaceSelector != nil {
		p.namespaces = r.selector(at.Child("namespaceSelector"), api.NamespaceSelector)
	}
	if api.IPBlock == nil {
		return p
	}
	block := at.Child("ipBlock")
	var valid bool
	if p.block, valid = r.prefix(block.Child("cidr"), api.IPBlock.CIDR); !valid {
		return p
	}
	for i, cidr := range api.IPBlock.Except {
		except, valid := r.prefix(block.Child("except").Index(i), cidr)
		if !valid {
			continue
		}
		if except.Bits() <= p.block.Bits() || !p.block.Contains(except.Addr()) {
			r.bad(block.Child("except").Index(i), "is not within the cidr")
		}
		p.except = append(p.except, except)
	}
	return p
}

// prefix reads a CIDR. An IPv4 network written as IPv6 is an IPv4 network.
func (r *reader) prefix(at *field.Path, cidr string) (netip.Prefix, bool) {
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil {
		r.bad(at, "%q is not a CIDR", cidr)
		return prefix, false
	}
	if prefix.Addr().Is4In6() && prefix.Bits() >= 96 {
		prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96)
	}
	return prefix.Masked(), true
}
