package crd

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// The API groups of Traefik: TraefikGroup of v2.10 and later, TraefikOldGroup of v2. The form is the same.
const (
	TraefikGroup    = "traefik.io"
	TraefikOldGroup = "traefik.containo.us"
)

// TraefikKind is a kind of Traefik in one of its groups.
func TraefikKind(group, kind string) schema.GroupKind {
	return schema.GroupKind{Group: group, Kind: kind}
}

// TraefikGroups are the groups that Traefik's kinds are in: v3's, and that of v2, whose form is the same.
func TraefikGroups() []string { return []string{TraefikGroup, TraefikOldGroup} }

func traefik(kinds Types) {
	for _, group := range []string{TraefikGroup, TraefikOldGroup} {
		Add[TraefikIngressRoute](kinds, TraefikKind(group, "IngressRoute"), "v1alpha1")
		Add[TraefikIngressRouteTCP](kinds, TraefikKind(group, "IngressRouteTCP"), "v1alpha1")
		Add[TraefikMiddleware](kinds, TraefikKind(group, "Middleware"), "v1alpha1")
		Add[TraefikMiddlewareTCP](kinds, TraefikKind(group, "MiddlewareTCP"), "v1alpha1")
		Add[TraefikService](kinds, TraefikKind(group, "TraefikService"), "v1alpha1")
	}
}

// TraefikIngressRoute is the part of Traefik's IngressRoute that decides what it exposes. Source of all types in this
// file: pkg/provider/kubernetes/crd/traefikio/v1alpha1 and pkg/config/dynamic of traefik/traefik.
type TraefikIngressRoute Object[TraefikIngressRouteSpec]

// TraefikIngressRouteSpec lists routers of HTTP requests.
type TraefikIngressRouteSpec struct {
	IngressClassName string `json:"ingressClassName,omitempty"`
	// EntryPoints are the ports it is attached to, by names of Traefik's configuration; none means the default ones.
	EntryPoints []string       `json:"entryPoints,omitempty"`
	Routes      []TraefikRoute `json:"routes,omitempty"`
	// TLS makes the routers take TLS alone.
	TLS *TraefikTLS `json:"tls,omitempty"`
	// ParentRefs are IngressRoutes whose routers take the requests first (v3.6 and later).
	ParentRefs []TraefikRef `json:"parentRefs,omitempty"`
}

// TraefikTLS says where the certificate comes from: a Secret, or a resolver of Traefik's configuration. With neither it
// is looked for by host among all that Traefik has.
type TraefikTLS struct {
	SecretName   string `json:"secretName,omitempty"`
	CertResolver string `json:"certResolver,omitempty"`
}

// TraefikRoute is one router.
type TraefikRoute struct {
	// Match is an expression in Traefik's rule language; Kind is Rule or empty.
	Match string `json:"match,omitempty"`
	Kind  string `json:"kind,omitempty"`
	// Syntax is v2 or v3; empty means what Traefik's configuration says, v3 by default since v3.
	Syntax      string             `json:"syntax,omitempty"`
	Services    []TraefikServiceTo `json:"services,omitempty"`
	Middlewares []TraefikRef       `json:"middlewares,omitempty"`
}

// TraefikRef names an object of Traefik; without a namespace it is in that of the object that names it.
type TraefikRef struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace,omitempty"`
}

// TraefikServiceTo is where requests are sent: a Service, or a TraefikService.
type TraefikServiceTo struct {
	Name      string `json:"name,omitempty"`
	Namespace string `json:"namespace,omitempty"`
	// Kind is Service, TraefikService or empty, which means Service.
	Kind        string             `json:"kind,omitempty"`
	Port        intstr.IntOrString `json:"port"`
	Middlewares []TraefikRef       `json:"middlewares,omitempty"`
	// Weight is its share among several; of nothing it gets none, and one if none is given.
	Weight *int32 `json:"weight,omitempty"`
}

// TraefikService spreads requests over other services.
type TraefikService Object[TraefikServiceSpec]

// TraefikServiceSpec has one of its fields set; the first of them counts.
type TraefikServiceSpec struct {
	Weighted            *TraefikWeighted  `json:"weighted,omitempty"`
	Mirroring           *TraefikMirroring `json:"mirroring,omitempty"`
	HighestRandomWeight *TraefikWeighted  `json:"highestRandomWeight,omitempty"`
	Failover            *TraefikFailover  `json:"failover,omitempty"`
}

// TraefikWeighted gives each service a share.
type TraefikWeighted struct {
	Services []TraefikServiceTo `json:"services,omitempty"`
}

// TraefikMirroring sends all requests to a service, and copies of some to others.
type TraefikMirroring struct {
	TraefikServiceTo `json:",inline"`
	Mirrors          []TraefikMirror `json:"mirrors,omitempty"`
}

// TraefikMirror gets copies of a share of the requests, in per cent, and none if it is not given.
type TraefikMirror struct {
	TraefikServiceTo `json:",inline"`
	Percent          *int32 `json:"percent,omitempty"`
}

// TraefikFailover sends requests to a service, and while that is down to another one.
type TraefikFailover struct {
	Service  TraefikServiceTo `json:"service"`
	Fallback TraefikServiceTo `json:"fallback"`
}

// TraefikIngressRouteTCP is the part of Traefik's IngressRouteTCP that decides what it exposes.
type TraefikIngressRouteTCP Object[TraefikIngressRouteTCPSpec]

