package way

import networkingv1 "k8s.io/api/networking/v1"

// PathsThat says whether some of an Ingress's paths, or all, meet a condition. No path is the root, as is its default
// backend.
func PathsThat(meet func(path string) bool, ing *networkingv1.Ingress) (some, all bool) {
	all = true
	check := func(path string) {
		if path == "" {
			path = "/"
		}
		found := meet(path)
		some, all = some || found, all && found
	}
	if ing.Spec.DefaultBackend != nil {
		check("/")
	}
	for _, rule := range ing.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		for _, p := range rule.HTTP.Paths {
			check(p.Path)
		}
	}
	return some, some && all
}
