package crd

import "k8s.io/apimachinery/pkg/runtime/schema"

// The kinds of Istio that decide how a gateway of Istio is entered.
var (
	IstioVirtualService        = schema.GroupKind{Group: "networking.istio.io", Kind: "VirtualService"}
	IstioGateway               = schema.GroupKind{Group: "networking.istio.io", Kind: "Gateway"}
	IstioServiceEntry          = schema.GroupKind{Group: "networking.istio.io", Kind: "ServiceEntry"}
	IstioEnvoyFilter           = schema.GroupKind{Group: "networking.istio.io", Kind: "EnvoyFilter"}
	IstioWasmPlugin            = schema.GroupKind{Group: "extensions.istio.io", Kind: "WasmPlugin"}
	IstioTrafficExtension      = schema.GroupKind{Group: "extensions.istio.io", Kind: "TrafficExtension"}
	IstioAuthorizationPolicy   = schema.GroupKind{Group: "security.istio.io", Kind: "AuthorizationPolicy"}
	IstioRequestAuthentication = schema.GroupKind{Group: "security.istio.io", Kind: "RequestAuthentication"}
)

func istio(kinds Types) {
	Add[VirtualService](kinds, IstioVirtualService, "v1", "v1beta1", "v1alpha3")
	Add[IngressGateway](kinds, IstioGateway, "v1", "v1beta1", "v1alpha3")
	Add[ServiceEntry](kinds, IstioServiceEntry, "v1", "v1beta1", "v1alpha3")
	Add[EnvoyFilter](kinds, IstioEnvoyFilter, "v1alpha3")
	Add[WasmPlugin](kinds, IstioWasmPlugin, "v1alpha1")
	Add[WasmPlugin](kinds, IstioTrafficExtension, "v1alpha1")
	Add[AuthorizationPolicy](kinds, IstioAuthorizationPolicy, "v1", "v1beta1")
	Add[RequestAuthentication](kinds, IstioRequestAuthentication, "v1", "v1beta1")
}

// VirtualService is the part of networking.istio.io VirtualService that decides what it lets in. Its versions differ in
// name only. Source: istio.io/api networking/v1alpha3/virtual_service.proto.
type VirtualService Object[VirtualServiceSpec]

// VirtualServiceSpec says which requests go where.
type VirtualServiceSpec struct {
	// Hosts is empty for a delegate.
	Hosts []string `json:"hosts,omitempty"`
	// Gateways it is bound to; `mesh`, which is also meant by none at all, are the sidecars inside the cluster.
	Gateways []string              `json:"gateways,omitempty"`
	HTTP     []VirtualServiceHTTP  `json:"http,omitempty"`
	TLS      []VirtualServiceBytes `json:"tls,omitempty"`
	TCP      []VirtualServiceBytes `json:"tcp,omitempty"`
	// ExportTo lists the namespaces that see it: `.` its own, `*` (also: none given) all, `~` none.
	ExportTo []string `json:"exportTo,omitempty"`
}

// VirtualServiceHTTP is a rule for requests.
type VirtualServiceHTTP struct {
	Name string `json:"name,omitempty"`
	// Match are alternatives; none means every request.
	Match    []VirtualServiceMatch     `json:"match,omitempty"`
	Route    []VirtualServiceHTTPRoute `json:"route,omitempty"`
	Redirect *struct {
		Scheme string `json:"scheme,omitempty"`
	} `json:"redirect,omitempty"`
	DirectResponse *struct{} `json:"directResponse,omitempty"`
	Delegate       *struct {
		Name string `json:"name,omitempty"`
		// Namespace is the root's own if it is empty.
		Namespace string `json:"namespace,omitempty"`
	} `json:"delegate,omitempty"`
	Rewrite *VirtualServiceRewrite `json:"rewrite,omitempty"`
	Mirror  *IstioDestination      `json:"mirror,omitempty"`
	// MirrorPercentage is of Mirror; none at all is everything.
	MirrorPercentage *IstioPercent `json:"mirrorPercentage,omitempty"`
	Mirrors          []struct {
		Destination *IstioDestination `json:"destination,omitempty"`
		Percentage  *IstioPercent     `json:"percentage,omitempty"`
	} `json:"mirrors,omitempty"`
	Headers *IstioHeaders `json:"headers,omitempty"`
}

