// Package generate writes the NetworkPolicies that a Ditto is missing.
package generate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Options say what manifests do not show.
type Options struct {
	// IngressNamespaces are those whose pods may connect to the gateway's HTTP port, beside the proxies that are found.
	IngressNamespaces []string
	// MonitoringNamespaces are those whose pods may connect to the metrics; without any, nobody may.
	MonitoringNamespaces []string
}

// Policies are NetworkPolicies that isolate a Ditto, and what somebody who applies them should know.
type Policies struct {
	// List has one policy for each workload that runs a part of Ditto, in the order of the workloads.
	List  []Policy
	Notes []Note
}

// Policy is a NetworkPolicy and the workload that it isolates.
type Policy struct {
	*networkingv1.NetworkPolicy
	Workload inventory.Ref
}

// Note says what the policies do not do for a workload, or what they may break.
type Note struct {
	Workload inventory.Ref
	Message  string
	// Open says that the workload is not isolated as it should be, whatever else is done.
	Open bool
}

// String is the note for people.
func (n Note) String() string { return n.Workload.String() + ": " + n.Message }

// NetworkPolicies writes the policies that section 3 of the guide asks for, for every part of Ditto among the objects:
// remoting and management for Ditto's own pods, the gateway's HTTP port for the proxies in front of it and for the
// namespaces that are named, the metrics for the namespaces that are named, and nothing else.
func NetworkPolicies(view *world.View, objects []*inventory.Object, opts Options) Policies {
	g := &generator{view: view, opts: opts}
	for _, o := range objects {
		if o.PodTemplate() == nil || view.SameAsOwner(o) {
			continue
		}
		g.workloads = append(g.workloads, o)
	}
	slices.SortFunc(g.workloads, func(a, b *inventory.Object) int { return a.Ref.Compare(b.Ref) })
	for _, o := range g.workloads {
		if parts := g.parts(o); len(parts) > 0 {
			g.workload(o, parts)
		}
	}
	g.existing()
	return g.policies
}

type generator struct {
	view      *world.View
	opts      Options
	workloads []*inventory.Object
	policies  Policies
}

// parts are the containers of a workload that run a part of Ditto.
func (g *generator) parts(o *inventory.Object) []recognize.Part {
	return slices.DeleteFunc(slices.Clone(g.view.Parts(o)),
		func(p recognize.Part) bool { return !recognize.IsDitto(p.Component) })
}

func (g *generator) note(o *inventory.Object, format string, args ...any) {
	g.policies.Notes = append(g.policies.Notes, Note{Workload: o.Ref, Message: fmt.Sprintf(format, args...)})
}

func (g *generator) noteOpen(o *inventory.Object, format string, args ...any) {
	g.policies.Notes = append(g.policies.Notes, Note{Workload: o.Ref, Message: fmt.Sprintf(format, args...),
		Open: true})
}

// workload writes the policy of one workload.
func (g *generator) workload(o *inventory.Object, parts []recognize.Part) {
	if o.PodTemplate().Spec.HostNetwork {
		g.noteOpen(o, "runs on the host network, where NetworkPolicies do not apply")
		return
	}
	selector, shared := g.selector(o)
	if selector == nil {
		g.noteOpen(o, "its pods have no labels, so no NetworkPolicy can select only them")
		return
	}
	if len(shared) > 0 {
		g.noteOpen(o, "its pods have no label that tells them from those of %s, so the policies of each apply to both",
			names(shared))
	}
	var cluster, management, metrics, http []int32
	for _, part := range parts {
		for _, p := range facts.OfComponent(g.view, part).Ports {
			switch {
			case p.Port == recognize.PortRemoting:
				cluster = append(cluster, int32(p.Number))
			case p.Port == recognize.PortManagement:
				cluster, management = append(cluster, int32(p.Number)), append(management, int32(p.Number))
			case p.Port == recognize.PortMetrics:
				metrics = append(metrics, int32(p.Number))
			case p.Port == recognize.PortHTTP && part.Component == recognize.Gateway:
				http = append(http, int32(p.Number))
			}
		}
	}
	p := &networkingv1.NetworkPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: networkingv1.SchemeGroupVersion.String(), Kind: "NetworkPolicy"},
		ObjectMeta: metav1.ObjectMeta{Namespace: o.Ref.Namespace, Name: g.name(o)},
		Spec: networkingv1.NetworkPolicySpec{
			PodSelector: *selector,
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
		},
	}
	allow := func(ports []int32, from []networkingv1.NetworkPolicyPeer) {
		if len(ports) > 0 && len(from) > 0 {
			p.Spec.Ingress = append(p.Spec.Ingress, networkingv1.NetworkPolicyIngressRule{Ports: portsOf(ports),
				From: from})
		}
	}
	allow(cluster, g.members(o))
	allow(management, g.scripts(o))
	if len(http) > 0 {
		allow(http, g.clients(o, parts))
	}
	allow(metrics, namespaces(g.opts.MonitoringNamespaces))
	g.neighbours(o, parts)
	g.policies.List = append(g.policies.List, Policy{NetworkPolicy: p, Workload: o.Ref})
}

