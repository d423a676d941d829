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
func gatewayAPIKinds(kinds Types) {
	Add[gatewayv1.Gateway](kinds, Gateway, "v1", "v1beta1")
	Add[gatewayv1.GatewayClass](kinds, GatewayClass, "v1", "v1beta1")
	Add[gatewayv1.HTTPRoute](kinds, HTTPRoute, "v1", "v1beta1")
	Add[gatewayv1.GRPCRoute](kinds, GRPCRoute, "v1", "v1alpha2")
	Add[gatewayv1.TLSRoute](kinds, TLSRoute, "v1", "v1alpha3", "v1alpha2")
	Add[gatewayv1.TCPRoute](kinds, TCPRoute, "v1", "v1alpha2")
	Add[gatewayv1.ReferenceGrant](kinds, ReferenceGrant, "v1", "v1beta1")
	Add[gatewayv1.ListenerSet](kinds, ListenerSet, "v1")
	Add[gatewayv1.ListenerSet](kinds, XListenerSet, "v1alpha1")
}