// TraefikIngressRouteTCPSpec lists routers of connections.
type TraefikIngressRouteTCPSpec struct {
	// EntryPoints are the ports it is attached to, as those of an IngressRoute.
	EntryPoints      []string          `json:"entryPoints,omitempty"`
	IngressClassName string            `json:"ingressClassName,omitempty"`
	Routes           []TraefikRouteTCP `json:"routes,omitempty"`
	TLS              *TraefikTLSTCP    `json:"tls,omitempty"`
}

// TraefikRouteTCP is one router of connections.
type TraefikRouteTCP struct {
	Match       string             `json:"match,omitempty"`
	Syntax      string             `json:"syntax,omitempty"`
	Services    []TraefikServiceTo `json:"services,omitempty"`
	Middlewares []TraefikRef       `json:"middlewares,omitempty"`
}

// TraefikTLSTCP says where TLS ends.
type TraefikTLSTCP struct {
	TraefikTLS  `json:",inline"`
	Passthrough bool `json:"passthrough,omitempty"`
}

// TraefikMiddleware changes requests and responses, or answers itself.
type TraefikMiddleware Object[TraefikMiddlewareSpec]

// TraefikMiddlewareSpec has one of its fields set; Traefik refuses a Middleware with several. Those that change neither
// paths nor headers, limit nothing and redirect nobody are left out here.
type TraefikMiddlewareSpec struct {
	AddPrefix *struct {
		Prefix string `json:"prefix,omitempty"`
	} `json:"addPrefix,omitempty"`
	StripPrefix *struct {
		Prefixes []string `json:"prefixes,omitempty"`
	} `json:"stripPrefix,omitempty"`
	StripPrefixRegex *struct {
		Regex []string `json:"regex,omitempty"`
	} `json:"stripPrefixRegex,omitempty"`
	ReplacePath *struct {
		Path string `json:"path,omitempty"`
	} `json:"replacePath,omitempty"`
	ReplacePathRegex *struct {
		Regex       string `json:"regex,omitempty"`
		Replacement string `json:"replacement,omitempty"`
	} `json:"replacePathRegex,omitempty"`
	RedirectRegex *struct {
		Regex       string `json:"regex,omitempty"`
		Replacement string `json:"replacement,omitempty"`
	} `json:"redirectRegex,omitempty"`
	RedirectScheme *struct {
		Scheme string `json:"scheme,omitempty"`
	} `json:"redirectScheme,omitempty"`
	// Errors takes requests that failed to another Service, for its error pages.
	Errors *struct {
		Service TraefikServiceTo `json:"service"`
	} `json:"errors,omitempty"`
	RateLimit *struct {
		// Average is how many requests in a period; zero is no limit.
		Average         int64                   `json:"average,omitempty"`
		SourceCriterion *TraefikSourceCriterion `json:"sourceCriterion,omitempty"`
	} `json:"rateLimit,omitempty"`
	InFlightReq *struct {
		// Amount is how many requests at once; zero is no limit.
		Amount          int64                   `json:"amount,omitempty"`
		SourceCriterion *TraefikSourceCriterion `json:"sourceCriterion,omitempty"`
	} `json:"inFlightReq,omitempty"`
	Chain *struct {
		Middlewares []TraefikRef `json:"middlewares,omitempty"`
	} `json:"chain,omitempty"`
	IPWhiteList *TraefikIPAllowList `json:"ipWhiteList,omitempty"`
	IPAllowList *TraefikIPAllowList `json:"ipAllowList,omitempty"`
	Headers     *TraefikHeaders     `json:"headers,omitempty"`
	BasicAuth   *TraefikUserAuth    `json:"basicAuth,omitempty"`
	DigestAuth  *TraefikUserAuth    `json:"digestAuth,omitempty"`
	ForwardAuth *TraefikForwardAuth `json:"forwardAuth,omitempty"`
}

// TraefikSourceCriterion says what counts as one client.
type TraefikSourceCriterion struct {
	RequestHeaderName string `json:"requestHeaderName,omitempty"`
}

// TraefikIPAllowList lets only some addresses in.
type TraefikIPAllowList struct {
	SourceRange []string `json:"sourceRange,omitempty"`
}

// TraefikHeaders sets headers; an empty value removes one.
type TraefikHeaders struct {
	CustomRequestHeaders  map[string]string `json:"customRequestHeaders,omitempty"`
	CustomResponseHeaders map[string]string `json:"customResponseHeaders,omitempty"`
}

// TraefikUserAuth asks for a user name and a password. HeaderField is the header that the name of the user is put into.
type TraefikUserAuth struct {
	Secret      string `json:"secret,omitempty"`
	HeaderField string `json:"headerField,omitempty"`
}

// TraefikForwardAuth asks another service about each request.
type TraefikForwardAuth struct {
	Address                  string   `json:"address,omitempty"`
	AuthResponseHeaders      []string `json:"authResponseHeaders,omitempty"`
	AuthResponseHeadersRegex string   `json:"authResponseHeadersRegex,omitempty"`
}

// TraefikMiddlewareTCP decides about connections.
type TraefikMiddlewareTCP Object[TraefikMiddlewareTCPSpec]

// TraefikMiddlewareTCPSpec has one of its fields set.
type TraefikMiddlewareTCPSpec struct {
	InFlightConn *struct {
		// Amount is how many connections of one address at once; zero is no limit.
		Amount int64 `json:"amount,omitempty"`
	} `json:"inFlightConn,omitempty"`
	IPWhiteList *TraefikIPAllowList `json:"ipWhiteList,omitempty"`
	IPAllowList *TraefikIPAllowList `json:"ipAllowList,omitempty"`
}
