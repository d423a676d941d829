package crd

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// The kinds of Envoy Gateway that decide what a Gateway of its does. Source: api/v1alpha1 of envoyproxy/gateway, 1.9.
var (
	SecurityPolicy       = envoyGateway("SecurityPolicy")
	ClientTrafficPolicy  = envoyGateway("ClientTrafficPolicy")
	EnvoyPatchPolicy     = envoyGateway("EnvoyPatchPolicy")
	EnvoyExtensionPolicy = envoyGateway("EnvoyExtensionPolicy")
	EnvoyProxy           = envoyGateway("EnvoyProxy")
	HTTPRouteFilter      = envoyGateway("HTTPRouteFilter")
	BackendTrafficPolicy = envoyGateway("BackendTrafficPolicy")
	EnvoyBackend         = envoyGateway("Backend")
)

func envoyGateway(kind string) schema.GroupKind {
	return schema.GroupKind{Group: "gateway.envoyproxy.io", Kind: kind}
}

func envoyGatewayKinds(kinds Types) {
	Add[EnvoySecurityPolicy](kinds, SecurityPolicy, "v1alpha1")
	Add[EnvoyClientTrafficPolicy](kinds, ClientTrafficPolicy, "v1alpha1")
	Add[EnvoyOpaquePolicy](kinds, EnvoyPatchPolicy, "v1alpha1")
	Add[EnvoyOpaquePolicy](kinds, EnvoyExtensionPolicy, "v1alpha1")
	Add[EnvoyProxySettings](kinds, EnvoyProxy, "v1alpha1")
	Add[EnvoyRouteFilter](kinds, HTTPRouteFilter, "v1alpha1")
	Add[EnvoyBackendTrafficPolicy](kinds, BackendTrafficPolicy, "v1alpha1")
	Add[EnvoyBackendHosts](kinds, EnvoyBackend, "v1alpha1")
}

// EnvoyBackendHosts is a Backend: where a route sends requests, in the place of a Service.
type EnvoyBackendHosts Object[struct {
	// Type is Endpoints or DynamicResolver; empty means the former.
	Type      string `json:"type,omitempty"`
	Endpoints []struct {
		FQDN *struct {
			Hostname string `json:"hostname"`
			Port     int32  `json:"port"`
		} `json:"fqdn,omitempty"`
		IP *struct {
			Address string `json:"address"`
			Port    int32  `json:"port"`
		} `json:"ip,omitempty"`
		Unix *struct {
			Path string `json:"path"`
		} `json:"unix,omitempty"`
	} `json:"endpoints,omitempty"`
}]

// PolicyTargets says which objects a policy is for.
type PolicyTargets struct {
	// TargetRef is the older way to name one target.
	TargetRef       *gatewayv1.LocalPolicyTargetReferenceWithSectionName  `json:"targetRef,omitempty"`
	TargetRefs      []gatewayv1.LocalPolicyTargetReferenceWithSectionName `json:"targetRefs,omitempty"`
	TargetSelectors []PolicyTargetSelector                                `json:"targetSelectors,omitempty"`
}

// PolicyTargetSelector selects targets by their labels.
type PolicyTargetSelector struct {
	Kind string `json:"kind"`
	// Namespaces is nil for the policy's own namespace.
	Namespaces *struct {
		// From is Same, All or Selector.
		From string `json:"from"`
	} `json:"namespaces,omitempty"`
	MatchLabels      map[string]string                 `json:"matchLabels,omitempty"`
	MatchExpressions []metav1.LabelSelectorRequirement `json:"matchExpressions,omitempty"`
}

// EnvoyOpaquePolicy is a policy that changes Envoy's configuration in ways that are not read.
type EnvoyOpaquePolicy Object[struct {
	PolicyTargets `json:",inline"`
}]

// EnvoySecurityPolicy is how Envoy Gateway authenticates.
type EnvoySecurityPolicy Object[EnvoySecurityPolicySpec]

// EnvoySecurityPolicySpec has what asks clients for credentials, each nil where it does not.
type EnvoySecurityPolicySpec struct {
	PolicyTargets `json:",inline"`
	// MergeType is set where a route's policy is laid over that of its Gateway instead of replacing it.
	MergeType  *string          `json:"mergeType,omitempty"`
	BasicAuth  *EnvoyBasicAuth  `json:"basicAuth,omitempty"`
	APIKeyAuth *EnvoyAPIKeyAuth `json:"apiKeyAuth,omitempty"`
	JWT        *EnvoyJWT        `json:"jwt,omitempty"`
	OIDC       *EnvoyOIDC       `json:"oidc,omitempty"`
	ExtAuth    *EnvoyExtAuth    `json:"extAuth,omitempty"`
}

// EnvoyBasicAuth is HTTP basic authentication against an htpasswd file in a Secret, under the key `.htpasswd`.
type EnvoyBasicAuth struct {
	Users                 gatewayv1.SecretObjectReference `json:"users"`
	ForwardUsernameHeader *string                         `json:"forwardUsernameHeader,omitempty"`
}

// EnvoyAPIKeyAuth asks for a key.
type EnvoyAPIKeyAuth struct {
	ForwardClientIDHeader *string `json:"forwardClientIDHeader,omitempty"`
}

