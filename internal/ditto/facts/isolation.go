package facts

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/netpol"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// policies are the NetworkPolicies of one namespace.
type policies struct {
	read []*policy
	// unclear says why what they mean cannot be determined, empty if it can.
	unclear []string
}

// policy is a NetworkPolicy with its pod selector as it was written.
type policy struct {
	*netpol.Policy
	selector *metav1.LabelSelector
}

// policiesOf reads the NetworkPolicies of a namespace, and notes what restricts connections beside them.
func policiesOf(v *world.View, namespace string) *policies {
	if p, known := memo.Of(v).policies[namespace]; known {
		return p
	}
	p := &policies{}
	memo.Of(v).policies[namespace] = p
	if !v.Knows(inventory.NetworkPolicy, namespace) {
		p.unclear = append(p.unclear, reason.Of("network-policies-not-readable", namespace))
	}
	for _, o := range v.Find(inventory.KindKey(inventory.NetworkPolicy, namespace)) {
		api := inventory.Must[networkingv1.NetworkPolicy](o)
		read, err := netpol.Read(api)
		if err != nil {
			p.unclear = append(p.unclear,
				reason.Of("network-policy-broken", o.Ref, strings.ReplaceAll(err.Error(), "\n", "; ")))
			continue
		}
		p.read = append(p.read, &policy{Policy: read, selector: &api.Spec.PodSelector})
	}
	for _, o := range v.Find(inventory.Key{Index: index.ByUnjudged}) {
		if o.Ref.Namespace == namespace || !isNamespaced(o.Ref.Kind) {
			p.unclear = append(p.unclear, reason.Of("other-policies-not-evaluated", o.Ref, o.Ref.GroupKind().Group))
		}
	}
	return p
}

// isNamespaced says of a kind beside NetworkPolicies whether it concerns its own namespace only.
func isNamespaced(kind string) bool { return kind == "NetworkPolicy" || kind == "CiliumNetworkPolicy" }

// isolation works out who may connect to the ports of a part.
func isolation(v *world.View, part recognize.Part) ([]PortAccess, []Grant) {
	var ports []PortAccess
	var grants granted
	template := part.Workload.PodTemplate()
	namespace := part.Workload.Ref.Namespace
	all := policiesOf(v, namespace)
	pod := netpol.Pod{Namespace: namespace, Labels: template.Labels}
	for _, c := range podspec.RunningContainers(&template.Spec) {
		for _, p := range c.Ports {
			pod.Ports = append(pod.Ports, netpol.PortOf(p))
		}
	}
	sure, unsure := all.sure(part.Workload)
	unclear := slices.Clip(all.unclear)
	for _, p := range unsure {
		unclear = append(unclear, reason.Of("network-policy-by-run-time-labels", namespace, p.Name))
	}
	for _, port := range v.PortsOf(part) {
		access := PortAccess{Port: port.Name, Number: int64(port.Number)}
		found := netpol.Ingress(sure, pod, port.Number, corev1.ProtocolTCP)
		switch {
		case template.Spec.HostNetwork:
			access.Isolated = tri.Is(tri.Off, "hostNetwork", "NetworkPolicies do not apply to pods on the host network")
		case len(unclear) > 0:
			access.Isolated = tri.State{State: tri.Unknown, Why: strings.Join(unclear, "; ")}
		case found.Isolated:
			access.Isolated = tri.State{State: tri.On, Source: "NetworkPolicy " + strings.Join(found.By, ", ")}
		default:
			access.Isolated = tri.Is(tri.Off, "no NetworkPolicy", "no NetworkPolicy selects the pods")
		}
		ports = append(ports, access)
		if access.Isolated.State != tri.On {
			continue
		}
		for _, g := range found.Grants {
			if scope := scope(v, g, namespace); scope != "" {
				grants.add(Grant{Policy: g.Policy, Scope: scope, Who: g.String()}, Port{access.Port, access.Number})
			}
		}
	}
	return ports, grants.list
}

// sure are the policies of which it is certain whether they select the pods of a workload. Of the others it is not: one
// that asks for a label which the controller gives to pods selects some of them, or none, or those of one revision.
func (p *policies) sure(workload *inventory.Object) (sure, unsure []*netpol.Policy) {
	added := podspec.AddedTo(workload)
	pods := workload.PodTemplate().Labels
	for _, policy := range p.read {
		rest, asks := without(policy.selector, func(key string) bool {
			_, set := pods[key]
			return !set && slices.Contains(added, key)
		})
		if asks {
			// What does not match by the labels that are known does not match at all.
			if selector, err := metav1.LabelSelectorAsSelector(rest); err != nil || selector.Matches(labels.Set(pods)) {
				unsure = append(unsure, policy.Policy)
				continue
			}
		}
		sure = append(sure, policy.Policy)
	}
	return sure, unsure
}