// IstioPercent is a share of all requests.
type IstioPercent struct {
	Value float64 `json:"value,omitempty"`
}

// VirtualServiceRewrite changes the path on the way.
type VirtualServiceRewrite struct {
	URI             string `json:"uri,omitempty"`
	URIRegexRewrite *struct {
		Match   string `json:"match,omitempty"`
		Rewrite string `json:"rewrite,omitempty"`
	} `json:"uriRegexRewrite,omitempty"`
}

// VirtualServiceMatch is a condition on requests; of the conditions beside the path only those that a client cannot
// choose are kept.
type VirtualServiceMatch struct {
	URI           *IstioStringMatch `json:"uri,omitempty"`
	IgnoreURICase bool              `json:"ignoreUriCase,omitempty"`
	Gateways      []string          `json:"gateways,omitempty"`
	// Port is the one that the gateway listens on; zero is any.
	Port uint32 `json:"port,omitempty"`
}

// IstioStringMatch is one of the three.
type IstioStringMatch struct {
	Exact  string `json:"exact,omitempty"`
	Prefix string `json:"prefix,omitempty"`
	Regex  string `json:"regex,omitempty"`
}

// VirtualServiceHTTPRoute is a destination with a share of the requests.
type VirtualServiceHTTPRoute struct {
	Destination IstioDestination `json:"destination"`
	Weight      int32            `json:"weight,omitempty"`
	Headers     *IstioHeaders    `json:"headers,omitempty"`
}

// IstioDestination names a Service by its host.
type IstioDestination struct {
	Host string `json:"host"`
	Port *struct {
		Number uint32 `json:"number,omitempty"`
	} `json:"port,omitempty"`
}

// IstioHeaders changes headers. Values may hold commands of Envoy, `%REQ(x)%` say.
type IstioHeaders struct {
	Request  IstioHeaderOperations `json:"request"`
	Response IstioHeaderOperations `json:"response"`
}

// IstioHeaderOperations are carried out in this order: remove, set, add.
type IstioHeaderOperations struct {
	Set    map[string]string `json:"set,omitempty"`
	Add    map[string]string `json:"add,omitempty"`
	Remove []string          `json:"remove,omitempty"`
}

// VirtualServiceBytes is a rule for connections, read by their TLS server name or not at all.
type VirtualServiceBytes struct {
	Match []struct {
		SNIHosts []string `json:"sniHosts,omitempty"`
		Gateways []string `json:"gateways,omitempty"`
		// Port is the one that the gateway listens on; zero is any.
		Port uint32 `json:"port,omitempty"`
	} `json:"match,omitempty"`
	Route []struct {
		Destination IstioDestination `json:"destination"`
	} `json:"route,omitempty"`
}

// IngressGateway is the part of networking.istio.io Gateway that decides. Source: istio.io/api
// networking/v1alpha3/gateway.proto.
type IngressGateway Object[struct {
	// Selector are labels of the pods that serve it, in any namespace.
	Selector map[string]string `json:"selector,omitempty"`
	Servers  []IstioServer     `json:"servers,omitempty"`
}]

// IstioServer is a listener of a gateway.
type IstioServer struct {
	Port struct {
		Number   uint32 `json:"number,omitempty"`
		Protocol string `json:"protocol,omitempty"`
	} `json:"port"`
	// Hosts are `host` or `namespace/host`; the namespace is that of VirtualServices, `.` the Gateway's own, `*` any.
	Hosts []string `json:"hosts,omitempty"`
	TLS   *struct {
		// Mode is PASSTHROUGH, SIMPLE, MUTUAL and others.
		Mode string `json:"mode,omitempty"`
		// HTTPSRedirect answers every request with a redirect.
		HTTPSRedirect bool `json:"httpsRedirect,omitempty"`
	} `json:"tls,omitempty"`
}

// IstioSelector chooses workloads of a namespace, or in Istio's root namespace of all; none at all chooses every one.
type IstioSelector struct {
	MatchLabels map[string]string `json:"matchLabels,omitempty"`
}

// IstioTarget names what a policy is for instead of workloads: a Gateway of the Gateway API, a Service.
type IstioTarget struct {
	Kind string `json:"kind,omitempty"`
	Name string `json:"name,omitempty"`
}

