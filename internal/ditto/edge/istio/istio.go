// Package istio reads VirtualServices, Gateways and policies of Istio.
package istio

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Controller is Istio's ingress gateway serving an Ingress, which knows no annotations. What other objects of Istio do
// to the requests is not read.
func Controller() way.Controller {
	plain := way.PlainEdge{
		Strip: `Istio cannot change headers of an Ingress: use a VirtualService with headers.request.remove: [x-ditto-pre-authenticated], or an ` +
			`HTTPRoute with a RequestHeaderModifier`,
		Hide:       `set meshConfig.defaultConfig.proxyHeaders.server.disabled: true`,
		Limit:      "limit requests by an EnvoyFilter with a local rate limit, or in an nginx in front of the gateway",
		Assumption: "no EnvoyFilter or RequestAuthentication of Istio changes the header",
	}
	return way.Controller{
		Name: "istio", Title: "Istio",
		Classes: []string{"istio.io/ingress-controller"}, Usual: []string{"istio"},
		Told: []inventory.ID{way.IstioMesh()},
		Read: func(in way.Input) way.Reading {
			h := plain.Read(in)
			h.Authentication = tri.Is(tri.Unknown, "default", reason.Of("istio-ingress-authorization"))
			h.Rate.Limited = tri.Is(tri.Unknown, "default", reason.Of("istio-ingress-filter"))
			h.Fixes[way.ResolvePaths].Advice = way.IstioNormalize
			h.Spelling = way.IstioSpelling(way.Context{Objects: in.Objects, Kept: in.Kept})
			return way.Reading{Handling: h,
				Transport: func(host string) way.Transport { return istioTransport(in, host) }, Path: istioPath}
		},
		// pilot/pkg/config/kube/ingress: "currently not supported".
		DefaultBackend: way.DefaultBackend{Beside: way.Nowhere, Alone: way.Nowhere},
	}
}

// istioPath: ImplementationSpecific is exact unless it ends in `.*` or `/*`
// (pilot/pkg/config/kube/ingress: createFallbackStringMatch). Releases differ in whether the slash of `/*` stays, and
// in whether what is left is compared letter by letter or by elements.
func istioPath(kind networkingv1.PathType, path string) way.Path {
	if kind == networkingv1.PathTypePrefix {
		return way.Path{Matcher: way.Elements(way.Raw, path)}
	}
	if kind != networkingv1.PathTypeExact {
		if path == "*" || path == "/*" || path == ".*" {
			return way.Everything()
		}
		if prefix, ok := strings.CutSuffix(path, ".*"); ok {
			return way.Path{Matcher: istioStart(prefix)}
		}
		if prefix, ok := strings.CutSuffix(path, "/*"); ok {
			return way.Path{Matcher: istioStart(prefix)}
		}
	}
	return way.Path{Matcher: way.Exact(way.Raw, path)}
}

// istioStart matches what is below the path, and leaves open what else begins with its letters.
func istioStart(path string) way.Matcher {
	return way.Possibly(way.Elements(way.Raw, path), way.Characters(strings.TrimRight(path, "/")),
		"releases of Istio differ in whether a path ends with an element")
}
