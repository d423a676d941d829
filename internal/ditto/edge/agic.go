package edge

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

const prefixAGIC = "appgw.ingress.kubernetes.io/"

// agic is Azure's Application Gateway Ingress Controller.
func agic() controller {
	return controller{
		name: "agic", title: "the Application Gateway Ingress Controller",
		classes: []string{"azure/application-gateway"}, usual: []string{"azure-application-gateway", "azure/application-gateway"},
		prefixes: []string{prefixAGIC},
		effects: agicEffects(plainEdge{
			strip: `name an AzureApplicationGatewayRewrite in appgw.ingress.kubernetes.io/rewrite-rule-set-custom-resource whose rule, without conditions, ` +
				`has requestHeaderConfigurations: [{actionType: delete, headerName: x-ditto-pre-authenticated}]`,
			hide: `name an AzureApplicationGatewayRewrite in appgw.ingress.kubernetes.io/rewrite-rule-set-custom-resource whose rule, without conditions, ` +
				`has responseHeaderConfigurations: [{actionType: delete, headerName: Server}]`,
		}),
		transport: agicTransport, rate: agicRate, path: agicPath, internal: agicInternal, uses: agicUses,
	}
}

// agicPath: a gateway compares without case; Prefix, and anything that ends in `*`, goes by characters.
func agicPath(in Input, kind networkingv1.PathType, path string) Path {
	var p Path
	if r, ok := agicRead(in); ok {
		p.Rewrite = r.rewrite
	}
	prefix, open := strings.CutSuffix(path, "*")
	if kind == networkingv1.PathTypePrefix || kind != networkingv1.PathTypeExact && open {
		p.Matcher = anyCase(prefix)
	} else {
		text := raw.text(path)
		p.Matcher = Matcher{literal: text, match: func(q string) (bool, bool) { return strings.EqualFold(q, text), true }}
		prefix = path
	}
	if to := in.Ingress.Annotations[prefixAGIC+"backend-path-prefix"]; to != "" && p.Rewrite.Kind == RewriteNone {
		// Documentation and releases differ on whether a slash stands between the prefix and the rest.
		p.Rewrite = Rewrite{Kind: RewritePrefix, From: []string{prefix, strings.TrimRight(prefix, "/")}, To: to}
	}
	return p
}

func agicInternal(m marked) Verdict {
	const key = prefixAGIC + "use-private-ip"
	if m.ingress.Annotations[key] == "true" {
		return Verdict{false, key + ` is "true"`}
	}
	return Verdict{true, key + ` is not "true"`}
}
