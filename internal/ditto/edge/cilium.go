package edge

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

const prefixCilium = "ingress.cilium.io/"

// cilium is Cilium's ingress support.
func cilium() controller {
	plain := plainEdge{
		strip: `Cilium cannot change headers of an Ingress: use its Gateway API support with an HTTPRoute and a RequestHeaderModifier`,
		hide:  `use Cilium's Gateway API support with an HTTPRoute and a ResponseHeaderModifier`,
	}
	return controller{
		name: "cilium", title: "Cilium",
		classes: []string{"cilium.io/ingress-controller"}, usual: []string{"cilium"}, prefixes: []string{prefixCilium},
		effects: func(in Input) Effects {
			e := plain.effects(in)
			if a := withPrefix(in.Ingress.Annotations, prefixCilium); ciliumEnabled(a["tls-passthrough"]) {
				e.passThrough(true, prefixCilium+"tls-passthrough")
			}
			return e
		},
		transport: ciliumTransport, rate: ciliumRate, path: ciliumPath, internal: ciliumInternal,
	}
}

func ciliumEnabled(value string) bool {
	return strings.EqualFold(value, "enabled") || strings.EqualFold(value, "true")
}

// ciliumPath: ImplementationSpecific is a regular expression for the whole path
// (operator/pkg/model/ingestion/ingress.go).
func ciliumPath(_ Input, kind networkingv1.PathType, path string) Path {
	switch kind {
	case networkingv1.PathTypeExact:
		return Path{Matcher: exact(raw, path)}
	case networkingv1.PathTypePrefix:
		return Path{Matcher: elements(raw, path)}
	}
	return Path{Matcher: regex(raw, path, false, whole)}
}

// ciliumInternal: a dedicated Ingress gets a Service of its own, to which Cilium copies the annotations that clouds read.
// In shared mode, which may be the default, the Service is another one's.
func ciliumInternal(m marked) Verdict {
	a := withPrefix(m.ingress.Annotations, prefixCilium)
	if a["loadbalancer-mode"] != "dedicated" {
		return Verdict{true, prefixCilium + `loadbalancer-mode is not "dedicated", and the shared load balancer is not this Ingress's`}
	}
	if kind := a["service-type"]; kind != "" && kind != "LoadBalancer" {
		return Verdict{true, prefixCilium + "service-type is " + quote(kind)}
	}
	b := balancer{annotations: map[string]string{}, class: a["loadbalancer-class"]}
	for key, value := range m.ingress.Annotations {
		for _, prefix := range []string{"service.beta.kubernetes.io", "service.kubernetes.io", "cloud.google.com"} {
			if strings.HasPrefix(key, prefix) {
				b.annotations[key] = value
			}
		}
	}
	return publicness(b, m.cfg.Clouds)
}
