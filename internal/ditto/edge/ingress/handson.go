package ingress

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// HandsOn is the Service to which an Ingress plainly hands requests for a path of a host, whoever serves it: none where
// an annotation may say something else.
func HandsOn(o *inventory.Object, host, path string) []way.Backend {
	ing := inventory.Must[networkingv1.Ingress](o)
	for key := range ing.Annotations {
		if strings.Contains(key, "auth") || strings.Contains(key, "rewrite") || strings.Contains(key, "snippet") {
			return nil
		}
	}
	var best *networkingv1.HTTPIngressPath
	for _, rule := range ing.Spec.Rules {
		if !strings.EqualFold(rule.Host, host) || rule.HTTP == nil {
			continue
		}
		for i := range rule.HTTP.Paths {
			p := &rule.HTTP.Paths[i]
			exact := p.PathType != nil && *p.PathType == networkingv1.PathTypeExact
			if takes := p.Path == path || !exact && isBelow(path, p.Path); takes &&
				(best == nil || len(p.Path) > len(best.Path)) {
				best = p
			}
		}
	}
	if best == nil {
		return nil
	}
	return behind(nil, ing, &best.Backend)
}

// isBelow says whether a path is another one or lies below it.
func isBelow(path, parent string) bool {
	rest, ok := strings.CutPrefix(path, strings.TrimSuffix(parent, "/"))
	return ok && (rest == "" || rest[0] == '/')
}
