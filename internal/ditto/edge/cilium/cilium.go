// Package cilium reads Ingresses as Cilium does.
package cilium

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

const prefixCilium = "ingress.cilium.io/"

// Controller is Cilium's ingress support.
func Controller() way.Controller {
	plain := way.PlainEdge{
		Strip: `Cilium cannot change headers of an Ingress: use its Gateway API support with an HTTPRoute and a RequestHeaderModifier`,
		Hide:  `use Cilium's Gateway API support with an HTTPRoute and a ResponseHeaderModifier`,
		Limit: "Cilium cannot limit requests of an Ingress: use a CiliumEnvoyConfig, or an nginx with limit_req in front of the gateway",
	}
	return way.Controller{
		Name: "cilium", Title: "Cilium",
		Classes: []string{"cilium.io/ingress-controller"}, Usual: []string{"cilium"}, Prefixes: []string{prefixCilium},
		Read: func(in way.Input) way.Reading {
			h, a := plain.Read(in), way.WithPrefix(in.Ingress.Annotations, prefixCilium)
			if ciliumEnabled(a["tls-passthrough"]) {
				h.PassThrough(true, prefixCilium+"tls-passthrough")
			}
			return way.Reading{Handling: h,
				Transport: func(host string) way.Transport { return ciliumTransport(in, a, host) }, Path: ciliumPath}
		},
		Internal: ciliumInternal,
	}
}

func ciliumEnabled(value string) bool {
	return strings.EqualFold(value, "enabled") || strings.EqualFold(value, "true")
}

// ciliumPath: ImplementationSpecific is a regular expression for the whole path
// (operator/pkg/model/ingestion/ingress.go).
func ciliumPath(kind networkingv1.PathType, path string) way.Path {
	switch kind {
	case networkingv1.PathTypeExact:
		return way.Path{Matcher: way.Exact(way.Raw, path)}
	case networkingv1.PathTypePrefix:
		return way.Path{Matcher: way.Elements(way.Raw, path)}
	case networkingv1.PathTypeImplementationSpecific:
	}
	return way.Path{Matcher: way.Regex(way.Raw, path, false, way.Whole)}
}

// ciliumInternal: a dedicated Ingress gets a Service of its own, to which Cilium copies the annotations that clouds
// read. In shared mode, which may be the default, the Service is another one's.
func ciliumInternal(m way.Marked) way.Verdict {
	a := way.WithPrefix(m.Ingress.Annotations, prefixCilium)
	if a["loadbalancer-mode"] != "dedicated" {
		return way.Verdict{Public: true,
			Why: prefixCilium + `loadbalancer-mode is not "dedicated", and the shared load balancer is not this Ingress's`}
	}
	if kind := a["service-type"]; kind != "" && kind != "LoadBalancer" {
		return way.Verdict{Public: true, Why: prefixCilium + "service-type is " + way.Quote(kind)}
	}
	b := way.LoadBalancer{Annotations: map[string]string{}, Class: a["loadbalancer-class"]}
	for key, value := range m.Ingress.Annotations {
		for _, prefix := range []string{"service.beta.kubernetes.io", "service.kubernetes.io", "cloud.google.com"} {
			if strings.HasPrefix(key, prefix) {
				b.Annotations[key] = value
			}
		}
	}
	return way.PublicnessOf(b, m.Cfg.Clouds)
}
