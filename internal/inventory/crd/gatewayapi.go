package crd

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// The kinds of the Gateway API. UDPRoute is not among them: Ditto answers nothing over UDP.
var (
	Gateway        = gatewayAPI("Gateway")
	GatewayClass   = gatewayAPI("GatewayClass")
	HTTPRoute      = gatewayAPI("HTTPRoute")
	GRPCRoute      = gatewayAPI("GRPCRoute")
	TLSRoute       = gatewayAPI("TLSRoute")
	TCPRoute       = gatewayAPI("TCPRoute")
	ReferenceGrant = gatewayAPI("ReferenceGrant")
	ListenerSet    = gatewayAPI("ListenerSet")
	// XListenerSet is ListenerSet as it was called while it was tried out.
	XListenerSet = schema.GroupKind{Group: "gateway.networking.x-k8s.io", Kind: "XListenerSet"}
)

func gatewayAPI(kind string) schema.GroupKind {
	return schema.GroupKind{Group: gatewayv1.GroupName, Kind: kind}
}

// gatewayAPIKinds: the older versions of a kind have the form of v1, as far as it goes.
func gatewayAPIKinds() map[schema.GroupVersionKind]func() any {
	kinds := map[schema.GroupVersionKind]func() any{}
	kind(kinds, Gateway, func() any { return new(gatewayv1.Gateway) }, "v1", "v1beta1")
	kind(kinds, GatewayClass, func() any { return new(gatewayv1.GatewayClass) }, "v1", "v1beta1")
	kind(kinds, HTTPRoute, func() any { return new(gatewayv1.HTTPRoute) }, "v1", "v1beta1")
	kind(kinds, GRPCRoute, func() any { return new(gatewayv1.GRPCRoute) }, "v1", "v1alpha2")
	kind(kinds, TLSRoute, func() any { return new(gatewayv1.TLSRoute) }, "v1", "v1alpha3", "v1alpha2")
	kind(kinds, TCPRoute, func() any { return new(gatewayv1.TCPRoute) }, "v1", "v1alpha2")
	kind(kinds, ReferenceGrant, func() any { return new(gatewayv1.ReferenceGrant) }, "v1", "v1beta1")
	kind(kinds, ListenerSet, func() any { return new(gatewayv1.ListenerSet) }, "v1")
	kind(kinds, XListenerSet, func() any { return new(gatewayv1.ListenerSet) }, "v1alpha1")
	return kinds
}