// without is a selector without what it asks of some labels, and whether it asked anything of them.
func without(s *metav1.LabelSelector, some func(key string) bool) (rest *metav1.LabelSelector, asked bool) {
	rest = s.DeepCopy()
	maps.DeleteFunc(rest.MatchLabels, func(key, _ string) bool { return some(key) })
	rest.MatchExpressions = slices.DeleteFunc(rest.MatchExpressions,
		func(e metav1.LabelSelectorRequirement) bool { return some(e.Key) })
	return rest, len(rest.MatchLabels) < len(s.MatchLabels) || len(rest.MatchExpressions) < len(s.MatchExpressions)
}

// granted are grants, in order, with where each is found.
type granted struct {
	list []Grant
	at   map[grantee]int
}

// grantee is what a policy lets through, for whom.
type grantee struct{ policy, who string }

// add adds a port, beside the other ports that the same policy opens to the same peers.
func (all *granted) add(g Grant, port Port) {
	at, known := all.at[grantee{g.Policy, g.Who}]
	if !known {
		if all.at == nil {
			all.at = map[grantee]int{}
		}
		at = len(all.list)
		all.at[grantee{g.Policy, g.Who}] = at
		all.list = append(all.list, g)
	}
	if to := &all.list[at].Ports; !slices.Contains(*to, port) {
		*to = append(*to, port)
	}
}

// scope says how far a grant goes, empty for a grant for nobody.
func scope(v *world.View, g netpol.Grant, namespace string) string {
	switch reach, _ := g.Reach(); reach {
	case netpol.Own:
		return ScopeNamespace
	case netpol.Named:
		return ScopeNamespaces
	case netpol.Labelled:
		return labelled(v, g, namespace)
	case netpol.Every:
		return ScopeCluster
	case netpol.Addresses:
		return ScopeAddresses
	case netpol.Everyone:
		return ScopeEveryone
	case netpol.Nobody:
	}
	return ""
}

// labelled finds the namespaces that have the labels which a grant asks for. Manifests hold few of a cluster's
// namespaces; a cluster's cache holds them all, and can be told by kube-system, without which there is no cluster.
func labelled(v *world.View, g netpol.Grant, own string) string {
	for _, o := range v.Find(inventory.KindKey(inventory.Namespace, "")) {
		if o.Ref.Name != own && g.SelectsNamespace(o.Ref.Name, o.Meta.Labels) {
			return ScopeNamespaces
		}
	}
	if v.Get(inventory.Namespace, "", metav1.NamespaceSystem) != nil {
		return ScopeNamespace
	}
	return ScopeUnknown
}

// IsolatedBy are the workloads of Ditto that a NetworkPolicy selects, or may select.
func IsolatedBy(v *world.View, o *inventory.Object) []*inventory.Object {
	api := inventory.Must[networkingv1.NetworkPolicy](o)
	namespace := o.Ref.Namespace
	one := &policies{}
	if read, err := netpol.Read(api); err == nil {
		one.read = append(one.read, &policy{Policy: read, selector: &api.Spec.PodSelector})
	}
	var list []*inventory.Object
	for _, candidate := range candidates(v, &api.Spec.PodSelector, namespace) {
		if !slices.ContainsFunc(v.Parts(candidate),
			func(p recognize.Part) bool { return recognize.IsDitto(p.Component) }) {
			continue
		}
		if sure, _ := one.sure(candidate); len(sure) == 0 || sure[0].Selects(candidate.PodTemplate().Labels) {
			list = append(list, candidate)
		}
	}
	return list
}

// candidates are the workloads of a namespace that may match a selector: those with one pair of its labels, if it has
// any.
func candidates(v *world.View, s *metav1.LabelSelector, namespace string) []*inventory.Object {
	if pair, ok := index.SelectorPair(s.MatchLabels); ok {
		return v.Find(inventory.Key{Index: index.ByLabel, Namespace: namespace, Value: pair})
	}
	var list []*inventory.Object
	for _, kind := range index.WorkloadKinds {
		list = append(list, v.Find(inventory.KindKey(kind, namespace))...)
	}
	return list
}

// PoliciesByLabel are the NetworkPolicies, of every namespace, that let through pods of namespaces with certain labels.
func PoliciesByLabel(v *world.View) []*inventory.Object {
	var list []*inventory.Object
	for _, o := range v.Find(inventory.KindKey(inventory.NetworkPolicy, "")) {
		for _, r := range inventory.Must[networkingv1.NetworkPolicy](o).Spec.Ingress {
			if slices.ContainsFunc(r.From,
				func(p networkingv1.NetworkPolicyPeer) bool { return p.NamespaceSelector != nil }) {
				list = append(list, o)
				break
			}
		}
	}
	return list
}
