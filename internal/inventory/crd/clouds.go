package crd

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The kinds of cloud controllers that decide how an Ingress is served. IngressClassParams have no namespace.
var (
	ALBIngressClassParams = schema.GroupKind{Group: "elbv2.k8s.aws", Kind: "IngressClassParams"}
	GKEBackendConfig      = schema.GroupKind{Group: "cloud.google.com", Kind: "BackendConfig"}
	GKEFrontendConfig     = schema.GroupKind{Group: "networking.gke.io", Kind: "FrontendConfig"}
	AGICRewrite           = schema.GroupKind{Group: "appgw.ingress.azure.io", Kind: "AzureApplicationGatewayRewrite"}
)

func clouds() map[schema.GroupVersionKind]func() any {
	kinds := map[schema.GroupVersionKind]func() any{}
	kind(kinds, ALBIngressClassParams, func() any { return new(IngressClassParams) }, "v1beta1")
	kind(kinds, GKEBackendConfig, func() any { return new(BackendConfig) }, "v1")
	kind(kinds, GKEFrontendConfig, func() any { return new(FrontendConfig) }, "v1beta1")
	kind(kinds, AGICRewrite, func() any { return new(ApplicationGatewayRewrite) }, "v1beta1")
	return kinds
}

// IngressClassParams is the part of elbv2.k8s.aws/v1beta1 IngressClassParams that says who reaches the load balancer.
// Source: aws-load-balancer-controller apis/elbv2/v1beta1.
type IngressClassParams struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		// Scheme is internal or internet-facing, and wins over annotations.
		Scheme string `json:"scheme,omitempty"`
		Group  *struct {
			Name string `json:"name,omitempty"`
		} `json:"group,omitempty"`
	} `json:"spec"`
}

// BackendConfig is the part of cloud.google.com/v1 BackendConfig that decides. Source: ingress-gce
// pkg/apis/backendconfig/v1/types.go.
type BackendConfig struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		// IAP is Google's Identity-Aware Proxy.
		IAP *struct {
			Enabled bool `json:"enabled,omitempty"`
		} `json:"iap,omitempty"`
		// CustomRequestHeaders and CustomResponseHeaders are `name:value`.
		CustomRequestHeaders  *GKEHeaders `json:"customRequestHeaders,omitempty"`
		CustomResponseHeaders *GKEHeaders `json:"customResponseHeaders,omitempty"`
	} `json:"spec"`
}

// FrontendConfig is the part of networking.gke.io/v1beta1 FrontendConfig that decides. Source: ingress-gce
// pkg/apis/frontendconfig/v1beta1/types.go.
type FrontendConfig struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		RedirectToHTTPS *struct {
			Enabled bool `json:"enabled,omitempty"`
		} `json:"redirectToHttps,omitempty"`
	} `json:"spec"`
}

// GKEHeaders are headers that are set.
type GKEHeaders struct {
	Headers []string `json:"headers,omitempty"`
}

// ApplicationGatewayRewrite is the part of appgw.ingress.azure.io/v1beta1 AzureApplicationGatewayRewrite that decides.
// Source: application-gateway-kubernetes-ingress crds/AzureApplicationGatewayRewrite.yaml.
type ApplicationGatewayRewrite struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		RewriteRules []ApplicationGatewayRule `json:"rewriteRules,omitempty"`
	} `json:"spec"`
}

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
