package edge

import (
	"cmp"

	"k8s.io/apimachinery/pkg/runtime/schema"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// NGINX Gateway Fabric serves Gateways with nginx. Source: nginx/nginx-gateway-fabric, apis and internal/controller.

func nginxGateway() []resource {
	return []resource{
		{kind: crd.AuthenticationFilter, links: func(o *inventory.Object) Links {
			filter := o.Typed.(*crd.NginxAuthenticationFilter)
			if filter.Spec.Basic == nil {
				return Links{}
			}
			return Links{Passwords: []AuthSecret{{
				Namespace: filter.Namespace, Name: filter.Spec.Basic.SecretRef.Name, Kind: AuthFile, Key: "auth",
			}}}
		}},
		{kind: crd.SnippetsFilter},
		{kind: crd.SnippetsPolicy, links: func(o *inventory.Object) Links {
			var links Links
			for _, ref := range o.Typed.(*crd.NginxSnippetsPolicy).Spec.TargetRefs {
				links.Governs = append(links.Governs, targetID(o.Ref.Namespace, ref))
			}
			return links
		}},
		{kind: crd.NginxProxy},
		{kind: crd.RateLimitPolicy, links: func(o *inventory.Object) Links {
			var links Links
			for _, ref := range o.Typed.(*crd.NginxRateLimitPolicy).Spec.TargetRefs {
				links.Governs = append(links.Governs, targetID(o.Ref.Namespace, ref))
			}
			return links
		}},
	}
}

// nginxGatewayImplementation: a regular expression becomes `location ~ ^EXPRESSION`; a route with filters of a backend is
// refused.
func nginxGatewayImplementation() implementation {
	return implementation{
		name: "nginx-gateway-fabric", title: "NGINX Gateway Fabric",
		controllers: []string{"gateway.nginx.org/nginx-gateway-controller"}, usual: []string{"nginx"},
		reads: decoded, regex: func(e string) Matcher { return regex(decoded, e, false, atStart) }, value: nginxValue,
		requestHeaders: true, responseHeaders: true,
		parameters: []schema.GroupKind{crd.NginxProxy}, exposes: nginxExposes,
		policies: nginxPolicies, extension: nginxExtension, limits: nginxGatewayLimits,
		limit: `let a RateLimitPolicy name it in targetRefs, with rateLimit.local.rules: [{rate: 50r/s, key: $binary_remote_addr, burst: 250, noDelay: true}]`,
		hide:  "nginx writes a Server header of its own, without its version; " + hideByFilter + " for what the backend sends",
	}
}

// nginxPolicies: snippets for a Gateway can change everything.
func nginxPolicies(c Context, at place) policies {
	for _, o := range c.governors(gatewayID(at.gateway.Namespace, at.gateway.Name)) {
		if o.Ref.GroupKind() == crd.SnippetsPolicy {
			return policies{opaque: o.Ref.String() + " can change what nginx does with requests, and is not read"}
		}
	}
	return policies{opaque: c.unread([]string{at.gateway.Namespace}, crd.SnippetsPolicy)}
}

// nginxExtension reads what an ExtensionRef of a route names.
func nginxExtension(o *inventory.Object, kind schema.GroupKind) (e extension, ok bool) {
	switch {
	case kind != crd.SnippetsFilter && kind != crd.AuthenticationFilter:
		return extension{}, false
	case o == nil:
		return missingExtension(), true
	case kind == crd.SnippetsFilter:
		return extension{opaque: " is nginx configuration that is not read"}, true
	}
	spec := o.Typed.(*crd.NginxAuthenticationFilter).Spec
	name := o.Ref.String()
	tokens := spec.OIDC
	switch {
	case spec.Type == "Basic" && spec.Basic != nil:
		return extension{asks: true, users: verified, why: name + " asks for basic authentication"}, true
	case spec.Type == "JWT":
		tokens = spec.JWT
	case spec.Type != "OIDC":
		return extension{opaque: " is of a type that is not read"}, true
	}
	e = extension{asks: true, why: name + " asks for a token"}
	if tokens == nil || tokens.Authorization == nil {
		return e, true
	}
	for _, rule := range tokens.Authorization.Rules {
		for _, claim := range rule.Claims {
			if claim.ProxySetHeader != nil && isIdentity(*claim.ProxySetHeader) {
				e.identity = func(State) State {
					return State{IdentitySet, name, name + " sets the header to the claim " + quote(claim.Name) + " of the token"}
				}
				e.assumptions = []string{"every token that " + name + " accepts has the claim " + quote(claim.Name)}
			}
		}
	}
	return e, true
}

// nginxExposes: the NginxProxy of a Gateway says what kind of Service is made for it, where it says nothing that of its
// class. Ports of the nodes that either opens lead to it whatever the Service is.
func nginxExposes(c Context, gw *gatewayv1.Gateway, class gatewayClass, p parameters) exposure {
	e := c.nginxService(gw, class, p)
	if e.Public && e.doubt == "" {
		return e
	}
	for _, o := range []*inventory.Object{p.own, p.class} {
		if o == nil || o.Typed.(*crd.NginxProxySettings).Spec.Kubernetes == nil {
			continue
		}
		settings := o.Typed.(*crd.NginxProxySettings).Spec.Kubernetes
		for _, w := range []struct {
			kind     string
			settings *crd.NginxWorkload
		}{{"Deployment", settings.Deployment}, {"DaemonSet", settings.DaemonSet}} {
			switch {
			case w.settings == nil:
			case len(w.settings.Container.HostPorts) > 0:
				return exposure{Verdict: Verdict{true, o.Ref.String() + " opens ports of the nodes to its " + w.kind}}
			case len(w.settings.Patches) > 0 && !e.Public:
				e.doubt = cmp.Or(e.doubt, workloadPatched(o, w.kind, gw))
			}
		}
	}
	return e
}

// nginxService is what the settings say of the Service. Those of the Gateway are laid over those of its class, so that a
// patch in either can count.
func (c Context) nginxService(gw *gatewayv1.Gateway, class gatewayClass, p parameters) exposure {
	var (
		kind, source, doubt string
		balancerClass       *string
	)
	for _, o := range []*inventory.Object{p.own, p.class} {
		if o == nil {
			continue
		}
		settings := o.Typed.(*crd.NginxProxySettings).Spec.Kubernetes
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
			doubt = cmp.Or(doubt, o.Ref.String()+" patches the Service of Gateway "+gw.Namespace+"/"+gw.Name+", and the patches are not read")
		}
	}
	e, told := byServiceType(kind, source)
	if !told {
		e = c.byInfrastructure(gw, class, nil, balancerClass)
	}
	e.doubt = doubt
	return e
}
