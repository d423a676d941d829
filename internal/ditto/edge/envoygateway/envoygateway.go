// Package envoygateway reads what Envoy Gateway adds to the Gateway API.
package envoygateway

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/gatewayapi"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// Envoy Gateway serves Gateways with Envoy. Policies change what happens to requests (envoypolicies.go), and EnvoyProxy
// says who reaches them (envoyproxy.go). Source: envoyproxy/gateway, api/v1alpha1 and internal/gatewayapi.

// Kinds are the rows of the kinds that are read here.
func Kinds() []way.Resource {
	return []way.Resource{
		{Kind: crd.SecurityPolicy, Links: func(o *inventory.Object) way.Links {
			policy := inventory.Must[crd.EnvoySecurityPolicy](o)
			links := envoyTargets(o)
			if auth := policy.Spec.BasicAuth; auth != nil {
				links.Passwords = append(links.Passwords, way.AuthSecret{
					Namespace: gatewayapi.TextOr(auth.Users.Namespace, policy.Namespace), Name: string(auth.Users.Name),
					Kind: way.AuthFile, Key: ".htpasswd",
				})
			}
			return links
		}},
		{Kind: crd.ClientTrafficPolicy, Links: envoyTargets},
		{Kind: crd.BackendTrafficPolicy, Links: envoyTargets},
		{Kind: crd.EnvoyPatchPolicy, Links: envoyTargets},
		{Kind: crd.EnvoyExtensionPolicy, Links: envoyTargets},
		{Kind: crd.EnvoyProxy},
		{Kind: crd.HTTPRouteFilter, Links: routeFilterLinks, Relay: true},
		{Kind: crd.EnvoyBackend, Links: backendLinks, Relay: true},
	}
}

// Implementation is the row of Envoy Gateway.
func Implementation() gatewayapi.Implementation {
	return gatewayapi.Implementation{
		Name: "envoy-gateway", Title: "Envoy Gateway",
		Controllers: []string{"gateway.envoyproxy.io/gatewayclass-controller"},
		Usual:       []string{"eg", "envoy-gateway", "envoy"}, Regex: gatewayapi.WholeRegex,
		Value:          gatewayapi.EnvoyValue,
		BackendFilters: true, Replaces: gatewayapi.EnvoyReplaces,
		Spelling: way.SpellingResolved, RequestHeaders: true, ResponseHeaders: true,
		Parameters: []schema.GroupKind{crd.EnvoyProxy}, Exposes: envoyExposes, ExternalIPs: true,
		Policies: envoyPolicies, Extension: envoyExtension, Copies: true, Limits: envoyLimits,
		BackendKind: crd.EnvoyBackend,
		Backends:    func(o *inventory.Object) []way.Backend { return backendLinks(o).Backends },
		Limit:       "name the route in targetRefs of a BackendTrafficPolicy with rateLimit: {type: Local, local: {rules: [{limit: {requests: 50, unit: Second}}]}}",
	}
}

// envoyExtension reads an HTTPRouteFilter.
func envoyExtension(o *inventory.Object, kind schema.GroupKind) (e gatewayapi.Extension, ok bool) {
	switch {
	case kind != crd.HTTPRouteFilter:
		return gatewayapi.Extension{}, false
	case o == nil:
		return gatewayapi.MissingExtension(), true
	}
	spec := inventory.Must[crd.EnvoyRouteFilter](o).Spec
	if w := spec.URLRewrite; w != nil && w.Path != nil && w.Path.ReplaceRegexMatch != nil {
		e.Rewrite = new(way.EnvoyRegexRewrite(w.Path.ReplaceRegexMatch.Pattern, w.Path.ReplaceRegexMatch.Substitution))
	}
	e.Answers = spec.DirectResponse != nil
	if m := spec.RequestMirror; m != nil {
		e.Mirror = m.BackendRef
		if m.ClusterHeader != nil {
			e.Opaque = ", which a filter names, sends copies of requests to wherever a header says"
		}
	}
	if inject := spec.CredentialInjection; inject != nil && inject.Header != nil &&
		gatewayapi.IsIdentity(*inject.Header) {
		name := o.Ref.String()
		e.Identity = func(before tri.State) tri.State {
			set := tri.Is(way.IdentitySet, name, name+" sets the header to a secret")
			if gatewayapi.IsTrue(inject.Overwrite) {
				return set
			}
			return gatewayapi.Added(before, set, name)
		}
	}
	return e, true
}

// routeFilterLinks: an HTTPRouteFilter can send a copy of each request to a Service.
func routeFilterLinks(o *inventory.Object) way.Links {
	m := inventory.Must[crd.EnvoyRouteFilter](o).Spec.RequestMirror
	if m == nil || m.BackendRef == nil {
		return way.Links{}
	}
	if b, ok := gatewayapi.BackendOf(*m.BackendRef, o.Ref.Namespace); ok {
		return way.Links{Backends: []way.Backend{b}}
	}
	return way.Links{Unread: []way.UnreadBackend{gatewayapi.Unread(*m.BackendRef, o.Ref.Namespace)}}
}
