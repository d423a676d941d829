// Package traefik reads Ingresses, IngressRoutes and Middlewares as Traefik does.
package traefik

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

const Prefix = "traefik.ingress.kubernetes.io/"

// Controller is Traefik's own provider for Ingresses. Its annotations change nothing themselves: they name Middlewares.
func Controller() way.Controller {
	return way.Controller{
		Name: way.NameTraefik, Title: "Traefik",
		Classes: []string{"traefik.io/ingress-controller"}, Usual: []string{"traefik"}, Prefixes: []string{Prefix},
		Read: read, Uses: usesOf,
		// pkg/provider/kubernetes/ingress/kubernetes.go: loadConfigurationFromIngresses.
		DefaultBackend: way.DefaultBackend{Beside: way.Nowhere},
	}
}

// middlewaresOf applies the Middlewares that the Ingress names, and then those that its Service names.
func middlewaresOf(in way.Input) *chainReading {
	chain := newTraefikChain(in.Objects, in.Config)
	chain.apply(annotatedMiddlewares(in.Ingress.Annotations, routerMiddlewares))
	chain.apply(annotatedMiddlewares(in.ServiceAnnotations, serviceMiddlewares))
	return chain
}

func read(in way.Input) way.Reading {
	chain := middlewaresOf(in)
	return way.Reading{
		Handling:  chain.handling("name a Middleware with spec.rateLimit {average: 50, burst: 250} in traefik.ingress.kubernetes.io/router.middlewares"),
		Transport: func(host string) way.Transport { return readTransport(in, chain, host) },
		Path:      func(kind networkingv1.PathType, path string) way.Path { return readPath(in, chain, kind, path) },
	}
}

// readPath: Prefix is compared by characters unless strictPrefixMatching is set, which cannot be seen; the annotation
// router.pathmatcher applies to ImplementationSpecific (pkg/provider/kubernetes/ingress/kubernetes.go). v2 takes braces
// in a path for patterns.
func readPath(in way.Input, chain *chainReading, kind networkingv1.PathType, path string) way.Path {
	var m way.Matcher
	switch matcher := annotationOf(in.Ingress.Annotations, "router.pathmatcher"); {
	case strings.Contains(path, "{") && matcher != "PathRegexp":
		m = way.Undecided(reason.Of("traefik-pattern-by-version", way.Quote(path)))
	case kind == networkingv1.PathTypeExact:
		m = way.Exact(way.Decoded, routed(path))
	case kind == networkingv1.PathTypePrefix || matcher == "" || matcher == "PathPrefix":
		m = way.StartsWith(routed(path))
	case matcher == "Path":
		m = way.Exact(way.Decoded, routed(path))
	case matcher == "PathRegexp":
		m = expressionFor(path)
	default:
		m = way.Undecided(reason.Of("traefik-matcher", way.Quote(matcher)))
	}
	if chain.closed != "" {
		return way.Path{Matcher: m, Rewrite: way.UnknownRewrite(chain.closed)}
	}
	return way.Through(append([]way.Stage{way.Matching(m)}, chain.stages...))
}

const (
	stripAdvice = `name a Middleware with spec.headers.customRequestHeaders: {x-ditto-pre-authenticated: ""} as the last one in ` +
		`spec.routes[].middlewares of an IngressRoute, or in the annotation traefik.ingress.kubernetes.io/router.middlewares of an Ingress`
	hideAdvice = `name a Middleware with spec.headers.customResponseHeaders: {Server: "", X-Powered-By: ""} in ` +
		`spec.routes[].middlewares of an IngressRoute, or in the annotation traefik.ingress.kubernetes.io/router.middlewares of an Ingress`
)
