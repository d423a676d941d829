package ditto

import (
	"net"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/ditto/dns"
	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/ingress"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/ingressnginx"
	"github.com/dittoguard/dittoguard/internal/ditto/netpol"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// The properties that objects are indexed by, so that a judgement finds what lies next to an object in either direction
// at a cost that does not grow with the cluster.
const (
	// bySelector indexes a Service by one pair of its selector (`key=value`).
	bySelector inventory.Index = "service-selector"
	// byLabel indexes a workload by every label of its pods.
	byLabel inventory.Index = "pod-label"
	// byBackend indexes an Ingress or Route by the Services it sends requests to.
	byBackend inventory.Index = "backend"
	// byAlias indexes an ExternalName Service by the Service it stands for; Key.Namespace is that Service's namespace. One
	// that stands for an address is indexed by that, in no namespace.
	byAlias inventory.Index = "alias"
	// byService indexes an EndpointSlice by the Service it belongs to.
	byService inventory.Index = "endpointslice-service"
	// byAddress indexes Services and Pods by their IP addresses, in no namespace.
	byAddress inventory.Index = "address"
	// byEndpoint indexes an EndpointSlice by the addresses in it, in no namespace.
	byEndpoint inventory.Index = "endpoint"
	// byDitto indexes a workload that runs a part of Ditto by its namespace and under none, as far as the workload alone shows.
	byDitto inventory.Index = "ditto"
	// byMadeDitto indexes the same way a workload that runs one if the ConfigMaps and Secrets that it takes variables from say so.
	byMadeDitto inventory.Index = "made-ditto"
	// byMongoDB indexes a workload that runs a MongoDB by its namespace.
	byMongoDB inventory.Index = "mongodb"
	// byReference indexes whatever reads ConfigMaps and Secrets by them (`ConfigMap/name`): workloads, Ingresses, and what
	// takes passwords from a Secret.
	byReference inventory.Index = "reference"
	// byWord indexes a workload, ConfigMap or Secret by the hosts that it names, and text that may be nginx configuration
	// under every host-like word in it; in its namespace, and what may mean a host elsewhere in none. It says only where to
	// look: what is told of a host is read before anything is concluded.
	byWord inventory.Index = "word"
	// byProxy indexes a workload that runs a proxy which is known by its namespace.
	byProxy inventory.Index = "proxy"
	// byServedClass indexes the workload of an ingress controller by what its flags say that it serves, in no namespace.
	byServedClass inventory.Index = "served-class"
	// bySettings indexes the workload of an ingress controller by the ConfigMap with its settings, and a ConfigMap by the
	// one with headers that it names, in no namespace.
	bySettings inventory.Index = "controller-settings"
	// byUnread indexes an object by the Services that it names in what is not read of it; Key.Namespace is the Service's. It
	// is asked of the cache alone.
	byUnread inventory.Index = "unread"
	// byUnjudged files whatever else restricts connections, beside NetworkPolicies, in no namespace.
	byUnjudged inventory.Index = "unjudged"
)

// KindsOf lists the kinds that can be indexed by an index, for whoever reads them again from a cluster.
func KindsOf(key inventory.Key) []schema.GroupKind {
	switch key.Index {
	case inventory.ByKind:
		return []schema.GroupKind{schema.ParseGroupKind(key.Value)}
	case bySelector, byAlias:
		return []schema.GroupKind{inventory.Service}
	case byLabel, byDitto, byMadeDitto, byMongoDB, byProxy:
		return workloadKinds
	case byBackend:
		return edge.Kinds()
	case way.ByUse:
		return append([]schema.GroupKind{inventory.Service}, edge.Kinds()...)
	case way.ByGovernor:
		return slices.Concat([]schema.GroupKind{inventory.Service}, way.GatewayWorkloads(), edge.Kinds())
	case byService, byEndpoint:
		return []schema.GroupKind{inventory.EndpointSlice}
	case byReference:
		return slices.Concat(workloadKinds, edge.Kinds())
	case byAddress:
		return []schema.GroupKind{inventory.Service, inventory.Pod}
	case byWord:
		return slices.Concat([]schema.GroupKind{inventory.ConfigMap, inventory.Secret}, workloadKinds)
	}
	if slices.Contains(ingress.Indices(), key.Index) {
		return []schema.GroupKind{inventory.Ingress}
	}
	return nil
}

// workloadKinds are the kinds that run pods.
var workloadKinds = []schema.GroupKind{
	inventory.Deployment, inventory.StatefulSet, inventory.DaemonSet, inventory.ReplicaSet,
	inventory.ReplicationController, inventory.Job, inventory.CronJob, inventory.Pod,
}

// SelectionOf says, of a key that objects of any namespace can be indexed by, how an API server finds those objects of
// the kind. An empty selection lists all of the kind, which only kinds of which a cluster has few are worth. ok is false
// where the key's namespace is theirs, or where there would be too many.
//
// EndpointSlices cannot be selected by address: selected are those that Kubernetes' own controller does not keep, which
// are few. What it keeps follows from Services and Pods.
func SelectionOf(key inventory.Key, gk schema.GroupKind) (selection inventory.Selection, ok bool) {
	switch key.Index {
	case byBackend:
		return inventory.Selection{}, edge.BackendsAnywhere(gk)
	case way.ByUse:
		return inventory.Selection{}, edge.UsesAnywhere(gk, named(key).GroupKind)
	case way.ByGovernor:
		return edge.GovernsAnywhere(gk, named(key))
	case byAlias:
		return inventory.Selection{Fields: fields.OneTermEqualSelector("spec.type", string(corev1.ServiceTypeExternalName)).String()}, true
	case byEndpoint:
		return inventory.Selection{Labels: discoveryv1.LabelManagedBy + "!=" + endpointSliceController}, net.ParseIP(key.Value) != nil
	case byAddress:
		field := "spec.clusterIP"
		if gk == inventory.Pod {
			field = "status.podIP"
		}
		return inventory.Selection{Fields: fields.OneTermEqualSelector(field, key.Value).String()}, net.ParseIP(key.Value) != nil
	}
	return inventory.Selection{}, false
}

// named is the inventory.ID that is the value of a key.
func named(key inventory.Key) inventory.ID {
	parts := append(strings.SplitN(key.Value, "/", 4), "", "", "", "")
	return inventory.ID{GroupKind: schema.GroupKind{Group: parts[0], Kind: parts[1]}, Namespace: parts[2], Name: parts[3]}
}

// endpointSliceController is who keeps the EndpointSlices of Services with a selector.
const endpointSliceController = "endpointslice-controller.k8s.io"

// Keys is the Indexer of an inventory that Ditto facts are read from.
func Keys(o *inventory.Object) []inventory.Key {
	ns := o.Ref.Namespace
	if template := o.PodTemplate(); template != nil {
		return workloadKeys(o, template)
	}
	switch t := o.Typed.(type) {
	case *corev1.Service:
		return append(serviceKeys(t), linkKeys(edge.LinksOf(o))...)
	case *discoveryv1.EndpointSlice:
		keys := []inventory.Key{{Index: byService, Namespace: ns, Value: t.Labels[discoveryv1.LabelServiceName]}}
		for _, endpoint := range t.Endpoints {
			for _, address := range endpoint.Addresses {
				keys = append(keys, inventory.Key{Index: byEndpoint, Value: address})
			}
		}
		return unique(keys)
	case *corev1.ConfigMap:
		texts := stringsOf(t.Data)
		for _, data := range t.BinaryData {
			texts = append(texts, string(data))
		}
		keys := append(wordKeys(ns, texts), nameKeys(ns, texts)...)
		if namespace, name, ok := ingressnginx.HeadersConfigMap(t.Data); ok {
			keys = append(keys, settingsKey(namespace+"/"+name))
		}
		return unique(append(keys, unreadKeys(o, way.Links{})...))
	case *corev1.Secret:
		texts := stringsOf(t.StringData)
		for _, data := range t.Data {
			texts = append(texts, string(data))
		}
		return unique(append(wordKeys(ns, texts), nameKeys(ns, texts)...))
	case nil:
		if netpol.Unjudged(o.Ref.GroupKind()) {
			return []inventory.Key{{Index: byUnjudged}}
		}
		pods, _ := unreadPods(o)
		return unique(append(dittoKeys(ns, pods...), unreadKeys(o, way.Links{})...))
	default:
		links := edge.LinksOf(o)
		return unique(slices.Concat(linkKeys(links), edge.KeysOf(o), unreadKeys(o, links)))
	}
}

// linkKeys indexes an object by what it names.
func linkKeys(links way.Links) []inventory.Key {
	var keys []inventory.Key
	for _, b := range links.Backends {
		keys = append(keys, inventory.Key{Index: byBackend, Namespace: b.Namespace, Value: b.Name})
	}
	for _, id := range links.Uses {
		keys = append(keys, inventory.Key{Index: way.ByUse, Namespace: id.Namespace, Value: id.String()})
	}
	for _, secret := range links.Passwords {
		keys = append(keys, inventory.Key{Index: byReference, Namespace: secret.Namespace, Value: "Secret/" + secret.Name})
	}
	for _, id := range links.Governs {
		keys = append(keys, inventory.Key{Index: way.ByGovernor, Namespace: id.Namespace, Value: id.String()})
	}
	return keys
}

// nothing is an inventory without objects, for reading what an object shows by itself.
var nothing inventory.Reader = inventory.NewMemory(nil, nil)

func workloadKeys(o *inventory.Object, template *corev1.PodTemplateSpec) []inventory.Key {
	ns := o.Ref.Namespace
	keys := make([]inventory.Key, 0, len(template.Labels)+8)
	for _, pair := range labelPairs(o) {
		keys = append(keys, inventory.Key{Index: byLabel, Namespace: ns, Value: pair})
	}
	for _, ref := range podReferences(&template.Spec) {
		keys = append(keys, inventory.Key{Index: byReference, Namespace: ns, Value: ref.Kind + "/" + ref.Name})
	}
	for _, class := range servedClasses(&template.Spec) {
		keys = append(keys, inventory.Key{Index: byServedClass, Value: class})
	}
	if settings := controllerConfigMap(ns, &template.Spec); settings != "" {
		keys = append(keys, settingsKey(settings))
	}
	keys = append(keys, linkKeys(edge.LinksOf(o))...)
	keys = append(keys, dittoKeys(ns, o)...)
	parts := Parts(nothing, o)
	if len(Named(parts, MongoDB)) > 0 {
		keys = append(keys, inventory.Key{Index: byMongoDB, Namespace: ns})
	}
	if len(Named(parts, Proxy)) > 0 {
		keys = append(keys, inventory.Key{Index: byProxy, Namespace: ns})
	}
	keys = append(append(keys, unreadKeys(o, way.Links{})...), nameKeys(ns, ownTexts(&template.Spec))...)
	if pod, ok := o.Typed.(*corev1.Pod); ok {
		for _, ip := range pod.Status.PodIPs {
			keys = append(keys, inventory.Key{Index: byAddress, Value: ip.IP})
		}
	}
	return unique(keys)
}

func serviceKeys(s *corev1.Service) []inventory.Key {
	var keys []inventory.Key
	if s.Spec.Type == corev1.ServiceTypeExternalName {
		if address := canonical(s.Spec.ExternalName); isAddress(address) {
			return []inventory.Key{{Index: byAlias, Value: address}}
		}
		for _, n := range dns.Services(s.Spec.ExternalName, s.Namespace) {
			keys = append(keys, inventory.Key{Index: byAlias, Namespace: n.Namespace, Value: n.Name})
		}
		return keys
	}
	if pair, ok := selectorPair(s.Spec.Selector); ok {
		keys = append(keys, inventory.Key{Index: bySelector, Namespace: s.Namespace, Value: pair})
	}
	for _, ip := range serviceAddresses(s) {
		keys = append(keys, inventory.Key{Index: byAddress, Value: ip})
	}
	return keys
}

// serviceAddresses are the addresses inside the cluster.
func serviceAddresses(s *corev1.Service) []string {
	var list []string
	for _, ip := range append([]string{s.Spec.ClusterIP}, s.Spec.ClusterIPs...) {
		if ip != "" && ip != corev1.ClusterIPNone && !slices.Contains(list, ip) {
			list = append(list, ip)
		}
	}
	return list
}

// selectorPair chooses the pair of a selector that a Service is indexed by: the most telling one, so that a pod is not
// compared with every Service of its release.
func selectorPair(selector map[string]string) (string, bool) {
	best := ""
	for k, v := range selector {
		pair := labelPair(k, v)
		if best == "" || moreTelling(k, pair, best) {
			best = pair
		}
	}
	return best, best != ""
}

func moreTelling(key, pair, than string) bool {
	shared := func(key string) bool {
		switch key {
		case "app.kubernetes.io/instance", "app.kubernetes.io/part-of", "app.kubernetes.io/managed-by", "release", "actorSystemName":
			return true
		}
		return AddedByController(key)
	}
	otherKey, _, _ := strings.Cut(than, "=")
	if shared(key) != shared(otherKey) {
		return shared(otherKey)
	}
	return pair < than
}

// wordKeys indexes text that looks like nginx configuration by the host-like words in it.
func wordKeys(namespace string, texts []string) []inventory.Key {
	seen := map[string]bool{}
	var keys []inventory.Key
	for _, text := range texts {
		if !strings.Contains(text, "_pass") && !strings.Contains(text, "upstream") {
			continue
		}
		for word := range strings.FieldsFuncSeq(text, notHost) {
			if len(word) > 253 {
				continue
			}
			// A host is looked up by its first label, that of a pod behind a Service by its second, its namespace by the one
			// after that, an address as a whole.
			labels := [3]string{strings.ToLower(word)}
			if first, rest, dotted := strings.Cut(labels[0], "."); dotted && !isDigits(first) {
				labels[0] = first
				labels[1], rest, _ = strings.Cut(rest, ".")
				labels[2], _, _ = strings.Cut(rest, ".")
			}
			for _, label := range labels {
				if label != "" && !seen[label] {
					seen[label] = true
					keys = append(keys, inventory.Key{Index: byWord, Value: label},
						inventory.Key{Index: byWord, Namespace: namespace, Value: label})
				}
			}
		}
	}
	return keys
}

func notHost(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.'
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func stringsOf(m map[string]string) []string {
	list := make([]string, 0, len(m))
	for _, v := range m {
		list = append(list, v)
	}
	return list
}

func unique(keys []inventory.Key) []inventory.Key {
	const few = 24
	if len(keys) <= few {
		out := keys[:0]
		for _, k := range keys {
			if !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
		return out
	}
	seen := make(map[inventory.Key]bool, len(keys))
	return slices.DeleteFunc(keys, func(k inventory.Key) bool {
		if seen[k] {
			return true
		}
		seen[k] = true
		return false
	})
}
