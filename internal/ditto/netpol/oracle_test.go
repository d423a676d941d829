package netpol

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// This file states what NetworkPolicies mean a second time, sentence by sentence from the API documentation, with nothing
// of the package: selectors are matched by hand, networks bit by bit. The two are compared over every pod, port and
// address of a small cluster, for thousands of random sets of policies. netpol-analyzer of np-guard would be a second
// judge, but the Go module proxy serves no version of it that this module could pin.

// oraclePod is a pod of the small cluster. Without a namespace it is a machine outside.
type oraclePod struct {
	namespace       string
	namespaceLabels map[string]string
	labels          map[string]string
	ports           []corev1.ContainerPort
	ip              net.IP
}

// oracleAllows: may source connect to a port of target?
func oracleAllows(policies []*networkingv1.NetworkPolicy, target, source oraclePod, port int32, protocol corev1.Protocol) bool {
	// "By default, a pod is non-isolated for ingress; all inbound connections are allowed. A pod is isolated for ingress if
	// there is any NetworkPolicy that both selects the pod and has "Ingress" in its policyTypes."
	isolated, allowed := false, false
	for _, p := range policies {
		// "podSelector selects the pods to which this NetworkPolicy object applies ... This field follows standard label
		// selector semantics"; a policy applies to pods of its namespace.
		if p.Namespace != target.namespace || !oracleSelects(p.Spec.PodSelector, target.labels) {
			continue
		}
		// "If this field is not specified, it will default based on the existence of ingress or egress rules; policies that
		// contain an egress section are assumed to affect egress, and all policies (whether or not they contain an ingress
		// section) are assumed to affect ingress."
		if p.Spec.PolicyTypes != nil && !slices.Contains(p.Spec.PolicyTypes, networkingv1.PolicyTypeIngress) {
			continue
		}
		isolated = true
		// "Traffic is allowed to a pod ... if the traffic matches at least one ingress rule across all of the NetworkPolicy
		// objects whose podSelector matches the pod."
		for _, r := range p.Spec.Ingress {
			// "traffic must match both ports and from".
			if oraclePorts(r.Ports, target, port, protocol) && oracleFrom(r.From, p.Namespace, source) {
				allowed = true
			}
		}
	}
	return !isolated || allowed
}

func oraclePorts(ports []networkingv1.NetworkPolicyPort, target oraclePod, port int32, protocol corev1.Protocol) bool {
	// "Each item in this list is combined using a logical OR. If this field is empty or missing, this rule matches all
	// ports".
	if len(ports) == 0 {
		return true
	}
	for _, p := range ports {
		// "If not specified, this field defaults to TCP."
		want := corev1.ProtocolTCP
		if p.Protocol != nil {
			want = *p.Protocol
		}
		if want != protocol {
			continue
		}
		switch {
		case p.Port == nil:
			// "If this field is not provided, this matches all port names and numbers."
			return true
		case p.Port.Type == intstr.String:
			// "This can either be a numerical or named port on a pod."
			for _, declared := range target.ports {
				declaredProtocol := declared.Protocol
				if declaredProtocol == "" {
					declaredProtocol = corev1.ProtocolTCP
				}
				if declared.Name == p.Port.StrVal && declared.ContainerPort == port && declaredProtocol == protocol {
					return true
				}
			}
		case p.EndPort != nil:
			// "endPort indicates that the range of ports from port to endPort if set, inclusive, should be allowed".
			for n := p.Port.IntVal; n <= *p.EndPort; n++ {
				if n == port {
					return true
				}
			}
		case p.Port.IntVal == port:
			return true
		}
	}
	return false
}