// IstioSelection says which pods a policy is for.
type IstioSelection struct {
	Selector *IstioSelector `json:"selector,omitempty"`
	// TargetRef is the older way to name one target.
	TargetRef  *IstioTarget  `json:"targetRef,omitempty"`
	TargetRefs []IstioTarget `json:"targetRefs,omitempty"`
}

// EnvoyFilter is the part of networking.istio.io EnvoyFilter that says whom it concerns.
type EnvoyFilter Object[struct {
	WorkloadSelector *struct {
		Labels map[string]string `json:"labels,omitempty"`
	} `json:"workloadSelector,omitempty"`
	TargetRefs    []IstioTarget `json:"targetRefs,omitempty"`
	ConfigPatches []struct {
		// ApplyTo is what of Envoy's configuration is changed, Patch how.
		ApplyTo string `json:"applyTo,omitempty"`
		Patch   struct {
			Value map[string]any `json:"value,omitempty"`
		} `json:"patch"`
		Match *struct {
			// Context is ANY, GATEWAY, SIDECAR_INBOUND or SIDECAR_OUTBOUND.
			Context string `json:"context,omitempty"`
		} `json:"match,omitempty"`
	} `json:"configPatches,omitempty"`
}]

// WasmPlugin is the part of extensions.istio.io WasmPlugin that says whom it concerns, and of TrafficExtension, which
// has Lua beside WebAssembly since Istio 1.31.
type WasmPlugin Object[struct {
	IstioSelection `json:",inline"`
}]

// AuthorizationPolicy is the part of security.istio.io AuthorizationPolicy that says who is let in. Source:
// istio.io/api security/v1beta1/authorization_policy.proto.
type AuthorizationPolicy Object[struct {
	IstioSelection `json:",inline"`
	// Action is ALLOW (also: none given), DENY, CUSTOM or AUDIT.
	Action string                    `json:"action,omitempty"`
	Rules  []AuthorizationPolicyRule `json:"rules,omitempty"`
}]

// AuthorizationPolicyRule matches if one of From, one of To and all of When do; what is absent matches.
type AuthorizationPolicyRule struct {
	From []struct {
		Source map[string][]string `json:"source,omitempty"`
	} `json:"from,omitempty"`
	To []struct {
		Operation map[string][]string `json:"operation,omitempty"`
	} `json:"to,omitempty"`
	When []struct {
		Key       string   `json:"key,omitempty"`
		Values    []string `json:"values,omitempty"`
		NotValues []string `json:"notValues,omitempty"`
	} `json:"when,omitempty"`
}

// RequestAuthentication is the part of security.istio.io RequestAuthentication that can set headers.
type RequestAuthentication Object[struct {
	IstioSelection `json:",inline"`
	JWTRules       []struct {
		OutputPayloadToHeader string `json:"outputPayloadToHeader,omitempty"`
		OutputClaimToHeaders  []struct {
			Header string `json:"header,omitempty"`
			Claim  string `json:"claim,omitempty"`
		} `json:"outputClaimToHeaders,omitempty"`
	} `json:"jwtRules,omitempty"`
}]

// ServiceEntry is the part of networking.istio.io ServiceEntry that says where requests for its hosts go. Source:
// istio.io/api networking/v1alpha3/service_entry.proto.
type ServiceEntry Object[struct {
	Hosts []string `json:"hosts,omitempty"`
	// Resolution is NONE, STATIC, DNS, DNS_ROUND_ROBIN or DYNAMIC_DNS.
	Resolution string `json:"resolution,omitempty"`
	Ports      []struct {
		Number int32  `json:"number,omitempty"`
		Name   string `json:"name,omitempty"`
		// TargetPort is the port of endpoints that name none.
		TargetPort int32 `json:"targetPort,omitempty"`
	} `json:"ports,omitempty"`
	Endpoints []ServiceEntryEndpoint `json:"endpoints,omitempty"`
	// WorkloadSelector chooses pods of its namespace instead of endpoints.
	WorkloadSelector *struct {
		Labels map[string]string `json:"labels,omitempty"`
	} `json:"workloadSelector,omitempty"`
}]

// ServiceEntryEndpoint is an address, a name of DNS or a socket, with ports by the name of the ServiceEntry's port.
type ServiceEntryEndpoint struct {
	Address string           `json:"address,omitempty"`
	Ports   map[string]int32 `json:"ports,omitempty"`
}
