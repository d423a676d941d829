package crd

import "k8s.io/apimachinery/pkg/runtime/schema"

// HTTPProxy is the kind of ContourHTTPProxy.
var HTTPProxy = schema.GroupKind{Group: "projectcontour.io", Kind: "HTTPProxy"}

func contour(kinds Types) {
	Add[ContourHTTPProxy](kinds, HTTPProxy, "v1")
}

// ContourHTTPProxy is the part of a projectcontour.io/v1 HTTPProxy that decides what it exposes. Source of all types in
// this file: apis/projectcontour/v1 of projectcontour/contour.
type ContourHTTPProxy Object[ContourHTTPProxySpec]

// ContourHTTPProxySpec is a virtual host, or, without VirtualHost, a part that others include.
type ContourHTTPProxySpec struct {
	VirtualHost      *ContourVirtualHost `json:"virtualhost,omitempty"`
	Routes           []ContourRoute      `json:"routes,omitempty"`
	TCPProxy         *ContourTCPProxy    `json:"tcpproxy,omitempty"`
	Includes         []ContourInclude    `json:"includes,omitempty"`
	IngressClassName string              `json:"ingressClassName,omitempty"`
}

// ContourInclude takes the routes of another HTTPProxy in, under conditions.
type ContourInclude struct {
	Name       string             `json:"name"`
	Namespace  string             `json:"namespace,omitempty"`
	Conditions []ContourCondition `json:"conditions,omitempty"`
}

// ContourCondition has one of its fields set.
type ContourCondition struct {
	Prefix         string              `json:"prefix,omitempty"`
	Exact          string              `json:"exact,omitempty"`
	Regex          string              `json:"regex,omitempty"`
	Header         *ContourHeaderMatch `json:"header,omitempty"`
	QueryParameter *ContourNameMatch   `json:"queryParameter,omitempty"`
}

// ContourHeaderMatch asks for a header, or for its absence.
type ContourHeaderMatch struct {
	Name        string `json:"name"`
	NotPresent  bool   `json:"notpresent,omitempty"`
	NotContains string `json:"notcontains,omitempty"`
	NotExact    string `json:"notexact,omitempty"`
}

// ContourNameMatch asks for something by its name.
type ContourNameMatch struct {
	Name string `json:"name"`
}

// ContourVirtualHost is what requests for a host have in common.
type ContourVirtualHost struct {
	FQDN            string                `json:"fqdn"`
	TLS             *ContourTLS           `json:"tls,omitempty"`
	Authorization   *ContourAuthorization `json:"authorization,omitempty"`
	JWTProviders    []ContourJWTProvider  `json:"jwtProviders,omitempty"`
	IPAllowPolicy   []ContourIPFilter     `json:"ipAllowPolicy,omitempty"`
	RateLimitPolicy *ContourRateLimit     `json:"rateLimitPolicy,omitempty"`
}

// ContourRateLimit limits requests: in each Envoy by itself, or by asking a service.
type ContourRateLimit struct {
	Local *struct {
		// Requests in a unit of time; Contour refuses zero.
		Requests uint32 `json:"requests,omitempty"`
		Unit     string `json:"unit,omitempty"`
	} `json:"local,omitempty"`
	Global *struct {
		// Disabled takes a route out of the limits of its virtual host.
		Disabled    bool       `json:"disabled,omitempty"`
		Descriptors []struct{} `json:"descriptors,omitempty"`
	} `json:"global,omitempty"`
}

// ContourTLS says where TLS ends.
type ContourTLS struct {
	SecretName       string                   `json:"secretName,omitempty"`
	Passthrough      bool                     `json:"passthrough,omitempty"`
	ClientValidation *ContourClientValidation `json:"clientValidation,omitempty"`
}

// ContourClientValidation asks clients for certificates.
type ContourClientValidation struct {
	CASecret                  string `json:"caSecret,omitempty"`
	SkipClientCertValidation  bool   `json:"skipClientCertValidation,omitempty"`
	OptionalClientCertificate bool   `json:"optionalClientCertificate,omitempty"`
}