func oracleFrom(from []networkingv1.NetworkPolicyPeer, namespace string, source oraclePod) bool {
	// "If this field is empty or missing, this rule matches all sources (traffic not restricted by source)."
	if len(from) == 0 {
		return true
	}
	for _, p := range from {
		// "ipBlock defines policy on a particular IPBlock. If this field is set then neither of the other fields can be."
		if p.IPBlock != nil {
			if oracleInBlock(*p.IPBlock, source.ip) {
				return true
			}
			continue
		}
		if source.namespace == "" {
			continue
		}
		inNamespace := source.namespace == namespace
		if p.NamespaceSelector != nil {
			// "namespaceSelector selects namespaces using cluster-scoped labels ... if present but empty, it selects all
			// namespaces." Every namespace bears its name as a label.
			labels := map[string]string{"kubernetes.io/metadata.name": source.namespace}
			for k, v := range source.namespaceLabels {
				if k != "kubernetes.io/metadata.name" {
					labels[k] = v
				}
			}
			inNamespace = oracleSelects(*p.NamespaceSelector, labels)
		}
		// "If podSelector is also set, then the NetworkPolicyPeer as a whole selects the pods matching podSelector in the
		// namespaces selected by namespaceSelector. Otherwise it selects all pods in the namespaces selected by
		// namespaceSelector."
		if inNamespace && (p.PodSelector == nil || oracleSelects(*p.PodSelector, source.labels)) {
			return true
		}
	}
	return false
}

// oracleInBlock: "cidr is a string representing the IPBlock"; "except is a slice of CIDRs that should not be included".
func oracleInBlock(b networkingv1.IPBlock, ip net.IP) bool {
	if ip == nil || !oracleInNetwork(b.CIDR, ip) {
		return false
	}
	for _, except := range b.Except {
		if oracleInNetwork(except, ip) {
			return false
		}
	}
	return true
}

func oracleInNetwork(cidr string, ip net.IP) bool {
	address, network, err := net.ParseCIDR(cidr)
	if err != nil {
		panic(err)
	}
	a, b := []byte(address.To16()), []byte(ip.To16())
	if (address.To4() == nil) != (ip.To4() == nil) {
		return false
	}
	ones, size := network.Mask.Size()
	ones += 128 - size
	for bit := range ones {
		if (a[bit/8]^b[bit/8])&(0x80>>(bit%8)) != 0 {
			return false
		}
	}
	return true
}

// oracleSelects: "The result of matchLabels and matchExpressions are ANDed. An empty label selector matches all objects."
func oracleSelects(s metav1.LabelSelector, labels map[string]string) bool {
	for k, v := range s.MatchLabels {
		if got, there := labels[k]; !there || got != v {
			return false
		}
	}
	for _, e := range s.MatchExpressions {
		got, there := labels[e.Key]
		ok := map[metav1.LabelSelectorOperator]bool{
			metav1.LabelSelectorOpIn:           there && slices.Contains(e.Values, got),
			metav1.LabelSelectorOpNotIn:        !there || !slices.Contains(e.Values, got),
			metav1.LabelSelectorOpExists:       there,
			metav1.LabelSelectorOpDoesNotExist: !there,
		}[e.Operator]
		if !ok {
			return false
		}
	}
	return true
}

// maker makes random policies for a cluster in which few things exist, so that most of them meet.
type maker struct{ *rand.Rand }

func pick[T any](m maker, from ...T) T { return from[m.IntN(len(from))] }

func (m maker) maybe(percent int) bool { return m.IntN(100) < percent }

func (m maker) labels() map[string]string {
	set := map[string]string{}
	for _, key := range []string{"app", "tier"} {
		if m.maybe(60) {
			set[key] = pick(m, "a", "b")
		}
	}
	return set
}

func (m maker) selector(keys ...string) metav1.LabelSelector {
	var s metav1.LabelSelector
	for _, key := range keys {
		values := []string{"a", "b"}
		if key == corev1.LabelMetadataName {
			values = []string{"one", "two", "three"}
		}
		if m.maybe(30) {
			if s.MatchLabels == nil {
				s.MatchLabels = map[string]string{}
			}
			s.MatchLabels[key] = pick(m, values...)
		}
		if m.maybe(25) {
			e := metav1.LabelSelectorRequirement{Key: key, Operator: pick(m,
				metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn, metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist)}
			if e.Operator == metav1.LabelSelectorOpIn || e.Operator == metav1.LabelSelectorOpNotIn {
				e.Values = values[:1+m.IntN(len(values))]
			}
			s.MatchExpressions = append(s.MatchExpressions, e)
		}
	}
	return s
}

