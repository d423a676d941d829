// Package nginxgateway reads what NGINX Gateway Fabric adds to the Gateway API.
package nginxgateway

import (
	"cmp"

	"k8s.io/apimachinery/pkg/runtime/schema"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/gatewayapi"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/nginx"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// NGINX Gateway Fabric serves Gateways with nginx. Source: nginx/nginx-gateway-fabric, apis and internal/controller.

// Kinds are the rows of the kinds that are read here.
func Kinds() []way.Resource {
	return []way.Resource{
		{Kind: crd.AuthenticationFilter, Links: func(o *inventory.Object) way.Links {
			filter := inventory.Must[crd.NginxAuthenticationFilter](o)
			if filter.Spec.Basic == nil {
				return way.Links{}
			}
			return way.Links{Passwords: []way.AuthSecret{{
				Namespace: filter.Namespace, Name: filter.Spec.Basic.SecretRef.Name, Kind: way.AuthFile, Key: "auth",
			}}}
		}},
		// Snippets can have servers, or locations, that send requests somewhere by themselves.
		{Kind: crd.SnippetsFilter, Sends: true, Links: func(*inventory.Object) way.Links { return way.Links{} }},
		{Kind: crd.SnippetsPolicy, Sends: true, Links: func(o *inventory.Object) way.Links {
			return governed(o, inventory.Must[crd.NginxSnippetsPolicy](o).Spec.TargetRefs)
		}},
		{Kind: crd.NginxProxy},
		{Kind: crd.RateLimitPolicy, Links: func(o *inventory.Object) way.Links {
			return governed(o, inventory.Must[crd.NginxRateLimitPolicy](o).Spec.TargetRefs)
		}},
	}
}

// governed are the objects that a policy is for.
func governed(o *inventory.Object, refs []gatewayv1.LocalPolicyTargetReference) (links way.Links) {
	for _, ref := range refs {
		links.Governs = append(links.Governs, gatewayapi.TargetID(o.Ref.Namespace, ref))
	}
	return links
}

// Implementation is the row of NGINX Gateway Fabric: a regular expression becomes `location ~ ^EXPRESSION`; a route
// with filters of a backend is refused.
func Implementation() gatewayapi.Implementation {
	return gatewayapi.Implementation{
		Name: "nginx-gateway-fabric", Title: "NGINX Gateway Fabric",
		Controllers: []string{"gateway.nginx.org/nginx-gateway-controller"}, Usual: []string{"nginx"},
		Reads: way.Decoded, Regex: func(e string) way.Matcher { return way.Regex(way.Decoded, e, false, way.AtStart) },
		Value: nginx.Value,
		// internal/controller/nginx/config/servers.go: proxy_pass ends in $request_uri where nothing rewrites the path.
		Spelling: way.SpellingKept, RequestHeaders: true, ResponseHeaders: true,
		Parameters: []schema.GroupKind{crd.NginxProxy}, Exposes: nginxExposes, ExternalIPs: true,
		Policies: nginxPolicies, Extension: nginxExtension, Limits: nginxGatewayLimits,
		ResolvePaths: "NGINX Gateway Fabric forwards paths as clients write them: let an nginx whose proxy_pass has a path stand " +
			"between it and the gateway",
		Limit: `name the route in targetRefs of a RateLimitPolicy with rateLimit.local.rules: [{rate: 50r/s, key: $binary_remote_addr, burst: 250, noDelay: true}]`,
		Hide: "nginx writes a Server header of its own, without its version; " + gatewayapi.HideByFilter +
			" for what the backend sends",
	}
}

// nginxPolicies: snippets for a Gateway can change everything.
func nginxPolicies(c way.Context, at gatewayapi.Place) gatewayapi.Policies {
	for _, o := range c.Governors(way.GatewayID(at.Gateway.Namespace, at.Gateway.Name)) {
		if o.Ref.GroupKind() == crd.SnippetsPolicy {
			return gatewayapi.Policies{Opaque: reason.Of("nginx-gateway-policy", o.Ref.String())}
		}
	}
	return gatewayapi.Policies{Opaque: c.Unread([]string{at.Gateway.Namespace}, crd.SnippetsPolicy)}
}

// nginxExtension reads what an ExtensionRef of a route names.
func nginxExtension(o *inventory.Object, kind schema.GroupKind) (e gatewayapi.Extension, ok bool) {
	switch {
	case kind != crd.SnippetsFilter && kind != crd.AuthenticationFilter:
		return gatewayapi.Extension{}, false
	case o == nil:
		return gatewayapi.MissingExtension(), true
	case kind == crd.SnippetsFilter:
		return gatewayapi.Extension{Opaque: reason.Of("snippets-filter-not-read")}, true
	}
	spec := inventory.Must[crd.NginxAuthenticationFilter](o).Spec
	name := o.Ref.String()
	tokens := spec.OIDC
	switch {
	case spec.Type == "Basic" && spec.Basic != nil:
		return gatewayapi.Extension{Asks: true, Users: way.Verified, Why: name + " asks for basic authentication"}, true
	case spec.Type == "JWT":
		tokens = spec.JWT
	case spec.Type != "OIDC":
		return gatewayapi.Extension{Opaque: " is of a type that is not read"}, true
	}
	e = gatewayapi.Extension{Asks: true, Why: name + " asks for a token"}
	if tokens == nil || tokens.Authorization == nil {
		return e, true
	}
	for _, rule := range tokens.Authorization.Rules {
		for _, claim := range rule.Claims {
			if claim.ProxySetHeader != nil && gatewayapi.IsIdentity(*claim.ProxySetHeader) {
				e.Identity = gatewayapi.Always(tri.Is(way.IdentitySet, name,
					name+" sets the header to the claim "+way.Quote(claim.Name)+" of the token"))
				e.Assumptions = []string{"every token that " + name + " accepts has the claim " + way.Quote(claim.Name)}
			}
		}
	}
	return e, true
}

// nginxExposes: the NginxProxy of a Gateway says what kind of Service is made for it, where it says nothing that of its
// class. Ports of the nodes that either opens lead to it whatever the Service is.
func nginxExposes(c way.Context, gw *gatewayv1.Gateway, class gatewayapi.GatewayClass,
	p gatewayapi.Parameters) gatewayapi.Exposure {
	// Its Service has them whatever its type is (internal/controller/provisioner/objects.go: setSvcExternalIPs).
	if v, ok := gatewayapi.ExternalIPs(gw, class); ok {
		return gatewayapi.Exposure{Verdict: v}
	}
	e := nginxService(c, gw, class, p)
	if e.Public && e.Doubt == "" {
		return e
	}
	for _, o := range []*inventory.Object{p.Own, p.Class} {
		if o == nil || inventory.Must[crd.NginxProxySettings](o).Spec.Kubernetes == nil {
			continue
		}
		settings := inventory.Must[crd.NginxProxySettings](o).Spec.Kubernetes
		for _, w := range []struct {
			kind     string
			settings *crd.NginxWorkload
		}{{"Deployment", settings.Deployment}, {"DaemonSet", settings.DaemonSet}} {
			switch {
			case w.settings == nil:
			case len(w.settings.Container.HostPorts) > 0:
				return gatewayapi.Exposure{Verdict: way.Public(
					o.Ref.String() + " opens ports of the nodes to its " + w.kind)}
			case len(w.settings.Patches) > 0 && !e.Public:
				e.Doubt = cmp.Or(e.Doubt, gatewayapi.WorkloadPatched(o, w.kind, gw))
			}
		}
	}
	return e
}

// nginxService is what the settings say of the Service. Those of the Gateway are laid over those of its class, so that
// a patch in either can count.
func nginxService(c way.Context, gw *gatewayv1.Gateway, class gatewayapi.GatewayClass,
	p gatewayapi.Parameters) gatewayapi.Exposure {
	var (
		kind, source, doubt string
		balancerClass       *string
	)
	for _, o := range []*inventory.Object{p.Own, p.Class} {
		if o == nil {
			continue
		}
		settings := inventory.Must[crd.NginxProxySettings](o).Spec.Kubernetes
		if settings == nil || settings.Service == nil {
			continue
		}
		if kind == "" {
			kind, source = settings.Service.Type, o.Ref.String()
		}
		if balancerClass == nil {
			balancerClass = settings.Service.LoadBalancerClass
		}
		if len(settings.Service.Patches) > 0 {
			doubt = cmp.Or(doubt, reason.Of("nginx-gateway-service-patch", o.Ref.String(), gw.Namespace, gw.Name))
		}
	}
	e, told := gatewayapi.ByServiceType(kind, source)
	if !told {
		e = gatewayapi.ByInfrastructure(c, gw, class, nil, balancerClass)
	}
	e.Doubt = doubt
	return e
}
