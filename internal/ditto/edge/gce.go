package edge

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

// gce is GKE's own controller. It goes by the annotation only: spec.ingressClassName does not select it.
func gce() controller {
	return controller{
		name: "gce", title: "GKE's ingress controller",
		classes: []string{"k8s.io/ingress-gce"}, usual: []string{"gce", "gce-internal", "gce-regional-external"},
		prefixes: []string{"networking.gke.io/", "ingress.gcp.kubernetes.io/"}, keys: gceKeys,
		shared: []string{allowHTTP, "cloud.google.com/", "beta.cloud.google.com/"},
		effects: gceEffects(plainEdge{
			strip: `whether GKE's load balancer removes a header that a BackendConfig sets to nothing is not documented: put a proxy that sets it behind ` +
				`this Ingress, or use a GKE Gateway with an HTTPRoute and a RequestHeaderModifier`,
			hide: `set customResponseHeaders in a BackendConfig, or use a GKE Gateway with an HTTPRoute and a ResponseHeaderModifier`,
		}),
		transport: gceTransport, rate: gceRate, path: gcePath, internal: gceInternal, uses: gceUses,
	}
}

// gceKeys are annotations of an Ingress that only GKE's controller reads, or writes for others to see what it made.
var gceKeys = []string{
	"kubernetes.io/ingress.global-static-ip-name", "kubernetes.io/ingress.regional-static-ip-name",
	prefixIngress + "backends", prefixIngress + "url-map", prefixIngress + "redirect-url-map",
	prefixIngress + "forwarding-rule", prefixIngress + "https-forwarding-rule",
	prefixIngress + "target-proxy", prefixIngress + "https-target-proxy",
	prefixIngress + "ssl-cert", prefixIngress + "static-ip",
}

// gcePath: ImplementationSpecific is exact but for a `/*` at the end.
func gcePath(_ Input, kind networkingv1.PathType, path string) Path {
	prefix, open := strings.CutSuffix(path, "/*")
	switch {
	case kind == networkingv1.PathTypePrefix:
		return Path{Matcher: elements(raw, path)}
	case kind == networkingv1.PathTypeImplementationSpecific && open:
		return Path{Matcher: characters(prefix + "/")}
	}
	return Path{Matcher: exact(raw, path)}
}

func gceInternal(m marked) Verdict {
	if m.byAnnotation && m.className == "gce-internal" {
		return Verdict{false, classAnnotation + ` is "gce-internal"`}
	}
	return Verdict{true, classAnnotation + ` is not "gce-internal"`}
}
