package nginx

import (
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// SnippetTargets are the hosts that snippets of nginx configuration in an object forward requests to by themselves, in
// whatever block, sorted. A host that is made of variables is empty.
func SnippetTargets(o *inventory.Object) []string {
	var texts []string
	switch t := o.Typed.(type) {
	case *networkingv1.Ingress:
		for _, key := range way.KeysOf(t.Annotations) {
			if strings.HasSuffix(key, "-snippet") || strings.HasSuffix(key, "-snippets") {
				texts = append(texts, t.Annotations[key])
			}
		}
	case *crd.VirtualServer:
		texts = append(texts, t.Spec.HTTPSnippets, t.Spec.ServerSnippets)
		texts = append(texts, ofRoutes(t.Spec.Routes)...)
	case *crd.VirtualServerRoute:
		texts = append(texts, ofRoutes(t.Spec.Subroutes)...)
	case *crd.TransportServer:
		texts = append(texts, t.Spec.StreamSnippets, t.Spec.ServerSnippets)
	case *crd.NginxSnippetsFilter:
		texts = append(texts, valuesOf(t.Spec.Snippets)...)
	case *crd.NginxSnippetsPolicy:
		texts = append(texts, valuesOf(t.Spec.Snippets)...)
	}
	var hosts []string
	for _, text := range texts {
		if snippet, ok := ParseSnippet(text); ok {
			hosts = append(hosts, snippet.Targets()...)
		}
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

func ofRoutes(routes []crd.NginxRoute) []string {
	texts := make([]string, len(routes))
	for i := range routes {
		texts[i] = routes[i].LocationSnippets
	}
	return texts
}

func valuesOf(snippets []crd.NginxSnippet) []string {
	texts := make([]string, len(snippets))
	for i := range snippets {
		texts[i] = snippets[i].Value
	}
	return texts
}
