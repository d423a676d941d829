package kong

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// readRewrite is what the annotation konghq.com/rewrite or a plugin puts in the place of the path; done is false where
// neither does. expression is what the rule matches, empty if it is none.
func readRewrite(in way.Input, expression string, k reading) (rewrite way.Rewrite, done bool) {
	target, rewrites := in.Ingress.Annotations[Prefix+"rewrite"]
	switch {
	case k.rewrite != nil:
		return *k.rewrite, true
	case !rewrites:
		return way.Rewrite{}, false
	case target == "":
		return way.Rewrite{Kind: way.RewriteConstant, To: "/"}, true
	case strings.Contains(target, `\`):
		return way.UnknownRewrite(reason.Of("kong-rewrite")), true
	}
	return way.CaptureRewrite(expression, target), true
}

// pathBefore is what konghq.com/path at a Service puts before the path: nothing unless it begins with a slash.
func pathBefore(annotations map[string]string) string {
	if path := annotations[Prefix+"path"]; strings.HasPrefix(path, "/") {
		return strings.TrimRight(path, "/")
	}
	return ""
}

// strips says whether konghq.com/strip-path takes away from the path what was matched.
func strips(annotations map[string]string) bool {
	return strings.EqualFold(annotations[Prefix+"strip-path"], "true")
}

func holdersOf(in way.Input) (route, service holder) {
	route = holder{namespace: in.Ingress.Namespace, annotations: in.Ingress.Annotations}
	if _, rewrites := in.Ingress.Annotations[Prefix+"rewrite"]; rewrites {
		route.transformer = "the annotation " + Prefix + "rewrite" // MaybeRewriteURI
	}
	return route, holder{namespace: in.Ingress.Namespace, annotations: in.ServiceAnnotations}
}

// usesOf are the plugins that an Ingress or Service names.
func usesOf(o *inventory.Object) []inventory.ID {
	return pluginIDs(holder{namespace: o.Ref.Namespace, annotations: o.Meta.Annotations})
}

// read reads an Ingress of Kong's.
func read(in way.Input) way.Reading {
	route, service := holdersOf(in)
	k := readPlugins(in.Objects, route, service)
	// Kong resolves dot segments before it chooses, and forwards what comes of that (kong/router/traditional.lua:
	// normalize).
	h := way.Handling{Rate: way.Rate{Limited: limitsOf(in.Objects, route, service)}, Spelling: way.SpellingResolved,
		Effects: way.Effects{
			Identity: k.identity, Authentication: k.authentication, StripsIdentity: way.Strips(k.identity),
			Assumptions:  k.assumptions,
			HidesHeaders: tri.Is(tri.Unknown, "default", reason.Of("kong-version-headers")),
		}}
	h.Fixes[way.StripIdentity].Advice = stripAdvice
	h.Fixes[way.HideHeaders].Advice = `name a KongPlugin in konghq.com/plugins: plugin response-transformer, ` +
		`config.remove.headers: [Server, X-Powered-By], and run Kong with KONG_HEADERS=off`
	h.Fixes[way.LimitRequests].Advice = rateAdvice
	return way.Reading{
		Handling: h, Transport: func(host string) way.Transport { return readTransport(in, host) },
		Path: func(kind networkingv1.PathType, path string) way.Path { return readPath(in, k, kind, path) },
	}
}

// readPath follows internal/dataplane/translator/subtranslator/ingress.go: ImplementationSpecific is a regular
// expression behind `/~` (or konghq.com/regex-prefix) and a prefix by characters otherwise. konghq.com/path at the
// Service stands before what is left of the path.
func readPath(in way.Input, k reading, kind networkingv1.PathType, path string) way.Path {
	var p way.Path
	regexPrefix := in.Ingress.Annotations[Prefix+"regex-prefix"]
	if regexPrefix == "" {
		regexPrefix = "/~"
	}
	expression, isRegex := strings.CutPrefix(path, regexPrefix)
	isRegex = isRegex && kind == networkingv1.PathTypeImplementationSpecific
	switch {
	case kind == networkingv1.PathTypeExact:
		p.Matcher = way.Exact(way.Raw, path)
	case kind == networkingv1.PathTypePrefix:
		p.Matcher = way.Elements(way.Raw, path)
	case isRegex:
		p.Matcher = way.Regex(way.Raw, expression, false, way.AtStart)
	default:
		p.Matcher = way.Characters(path)
	}
	if !isRegex {
		expression = ""
	}
	if rewrite, done := readRewrite(in, expression, k); done {
		p.Rewrite = rewrite
		return p
	}
	before, strip := pathBefore(in.ServiceAnnotations), strips(in.Ingress.Annotations)
	switch {
	case strip && kind == networkingv1.PathTypeExact:
		p.Rewrite = way.Rewrite{Kind: way.RewriteConstant, To: before + "/"}
	case strip && isRegex:
		p.Rewrite = way.UnknownRewrite(reason.Of("kong-strip-expression"))
	case strip:
		p.Rewrite = way.Rewrite{Kind: way.RewritePrefix, From: []string{strings.TrimRight(path, "/")}, To: before}
	case before != "":
		p.Rewrite = way.Rewrite{Kind: way.RewritePrefix, From: []string{""}, To: before}
	}
	return p
}
