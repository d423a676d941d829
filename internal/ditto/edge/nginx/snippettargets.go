package nginx

import (
	"regexp"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/mention"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// variable is one of nginx in a text.
var variable = regexp.MustCompile(`\$\{?\w+`)

// SnippetTargets are the hosts that snippets of nginx configuration in an object forward requests to by themselves, in
// whatever block, sorted. Where a host is made of variables, or a snippet is not read, they are all that the snippet
// names.
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
		snippet, ok := ParseSnippet(text)
		if ok {
			hosts = append(hosts, snippet.Targets()...)
		}
		if !ok || slices.Contains(hosts, "") {
			hosts = slices.DeleteFunc(hosts, func(host string) bool { return host == "" })
			for h := range mention.Hosts(variable.ReplaceAllLiteralString(text, "$")) {
				if !h.Bare { // a word alone is more often a directive
					hosts = append(hosts, h.Name)
				}
			}
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
