package crd

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The kinds of the F5 NGINX Ingress Controller.
var (
	F5VirtualServer      = schema.GroupKind{Group: "k8s.nginx.org", Kind: "VirtualServer"}
	F5VirtualServerRoute = schema.GroupKind{Group: "k8s.nginx.org", Kind: "VirtualServerRoute"}
	F5TransportServer    = schema.GroupKind{Group: "k8s.nginx.org", Kind: "TransportServer"}
	F5Policy             = schema.GroupKind{Group: "k8s.nginx.org", Kind: "Policy"}
)

func f5Nginx(kinds Types) {
	Add[VirtualServer](kinds, F5VirtualServer, "v1")
	Add[VirtualServerRoute](kinds, F5VirtualServerRoute, "v1")
	Add[TransportServer](kinds, F5TransportServer, "v1", "v1alpha1")
	Add[NginxPolicy](kinds, F5Policy, "v1", "v1alpha1")
}

// VirtualServer is the part of k8s.nginx.org/v1 VirtualServer that decides. Source: nginx/kubernetes-ingress
// pkg/apis/configuration/v1/types.go, as for all types of this file.
type VirtualServer Object[VirtualServerSpec]

// VirtualServerSpec is a host and its routes.
type VirtualServerSpec struct {
	IngressClass string            `json:"ingressClassName,omitempty"`
	Host         string            `json:"host,omitempty"`
	TLS          *VirtualServerTLS `json:"tls,omitempty"`
	// Listener names listeners of a GlobalConfiguration that take the place of ports 80 and 443.
	Listener *struct {
		HTTP  string `json:"http,omitempty"`
		HTTPS string `json:"https,omitempty"`
	} `json:"listener,omitempty"`
	Policies  []NginxPolicyReference `json:"policies,omitempty"`
	Upstreams []NginxUpstream        `json:"upstreams,omitempty"`
	Routes    []NginxRoute           `json:"routes,omitempty"`
	// HTTPSnippets stand beside the servers, and may hold others.
	HTTPSnippets   string `json:"http-snippets,omitempty"`
	ServerSnippets string `json:"server-snippets,omitempty"`
}

// VirtualServerTLS says whether plain HTTP is redirected.
type VirtualServerTLS struct {
	Secret   string `json:"secret,omitempty"`
	Redirect *struct {
		Enable bool `json:"enable,omitempty"`
		// BasedOn is scheme (also: none given) or x-forwarded-proto.
		BasedOn string `json:"basedOn,omitempty"`
	} `json:"redirect,omitempty"`
}

// VirtualServerRoute is the part of k8s.nginx.org/v1 VirtualServerRoute that decides: routes that a VirtualServer,
// perhaps of another namespace, takes over.
type VirtualServerRoute Object[struct {
	IngressClass string          `json:"ingressClassName,omitempty"`
	Host         string          `json:"host,omitempty"`
	Upstreams    []NginxUpstream `json:"upstreams,omitempty"`
	Subroutes    []NginxRoute    `json:"subroutes,omitempty"`
}]

// NginxPolicyReference names a Policy, in the namespace of who names it if it says none.
type NginxPolicyReference struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace,omitempty"`
}

// NginxUpstream is a Service by its port, which is the Service's.
type NginxUpstream struct {
	Name string `json:"name"`
	// Service is `name` or `namespace/name`.
	Service string `json:"service,omitempty"`
	Port    int32  `json:"port,omitempty"`
	// Backup takes the requests if no pod of Service can.
	Backup     string `json:"backup,omitempty"`
	BackupPort int32  `json:"backupPort,omitempty"`
	// Type is http (also: none given) or grpc.
	Type string `json:"type,omitempty"`
}

// NginxRoute is a location and what happens there: one of Route, RouteSelector, Action, Splits and Matches with one of
// the two before.
type NginxRoute struct {
	Path             string                 `json:"path"`
	Policies         []NginxPolicyReference `json:"policies,omitempty"`
	Route            string                 `json:"route,omitempty"`
	RouteSelector    *metav1.LabelSelector  `json:"routeSelector,omitempty"`
	Action           *NginxAction           `json:"action,omitempty"`
	Splits           []NginxSplit           `json:"splits,omitempty"`
	Matches          []NginxMatch           `json:"matches,omitempty"`
	LocationSnippets string                 `json:"location-snippets,omitempty"`
}

