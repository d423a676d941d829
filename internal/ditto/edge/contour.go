package edge

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

// contour is Contour, which goes by the name of the class rather than by spec.controller.
func contour() controller {
	return controller{
		name: nameContour, title: "Contour",
		classes: []string{"projectcontour.io/*"}, usual: []string{"contour"}, prefixes: []string{"projectcontour.io/"},
		shared: []string{prefixIngress + "force-ssl-redirect", allowHTTP},
		effects: plainEdge{
			strip: `Contour cannot change headers of an Ingress: use an HTTPProxy with requestHeadersPolicy.remove: [x-ditto-pre-authenticated], or ` +
				`policy.request-headers.remove with policy.applyToIngress: true in its configuration`,
			hide:       `use an HTTPProxy with responseHeadersPolicy.remove, or policy.response-headers.remove with policy.applyToIngress: true in Contour's configuration`,
			assumption: "Contour's configuration has no policy with applyToIngress",
		}.effects,
		transport: contourTransport, rate: contourRate, path: contourPath,
	}
}

// contourPath: ImplementationSpecific is a regular expression for the whole path if it looks like one, a prefix by
// characters otherwise (internal/dag/ingress_processor.go).
func contourPath(_ Input, kind networkingv1.PathType, path string) Path {
	switch {
	case kind == networkingv1.PathTypeExact:
		return Path{Matcher: exact(raw, path)}
	case kind == networkingv1.PathTypePrefix:
		return Path{Matcher: elements(raw, path)}
	case strings.ContainsAny(path, "^+*[]%"):
		return Path{Matcher: regex(raw, path, false, whole)}
	}
	return Path{Matcher: characters(path)}
}
