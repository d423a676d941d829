package edge

import (
	"slices"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// The kinds whose objects name others in any namespace. Who names an object of a namespace can then not be found by
// listing that namespace, and no selector finds it either: all of the kind are listed. Ingresses can do it too, by
// annotations (Traefik's Middlewares, the mirror of ingress-nginx), but a cluster has too many of them to be read at
// each request.
var (
	gatewayRoutes = []schema.GroupKind{crd.HTTPRoute, crd.GRPCRoute, crd.TLSRoute, crd.TCPRoute}
	gatewayUsers  = append([]schema.GroupKind{crd.ListenerSet, crd.XListenerSet}, gatewayRoutes...)
	traefikUsers  = traefikKinds("IngressRoute", "IngressRouteTCP", "Middleware", "TraefikService")
)

func traefikKinds(names ...string) []schema.GroupKind {
	var list []schema.GroupKind
	for _, group := range crd.TraefikGroups() {
		for _, name := range names {
			list = append(list, crd.TraefikKind(group, name))
		}
	}
	return list
}

// BackendsAnywhere says whether objects of a kind send requests to Services of other namespaces.
func BackendsAnywhere(gk schema.GroupKind) bool {
	return gk == crd.EnvoyBackend || gk == crd.HTTPRouteFilter || gk == crd.IstioVirtualService ||
		gk == crd.IstioServiceEntry || slices.Contains(gatewayRoutes, gk) || slices.Contains(traefikUsers, gk)
}

// UsesAnywhere says whether objects of a kind use an object from other namespaces.
func UsesAnywhere(gk, used schema.GroupKind) bool {
	switch used {
	case crd.Gateway, crd.ListenerSet, crd.XListenerSet, inventory.Namespace:
		return slices.Contains(gatewayUsers, gk)
	case crd.EnvoyBackend, crd.KongClusterPluginKind:
		return slices.Contains(gatewayRoutes, gk)
	case crd.GatewayClass, inventory.Service:
		return gk == crd.Gateway
	case crd.EnvoyProxy, crd.NginxProxy, crd.LoadBalancerConfiguration:
		return gk == crd.GatewayClass
	case crd.IstioGateway, way.ServiceHostKind:
		return gk == crd.IstioVirtualService
	case crd.F5Policy:
		return gk == crd.F5VirtualServer || gk == crd.F5VirtualServerRoute
	}
	return slices.Contains(crd.TraefikGroups(), used.Group) && slices.Contains(traefikUsers, gk)
}

// GovernsAnywhere says whether objects of a kind govern an object from other namespaces, and how those are selected.
func GovernsAnywhere(gk schema.GroupKind, governed inventory.ID) (selection inventory.Selection, anywhere bool) {
	switch governed.GroupKind {
	case crd.Gateway:
		if governed.Namespace == "" {
			return selection, gk == crd.Gateway // those of a name, and those that take routes without a parent
		}
		if gk == crd.TCPRoute {
			return selection, true // which can name a Gateway as its backend
		}
		made := labels.Set{way.EnvoyGatewayOwner: governed.Name, way.EnvoyGatewayNamespace: governed.Namespace}
		return inventory.Selection{Labels: made.String(), Beside: true}, gk == inventory.Service
	case crd.GatewayClass:
		return inventory.Selection{Labels: labels.Set{way.EnvoyGatewayClass: governed.Name}.String()},
			gk == inventory.Service
	case crd.HTTPProxy, crd.IstioVirtualService:
		return selection, gk == governed.GroupKind
	case crd.F5VirtualServerRoute:
		return selection, gk == crd.F5VirtualServer
	case way.ServiceHostKind:
		return selection, gk == crd.IstioServiceEntry
	}
	return selection, false
}