// EnvoyJWT asks for a token.
type EnvoyJWT struct {
	// Optional lets requests without a token in, FailOpen those with an invalid one too.
	Optional  *bool              `json:"optional,omitempty"`
	FailOpen  *bool              `json:"failOpen,omitempty"`
	Providers []EnvoyJWTProvider `json:"providers,omitempty"`
}

// EnvoyJWTProvider is an issuer of tokens.
type EnvoyJWTProvider struct {
	ClaimToHeaders []struct {
		Header string `json:"header"`
		Claim  string `json:"claim"`
	} `json:"claimToHeaders,omitempty"`
}

// EnvoyOIDC sends browsers to a login.
type EnvoyOIDC struct {
	// PassThroughAuthHeader lets requests with a token pass; whether it is valid is up to JWT.
	PassThroughAuthHeader *bool `json:"passThroughAuthHeader,omitempty"`
}

// EnvoyExtAuth asks another service whether a request may pass.
type EnvoyExtAuth struct {
	GRPC *struct{} `json:"grpc,omitempty"`
	HTTP *struct {
		// HeadersToBackend are those of the answer that take the place of the request's.
		HeadersToBackend []string `json:"headersToBackend,omitempty"`
		// BackendRefs, or the older BackendRef, are the service; Path comes before that of the request.
		BackendRefs []gatewayv1.BackendRef            `json:"backendRefs,omitempty"`
		BackendRef  *gatewayv1.BackendObjectReference `json:"backendRef,omitempty"`
		Path        *string                           `json:"path,omitempty"`
	} `json:"http,omitempty"`
	FailOpen *bool `json:"failOpen,omitempty"`
}

// EnvoyClientTrafficPolicy is what a listener does with all requests.
type EnvoyClientTrafficPolicy Object[struct {
	PolicyTargets `json:",inline"`
	Headers       *EnvoyHeaderSettings `json:"headers,omitempty"`
}]

// EnvoyHeaderSettings change headers before routes see the request, and after they are done with the response.
type EnvoyHeaderSettings struct {
	EarlyRequestHeaders *EnvoyHeaderFilter `json:"earlyRequestHeaders,omitempty"`
	LateResponseHeaders *EnvoyHeaderFilter `json:"lateResponseHeaders,omitempty"`
}

// EnvoyHeaderFilter is HTTPHeaderFilter of the Gateway API, and more.
type EnvoyHeaderFilter struct {
	gatewayv1.HTTPHeaderFilter `json:",inline"`
	AddIfAbsent                []gatewayv1.HTTPHeader `json:"addIfAbsent,omitempty"`
	RemoveOnMatch              []struct {
		// Type is Exact (default), Prefix, Suffix or RegularExpression.
		Type  string `json:"type,omitempty"`
		Value string `json:"value"`
	} `json:"removeOnMatch,omitempty"`
}

// EnvoyProxySettings are the settings of a class or of a Gateway of Envoy Gateway.
type EnvoyProxySettings Object[struct {
	// MergeGateways of a class's settings makes one Service for all of its Gateways.
	MergeGateways *bool `json:"mergeGateways,omitempty"`
	Provider      *struct {
		Kubernetes *struct {
			EnvoyService    *EnvoyService  `json:"envoyService,omitempty"`
			EnvoyDeployment *EnvoyWorkload `json:"envoyDeployment,omitempty"`
			EnvoyDaemonSet  *EnvoyWorkload `json:"envoyDaemonSet,omitempty"`
		} `json:"kubernetes,omitempty"`
	} `json:"provider,omitempty"`
}]

// EnvoyWorkload is what runs the Envoys of a Gateway.
type EnvoyWorkload struct {
	// Patch changes it in ways that are not read: it can open ports of the nodes.
	Patch *struct{} `json:"patch,omitempty"`
}

// EnvoyService is the Service that Envoy Gateway makes for a Gateway.
type EnvoyService struct {
	// Type is LoadBalancer (default), NodePort or ClusterIP.
	Type              string            `json:"type,omitempty"`
	Annotations       map[string]string `json:"annotations,omitempty"`
	LoadBalancerClass *string           `json:"loadBalancerClass,omitempty"`
	// Patch changes the Service in ways that are not read.
	Patch *struct{} `json:"patch,omitempty"`
}

// EnvoyRouteFilter is what an ExtensionRef of a route names at Envoy Gateway.
type EnvoyRouteFilter Object[struct {
	URLRewrite *struct {
		Path *struct {
			ReplaceRegexMatch *struct {
				Pattern      string `json:"pattern"`
				Substitution string `json:"substitution"`
			} `json:"replaceRegexMatch,omitempty"`
		} `json:"path,omitempty"`
	} `json:"urlRewrite,omitempty"`
	// RequestMirror sends a copy of each request to a backend, or to the cluster that a header of the request
	// names.
	RequestMirror *struct {
		BackendRef    *gatewayv1.BackendObjectReference `json:"backendRef,omitempty"`
		ClusterHeader *string                           `json:"clusterHeader,omitempty"`
	} `json:"requestMirror,omitempty"`
	// DirectResponse answers without a backend.
	DirectResponse *struct{} `json:"directResponse,omitempty"`
	// CredentialInjection sets a header, Authorization unless it names one, to a secret.
	CredentialInjection *struct {
		Header    *string `json:"header,omitempty"`
		Overwrite *bool   `json:"overwrite,omitempty"`
	} `json:"credentialInjection,omitempty"`
}]
