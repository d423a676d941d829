package crd

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The kinds of HAProxy Technologies' controller that take the place of a Service's annotations.
var (
	HAProxyBackendV1 = schema.GroupKind{Group: "ingress.v1.haproxy.org", Kind: "Backend"}
	HAProxyBackendV3 = schema.GroupKind{Group: "ingress.v3.haproxy.org", Kind: "Backend"}
)

func haproxy() map[schema.GroupVersionKind]func() any {
	kinds := map[schema.GroupVersionKind]func() any{}
	kind(kinds, HAProxyBackendV1, func() any { return new(HAProxyBackend) }, "v1")
	kind(kinds, HAProxyBackendV3, func() any { return new(HAProxyBackend) }, "v3")
	return kinds
}

// HAProxyBackend is the part of a Backend of HAProxy Technologies' controller that changes requests. Source:
// haproxytech/kubernetes-ingress crs/api/ingress.
type HAProxyBackend struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		// HTTPRequests are the rules of v1, HTTPRequestRules those of v3.
		HTTPRequests     []HAProxyRule `json:"http-requests,omitempty"`
		HTTPRequestRules []HAProxyRule `json:"http_request_rule_list,omitempty"`
	} `json:"spec"`
}

// HAProxyRule is one http-request rule.
type HAProxyRule struct {
	Type         string `json:"type,omitempty"`
	HeaderName   string `json:"hdr_name,omitempty"`
	HeaderFormat string `json:"hdr_format,omitempty"`
	HeaderMethod string `json:"hdr_method,omitempty"`
	// Condition is if or unless; none means always.
	Condition string `json:"cond,omitempty"`
}