func (m maker) port() networkingv1.NetworkPolicyPort {
	var p networkingv1.NetworkPolicyPort
	if m.maybe(50) {
		p.Protocol = new(pick(m, corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP))
	}
	switch m.IntN(4) {
	case 0:
	case 1:
		p.Port = new(intstr.FromString(pick(m, "http", "dns", "nowhere")))
	case 2:
		p.Port = new(intstr.FromInt32(pick[int32](m, 53, 80, 81, 90)))
	case 3:
		p.Port = new(intstr.FromInt32(pick[int32](m, 53, 80, 81)))
		p.EndPort = new(p.Port.IntVal + int32(m.IntN(12)))
	}
	return p
}

func (m maker) peer() networkingv1.NetworkPolicyPeer {
	var p networkingv1.NetworkPolicyPeer
	if m.maybe(30) {
		p.IPBlock = &networkingv1.IPBlock{CIDR: pick(m, "0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "10.1.2.3/9", "::/0", "fd00::/8", "::ffff:10.0.0.0/104")}
		switch p.IPBlock.CIDR {
		case "0.0.0.0/0", "10.0.0.0/8":
			p.IPBlock.Except = slices.Clone([]string{"10.1.0.0/16", "10.1.2.4/32", "10.2.0.1/15"}[:m.IntN(4)])
		case "::/0":
			p.IPBlock.Except = slices.Clone([]string{"fd00:1::/32"}[:m.IntN(2)])
		}
		return p
	}
	for p.PodSelector == nil && p.NamespaceSelector == nil {
		if m.maybe(60) {
			p.PodSelector = new(m.selector("app", "tier"))
		}
		if m.maybe(50) {
			p.NamespaceSelector = new(m.selector("app", corev1.LabelMetadataName))
		}
	}
	return p
}

func (m maker) policy(i int) *networkingv1.NetworkPolicy {
	p := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: pick(m, "one", "two"), Name: fmt.Sprintf("p%d", i)}}
	p.Spec.PodSelector = m.selector("app", "tier")
	switch m.IntN(6) {
	case 0:
		p.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
	case 1:
		p.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeEgress}
	case 2:
		p.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeEgress, networkingv1.PolicyTypeIngress}
	case 3:
		p.Spec.Egress = []networkingv1.NetworkPolicyEgressRule{{}}
	}
	if m.maybe(30) {
		p.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{}
	}
	for range m.IntN(3) {
		var r networkingv1.NetworkPolicyIngressRule
		if m.maybe(30) {
			r.From, r.Ports = []networkingv1.NetworkPolicyPeer{}, []networkingv1.NetworkPolicyPort{}
		}
		for range m.IntN(3) {
			r.From = append(r.From, m.peer())
		}
		for range m.IntN(3) {
			r.Ports = append(r.Ports, m.port())
		}
		p.Spec.Ingress = append(p.Spec.Ingress, r)
	}
	return p
}

func (m maker) cluster() []oraclePod {
	pods := []oraclePod{{ip: net.ParseIP("10.1.2.3")}, {ip: net.ParseIP("192.0.2.1")}, {ip: net.ParseIP("fd00:1::1")}}
	for _, namespace := range []string{"one", "two", "three"} {
		labels := m.labels()
		if m.maybe(20) {
			labels[corev1.LabelMetadataName] = "one" // a lie that Kubernetes does not let through
		}
		for range 2 {
			p := oraclePod{namespace: namespace, namespaceLabels: labels, labels: m.labels()}
			if m.maybe(50) {
				p.ip = net.IPv4(10, byte(m.IntN(4)), 2, 3)
			}
			if m.maybe(70) {
				p.ports = append(p.ports, corev1.ContainerPort{Name: "http", ContainerPort: pick[int32](m, 80, 81)})
			}
			if m.maybe(50) {
				p.ports = append(p.ports, corev1.ContainerPort{Name: "dns", ContainerPort: 53, Protocol: corev1.ProtocolUDP})
			}
			pods = append(pods, p)
		}
	}
	return pods
}

