package istio

import (
	"net"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// istioService is the Service that a destination's host means: a name without a dot in the namespace of who names it,
// or a name that is written out, `service.namespace.svc` and the cluster's domain. `service.namespace` means no Service
// to Istio. Source: istio pkg/config/model.go, ResolveShortnameToFQDN.
func istioService(host, namespace string) (ns, name string, ok bool) {
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	switch {
	case host == "" || host == "*" || net.ParseIP(host) != nil:
		return "", "", false
	case len(labels) == 1:
		return namespace, labels[0], true
	case len(labels) >= 3 && labels[2] == "svc":
		return labels[1], labels[0], true
	}
	return "", "", false
}

// istioHosts are the hosts of a VirtualService as Istio completes them: a name without a dot is that of a Service in
// its namespace (pkg/config/model.go, ResolveShortnameToFQDN).
func istioHosts(vs *crd.VirtualService) []string {
	var list []string
	for _, host := range vs.Spec.Hosts {
		if host != "" && host != "*" && !strings.Contains(host, ".") && net.ParseIP(host) == nil {
			host += "." + vs.Namespace + ".svc.cluster.local"
		}
		list = append(list, host)
	}
	return list
}

// istioBackend is the Service of a destination; without a port any port of it.
func istioBackend(d crd.IstioDestination, namespace string) (way.Backend, bool) {
	ns, name, ok := istioService(d.Host, namespace)
	b := way.Backend{Namespace: ns, Name: name}
	if d.Port != nil {
		b.Port = intstr.FromInt32(int32(min(d.Port.Number, 65535))) // bounded
	}
	return b, ok
}

// gatewayName reads the name of a Gateway in a VirtualService: `namespace/name`, `./name`, a name in the
// VirtualService's namespace, and the old `name.namespace` with or without more behind it. Source: istio
// pilot/pkg/model, resolveGatewayName.
func gatewayName(text, namespace string) (ns, name string) {
	if ns, name, ok := strings.Cut(text, "/"); ok {
		if ns == "." {
			ns = namespace
		}
		return ns, name
	}
	labels := strings.Split(text, ".")
	if len(labels) == 1 {
		return namespace, text
	}
	return labels[1], labels[0]
}

// wildcardHostsMeet says whether some host is meant by both; either may begin with `*`.
func wildcardHostsMeet(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	suffixA, wildA := strings.CutPrefix(a, "*")
	suffixB, wildB := strings.CutPrefix(b, "*")
	switch {
	case wildA && wildB:
		return strings.HasSuffix(suffixA, suffixB) || strings.HasSuffix(suffixB, suffixA)
	case wildA:
		return strings.HasSuffix(b, suffixA)
	case wildB:
		return strings.HasSuffix(a, suffixB)
	}
	return a == b
}
