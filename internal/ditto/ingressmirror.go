package ditto

import (
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/ingressnginx"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// mirrorEntries: the paths of an Ingress whose requests ingress-nginx sends copies of to a Service, in any namespace. What
// the Ingress does to headers is not done to copies; credentials are asked for before they are made.
func (w *walker) mirrorEntries(o, svc *inventory.Object, reading ingressReading, leads func(*networkingv1.IngressServiceBackend) bool, c chain) {
	ing := o.Typed.(*networkingv1.Ingress)
	mirror, ok := ingressnginx.MirrorOf(ing)
	if !ok || !reading.mayBeIngressNginx() {
		return
	}
	named := serviceNamed(w.view, mirror.Host, "")
	if named == nil || named.Ref.ID() != svc.Ref.ID() ||
		!leads(&networkingv1.IngressServiceBackend{Name: svc.Ref.Name, Port: networkingv1.ServiceBackendPort{Number: mirror.Port}}) {
		return
	}
	said := way.Repeats{}
	enter := func(host, asked string, path way.Path) {
		path.Rewrite = mirror.Rewrite
		route := reading.route(host, asked, path)
		route.Text = said.Distinct(route.Text + " (annotation mirror-target)")
		route.Effects.Identity = way.State{State: IdentityClient, Why: "ingress-nginx copies requests as clients sent them"}
		route.Lets = func() requests.Set { return ingressLets(reading, host, asked+" mirrored", path) }
		edgeReading{}.on(&route)
		reading.doubtIngressNginx(o, &route, "mirror-target")
		w.enter(o, o.Ref.Kind, &route, c)
	}
	if ing.Spec.DefaultBackend != nil {
		_, routes := w.view.defaultRoutes(reading)
		for _, route := range routes {
			enter(route.Host, "/", route.Path)
		}
	}
	for _, rule := range ing.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		host := rule.Host
		if host == "" {
			host = "*"
		}
		for i := range rule.HTTP.Paths {
			p := &rule.HTTP.Paths[i]
			enter(host, p.Path, edge.ReadPath(reading.in, p.PathType, p.Path))
		}
	}
}

// mirrorKeys file an Ingress under what its mirror's host can mean.
func mirrorKeys(ing *networkingv1.Ingress) []inventory.Key {
	mirror, ok := ingressnginx.MirrorOf(ing)
	if !ok {
		return nil
	}
	var keys []inventory.Key
	for _, n := range clusterHosts(mirror.Host, "") {
		if n.namespace != "" {
			keys = append(keys, inventory.Key{Index: byBackend, Namespace: n.namespace, Value: n.name})
		}
	}
	return keys
}
