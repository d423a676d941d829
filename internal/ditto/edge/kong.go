package edge

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

const prefixKong = "konghq.com/"

// kong is Kong's ingress controller. What its plugins do is not read yet.
func kong() controller {
	plugins := []string{prefixKong + "plugins"}
	return controller{
		name: "kong", title: "Kong",
		classes: []string{"ingress-controllers.konghq.com/kong"}, usual: []string{"kong"}, prefixes: []string{prefixKong},
		effects: plainEdge{
			refers: plugins, asks: plugins,
			strip: `name a KongPlugin in konghq.com/plugins: plugin request-transformer, config.remove with headers: [x-ditto-pre-authenticated] and ` +
				`querystring: [x-ditto-pre-authenticated]`,
			hide: `name a KongPlugin in konghq.com/plugins: plugin response-transformer, config.remove.headers: [Server, X-Powered-By], and run ` +
				`Kong with KONG_HEADERS=off`,
			assumption: "no plugin is global in Kong",
		}.effects,
		transport: kongTransport, rate: kongRate, path: kongPath,
	}
}

// kongPath follows internal/dataplane/translator/subtranslator/ingress.go: ImplementationSpecific is a regular expression
// behind `/~` (or konghq.com/regex-prefix) and a prefix by characters otherwise.
func kongPath(in Input, kind networkingv1.PathType, path string) Path {
	p := Path{Rewrite: in.rewrite(prefixKong+"plugins", prefixKong+"path", prefixKong+"rewrite")}
	regexPrefix := in.Ingress.Annotations[prefixKong+"regex-prefix"]
	if regexPrefix == "" {
		regexPrefix = "/~"
	}
	expression, isRegex := strings.CutPrefix(path, regexPrefix)
	strip := in.Ingress.Annotations[prefixKong+"strip-path"] == "true"
	switch {
	case kind == networkingv1.PathTypeExact:
		p.Matcher = exact(raw, path)
	case kind == networkingv1.PathTypePrefix:
		p.Matcher = elements(raw, path)
	case isRegex:
		p.Matcher = regex(raw, expression, false, atStart)
	default:
		p.Matcher = characters(path)
	}
	if strip && p.Rewrite.Kind == RewriteNone {
		p.Rewrite = Rewrite{Kind: RewritePrefix, From: []string{strings.TrimRight(path, "/")}}
		if isRegex || kind == networkingv1.PathTypeExact {
			p.Rewrite = rewriteUnknown("konghq.com/strip-path cuts off what a regular expression matched")
		}
	}
	return p
}
