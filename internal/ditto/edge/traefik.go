package edge

import networkingv1 "k8s.io/api/networking/v1"

const prefixTraefik = "traefik.ingress.kubernetes.io/"

// traefik is Traefik's own provider for Ingresses. What its Middlewares do is not read yet.
func traefik() controller {
	middlewares := []string{prefixTraefik + "router.middlewares", prefixTraefik + "service.middlewares"}
	return controller{
		name: "traefik", title: "Traefik",
		classes: []string{"traefik.io/ingress-controller"}, usual: []string{"traefik"}, prefixes: []string{prefixTraefik},
		effects: plainEdge{
			refers: middlewares, asks: middlewares,
			strip: `Traefik has no annotation that removes a header: refer to a Middleware with spec.headers.customRequestHeaders: ` +
				`{x-ditto-pre-authenticated: ""} in traefik.ingress.kubernetes.io/router.middlewares`,
			hide: `refer to a Middleware with spec.headers.customResponseHeaders: {Server: "", X-Powered-By: ""} in ` +
				`traefik.ingress.kubernetes.io/router.middlewares`,
			assumption: "the entry points of Traefik have no middlewares of their own",
		}.effects,
		transport: traefikTransport, rate: traefikRate, path: traefikPath,
	}
}

// traefikPath: Prefix is compared by characters unless strictPrefixMatching is set, which cannot be seen; the annotation
// router.pathmatcher applies to ImplementationSpecific (pkg/provider/kubernetes/ingress/kubernetes.go).
func traefikPath(in Input, kind networkingv1.PathType, path string) Path {
	p := Path{Rewrite: in.rewrite(prefixTraefik+"router.middlewares", prefixTraefik+"service.middlewares")}
	switch matcher := in.Ingress.Annotations[prefixTraefik+"router.pathmatcher"]; {
	case kind == networkingv1.PathTypeExact:
		p.Matcher = exact(raw, path)
	case kind == networkingv1.PathTypePrefix || matcher == "" || matcher == "PathPrefix":
		p.Matcher = characters(path)
	case matcher == "Path":
		p.Matcher = exact(raw, path)
	case matcher == "PathRegexp":
		p.Matcher = regex(raw, path, false, anywhere)
	default:
		p.Matcher = undecided("the path matcher " + quote(matcher) + " is not known")
	}
	return p
}
