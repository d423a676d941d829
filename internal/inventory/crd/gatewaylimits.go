package crd

import (
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// EnvoyBackendTrafficPolicy is how Envoy Gateway limits requests, among much that decides nothing here.
type EnvoyBackendTrafficPolicy Object[EnvoyBackendTrafficPolicySpec]

// EnvoyBackendTrafficPolicySpec has the limits, nil where there are none.
type EnvoyBackendTrafficPolicySpec struct {
	PolicyTargets `json:",inline"`
	// MergeType is set where a route's policy is laid over that of its Gateway instead of replacing it.
	MergeType *string         `json:"mergeType,omitempty"`
	RateLimit *EnvoyRateLimit `json:"rateLimit,omitempty"`
	// ResponseOverride are answers in the place of those with certain codes.
	ResponseOverride []EnvoyResponseOverride `json:"responseOverride,omitempty"`
}

// EnvoyResponseOverride is an answer with a body of its own; nil where it is a redirect or has none.
type EnvoyResponseOverride struct {
	Response *struct {
		Body *struct {
			// Inline may hold Envoy's command operators.
			Inline   string    `json:"inline,omitempty"`
			ValueRef *struct{} `json:"valueRef,omitempty"`
		} `json:"body,omitempty"`
	} `json:"response,omitempty"`
}

// EnvoyRateLimit limits requests in each proxy, or by a service of its own for all of them together.
type EnvoyRateLimit struct {
	// Type is Global or Local; it is older than the possibility to have both, and empty then.
	Type   string           `json:"type,omitempty"`
	Global *EnvoyRateLimits `json:"global,omitempty"`
	Local  *EnvoyRateLimits `json:"local,omitempty"`
}

// EnvoyRateLimits are rules, each of which limits the requests that it selects.
type EnvoyRateLimits struct {
	Rules []EnvoyRateLimitRule `json:"rules,omitempty"`
}

// EnvoyRateLimitRule limits requests that all of its selectors select; without any, all.
type EnvoyRateLimitRule struct {
	ClientSelectors []EnvoyRateLimitSelector `json:"clientSelectors,omitempty"`
	// Cost is what a request counts for; 1 without it.
	Cost *struct {
		Request  *EnvoyRateLimitCost `json:"request,omitempty"`
		Response *EnvoyRateLimitCost `json:"response,omitempty"`
	} `json:"cost,omitempty"`
	// ShadowMode counts, and refuses nothing.
	ShadowMode *bool `json:"shadowMode,omitempty"`
}

// EnvoyRateLimitCost is a number, or what the metadata of a request say.
type EnvoyRateLimitCost struct {
	Number *int64 `json:"number,omitempty"`
}

// EnvoyRateLimitSelector selects requests that have everything it says.
type EnvoyRateLimitSelector struct {
	// Headers and Methods are conditions that are not evaluated.
	Headers []struct{} `json:"headers,omitempty"`
	Methods []struct{} `json:"methods,omitempty"`
	Path    *struct {
		// Type is PathPrefix without it.
		Type   string `json:"type,omitempty"`
		Value  string `json:"value,omitempty"`
		Invert *bool  `json:"invert,omitempty"`
	} `json:"path,omitempty"`
	SourceCIDR *struct {
		// Value is a network: of the client, or of one that it came by.
		Value  string `json:"value"`
		Invert *bool  `json:"invert,omitempty"`
	} `json:"sourceCIDR,omitempty"`
}

// NginxRateLimitPolicy is how NGINX Gateway Fabric limits requests for Gateways and routes. Source: apis/v1alpha1 of
// nginx/nginx-gateway-fabric.
type NginxRateLimitPolicy Object[struct {
	TargetRefs []gatewayv1.LocalPolicyTargetReference `json:"targetRefs,omitempty"`
	RateLimit  *struct {
		// DryRun stands here, or, in older releases, in a rule.
		DryRun *bool `json:"dryRun,omitempty"`
		Local  *struct {
			Rules []NginxRateLimitRule `json:"rules,omitempty"`
		} `json:"local,omitempty"`
	} `json:"rateLimit,omitempty"`
}]

// NginxRateLimitRule is a limit_req of nginx with its zone.
type NginxRateLimitRule struct {
	// Rate is `50r/s` or `50r/m`; empty is 100r/s.
	Rate string `json:"rate,omitempty"`
	// Key is what nginx counts by; empty is $binary_remote_addr.
	Key    string `json:"key,omitempty"`
	DryRun *bool  `json:"dryRun,omitempty"`
}
