package crd

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The kinds of Kong that decide what its gateway does. KongClusterPlugin has no namespace.
var (
	KongPluginKind        = schema.GroupKind{Group: "configuration.konghq.com", Kind: "KongPlugin"}
	KongClusterPluginKind = schema.GroupKind{Group: "configuration.konghq.com", Kind: "KongClusterPlugin"}
	KongTCPIngress        = schema.GroupKind{Group: "configuration.konghq.com", Kind: "TCPIngress"}
)

func kong(kinds Types) {
	Add[KongPlugin](kinds, KongPluginKind, "v1")
	Add[KongPlugin](kinds, KongClusterPluginKind, "v1")
	Add[TCPIngress](kinds, KongTCPIngress, "v1beta1")
}

// KongPlugin is the part of configuration.konghq.com/v1 KongPlugin and KongClusterPlugin that decides; their fields are
// at the top. Source: kubernetes-configuration api/configuration/v1/kongplugin_types.go.
type KongPlugin struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	// PluginName says which plugin it is: request-transformer, key-auth and so on.
	PluginName string         `json:"plugin,omitempty"`
	Disabled   bool           `json:"disabled,omitempty"`
	Config     map[string]any `json:"config,omitempty"`
	// ConfigFrom and ConfigPatches take the configuration, or parts of it, from a Secret.
	ConfigFrom    *struct{}  `json:"configFrom,omitempty"`
	ConfigPatches []struct{} `json:"configPatches,omitempty"`
	// Protocols it applies to; none given means all that the plugin knows.
	Protocols []string `json:"protocols,omitempty"`
}

// TCPIngress is the part of configuration.konghq.com/v1beta1 TCPIngress that decides.
type TCPIngress Object[struct {
	Rules []struct {
		// Host is the TLS server name; empty for plain TCP.
		Host    string `json:"host,omitempty"`
		Port    int32  `json:"port,omitempty"`
		Backend struct {
			ServiceName string `json:"serviceName"`
			ServicePort int32  `json:"servicePort"`
		} `json:"backend"`
	} `json:"rules,omitempty"`
}]
