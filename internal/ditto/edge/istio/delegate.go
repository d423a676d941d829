package istio

import (
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// istioMerge is a rule of a delegate in a namespace under the rule that delegates to it; ok is false where they
// contradict each other.
func istioMerge(root, own crd.VirtualServiceHTTP, namespace string) (merged crd.VirtualServiceHTTP, ok bool) {
	merged = own
	merged.Match = slices.Clone(own.Match)
	for i := range merged.Match {
		merged.Match[i].Gateways = qualified(merged.Match[i].Gateways, namespace)
	}
	own = merged
	if merged.Rewrite == nil {
		merged.Rewrite = root.Rewrite
	}
	if merged.Headers == nil {
		merged.Headers = root.Headers
	}
	if merged.DirectResponse == nil {
		merged.DirectResponse = root.DirectResponse
	}
	if merged.Mirror == nil {
		merged.Mirror = root.Mirror
	}
	if merged.MirrorPercentage == nil {
		merged.MirrorPercentage = root.MirrorPercentage
	}
	if merged.Mirrors == nil {
		merged.Mirrors = root.Mirrors
	}
	if len(own.Match) == 0 {
		merged.Match = root.Match
		return merged, true
	}
	if len(root.Match) == 0 {
		return merged, true
	}
	merged.Match = nil
	for _, m := range own.Match {
		found := false
		for _, outer := range root.Match {
			if outer.IgnoreURICase != m.IgnoreURICase || istioConflict(outer.URI, m.URI) ||
				outer.Port != 0 && m.Port != 0 && outer.Port != m.Port {
				continue
			}
			found = true
			both := m
			if both.URI == nil {
				both.URI = outer.URI
			}
			if both.Port == 0 {
				both.Port = outer.Port
			}
			if len(both.Gateways) == 0 {
				both.Gateways = outer.Gateways
			}
			merged.Match = append(merged.Match, both)
		}
		if !found {
			return merged, false
		}
	}
	return merged, true
}

// qualified are names of Gateways with their namespaces, as they are meant in one.
func qualified(gateways []string, namespace string) []string {
	var list []string
	for _, text := range gateways {
		if text != istioMesh {
			ns, name := gatewayName(text, namespace)
			text = ns + "/" + name
		}
		list = append(list, text)
	}
	return list
}

// istioConflict says whether a delegate's condition is not a part of its root's; expressions always conflict.
func istioConflict(root, own *crd.IstioStringMatch) bool {
	switch {
	case root == nil || own == nil:
		return false
	case root.Regex != "" || own.Regex != "":
		return true
	case root.Exact != "":
		return own.Exact != root.Exact
	}
	return !strings.HasPrefix(own.Prefix+own.Exact, root.Prefix)
}

// copies are rules that a rule which delegates comes to, as far as they are its own: where it has copies sent. What the
// delegate says of headers and the path holds for those.
func (r istioReader) copies(rule *crd.VirtualServiceHTTP) []crd.VirtualServiceHTTP {
	if rule.Delegate == nil || !mirrors(rule) {
		return nil
	}
	namespace := rule.Delegate.Namespace
	if namespace == "" {
		namespace = r.root.Namespace
	}
	o := r.c.Objects.Get(crd.IstioVirtualService, namespace, rule.Delegate.Name)
	if o == nil {
		return nil
	}
	delegate, ok := inventory.As[crd.VirtualService](o)
	if !ok || !isDelegate(delegate) || !exports(delegate, r.root.Namespace) {
		return nil
	}
	var list []crd.VirtualServiceHTTP
	for _, own := range delegate.Spec.HTTP {
		if merged, ok := istioMerge(*rule, own, delegate.Namespace); ok {
			merged.Route, merged.Delegate = nil, nil
			list = append(list, merged)
		}
	}
	return list
}

// mirrors says whether a rule has copies of requests sent somewhere.
func mirrors(rule *crd.VirtualServiceHTTP) bool { return rule.Mirror != nil || len(rule.Mirrors) > 0 }

// exports says whether a VirtualService is seen in a namespace.
func exports(vs *crd.VirtualService, namespace string) bool {
	if len(vs.Spec.ExportTo) == 0 {
		return true
	}
	return slices.ContainsFunc(vs.Spec.ExportTo, func(to string) bool {
		return to == "*" || to == namespace || to == "." && namespace == vs.Namespace
	})
}
