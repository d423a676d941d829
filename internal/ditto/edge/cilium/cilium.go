// Package cilium reads Ingresses as Cilium does.
package cilium

import (
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// prefixOlder is what prefixCilium was for some annotations, which count where the newer one is not there.
const prefixCilium, prefixOlder = "ingress.cilium.io/", "io.cilium.ingress/"

// Controller is Cilium's ingress support.
func Controller() way.Controller {
	plain := way.PlainEdge{
		Strip: `Cilium cannot change headers of an Ingress: use its Gateway API support with an HTTPRoute and a RequestHeaderModifier`,
		Hide:  `use Cilium's Gateway API support with an HTTPRoute and a ResponseHeaderModifier`,
		Limit: "Cilium cannot limit requests of an Ingress: use a CiliumEnvoyConfig, or an nginx with limit_req in front of the gateway",
	}
	return way.Controller{
		Name: "cilium", Title: "Cilium",
		Classes: []string{"cilium.io/ingress-controller"}, Usual: []string{"cilium"}, Prefixes: []string{prefixCilium, prefixOlder},
		// A default backend makes a virtual server of its own, for all hosts that no rule names.
		DefaultBackend: way.DefaultBackend{Plain: true},
		Read: func(in way.Input) way.Reading {
			h, a := plain.Read(in), annotationsOf(in.Ingress)
			h.Spelling = way.SpellingVerbatim // nothing tells Envoy to normalise paths
			r := way.Reading{Handling: h, Path: ciliumPath,
				Transport: func(host string) way.Transport { return ciliumTransport(in, a, host) }}
			if passes(a) {
				r.PassThrough(true, prefixCilium+"tls-passthrough")
				r.Path = passedPath
			}
			return r
		},
		Internal: ciliumInternal,
	}
}

// annotationsOf are the annotations of an Ingress by their names; force-https has had one prefix alone.
func annotationsOf(ing *networkingv1.Ingress) way.Annotations {
	a := way.WithPrefix(ing.Annotations, prefixCilium, prefixOlder)
	a["force-https"] = ing.Annotations[prefixCilium+"force-https"]
	return a
}

// said reads a switch: `enabled`, `disabled`, or a boolean as Go writes it, exactly so. Anything else says nothing
// (operator/pkg/ingress/annotations).
func said(value string) (on, ok bool) {
	switch value {
	case "enabled":
		return true, true
	case "disabled":
		return false, true
	}
	on, err := strconv.ParseBool(value)
	return on, err == nil
}

// passes says whether connections are passed through: `disabled` is nothing special there.
func passes(a way.Annotations) bool {
	on, _ := said(a["tls-passthrough"])
	return on
}

// passedPath: of what is passed through nobody sees the path. Of an Ingress with another path than the root nothing is.
func passedPath(_ networkingv1.PathType, path string) way.Path {
	if path == "/" {
		return way.Everything()
	}
	return way.Path{Matcher: way.Nothing()}
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
	a := annotationsOf(m.Ingress)
	if a["loadbalancer-mode"] != "dedicated" {
		return way.Public(prefixCilium + `loadbalancer-mode is not "dedicated", and the shared load balancer is not this Ingress's`)
	}
	if kind := a["service-type"]; kind != "" && kind != "LoadBalancer" {
		return way.Public(prefixCilium + "service-type is " + way.Quote(kind))
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
