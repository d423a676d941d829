// Package contour reads Ingresses and HTTPProxies as Contour does.
package contour

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// Controller is Contour, which goes by the name of the class rather than by spec.controller.
func Controller() way.Controller {
	return way.Controller{
		Name: way.NameContour, Title: "Contour",
		Classes: []string{"projectcontour.io/*"}, Usual: []string{"contour"}, Prefixes: []string{"projectcontour.io/"},
		Shared: []string{way.PrefixIngress + "force-ssl-redirect", way.AllowHTTP},
		Read:   read,
	}
}

// spelling: Contour has its Envoy resolve dot segments (internal/envoy/v3/listener.go: NormalizePath).
const spelling = way.SpellingResolved

func read(in way.Input) way.Reading {
	h := way.PlainEdge{
		Strip: `Contour cannot change headers of an Ingress: use an HTTPProxy with requestHeadersPolicy.remove: [x-ditto-pre-authenticated], or ` +
			`policy.request-headers.remove with policy.applyToIngress: true in its configuration`,
		Hide:       `use an HTTPProxy with responseHeadersPolicy.remove, or policy.response-headers.remove with policy.applyToIngress: true in Contour's configuration`,
		Limit:      "Contour cannot limit requests of an Ingress: use an HTTPProxy with rateLimitPolicy.local",
		Assumption: "Contour's configuration has no policy with applyToIngress",
	}.Read(in)
	h.Spelling = spelling
	return way.Reading{Handling: h, Transport: func(host string) way.Transport { return contourTransport(in, host) },
		Path: contourPath}
}

// contourPath: ImplementationSpecific is a regular expression for the whole path if it looks like one, a prefix by
// characters otherwise (internal/dag/ingress_processor.go).
func contourPath(kind networkingv1.PathType, path string) way.Path {
	switch {
	case kind == networkingv1.PathTypeExact:
		return way.Path{Matcher: way.Exact(way.Raw, path)}
	case kind == networkingv1.PathTypePrefix:
		return way.Path{Matcher: way.Elements(way.Raw, path)}
	case strings.ContainsAny(path, "^+*[]%"):
		return way.Path{Matcher: way.Regex(way.Raw, path, false, way.Whole)}
	}
	return way.Path{Matcher: way.Characters(path)}
}
