// Package azure reads Ingresses as the Application Gateway Ingress Controller of Azure does.
package azure

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

const PrefixAGIC = "appgw.ingress.kubernetes.io/"

// Controller is Azure's Application Gateway Ingress Controller.
func Controller() way.Controller {
	return way.Controller{
		Name: "agic", Title: "the Application Gateway Ingress Controller",
		Classes:  []string{"azure/application-gateway"},
		Usual:    []string{"azure-application-gateway", "azure/application-gateway"},
		Prefixes: []string{PrefixAGIC},
		Read:     read, Internal: agicInternal, Uses: agicUses,
		// pkg/appgw/requestroutingrules.go: getDefaultFromRule, noRulesIngress.
		DefaultBackend: way.DefaultBackend{Beside: way.OwnHosts, Replaced: isRoot},
	}
}

func read(in way.Input) way.Reading {
	h := way.PlainEdge{
		Strip: `name an AzureApplicationGatewayRewrite in appgw.ingress.kubernetes.io/rewrite-rule-set-custom-resource whose rule, without conditions, ` +
			`has requestHeaderConfigurations: [{actionType: delete, headerName: x-ditto-pre-authenticated}]`,
		Hide: `name an AzureApplicationGatewayRewrite in appgw.ingress.kubernetes.io/rewrite-rule-set-custom-resource whose rule, without conditions, ` +
			`has responseHeaderConfigurations: [{actionType: delete, headerName: Server}]`,
		Limits: []string{PrefixAGIC + "waf-policy-for-path"},
		Limit:  "name a WAF policy with a rate limit rule in appgw.ingress.kubernetes.io/waf-policy-for-path",
	}.Read(in)
	r, rewrites := agicRead(in)
	if rewrites {
		h.Identity, h.StripsIdentity = r.identity, way.Strips(r.identity)
		if r.hides {
			h.HidesHeaders = tri.Is(tri.On, RuleSetResource, "a rule without conditions changes Server")
		}
	}
	return way.Reading{
		Handling: h, Transport: func(host string) way.Transport { return agicTransport(in, host) },
		Path: func(kind networkingv1.PathType, path string) way.Path { return agicPath(in, r.rewrite, kind, path) },
	}
}

func isRoot(p networkingv1.HTTPIngressPath) bool {
	return p.Path == "" || p.Path == "/*" || p.Path == "/" && p.PathType != nil &&
		*p.PathType == networkingv1.PathTypePrefix
}

// agicPath: a gateway compares without case; Prefix, and anything that ends in `*`, goes by characters.
func agicPath(in way.Input, rewrite way.Rewrite, kind networkingv1.PathType, path string) way.Path {
	p := way.Path{Rewrite: rewrite}
	prefix, open := strings.CutSuffix(path, "*")
	if kind == networkingv1.PathTypePrefix || kind != networkingv1.PathTypeExact && open {
		p.Matcher = way.AnyCase(prefix)
	} else {
		text := way.Raw.Text(path)
		p.Matcher = way.Matcher{Literal: text, Match: func(q string) (bool, bool) {
			return strings.EqualFold(q, text), true
		}}
		prefix = path
	}
	if to := in.Ingress.Annotations[PrefixAGIC+"backend-path-prefix"]; to != "" && p.Rewrite.Kind == way.RewriteNone {
		// Documentation and releases differ on whether a slash stands between the prefix and the rest.
		p.Rewrite = way.Rewrite{Kind: way.RewritePrefix, From: []string{prefix, strings.TrimRight(prefix, "/")}, To: to}
	}
	return p
}

func agicInternal(m way.Marked) way.Verdict {
	const key = PrefixAGIC + "use-private-ip"
	if m.Ingress.Annotations[key] == "true" {
		return way.Internal(key + ` is "true"`)
	}
	return way.Public(key + ` is not "true"`)
}

// Kinds are the rows of the kinds that annotations name, or a class.
func Kinds() []way.Resource { return []way.Resource{{Kind: crd.AGICRewrite}} }
