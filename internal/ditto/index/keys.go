package index

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/dns"
	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/ingressnginx"
	"github.com/dittoguard/dittoguard/internal/ditto/netpol"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/sealed"
	"github.com/dittoguard/dittoguard/internal/ditto/unread"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// SettingsKey files whatever names a ConfigMap for the settings of a controller.
func SettingsKey(configMap string) inventory.Key {
	return inventory.Key{Index: bySettings, Value: configMap}
}

// ParametersOf is the name of the ConfigMap that a class names as its parameters. In which namespace that is, its
// controller decides: it is filed under none.
func ParametersOf(class *networkingv1.IngressClass) (name string, ok bool) {
	p := class.Spec.Parameters
	if p == nil || p.APIGroup != nil && *p.APIGroup != "" || !strings.EqualFold(p.Kind, "ConfigMap") {
		return "", false
	}
	return p.Name, true
}

// ParametersKey files the classes that name a ConfigMap of some namespace as their parameters.
func ParametersKey(name string) inventory.Key { return SettingsKey("/" + name) }

// Of is the Indexer of an inventory that Ditto facts are read from.
func Of(o *inventory.Object) []inventory.Key {
	ns := o.Ref.Namespace
	if template := o.PodTemplate(); template != nil {
		return workloadKeys(o, template)
	}
	switch t := o.Typed.(type) {
	case *corev1.Service:
		return append(serviceKeys(t), linkKeys(edge.LinksOf(o))...)
	case *discoveryv1.EndpointSlice:
		keys := []inventory.Key{{Index: ByService, Namespace: ns, Value: t.Labels[discoveryv1.LabelServiceName]}}
		for _, endpoint := range t.Endpoints {
			for _, address := range endpoint.Addresses {
				keys = append(keys, endpointKeys(t, address)...)
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
			keys = append(keys, SettingsKey(namespace+"/"+name))
		}
		return unique(append(keys, unreadKeys(o, way.Links{})...))
	case *corev1.Secret:
		texts := stringsOf(t.StringData)
		for _, data := range t.Data {
			texts = append(texts, string(data))
		}
		return unique(append(wordKeys(ns, texts), nameKeys(ns, texts)...))
	case *networkingv1.IngressClass:
		keys := linkKeys(edge.LinksOf(o))
		if name, ok := ParametersOf(t); ok {
			keys = append(keys, ParametersKey(name))
		}
		return unique(append(keys, edge.KeysOf(o)...))
	case nil:
		if netpol.Unjudged(o.Ref.GroupKind()) {
			return []inventory.Key{{Index: ByUnjudged}}
		}
		pods, _ := unread.Pods(o)
		return unique(slices.Concat(dittoKeys(ns, pods...), unreadKeys(o, way.Links{}), sealed.KeysOf(o)))
	default:
		links := edge.LinksOf(o)
		return unique(slices.Concat(linkKeys(links), edge.KeysOf(o), unreadKeys(o, links)))
	}
}

// endpointKeys index an EndpointSlice by one of its addresses: an IP address, or the Services that a name can mean.
func endpointKeys(slice *discoveryv1.EndpointSlice, address string) []inventory.Key {
	if slice.AddressType != discoveryv1.AddressTypeFQDN {
		return []inventory.Key{{Index: ByEndpoint, Value: podspec.Address(address)}}
	}
	var keys []inventory.Key
	for _, n := range dns.Services(address, slice.Namespace) {
		keys = append(keys, inventory.Key{Index: ByEndpoint, Namespace: n.Namespace, Value: n.Name})
	}
	return keys
}

// linkKeys indexes an object by what it names.
func linkKeys(links way.Links) []inventory.Key {
	var keys []inventory.Key
	for _, b := range links.Backends {
		keys = append(keys, inventory.Key{Index: ByBackend, Namespace: b.Namespace, Value: b.Name})
	}
	for _, id := range links.Uses {
		keys = append(keys, inventory.Key{Index: way.ByUse, Namespace: id.Namespace, Value: id.String()})
	}
	for _, secret := range links.Passwords {
		keys = append(keys, inventory.Key{Index: ByReference, Namespace: secret.Namespace,
			Value: "Secret/" + secret.Name})
	}
	for _, id := range links.Governs {
		keys = append(keys, inventory.Key{Index: way.ByGovernor, Namespace: id.Namespace, Value: id.String()})
	}
	return keys
}

func workloadKeys(o *inventory.Object, template *corev1.PodTemplateSpec) []inventory.Key {
	ns := o.Ref.Namespace
	keys := make([]inventory.Key, 0, len(template.Labels)+8)
	for _, pair := range podspec.LabelPairs(o) {
		keys = append(keys, inventory.Key{Index: ByLabel, Namespace: ns, Value: pair})
	}
	for _, ref := range podspec.References(&template.Spec) {
		keys = append(keys, inventory.Key{Index: ByReference, Namespace: ns, Value: ref.Kind + "/" + ref.Name})
	}
	for _, class := range recognize.ServedClasses(&template.Spec) {
		keys = append(keys, inventory.Key{Index: ByServedClass, Value: class})
	}
	if settings := recognize.ControllerConfigMap(ns, &template.Spec); settings != "" {
		keys = append(keys, SettingsKey(settings))
	}
	keys = append(keys, linkKeys(edge.LinksOf(o))...)
	keys = append(keys, dittoKeys(ns, o)...)
	parts := recognize.Parts(recognize.Nothing, o)
	if len(recognize.Named(parts, recognize.MongoDB)) > 0 {
		keys = append(keys, inventory.Key{Index: ByMongoDB, Namespace: ns})
	}
	if len(recognize.Named(parts, recognize.Proxy)) > 0 {
		keys = append(keys, inventory.Key{Index: ByProxy, Namespace: ns})
	}
	keys = append(append(keys, unreadKeys(o, way.Links{})...), nameKeys(ns, ownTexts(&template.Spec))...)
	if pod, ok := inventory.As[corev1.Pod](o); ok {
		for _, ip := range pod.Status.PodIPs {
			keys = append(keys, inventory.Key{Index: ByAddress, Value: podspec.Address(ip.IP)})
		}
	}
	return unique(keys)
}

func serviceKeys(s *corev1.Service) []inventory.Key {
	var keys []inventory.Key
	if s.Spec.Type == corev1.ServiceTypeExternalName {
		if address := podspec.Canonical(s.Spec.ExternalName); podspec.IsAddress(address) {
			return []inventory.Key{{Index: ByAlias, Value: address}}
		}
		for _, n := range dns.Services(s.Spec.ExternalName, s.Namespace) {
			keys = append(keys, inventory.Key{Index: ByAlias, Namespace: n.Namespace, Value: n.Name})
		}
		return keys
	}
	if pair, ok := SelectorPair(s.Spec.Selector); ok {
		keys = append(keys, inventory.Key{Index: BySelector, Namespace: s.Namespace, Value: pair})
	}
	for _, ip := range ServiceAddresses(s) {
		keys = append(keys, inventory.Key{Index: ByAddress, Value: ip})
	}
	return keys
}

// ServiceAddresses are the addresses by which a Service is reached at its ports from inside the cluster: its own, and
// those of its load balancer and the external ones, which nodes hand to its pods themselves or send out and in again.
func ServiceAddresses(s *corev1.Service) []string {
	all := slices.Concat([]string{s.Spec.ClusterIP}, s.Spec.ClusterIPs, s.Spec.ExternalIPs)
	if s.Spec.Type == corev1.ServiceTypeLoadBalancer {
		all = append(all, s.Spec.LoadBalancerIP)
		for _, ingress := range s.Status.LoadBalancer.Ingress {
			all = append(all, ingress.IP)
		}
	}
	var list []string
	for _, ip := range all {
		if ip = podspec.Address(ip); ip != "" && ip != corev1.ClusterIPNone && !slices.Contains(list, ip) {
			list = append(list, ip)
		}
	}
	return list
}

// SelectorPair chooses the pair of a selector that a Service is indexed by: the most telling one, so that a pod is not
// compared with every Service of its release.
func SelectorPair(selector map[string]string) (string, bool) {
	best := ""
	for k, v := range selector {
		pair := podspec.LabelPair(k, v)
		if best == "" || moreTelling(k, pair, best) {
			best = pair
		}
	}
	return best, best != ""
}

func moreTelling(key, pair, than string) bool {
	shared := func(key string) bool {
		switch key {
		case "app.kubernetes.io/instance", "app.kubernetes.io/part-of", "app.kubernetes.io/managed-by", "release",
			"actorSystemName":
			return true
		}
		return podspec.AddedByController(key)
	}
	otherKey, _, _ := strings.Cut(than, "=")
	if shared(key) != shared(otherKey) {
		return shared(otherKey)
	}
	return pair < than
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
