// Package kong reads Ingresses, TCPIngresses and KongPlugins as the Kong Ingress Controller does.
package kong

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

const Prefix = "konghq.com/"

// Controller is Kong's ingress controller. Everything but routing is done by plugins, which objects of their own
// configure.
func Controller() way.Controller {
	return way.Controller{
		Name: "kong", Title: "Kong",
		Classes: []string{"ingress-controllers.konghq.com/kong"}, Usual: []string{"kong"}, Prefixes: []string{Prefix},
		Shared: []string{way.PrefixIngress + "force-ssl-redirect"},
		Read:   read, Uses: usesOf,
	}
}

// Kinds are the rows of the kinds that are read here.
func Kinds() []way.Resource {
	return []way.Resource{
		{Kind: crd.KongPluginKind},
		{Kind: crd.KongClusterPluginKind, Links: clusterLinks},
		{
			Kind: crd.KongTCPIngress,
			Links: func(o *inventory.Object) way.Links {
				return way.Links{Backends: tcpIngressBackends(inventory.Must[crd.TCPIngress](o))}
			},
			Routes:     tcpIngressRoutes,
			Controller: func(way.Context, *inventory.Object) string { return "kong" },
		},
	}
}

func tcpIngressBackends(t *crd.TCPIngress) []way.Backend {
	var list []way.Backend
	for _, rule := range t.Spec.Rules {
		list = append(list, way.Backend{Namespace: t.Namespace, Name: rule.Backend.ServiceName,
			Port: intstr.FromInt32(rule.Backend.ServicePort)})
	}
	return list
}

// tcpIngressRoutes: connections to a port, or for a TLS server name, are handed through.
func tcpIngressRoutes(_ way.Context, o *inventory.Object) []way.Route {
	t := inventory.Must[crd.TCPIngress](o)
	backends := tcpIngressBackends(t)
	var routes []way.Route
	for i, rule := range t.Spec.Rules {
		asks := fmt.Sprintf("port %d", rule.Port)
		if rule.Host != "" {
			asks = fmt.Sprintf("%s, port %d", rule.Host, rule.Port)
		}
		routes = append(routes, way.Route{
			Hosts: []string{rule.Host}, Door: fmt.Sprintf("port %d", rule.Port),
			Text: asks, Asks: asks, Backends: backends[i : i+1], Public: true,
			Transport: tcpIngressTransport(t, rule.Host),
			Handling: way.HandedThrough("the connection is passed through unread",
				"expose the Service with an Ingress instead, whose plugins apply",
				"expose the Service with an Ingress instead, whose plugins can limit requests"),
		})
	}
	return routes
}
