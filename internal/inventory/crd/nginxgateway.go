package crd

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// The kinds of NGINX Gateway Fabric that decide what a Gateway of its does. Source: apis of nginx/nginx-gateway-fabric,
// 2.6.
var (
	AuthenticationFilter = nginxGateway("AuthenticationFilter")
	SnippetsFilter       = nginxGateway("SnippetsFilter")
	SnippetsPolicy       = nginxGateway("SnippetsPolicy")
	NginxProxy           = nginxGateway("NginxProxy")
	RateLimitPolicy      = nginxGateway("RateLimitPolicy")
)

func nginxGateway(kind string) schema.GroupKind {
	return schema.GroupKind{Group: "gateway.nginx.org", Kind: kind}
}

func nginxGatewayKinds(kinds Types) {
	Add[NginxAuthenticationFilter](kinds, AuthenticationFilter, "v1alpha1")
	Add[NginxSnippetsFilter](kinds, SnippetsFilter, "v1alpha1")
	Add[NginxSnippetsPolicy](kinds, SnippetsPolicy, "v1alpha1")
	Add[NginxProxySettings](kinds, NginxProxy, "v1alpha2")
	Add[NginxRateLimitPolicy](kinds, RateLimitPolicy, "v1alpha1")
}

// NginxAuthenticationFilter asks clients for credentials.
type NginxAuthenticationFilter Object[struct {
	// Type is Basic, OIDC or JWT.
	Type  string `json:"type"`
	Basic *struct {
		// SecretRef names a Secret of the same namespace with an htpasswd file under the key `auth`.
		SecretRef struct {
			Name string `json:"name"`
		} `json:"secretRef"`
	} `json:"basic,omitempty"`
	OIDC *NginxTokens `json:"oidc,omitempty"`
	JWT  *NginxTokens `json:"jwt,omitempty"`
}]

// NginxTokens is what becomes of the claims of a token.
type NginxTokens struct {
	Authorization *struct {
		Rules []struct {
			Claims []struct {
				Name string `json:"name"`
				// ProxySetHeader is the header that the claim is written to.
				ProxySetHeader *string `json:"proxySetHeader,omitempty"`
			} `json:"claims"`
		} `json:"rules"`
	} `json:"authorization,omitempty"`
}

// NginxSnippet is nginx configuration, of which nothing is read but where it sends requests.
type NginxSnippet struct {
	Value string `json:"value,omitempty"`
}

// NginxSnippetsFilter is nginx configuration for the routes that name it.
type NginxSnippetsFilter struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Snippets []NginxSnippet `json:"snippets,omitempty"`
	} `json:"spec"`
}

// NginxSnippetsPolicy is nginx configuration for Gateways.
type NginxSnippetsPolicy Object[struct {
	Snippets   []NginxSnippet                         `json:"snippets,omitempty"`
	TargetRefs []gatewayv1.LocalPolicyTargetReference `json:"targetRefs,omitempty"`
}]

// NginxProxySettings are the settings of a class or of a Gateway of NGINX Gateway Fabric.
type NginxProxySettings Object[struct {
	Kubernetes *struct {
		Service *struct {
			// Type is LoadBalancer (default), NodePort or ClusterIP.
			Type              string  `json:"type,omitempty"`
			LoadBalancerClass *string `json:"loadBalancerClass,omitempty"`
			// Patches change the Service in ways that are not read.
			Patches []struct{} `json:"patches,omitempty"`
		} `json:"service,omitempty"`
		Deployment *NginxWorkload `json:"deployment,omitempty"`
		DaemonSet  *NginxWorkload `json:"daemonSet,omitempty"`
	} `json:"kubernetes,omitempty"`
}]

// NginxWorkload is what runs the nginx of a Gateway.
type NginxWorkload struct {
	Container struct {
		// HostPorts are ports of the nodes that lead to the container.
		HostPorts []struct{} `json:"hostPorts,omitempty"`
	} `json:"container"`
	// Patches change it in ways that are not read: they can open ports of the nodes.
	Patches []struct{} `json:"patches,omitempty"`
}