// name is the policy's: that of the workload, and its kind where another workload has the same name.
func (g *generator) name(o *inventory.Object) string {
	var name strings.Builder
	name.WriteString(o.Ref.Name)
	for _, other := range g.workloads {
		if other != o && other.Ref.Namespace == o.Ref.Namespace && other.Ref.Name == o.Ref.Name &&
			len(g.parts(other)) > 0 {
			name.WriteString("-" + strings.ToLower(o.Ref.Kind))
			break
		}
	}
	return name.String() + "-isolation"
}

// members are the pods of Ditto's cluster that a workload belongs to. One label says so in Ditto's own manifests; where
// it is missing, all of Ditto in the namespace is one cluster.
func (g *generator) members(o *inventory.Object) []networkingv1.NetworkPolicyPeer {
	const label = "actorSystemName"
	system, labelled := o.PodTemplate().Labels[label], true
	var members []*inventory.Object
	for _, other := range g.workloads {
		if other.Ref.Namespace != o.Ref.Namespace || len(g.parts(other)) == 0 {
			continue
		}
		members = append(members, other)
		labelled = labelled && other.PodTemplate().Labels[label] != ""
	}
	if labelled {
		selector := &metav1.LabelSelector{MatchLabels: map[string]string{label: system}}
		return []networkingv1.NetworkPolicyPeer{{PodSelector: selector}}
	}
	var peers []networkingv1.NetworkPolicyPeer
	for _, member := range members {
		if member.PodTemplate().Spec.HostNetwork {
			continue
		}
		if selector, _ := g.selector(member); selector != nil {
			peers = append(peers, networkingv1.NetworkPolicyPeer{PodSelector: selector})
		}
	}
	return peers
}

// clients are those that a gateway is for: the proxies that forward to it, and the namespaces that were named.
func (g *generator) clients(o *inventory.Object, parts []recognize.Part) []networkingv1.NetworkPolicyPeer {
	var peers []networkingv1.NetworkPolicyPeer
	for _, proxy := range g.workloads {
		if proxy == o || !g.forwards(proxy, o) {
			continue
		}
		selector, _ := g.selector(proxy)
		if selector == nil || proxy.PodTemplate().Spec.HostNetwork {
			g.note(o, "%s forwards to it, and no selector selects its pods alone: its requests are cut off", proxy.Ref)
			continue
		}
		peer := networkingv1.NetworkPolicyPeer{PodSelector: selector}
		if proxy.Ref.Namespace != o.Ref.Namespace {
			peer.NamespaceSelector = named(proxy.Ref.Namespace)
		}
		peers = append(peers, peer)
	}
	direct := g.direct(o, parts)
	peers = append(peers, namespaces(g.opts.IngressNamespaces)...)
	if len(peers) == 0 && len(direct) == 0 {
		g.note(o, "no proxy was found that forwards to it, so nothing can connect to its HTTP port; --ingress-namespace names the namespace of whatever should")
	}
	return peers
}

