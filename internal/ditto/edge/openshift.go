package edge

import networkingv1 "k8s.io/api/networking/v1"

// openshift turns an Ingress into Routes, which cannot carry header actions then.
func openshift() controller {
	plain := plainEdge{
		strip: `OpenShift cannot change headers of an Ingress: use a Route with spec.httpHeaders.actions.request: ` +
			`[{name: x-ditto-pre-authenticated, action: {type: Delete}}]`,
		hide:       `use a Route with spec.httpHeaders.actions.response: [{name: Server, action: {type: Delete}}]`,
		assumption: "the IngressController of OpenShift has no header actions",
	}
	return controller{
		name: "openshift", title: "OpenShift's router",
		classes: []string{"openshift.io/ingress-to-route"}, usual: []string{"openshift-default"},
		prefixes: []string{"route.openshift.io/", "haproxy.router.openshift.io/"},
		effects: func(in Input) Effects {
			e := plain.effects(in)
			if in.Ingress.Annotations["route.openshift.io/termination"] == "passthrough" {
				e.passThrough(true, "route.openshift.io/termination")
			}
			return e
		},
		transport: openshiftTransport, rate: openshiftRate, path: openshiftPath,
	}
}

// openshiftPath: a Route's path is a prefix by elements, whatever the Ingress called it
// (pkg/router/template/util/util.go).
func openshiftPath(in Input, _ networkingv1.PathType, path string) Path {
	return Path{Matcher: elements(raw, path), Rewrite: in.rewrite("haproxy.router.openshift.io/rewrite-target")}
}
