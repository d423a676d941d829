package crd

import "k8s.io/apimachinery/pkg/runtime/schema"

// The kinds of HAProxy Technologies' controller that take the place of a Service's annotations.
var (
	HAProxyBackendV1 = schema.GroupKind{Group: "ingress.v1.haproxy.org", Kind: "Backend"}
	HAProxyBackendV3 = schema.GroupKind{Group: "ingress.v3.haproxy.org", Kind: "Backend"}
)

func haproxy(kinds Types) {
	Add[HAProxyBackend](kinds, HAProxyBackendV1, "v1")
	Add[HAProxyBackend](kinds, HAProxyBackendV3, "v3")
}

// HAProxyBackend is the part of a Backend of HAProxy Technologies' controller that changes requests. Source:
// haproxytech/kubernetes-ingress crs/api/ingress.
type HAProxyBackend Object[struct {
	// HTTPRequests are the rules of v1, HTTPRequestRules those of v3.
	HTTPRequests     []HAProxyRule `json:"http-requests,omitempty"`
	HTTPRequestRules []HAProxyRule `json:"http_request_rule_list,omitempty"`
}]

// HAProxyRule is one http-request rule.
type HAProxyRule struct {
	Type         string `json:"type,omitempty"`
	HeaderName   string `json:"hdr_name,omitempty"`
	HeaderFormat string `json:"hdr_format,omitempty"`
	HeaderMethod string `json:"hdr_method,omitempty"`
	// Condition is if or unless; none means always.
	Condition string `json:"cond,omitempty"`
}