func (p oraclePod) source() Source {
	s := Source{Namespace: p.namespace, NamespaceLabels: p.namespaceLabels, PodLabels: p.labels}
	if p.ip != nil {
		s.IP, _ = netip.AddrFromSlice(p.ip)
	}
	return s
}

func (p oraclePod) target() Pod {
	pod := Pod{Namespace: p.namespace, Labels: p.labels}
	for _, c := range p.ports {
		pod.Ports = append(pod.Ports, PortOf(c))
	}
	return pod
}

func TestRandomPoliciesMeanWhatTheDocumentationSays(t *testing.T) {
	allowed, refused := 0, 0
	for seed := range uint64(4000) {
		m := maker{rand.New(rand.NewPCG(seed, 7))}
		var apis []*networkingv1.NetworkPolicy
		var policies []*Policy
		for i := range m.IntN(4) {
			api := m.policy(i)
			p, err := Read(api)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			apis, policies = append(apis, api), append(policies, p)
		}
		pods := m.cluster()
		for _, target := range pods {
			if target.namespace == "" {
				continue
			}
			for _, port := range []int32{53, 80, 81, 90} {
				for _, protocol := range []corev1.Protocol{corev1.ProtocolTCP, corev1.ProtocolUDP} {
					access := Ingress(policies, target.target(), port, protocol)
					for _, source := range pods {
						want := oracleAllows(apis, target, source, port, protocol)
						got := access.Allows(source.source())
						if got != want {
							t.Fatalf("seed %d: %+v to %+v, %s %d: allowed %v, want %v, by\n%s", seed, source, target, protocol, port, got, want, shown(apis))
						}
						if got {
							allowed++
						} else {
							refused++
						}
						reaches(t, seed, apis, access, source.source())
					}
				}
			}
		}
	}
	if allowed < refused/10 || refused < allowed/10 {
		t.Errorf("%d allowed and %d refused: too few of one kind to tell anything", allowed, refused)
	}
}

// reaches: how far a grant is said to go covers everything that it lets through, and a selector is for a namespace if it
// is for some pod of it.
func reaches(t *testing.T, seed uint64, apis []*networkingv1.NetworkPolicy, access Access, s Source) {
	t.Helper()
	for _, g := range access.Grants {
		if !g.Allows(s) {
			continue
		}
		reach, names := g.Reach()
		ok := true
		switch reach {
		case Nobody:
			ok = false
		case Own:
			ok = s.Namespace == g.namespace
		case Named:
			ok = slices.Contains(names, s.Namespace)
		case Labelled, Every:
			ok = s.Namespace != ""
		case Addresses:
			ok = s.IP.IsValid()
		}
		if !ok {
			t.Fatalf("seed %d: %s reaches %v %v, but lets %+v through, by\n%s", seed, g, reach, names, s, shown(apis))
		}
		if (reach == Own || reach == Named || reach == Labelled || reach == Every) && !g.SelectsNamespace(s.Namespace, s.NamespaceLabels) {
			t.Fatalf("seed %d: %s is said not to be for %+v, by\n%s", seed, g, s, shown(apis))
		}
	}
}

func shown(apis []*networkingv1.NetworkPolicy) string {
	var b bytes.Buffer
	for _, p := range apis {
		text, err := json.Marshal(p)
		if err != nil {
			return err.Error()
		}
		b.Write(text)
		b.WriteByte('\n')
	}
	return b.String()
}
