package crd

import "k8s.io/apimachinery/pkg/runtime/schema"

// LoadBalancerConfiguration is the kind of AWSLoadBalancer.
var LoadBalancerConfiguration = schema.GroupKind{Group: "gateway.k8s.aws", Kind: "LoadBalancerConfiguration"}

func awsKinds(kinds Types) {
	Add[AWSLoadBalancer](kinds, LoadBalancerConfiguration, "v1", "v1beta1")
}

// AWSLoadBalancer is what a class or a Gateway of the AWS Load Balancer Controller is given. Source: apis/gateway of
// kubernetes-sigs/aws-load-balancer-controller, 3.5.
type AWSLoadBalancer Object[struct {
	// MergingMode, of a class's configuration, is prefer-gateway-class (default) or prefer-gateway.
	MergingMode string `json:"mergingMode,omitempty"`
	// Scheme is internal (default) or internet-facing.
	Scheme string `json:"scheme,omitempty"`
}]
