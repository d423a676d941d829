package crd

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// LoadBalancerConfiguration is the kind of AWSLoadBalancer.
var LoadBalancerConfiguration = schema.GroupKind{Group: "gateway.k8s.aws", Kind: "LoadBalancerConfiguration"}

func awsKinds() map[schema.GroupVersionKind]func() any {
	kinds := map[schema.GroupVersionKind]func() any{}
	kind(kinds, LoadBalancerConfiguration, func() any { return new(AWSLoadBalancer) }, "v1", "v1beta1")
	return kinds
}

// AWSLoadBalancer is what a class or a Gateway of the AWS Load Balancer Controller is given. Source: apis/gateway of
// kubernetes-sigs/aws-load-balancer-controller, 3.5.
type AWSLoadBalancer struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		// MergingMode, of a class's configuration, is prefer-gateway-class (default) or prefer-gateway.
		MergingMode string `json:"mergingMode,omitempty"`
		// Scheme is internal (default) or internet-facing.
		Scheme string `json:"scheme,omitempty"`
	} `json:"spec"`
}
