// Package gke reads Ingresses as the controller of Google Kubernetes Engine does.
package gke

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// Controller is GKE's own controller. It goes by the annotation only: spec.ingressClassName does not select it.
func Controller() way.Controller {
	return way.Controller{
		Name: "gce", Title: "GKE's ingress controller",
		Classes: []string{"k8s.io/ingress-gce"}, Usual: []string{"gce", "gce-internal", "gce-regional-external"},
		Prefixes: []string{"networking.gke.io/", "ingress.gcp.kubernetes.io/"}, Keys: gceKeys,
		Shared: []string{way.AllowHTTP, "cloud.google.com/", "beta.cloud.google.com/"},
		Read:   read, Internal: gceInternal, Uses: gceUses,
	}
}

func read(in way.Input) way.Reading {
	h := way.PlainEdge{
		Strip: `whether GKE's load balancer removes a header that a BackendConfig sets to nothing is not documented: put a proxy that sets it behind ` +
			`this Ingress, or use a GKE Gateway with an HTTPRoute and a RequestHeaderModifier`,
		Hide:   `set customResponseHeaders in a BackendConfig, or use a GKE Gateway with an HTTPRoute and a ResponseHeaderModifier`,
		Limits: gceConfigKeys(),
		Limit:  "name a BackendConfig whose securityPolicy is a Cloud Armor policy with a rate limit in cloud.google.com/backend-config at the Service",
	}.Read(in)
	gceConfigs(in, &h.Effects)
	h.StripsIdentity = way.Strips(h.Identity)
	return way.Reading{Handling: h, Transport: func(string) way.Transport { return gceTransport(in) }, Path: gcePath}
}

// gceKeys are annotations of an Ingress that only GKE's controller reads, or writes for others to see what it made.
var gceKeys = []string{
	"kubernetes.io/ingress.global-static-ip-name", "kubernetes.io/ingress.regional-static-ip-name",
	way.PrefixIngress + "backends", way.PrefixIngress + "url-map", way.PrefixIngress + "redirect-url-map",
	way.PrefixIngress + "forwarding-rule", way.PrefixIngress + "https-forwarding-rule",
	way.PrefixIngress + "target-proxy", way.PrefixIngress + "https-target-proxy",
	way.PrefixIngress + "ssl-cert", way.PrefixIngress + "static-ip",
}

// gcePath: ImplementationSpecific is exact but for a `/*` at the end.
func gcePath(kind networkingv1.PathType, path string) way.Path {
	prefix, open := strings.CutSuffix(path, "/*")
	switch {
	case kind == networkingv1.PathTypePrefix:
		return way.Path{Matcher: way.Elements(way.Raw, path)}
	case kind == networkingv1.PathTypeImplementationSpecific && open:
		return way.Path{Matcher: way.Characters(prefix + "/")}
	}
	return way.Path{Matcher: way.Exact(way.Raw, path)}
}

func gceInternal(m way.Marked) way.Verdict {
	if m.ByAnnotation && m.ClassName == "gce-internal" {
		return way.Internal(way.ClassAnnotation + ` is "gce-internal"`)
	}
	return way.Public(way.ClassAnnotation + ` is not "gce-internal"`)
}

// Kinds are the rows of the kinds that annotations name, or a class.
func Kinds() []way.Resource {
	return []way.Resource{{Kind: crd.GKEBackendConfig}, {Kind: crd.GKEFrontendConfig}}
}