// ContourAuthorization asks a service about each request.
type ContourAuthorization struct {
	ExtensionRef struct {
		Name string `json:"name,omitempty"`
	} `json:"extensionRef"`
	// ServiceType is grpc, the default, or http.
	ServiceType  string `json:"serviceType,omitempty"`
	HTTPSettings *struct {
		AllowedUpstreamHeaders []ContourAllowedHeader `json:"allowedUpstreamHeaders,omitempty"`
	} `json:"httpSettings,omitempty"`
	AuthPolicy *ContourAuthPolicy `json:"authPolicy,omitempty"`
	FailOpen   bool               `json:"failOpen,omitempty"`
}

// ContourAllowedHeader names headers of an answer that go on to the service.
type ContourAllowedHeader struct {
	Exact      string `json:"exact,omitempty"`
	Prefix     string `json:"prefix,omitempty"`
	Suffix     string `json:"suffix,omitempty"`
	Contains   string `json:"contains,omitempty"`
	IgnoreCase bool   `json:"ignoreCase,omitempty"`
}

// ContourAuthPolicy switches authorization off.
type ContourAuthPolicy struct {
	Disabled bool `json:"disabled,omitempty"`
}

// ContourJWTProvider verifies tokens.
type ContourJWTProvider struct {
	Name    string `json:"name"`
	Default bool   `json:"default,omitempty"`
}

// ContourIPFilter is a range of addresses.
type ContourIPFilter struct {
	CIDR string `json:"cidr"`
}

// ContourRoute sends requests that fulfil its conditions to services.
type ContourRoute struct {
	Conditions        []ContourCondition `json:"conditions,omitempty"`
	Services          []ContourService   `json:"services,omitempty"`
	PermitInsecure    bool               `json:"permitInsecure,omitempty"`
	AuthPolicy        *ContourAuthPolicy `json:"authPolicy,omitempty"`
	PathRewritePolicy *struct {
		ReplacePrefix []ContourReplacePrefix `json:"replacePrefix,omitempty"`
	} `json:"pathRewritePolicy,omitempty"`
	RequestHeadersPolicy  *ContourHeadersPolicy `json:"requestHeadersPolicy,omitempty"`
	ResponseHeadersPolicy *ContourHeadersPolicy `json:"responseHeadersPolicy,omitempty"`
	JWTVerificationPolicy *struct {
		Require  string `json:"require,omitempty"`
		Disabled bool   `json:"disabled,omitempty"`
	} `json:"jwtVerificationPolicy,omitempty"`
	IPAllowPolicy   []ContourIPFilter `json:"ipAllowPolicy,omitempty"`
	IPDenyPolicy    []ContourIPFilter `json:"ipDenyPolicy,omitempty"`
	RateLimitPolicy *ContourRateLimit `json:"rateLimitPolicy,omitempty"`
}

// ContourReplacePrefix replaces the prefix of the path; without Prefix it replaces any.
type ContourReplacePrefix struct {
	Prefix      string `json:"prefix,omitempty"`
	Replacement string `json:"replacement"`
}

// ContourHeadersPolicy sets and removes headers.
type ContourHeadersPolicy struct {
	Set    []ContourHeaderValue `json:"set,omitempty"`
	Remove []string             `json:"remove,omitempty"`
}

// ContourHeaderValue is a header; Envoy's variables are allowed in Value.
type ContourHeaderValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// ContourService is a Service in the HTTPProxy's namespace.
type ContourService struct {
	Name string `json:"name"`
	Port int32  `json:"port"`
	// Weight is the share of the requests; 0 is none if another service has one.
	Weight int64 `json:"weight,omitempty"`
	// Mirror makes it get copies instead.
	Mirror                bool                  `json:"mirror,omitempty"`
	RequestHeadersPolicy  *ContourHeadersPolicy `json:"requestHeadersPolicy,omitempty"`
	ResponseHeadersPolicy *ContourHeadersPolicy `json:"responseHeadersPolicy,omitempty"`
}

// ContourTCPProxy hands connections on. Includes is the old name of Include.
type ContourTCPProxy struct {
	Services []ContourService    `json:"services,omitempty"`
	Include  *ContourTCPIncluded `json:"include,omitempty"`
	Includes *ContourTCPIncluded `json:"includes,omitempty"`
}

// ContourTCPIncluded names the HTTPProxy whose tcpproxy counts.
type ContourTCPIncluded struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace,omitempty"`
}
