package edge

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// Envoy Gateway serves Gateways with Envoy. Policies change what happens to requests (envoypolicies.go), and EnvoyProxy says who
// reaches them (envoyproxy.go). Source: envoyproxy/gateway, api/v1alpha1 and internal/gatewayapi.

func envoyGateway() []resource {
	return []resource{
		{kind: crd.SecurityPolicy, links: func(o *inventory.Object) Links {
			policy := o.Typed.(*crd.EnvoySecurityPolicy)
			links := envoyTargets(o)
			if auth := policy.Spec.BasicAuth; auth != nil {
				secret := AuthSecret{Namespace: policy.Namespace, Name: string(auth.Users.Name), Kind: AuthFile, Key: ".htpasswd"}
				if auth.Users.Namespace != nil {
					secret.Namespace = string(*auth.Users.Namespace)
				}
				links.Passwords = append(links.Passwords, secret)
			}
			return links
		}},
		{kind: crd.ClientTrafficPolicy, links: envoyTargets},
		{kind: crd.BackendTrafficPolicy, links: envoyTargets},
		{kind: crd.EnvoyPatchPolicy, links: envoyTargets},
		{kind: crd.EnvoyExtensionPolicy, links: envoyTargets},
		{kind: crd.EnvoyProxy},
		{kind: crd.HTTPRouteFilter, links: routeFilterLinks, relay: true},
	}
}

func envoyGatewayImplementation() implementation {
	return implementation{
		name: "envoy-gateway", title: "Envoy Gateway", controllers: []string{"gateway.envoyproxy.io/gatewayclass-controller"},
		usual: []string{"eg", "envoy-gateway", "envoy"}, regex: wholeRegex, value: envoyValue, backendFilters: true,
		requestHeaders: true, responseHeaders: true,
		parameters: []schema.GroupKind{crd.EnvoyProxy}, exposes: envoyExposes,
		policies: envoyPolicies, extension: envoyExtension, limits: envoyLimits,
		limit: "let a BackendTrafficPolicy name it in targetRefs, with rateLimit: {type: Local, local: {rules: [{limit: {requests: 50, unit: Second}}]}}",
	}
}

// envoyExtension reads an HTTPRouteFilter.
func envoyExtension(o *inventory.Object, kind schema.GroupKind) (e extension, ok bool) {
	switch {
	case kind != crd.HTTPRouteFilter:
		return extension{}, false
	case o == nil:
		return missingExtension(), true
	}
	spec := o.Typed.(*crd.EnvoyRouteFilter).Spec
	if w := spec.URLRewrite; w != nil && w.Path != nil && w.Path.ReplaceRegexMatch != nil {
		rewrite := envoyRegexRewrite(w.Path.ReplaceRegexMatch.Pattern, w.Path.ReplaceRegexMatch.Substitution)
		e.rewrite = &rewrite
	}
	e.answers = spec.DirectResponse != nil
	if m := spec.RequestMirror; m != nil {
		e.mirror = m.BackendRef
		if m.ClusterHeader != nil {
			e.opaque = ", which a filter names, sends copies of requests to wherever a header says"
		}
	}
	if inject := spec.CredentialInjection; inject != nil && inject.Header != nil && isIdentity(*inject.Header) {
		name := o.Ref.String()
		e.identity = func(before State) State {
			set := State{IdentitySet, name, name + " sets the header to a secret"}
			if isTrue(inject.Overwrite) {
				return set
			}
			return added(before, set, name)
		}
	}
	return e, true
}

// routeFilterLinks: an HTTPRouteFilter can send a copy of each request to a Service.
func routeFilterLinks(o *inventory.Object) Links {
	m := o.Typed.(*crd.EnvoyRouteFilter).Spec.RequestMirror
	if m == nil || m.BackendRef == nil {
		return Links{}
	}
	if b, ok := backendOf(*m.BackendRef, o.Ref.Namespace); ok {
		return Links{Backends: []Backend{b}}
	}
	return Links{Unread: []string{text(m.BackendRef.Kind)}}
}
