package haproxy

import (
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// haproxy-ingress makes one backend of a Service, for all Ingresses. Some annotations are read once for it: whichever
// Ingress has one, it counts for the paths of all, and of several that differ that of the Ingress which is read first,
// the oldest (pkg/converters/ingress/annotations: Mapper.Get, and not GetConfig). Those of the Service itself come
// before. An Ingress all of whose paths another one has taken says nothing, so what others say is never certain.

// haproxyIngressForService are those annotations, as far as they are read here.
func haproxyIngressForService() []string {
	return append([]string{
		"headers", "request-set-headers", "request-add-headers", "request-del-headers", "response-del-headers",
		"limit-rps", "limit-connections", "limit-whitelist",
	}, haproxyIngressConfig()...)
}

// haproxyIngressCounts says whether an Ingress has annotations that change how others of its Services are read.
// A path with oauth is left open where another one of the Service has auth-url (buildBackendOAuth).
func haproxyIngressCounts(ing *networkingv1.Ingress) bool {
	a := way.WithPrefix(ing.Annotations, PrefixHAProxyIngress, way.PrefixIngress)
	names := append(haproxyIngressForService(), "auth-url", "no-tls-redirect-locations")
	return slices.ContainsFunc(names, func(name string) bool {
		_, has := a[name]
		return has
	})
}

// share puts what may count for the whole Service into the annotations of one Ingress. Settings that others have, and
// it has otherwise or not at all, differ; of configuration it has all lines.
func (s *settings) share() {
	service := validOnly(s.in.ServiceAnnotations)
	for _, name := range haproxyIngressForService() {
		if _, decided := service[name]; decided {
			continue
		}
		own, has := s.a[name]
		var values []string
		if has {
			values = []string{own}
		}
		for _, other := range s.in.OfService {
			value, says := ownOf(other)[name]
			if says && !slices.Contains(values, value) {
				values = append(values, value)
			}
		}
		if len(values) > 0 {
			s.a[name], s.differ[name] = strings.Join(values, "\n"), len(values) > 1 || !has
		}
	}
}

const spared = "no-tls-redirect-locations"

// spares says whether an annotation leaves some paths without a redirect to HTTPS: a setting of the controller that
// annotations can make as well, for all Ingresses of the Service.
func (s *settings) spares() bool {
	return s.a.Has(spared) || slices.ContainsFunc(s.in.OfService,
		func(other *networkingv1.Ingress) bool { return ownOf(other).Has(spared) })
}

// opens says whether another Ingress of the Service has auth-url, for which oauth is passed over.
func (s *settings) opens() bool {
	return slices.ContainsFunc(s.in.OfService,
		func(other *networkingv1.Ingress) bool { return ownOf(other).Has("auth-url") })
}
