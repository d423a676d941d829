package openshift

import (
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// Controller turns an Ingress into Routes, which cannot carry header actions then.
func Controller() way.Controller {
	plain := way.PlainEdge{
		Strip: `OpenShift cannot change headers of an Ingress: use a Route with spec.httpHeaders.actions.request: ` +
			`[{name: x-ditto-pre-authenticated, action: {type: Delete}}]`,
		Hide:       `use a Route with spec.httpHeaders.actions.response: [{name: Server, action: {type: Delete}}]`,
		Assumption: "the IngressController of OpenShift has no header actions",
	}
	return way.Controller{
		Name: "openshift", Title: "OpenShift's router",
		Classes: []string{"openshift.io/ingress-to-route"}, Usual: []string{"openshift-default"},
		// pkg/route/ingress/ingress.go makes Routes of rules alone.
		DefaultBackend: way.DefaultBackend{Beside: way.Nowhere, Alone: way.Nowhere},
		Prefixes:       []string{"route.openshift.io/", "haproxy.router.openshift.io/"},
		Read: func(in way.Input) way.Reading {
			h := plain.Read(in)
			passthrough := in.Ingress.Annotations["route.openshift.io/termination"] == "passthrough"
			if passthrough {
				h.PassThrough(true, "route.openshift.io/termination")
			}
			routerRate(&h, in.Ingress.Annotations, passthrough)
			h.Spelling, h.Fixes[way.ResolvePaths].Advice = spelling, adviceOnPaths
			return way.Reading{
				Handling: h, Transport: func(host string) way.Transport { return openshiftTransport(in, host) },
				// A Route's path is a prefix by elements, whatever the Ingress called it
				// (pkg/router/template/util/util.go).
				Path: func(_ networkingv1.PathType, path string) way.Path {
					return way.Path{Matcher: way.Elements(way.Raw, path),
						Rewrite: in.Rewrite(Prefix + "rewrite-target")}
				},
			}
		},
	}
}

// Prefix is the prefix of the annotations of OpenShift's router.
const Prefix = "haproxy.router.openshift.io/"
