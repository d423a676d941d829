package edge

import (
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

// unknownController is whatever serves an Ingress whose controller cannot be told. Proxies pass on headers that nothing
// tells them to change, so an Ingress without annotations leaves the client's header alone whoever serves it; with
// annotations that nobody here can read, anything is possible.
func unknownController() controller {
	return controller{name: Unknown, title: "an unknown controller", effects: unknownEffects, transport: unknownTransport, rate: unknownRate, path: unknownPath}
}

func unknownEffects(in Input) Effects {
	e := plainEdge{
		strip: `name the controller: say ingressClassName, and keep its IngressClass where it can be read; then this line can say what to write`,
		hide:  `name the controller: say ingressClassName, and keep its IngressClass where it can be read; then this line can say what to write`,
	}.effects(in)
	if key := foreignAnnotation(in.Ingress.Annotations); key != "" {
		e.Identity = State{IdentityUnknown, key, "the controller cannot be told, and " + quote(key) + " may be meant for it"}
		e.Authentication = State{Unknown, key, e.Identity.Why}
		e.StripsIdentity = State{Unknown, key, e.Identity.Why}
	}
	return e
}

// foreignAnnotation returns the first annotation that may be meant for an ingress controller: any that is not known to be
// another tool's bookkeeping.
func foreignAnnotation(all map[string]string) string {
	for _, key := range keysOf(all) {
		if !bookkeeping(key) {
			return key
		}
	}
	return ""
}

func bookkeeping(key string) bool {
	if key == classAnnotation || key == "kubernetes.io/description" || key == "kubernetes.io/tls-acme" {
		return true
	}
	domain, _, ok := strings.Cut(key, "/")
	if !ok {
		return false
	}
	return slices.Contains([]string{
		"kubectl.kubernetes.io", "meta.helm.sh", "helm.sh", "helm.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io",
		"argocd.argoproj.io", "cert-manager.io", "acme.cert-manager.io", "external-dns.alpha.kubernetes.io",
		"app.kubernetes.io", "dittoguard.io", "reloader.stakater.com",
	}, domain)
}

// unknownPath takes for certain what the API's definition of a path says, and leaves open what some controllers read more
// widely.
func unknownPath(in Input, kind networkingv1.PathType, path string) Path {
	p := Path{}
	if key := foreignAnnotation(in.Ingress.Annotations); key != "" {
		p.Rewrite = rewriteUnknown("the controller cannot be told, and " + quote(key) + " may change the path")
	}
	wide := anyCase(path)
	why := "the controller cannot be told"
	switch {
	case kind == networkingv1.PathTypeExact:
		p.Matcher = exact(raw, path)
	case kind == networkingv1.PathTypePrefix:
		p.Matcher = possibly(elements(raw, path), wide, why)
	case strings.ContainsAny(path, `*?[](){}^$|+\~%`):
		p.Matcher = undecided(why + ", and " + quote(path) + " may be a pattern")
	default:
		p.Matcher = possibly(elements(raw, path), wide, why)
	}
	return p
}

// possibly matches what the narrow reading matches, and leaves open what only the wide one does.
func possibly(narrow, wide Matcher, why string) Matcher {
	return Matcher{literal: narrow.literal, why: why, match: func(p string) (bool, bool) {
		if matches, _ := narrow.Matches(p); matches {
			return true, true
		}
		matches, _ := wide.Matches(p)
		return false, !matches
	}}
}
