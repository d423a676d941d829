package ingress

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// aside is an Aside of a controller that serves the Ingress, or may.
type aside struct {
	way.Aside
	// service is the Service that it means.
	service *corev1.Service
	// doubt says why it is not certain who serves the Ingress; empty if it is.
	doubt string
}

// asides are those that lead to the Service that routes are asked for.
func (r *reading) asides() []aside {
	if r.c.To == nil {
		return nil
	}
	service, ok := inventory.As[corev1.Service](r.c.To)
	if !ok {
		return nil
	}
	var list []aside
	for i := range table {
		c := &table[i]
		certain := c.Name == r.in.Class.Controller
		if c.Asides == nil || !certain && r.in.Class.Controller != tri.Unknown {
			continue
		}
		for _, a := range c.Asides(r.in.Ingress) {
			if len(r.leading([]way.Backend{a.Backend})) == 0 || a.Headless &&
				service.Spec.ClusterIP != corev1.ClusterIPNone {
				continue
			}
			if a.Backend.Port == (intstr.IntOrString{}) {
				if len(service.Spec.Ports) == 0 {
					continue
				}
				a.Backend.Port = intstr.FromInt32(service.Spec.Ports[0].Port)
			}
			found := aside{Aside: a, service: service}
			if !certain {
				found.doubt = reason.Of("unknown-class-aside", r.o.Ref.String(), c.Title, a.Annotation)
			}
			list = append(list, found)
		}
	}
	return list
}

// among says whether some backends lead to the same port.
func (a aside) among(to []way.Backend) bool {
	for i := range a.service.Spec.Ports {
		sp := &a.service.Spec.Ports[i]
		if a.Backend.Means(a.service, sp, 0) &&
			slices.ContainsFunc(to, func(b way.Backend) bool { return b.Means(a.service, sp, 0) }) {
			return true
		}
	}
	return false
}

// aside is the route of a path to an aside. What the Ingress does to headers is not done to copies.
func (r *reading) aside(host, asked string, a aside, path way.Path) way.Route {
	if a.Copies {
		path.Rewrite = a.Rewrite
	}
	route := r.route(host, asked, "annotation "+a.Annotation, []way.Backend{a.Backend}, path)
	if a.Copies {
		onward := way.HandingOn("", "", false, nil)
		route.Transport, route.Rate, route.ErrorPages = onward.Transport, onward.Rate, onward.ErrorPages
		route.Fixes[way.LimitRequests] = way.Fix{}
		route.Effects.Identity = tri.State{State: way.IdentityClient,
			Why: r.controller.Title + " copies requests as clients sent them"}
	}
	if a.doubt != "" {
		route.Doubted, route.Doubt = route.Public, a.doubt
	}
	return route
}
