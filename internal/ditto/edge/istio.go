package edge

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

// istio is Istio's ingress gateway serving an Ingress, which knows no annotations. What other objects of Istio do to the
// requests is not read.
func istio() controller {
	plain := plainEdge{
		strip: `Istio cannot change headers of an Ingress: use a VirtualService with headers.request.remove: [x-ditto-pre-authenticated], or an ` +
			`HTTPRoute with a RequestHeaderModifier`,
		hide:       `set meshConfig.defaultConfig.proxyHeaders.server.disabled: true`,
		assumption: "no EnvoyFilter or RequestAuthentication of Istio changes the header",
	}
	return controller{
		name: "istio", title: "Istio",
		classes: []string{"istio.io/ingress-controller"}, usual: []string{"istio"},
		effects: func(in Input) Effects {
			e := plain.effects(in)
			e.Authentication = State{Unknown, "default", "an AuthorizationPolicy of Istio can ask for credentials, and is not read"}
			return e
		},
		transport: istioTransport, rate: istioRate, path: istioPath,
	}
}

// istioPath: ImplementationSpecific is exact unless it ends in `.*` or `/*`
// (pilot/pkg/config/kube/ingress: createFallbackStringMatch). Releases differ in whether the slash of `/*` stays.
func istioPath(_ Input, kind networkingv1.PathType, path string) Path {
	if kind == networkingv1.PathTypePrefix {
		return Path{Matcher: elements(raw, path)}
	}
	if kind != networkingv1.PathTypeExact {
		if path == "*" || path == "/*" || path == ".*" {
			return Everything()
		}
		if prefix, ok := strings.CutSuffix(path, ".*"); ok {
			return Path{Matcher: characters(prefix)}
		}
		if prefix, ok := strings.CutSuffix(path, "/*"); ok {
			return Path{Matcher: characters(prefix)}
		}
	}
	return Path{Matcher: exact(raw, path)}
}
