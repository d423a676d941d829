package nginx

import (
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// SnippetTargets are the hosts that snippets of nginx configuration in an Ingress or VirtualServer forward requests to
// by themselves, in whatever block, sorted. A host that is made of variables is empty.
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
		texts = append(texts, t.Spec.ServerSnippets)
		for i := range t.Spec.Routes {
			texts = append(texts, t.Spec.Routes[i].LocationSnippets)
		}
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
