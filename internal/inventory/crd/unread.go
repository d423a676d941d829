package crd

import "k8s.io/apimachinery/pkg/runtime/schema"

// Unread lists the kinds that can open a way in and whose fields are not read, in every version in which they are watched and
// listed. What their objects name counts as a way of which nothing else is known.
func Unread() []schema.GroupVersionKind {
	return []schema.GroupVersionKind{
		{Group: "cilium.io", Version: "v2", Kind: "CiliumEnvoyConfig"},
		{Group: "cilium.io", Version: "v2", Kind: "CiliumClusterwideEnvoyConfig"},
		{Group: "elbv2.k8s.aws", Version: "v1beta1", Kind: "TargetGroupBinding"},
		{Group: "elbv2.k8s.aws", Version: "v1alpha1", Kind: "TargetGroupBinding"},
		{Group: "getambassador.io", Version: "v3alpha1", Kind: "Mapping"},
		{Group: "getambassador.io", Version: "v2", Kind: "Mapping"},
		{Group: "getambassador.io", Version: "v1", Kind: "Mapping"},
		{Group: "getambassador.io", Version: "v3alpha1", Kind: "TCPMapping"},
		{Group: "getambassador.io", Version: "v2", Kind: "TCPMapping"},
		{Group: "getambassador.io", Version: "v1", Kind: "TCPMapping"},
		{Group: "apisix.apache.org", Version: "v2", Kind: "ApisixRoute"},
		{Group: "apisix.apache.org", Version: "v2beta3", Kind: "ApisixRoute"},
		{Group: "zalando.org", Version: "v1", Kind: "RouteGroup"},
		{Group: "contour.heptio.com", Version: "v1beta1", Kind: "IngressRoute"},
		{Group: "ingress.v1.haproxy.org", Version: "v1", Kind: "TCP"},
		{Group: "ingress.v3.haproxy.org", Version: "v3", Kind: "TCP"},
		{Group: "ngrok.k8s.ngrok.com", Version: "v1alpha1", Kind: "AgentEndpoint"},
		{Group: "networking.cfargotunnel.com", Version: "v1alpha2", Kind: "TunnelBinding"},
		{Group: "networking.cfargotunnel.com", Version: "v1alpha1", Kind: "TunnelBinding"},
	}
}
