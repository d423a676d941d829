package crd

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

type unreadKind struct {
	schema.GroupKind
	versions []string
	anywhere bool
}

// unread are the kinds that can open a way in and whose fields are not read, in every version in which they are watched
// and listed. anywhere says that an object of the kind can name Services of other namespaces, by itself or as the host
// of a URL.
var unread = []unreadKind{
	{schema.GroupKind{Group: "cilium.io", Kind: "CiliumEnvoyConfig"}, []string{"v2"}, true},
	{schema.GroupKind{Group: "cilium.io", Kind: "CiliumClusterwideEnvoyConfig"}, []string{"v2"}, true},
	{schema.GroupKind{Group: "elbv2.k8s.aws", Kind: "TargetGroupBinding"}, []string{"v1beta1", "v1alpha1"}, false},
	// It lets other networks reach an internal load balancer of a Service, by Private Service Connect.
	{schema.GroupKind{Group: "networking.gke.io", Kind: "ServiceAttachment"}, []string{"v1", "v1beta1"}, false},
	{schema.GroupKind{Group: "getambassador.io", Kind: "Mapping"}, []string{"v3alpha1", "v2", "v1"}, true},
	{schema.GroupKind{Group: "getambassador.io", Kind: "TCPMapping"}, []string{"v3alpha1", "v2", "v1"}, true},
	{schema.GroupKind{Group: "apisix.apache.org", Kind: "ApisixRoute"}, []string{"v2", "v2beta3"}, false},
	// Backends of type network are URLs.
	{schema.GroupKind{Group: "zalando.org", Kind: "RouteGroup"}, []string{"v1"}, true},
	{schema.GroupKind{Group: "contour.heptio.com", Kind: "IngressRoute"}, []string{"v1beta1"}, false},
	{schema.GroupKind{Group: "ingress.v1.haproxy.org", Kind: "TCP"}, []string{"v1"}, false},
	{schema.GroupKind{Group: "ingress.v3.haproxy.org", Kind: "TCP"}, []string{"v3"}, false},
	{schema.GroupKind{Group: "ngrok.k8s.ngrok.com", Kind: "AgentEndpoint"}, []string{"v1alpha1"}, true},
	// The target of a subject is a URL.
	{schema.GroupKind{Group: "networking.cfargotunnel.com", Kind: "TunnelBinding"}, []string{"v1alpha2", "v1alpha1"},
		true},
}

// Unread lists the kinds that can open a way in and whose fields are not read. What their objects name counts as a way
// of which nothing else is known.
func Unread() []schema.GroupVersionKind {
	var list []schema.GroupVersionKind
	for _, kind := range unread {
		for _, version := range kind.versions {
			list = append(list, kind.WithVersion(version))
		}
	}
	return list
}

// UnreadAnywhere says whether objects of one of those kinds can name Services of other namespaces.
func UnreadAnywhere(gk schema.GroupKind) bool {
	return slices.ContainsFunc(unread, func(k unreadKind) bool { return k.GroupKind == gk && k.anywhere })
}