// NginxAction passes requests to an upstream by its name, or answers them.
type NginxAction struct {
	Pass  string         `json:"pass,omitempty"`
	Proxy *NginxProxying `json:"proxy,omitempty"`
}

// NginxProxying passes requests on and changes them.
type NginxProxying struct {
	Upstream       string `json:"upstream,omitempty"`
	RewritePath    string `json:"rewritePath,omitempty"`
	RequestHeaders *struct {
		// Pass says whether the client's headers are passed on; they are if it is absent.
		Pass *bool `json:"pass,omitempty"`
		Set  []struct {
			Name  string `json:"name"`
			Value string `json:"value,omitempty"`
		} `json:"set,omitempty"`
	} `json:"requestHeaders,omitempty"`
	ResponseHeaders *struct {
		Hide []string `json:"hide,omitempty"`
		Pass []string `json:"pass,omitempty"`
	} `json:"responseHeaders,omitempty"`
}

// NginxSplit is an action for a share of the requests.
type NginxSplit struct {
	// Weight is the share in per cent.
	Weight *int32       `json:"weight,omitempty"`
	Action *NginxAction `json:"action,omitempty"`
}

// Nothing says that no requests are for the action.
func (s NginxSplit) Nothing() bool { return s.Weight != nil && *s.Weight == 0 }

// NginxMatch is an action for requests with certain headers, cookies or arguments, which clients choose.
type NginxMatch struct {
	Action *NginxAction `json:"action,omitempty"`
	Splits []NginxSplit `json:"splits,omitempty"`
}

// TransportServer is the part of k8s.nginx.org TransportServer that decides.
type TransportServer Object[struct {
	IngressClass string `json:"ingressClassName,omitempty"`
	Listener     struct {
		Name string `json:"name,omitempty"`
		// Protocol is TCP, UDP or TLS_PASSTHROUGH.
		Protocol string `json:"protocol,omitempty"`
	} `json:"listener"`
	Host      string          `json:"host,omitempty"`
	Upstreams []NginxUpstream `json:"upstreams,omitempty"`
	Action    *NginxAction    `json:"action,omitempty"`
	TLS       *struct {
		Secret string `json:"secret,omitempty"`
	} `json:"tls,omitempty"`
	// StreamSnippets stand beside the servers, and may hold others.
	StreamSnippets string `json:"streamSnippets,omitempty"`
	ServerSnippets string `json:"serverSnippets,omitempty"`
}]

// NginxPolicy is the part of k8s.nginx.org Policy that decides who is let in, and how often; it is one of these.
type NginxPolicy Object[struct {
	JWT       *struct{} `json:"jwt,omitempty"`
	BasicAuth *struct {
		Secret string `json:"secret,omitempty"`
	} `json:"basicAuth,omitempty"`
	IngressMTLS *struct {
		// VerifyClient is on (also: none given), off, optional or optional_no_ca.
		VerifyClient string `json:"verifyClient,omitempty"`
	} `json:"ingressMTLS,omitempty"`
	RateLimit *struct {
		// Rate is `10r/s` or `10r/m`, Key what is counted by, in variables of nginx.
		Rate   string `json:"rate,omitempty"`
		Key    string `json:"key,omitempty"`
		DryRun *bool  `json:"dryRun,omitempty"`
		// Condition makes it a limit for some requests alone.
		Condition *struct{} `json:"condition,omitempty"`
	} `json:"rateLimit,omitempty"`
	OIDC         *struct{} `json:"oidc,omitempty"`
	APIKey       *struct{} `json:"apiKey,omitempty"`
	ExternalAuth *struct {
		AuthSnippets string `json:"authSnippets,omitempty"`
	} `json:"externalAuth,omitempty"`
}]