// direct notes the ways in that lead to a gateway past every proxy and that the policies cut off, and returns them.
func (g *generator) direct(o *inventory.Object, parts []recognize.Part) []string {
	var found []string
	for _, part := range recognize.Named(parts, recognize.Gateway) {
		for _, e := range topology.Exposures(g.view, part) {
			if e.Proxied || e.Kind == facts.KindProxy || e.Kind == facts.KindUnread || e.Port != recognize.PortHTTP ||
				slices.Contains(found, e.Via) {
				continue
			}
			found = append(found, e.Via)
			switch e.Kind {
			case "Ingress", "Route":
				if len(g.opts.IngressNamespaces) == 0 {
					g.note(o, "%s leads straight to it: its requests are cut off, unless --ingress-namespace names the namespace of its controller", e.Via)
				}
			default:
				g.note(o, "%s leads straight to it from addresses that no selector selects: its requests are cut off, unless a policy of your own lets those addresses in", e.Via)
			}
		}
	}
	return found
}

func (g *generator) forwards(proxy, to *inventory.Object) bool {
	return slices.ContainsFunc(recognize.Named(g.view.Parts(proxy), recognize.Proxy), func(part recognize.Part) bool {
		return slices.ContainsFunc(topology.ForwardsTo(g.view, part),
			func(o *inventory.Object) bool { return o.Ref.ID() == to.Ref.ID() })
	})
}

// neighbours notes the ports of other containers in the same pod: a policy is for the whole pod.
func (g *generator) neighbours(o *inventory.Object, parts []recognize.Part) {
	for _, c := range o.PodTemplate().Spec.Containers {
		if len(c.Ports) == 0 || slices.ContainsFunc(parts,
			func(p recognize.Part) bool { return p.Container.Name == c.Name }) {
			continue
		}
		var ports []string
		for _, p := range c.Ports {
			ports = append(ports, fmt.Sprint(p.ContainerPort))
		}
		g.note(o, "container %s of the same pod listens on %s, and nothing can connect to it", c.Name,
			strings.Join(ports, ", "))
	}
}

// existing notes what policies that are there already let through: policies add up.
func (g *generator) existing() {
	written := func(namespace, name string) bool {
		return slices.ContainsFunc(g.policies.List, func(p Policy) bool {
			return p.Namespace == namespace && p.Name == name
		})
	}
	for _, o := range g.workloads {
		for _, part := range g.parts(o) {
			for _, grant := range facts.OfComponent(g.view, part).Grants {
				if grant.Scope != facts.ScopeNamespace && !written(o.Ref.Namespace, grant.Policy) {
					var ports []string
					for _, p := range grant.Ports {
						ports = append(ports, fmt.Sprintf("%s %d", p.Port, p.Number))
					}
					g.noteOpen(o, "NetworkPolicy %s/%s, which is there already, opens %s to %s; policies add up, so it stays open",
						o.Ref.Namespace, grant.Policy, strings.Join(ports, ", "), grant.Who)
				}
			}
		}
	}
}

// namespaces are every pod of the namespaces.
func namespaces(list []string) []networkingv1.NetworkPolicyPeer {
	var peers []networkingv1.NetworkPolicyPeer
	for _, name := range list {
		peers = append(peers, networkingv1.NetworkPolicyPeer{NamespaceSelector: named(name)})
	}
	return peers
}

func named(namespace string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: namespace}}
}

// portsOf are TCP ports, each once, in order.
func portsOf(numbers []int32) []networkingv1.NetworkPolicyPort {
	numbers = slices.Clone(numbers)
	slices.Sort(numbers)
	var ports []networkingv1.NetworkPolicyPort
	for _, n := range slices.Compact(numbers) {
		ports = append(ports, networkingv1.NetworkPolicyPort{Protocol: ptr.To(corev1.ProtocolTCP),
			Port: new(intstr.FromInt32(n))})
	}
	return ports
}

func names(objects []*inventory.Object) string {
	list := make([]string, 0, len(objects))
	for _, o := range objects {
		list = append(list, o.Ref.String())
	}
	slices.SortFunc(list, cmp.Compare[string])
	return strings.Join(list, ", ")
}
