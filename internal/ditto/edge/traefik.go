package edge

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

const prefixTraefik = "traefik.ingress.kubernetes.io/"

// traefik is Traefik's own provider for Ingresses. Its annotations change nothing themselves: they name Middlewares.
func traefik() controller {
	return controller{
		name: nameTraefik, title: "Traefik",
		classes: []string{"traefik.io/ingress-controller"}, usual: []string{"traefik"}, prefixes: []string{prefixTraefik},
		effects: traefikEffects, transport: traefikTransport, rate: traefikRate,
		path: traefikPath,
		uses: traefikUses,
	}
}

const (
	nameTraefik = "traefik"

	traefikStripAdvice = `name a Middleware with spec.headers.customRequestHeaders: {x-ditto-pre-authenticated: ""} as the last one in ` +
		`spec.routes[].middlewares of an IngressRoute, or in the annotation traefik.ingress.kubernetes.io/router.middlewares of an Ingress`
	traefikHideAdvice = `name a Middleware with spec.headers.customResponseHeaders: {Server: "", X-Powered-By: ""} in ` +
		`spec.routes[].middlewares of an IngressRoute, or in the annotation traefik.ingress.kubernetes.io/router.middlewares of an Ingress`
)

// traefikMiddlewares applies the Middlewares that the Ingress names, and then those that its Service names.
func traefikMiddlewares(in Input) *traefikChain {
	chain := newTraefikChain(in.Objects, in.Config)
	chain.apply(annotatedMiddlewares(in.Ingress.Annotations, routerMiddlewares))
	chain.apply(annotatedMiddlewares(in.ServiceAnnotations, serviceMiddlewares))
	return chain
}

func traefikEffects(in Input) Effects { return traefikMiddlewares(in).result() }

// traefikPath: Prefix is compared by characters unless strictPrefixMatching is set, which cannot be seen; the annotation
// router.pathmatcher applies to ImplementationSpecific (pkg/provider/kubernetes/ingress/kubernetes.go). v2 takes braces in
// a path for patterns.
func traefikPath(in Input, kind networkingv1.PathType, path string) Path {
	var m Matcher
	switch matcher := traefikAnnotation(in.Ingress.Annotations, "router.pathmatcher"); {
	case strings.Contains(path, "{") && matcher != "PathRegexp":
		m = undecided("whether " + quote(path) + " is a pattern depends on the version of Traefik")
	case kind == networkingv1.PathTypeExact:
		m = exact(raw, path)
	case kind == networkingv1.PathTypePrefix || matcher == "" || matcher == "PathPrefix":
		m = characters(path)
	case matcher == "Path":
		m = exact(raw, path)
	case matcher == "PathRegexp":
		m = regex(raw, path, false, anywhere)
	default:
		m = undecided("the path matcher " + quote(matcher) + " is not known")
	}
	chain := traefikMiddlewares(in)
	if chain.closed != "" {
		return Path{Matcher: m, Rewrite: rewriteUnknown(chain.closed)}
	}
	return through(append([]stage{matching(m)}, chain.stages...))
}
