package traefik

import (
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

func ingressRouteLinks(o *inventory.Object) way.Links {
	spec := &inventory.Must[crd.TraefikIngressRoute](o).Spec
	var links way.Links
	for _, route := range spec.Routes {
		links.Uses = append(links.Uses, candidatesOf(referencesOf(o, "Middleware", route.Middlewares))...)
		services(&links, o, route.Services)
	}
	links.Uses = append(links.Uses, candidatesOf(referencesOf(o, "IngressRoute", spec.ParentRefs))...)
	return links
}

func serviceLinks(o *inventory.Object) way.Links {
	var links way.Links
	services(&links, o, partsOf(o))
	return links
}

// partsOf are the services that a TraefikService spreads requests over. Copies count: Ditto acts on them.
func partsOf(o *inventory.Object) []crd.TraefikServiceTo {
	service, ok := inventory.As[crd.TraefikService](o)
	if !ok {
		return nil
	}
	switch spec := &service.Spec; {
	case spec.Weighted != nil:
		return weighing(spec.Weighted.Services)
	case spec.Mirroring != nil:
		list := []crd.TraefikServiceTo{spec.Mirroring.TraefikServiceTo}
		for _, m := range spec.Mirroring.Mirrors {
			if m.Percent != nil && *m.Percent != 0 {
				list = append(list, m.TraefikServiceTo)
			}
		}
		return list
	case spec.HighestRandomWeight != nil:
		return weighing(spec.HighestRandomWeight.Services)
	case spec.Failover != nil:
		return []crd.TraefikServiceTo{spec.Failover.Service, spec.Failover.Fallback}
	}
	return nil
}

// weighing are those of several services that get requests (pkg/server/service/loadbalancer).
func weighing(list []crd.TraefikServiceTo) []crd.TraefikServiceTo {
	return slices.DeleteFunc(slices.Clone(list), func(to crd.TraefikServiceTo) bool {
		return to.Weight != nil && *to.Weight <= 0
	})
}

// middlewareLinks: the Secret of a password file is found from the Middleware.
func middlewareLinks(o *inventory.Object) way.Links {
	spec := &inventory.Must[crd.TraefikMiddleware](o).Spec
	var links way.Links
	if spec.Chain != nil {
		links.Uses = candidatesOf(referencesOf(o, "Middleware", spec.Chain.Middlewares))
	}
	links.Passwords = secretsOf(o)
	return links
}

// services adds what a list of services names.
func services(l *way.Links, o *inventory.Object, services []crd.TraefikServiceTo) {
	for _, to := range services {
		l.Uses = append(l.Uses, candidatesOf(referencesOf(o, "Middleware", to.Middlewares))...)
		l.Backends = append(l.Backends, backendsOf(o, to)...)
		if to.Kind == "TraefikService" {
			l.Uses = append(l.Uses, serviceRef(o, to).candidates()...)
			if strings.Count(to.Name, "-") >= mostParts && isWord(to.Name) {
				l.Unread = append(l.Unread,
					way.UnreadBackend{What: "services by a name with more than " + strconv.Itoa(mostParts) + " parts"})
			}
		}
	}
}

func serviceRef(o *inventory.Object, to crd.TraefikServiceTo) reference {
	return referencesOf(o, "TraefikService", []crd.TraefikRef{{Name: to.Name, Namespace: to.Namespace}})[0]
}

// backendsOf are the Services that are named directly: by name and port, or, as a TraefikService, by the name that
// they have inside Traefik, `namespace-name-port@provider`. Without a port Traefik serves nothing.
func backendsOf(o *inventory.Object, to crd.TraefikServiceTo) []way.Backend {
	switch to.Kind {
	case "", "Service":
		if to.Name == "" || to.Port.String() == "0" || to.Port.String() == "" {
			return nil
		}
		return []way.Backend{{Namespace: serviceRef(o, to).within(), Name: to.Name, Port: to.Port}}
	case "TraefikService":
		if isWord(to.Name) {
			word, _, _ := strings.Cut(to.Name, "@")
			return wordBackends(word)
		}
	}
	return nil
}

// isWord says whether a name is one that something of Kubernetes has inside Traefik.
func isWord(name string) bool {
	_, provider, _ := strings.Cut(name, "@")
	return provider == providerCRD || provider == providerIngress
}

// mostParts bounds the parts of a word, each two places between which may be where its names end.
const mostParts = 16

// wordBackends are the Services that a word of namespace, name and port, with dashes between, can mean.
func wordBackends(word string) []way.Backend {
	parts := strings.Split(word, "-")
	if len(parts) > mostParts {
		return nil // links say that it is not read
	}
	var list []way.Backend
	for i := 1; i < len(parts)-1; i++ {
		for j := i + 1; j < len(parts); j++ {
			b := way.Backend{
				Namespace: strings.Join(parts[:i], "-"), Name: strings.Join(parts[i:j], "-"),
				Port: intstr.Parse(strings.Join(parts[j:], "-")),
			}
			if port := b.Port.String(); b.Namespace != "" && b.Name != "" && port != "" && port != "0" {
				list = append(list, b)
			}
		}
	}
	return list
}
