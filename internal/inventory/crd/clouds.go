package crd

import "k8s.io/apimachinery/pkg/runtime/schema"

// The kinds of cloud controllers that decide how an Ingress is served. IngressClassParams have no namespace.
var (
	ALBIngressClassParams = schema.GroupKind{Group: "elbv2.k8s.aws", Kind: "IngressClassParams"}
	GKEBackendConfig      = schema.GroupKind{Group: "cloud.google.com", Kind: "BackendConfig"}
	GKEFrontendConfig     = schema.GroupKind{Group: "networking.gke.io", Kind: "FrontendConfig"}
	AGICRewrite           = schema.GroupKind{Group: "appgw.ingress.azure.io", Kind: "AzureApplicationGatewayRewrite"}
)

func clouds(kinds Types) {
	Add[IngressClassParams](kinds, ALBIngressClassParams, "v1beta1")
	Add[BackendConfig](kinds, GKEBackendConfig, "v1")
	Add[FrontendConfig](kinds, GKEFrontendConfig, "v1beta1")
	Add[ApplicationGatewayRewrite](kinds, AGICRewrite, "v1beta1")
}

// IngressClassParams is the part of elbv2.k8s.aws/v1beta1 IngressClassParams that says who reaches the load balancer.
// Source: aws-load-balancer-controller apis/elbv2/v1beta1.
type IngressClassParams Object[struct {
	// Scheme is internal or internet-facing, and wins over annotations.
	Scheme string `json:"scheme,omitempty"`
	Group  *struct {
		Name string `json:"name,omitempty"`
	} `json:"group,omitempty"`
}]

// BackendConfig is the part of cloud.google.com/v1 BackendConfig that decides. Source: ingress-gce
// pkg/apis/backendconfig/v1/types.go.
type BackendConfig Object[struct {
	// IAP is Google's Identity-Aware Proxy.
	IAP *struct {
		Enabled bool `json:"enabled,omitempty"`
	} `json:"iap,omitempty"`
	// CustomRequestHeaders and CustomResponseHeaders are `name:value`.
	CustomRequestHeaders  *GKEHeaders `json:"customRequestHeaders,omitempty"`
	CustomResponseHeaders *GKEHeaders `json:"customResponseHeaders,omitempty"`
}]

// FrontendConfig is the part of networking.gke.io/v1beta1 FrontendConfig that decides. Source: ingress-gce
// pkg/apis/frontendconfig/v1beta1/types.go.
type FrontendConfig Object[struct {
	RedirectToHTTPS *struct {
		Enabled bool `json:"enabled,omitempty"`
	} `json:"redirectToHttps,omitempty"`
}]

// GKEHeaders are headers that are set.
type GKEHeaders struct {
	Headers []string `json:"headers,omitempty"`
}

// ApplicationGatewayRewrite is the part of appgw.ingress.azure.io/v1beta1 AzureApplicationGatewayRewrite that decides.
// Source: application-gateway-kubernetes-ingress crds/AzureApplicationGatewayRewrite.yaml.
type ApplicationGatewayRewrite Object[struct {
	RewriteRules []ApplicationGatewayRule `json:"rewriteRules,omitempty"`
}]

// ApplicationGatewayRule is applied in the order of its sequence, if all its conditions hold.
type ApplicationGatewayRule struct {
	RuleSequence int32 `json:"ruleSequence,omitempty"`
	Actions      struct {
		RequestHeaders  []ApplicationGatewayHeader `json:"requestHeaderConfigurations,omitempty"`
		ResponseHeaders []ApplicationGatewayHeader `json:"responseHeaderConfigurations,omitempty"`
		URL             *struct {
			ModifiedPath string `json:"modifiedPath,omitempty"`
		} `json:"urlConfiguration,omitempty"`
	} `json:"actions"`
	Conditions []struct{} `json:"conditions,omitempty"`
}

// ApplicationGatewayHeader sets or deletes a header.
type ApplicationGatewayHeader struct {
	// ActionType is set or delete.
	ActionType  string `json:"actionType,omitempty"`
	HeaderName  string `json:"headerName,omitempty"`
	HeaderValue string `json:"headerValue,omitempty"`
}
