package edge

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

const prefixKong = "konghq.com/"

// kong is Kong's ingress controller. Everything but routing is done by plugins, which objects of their own configure.
func kong() controller {
	return controller{
		name: "kong", title: "Kong",
		classes: []string{"ingress-controllers.konghq.com/kong"}, usual: []string{"kong"}, prefixes: []string{prefixKong},
		shared:  []string{prefixIngress + "force-ssl-redirect"},
		effects: kongEffects, transport: kongTransport, rate: kongRate, path: kongPath, uses: kongUsesOf,
	}
}

func kongResources() []resource {
	return []resource{
		{kind: crd.KongPluginKind},
		{kind: crd.KongClusterPluginKind, links: kongClusterLinks},
		{
			kind:       crd.KongTCPIngress,
			links:      func(o *inventory.Object) Links { return Links{Backends: tcpIngressBackends(o.Typed.(*crd.TCPIngress))} },
			routes:     tcpIngressRoutes,
			controller: func(Context, *inventory.Object) string { return "kong" },
		},
	}
}

func tcpIngressBackends(t *crd.TCPIngress) []Backend {
	var list []Backend
	for _, rule := range t.Spec.Rules {
		list = append(list, Backend{Namespace: t.Namespace, Name: rule.Backend.ServiceName, Port: intstr.FromInt32(rule.Backend.ServicePort)})
	}
	return list
}

// tcpIngressRoutes: connections to a port, or for a TLS server name, are handed through.
func tcpIngressRoutes(_ Context, o *inventory.Object) []Route {
	t := o.Typed.(*crd.TCPIngress)
	backends := tcpIngressBackends(t)
	var routes []Route
	for i, rule := range t.Spec.Rules {
		asks := fmt.Sprintf("port %d", rule.Port)
		if rule.Host != "" {
			asks = fmt.Sprintf("%s, port %d", rule.Host, rule.Port)
		}
		routes = append(routes, Route{
			Hosts: []string{rule.Host}, Door: fmt.Sprintf("port %d", rule.Port),
			Text: asks, Asks: asks, Backends: backends[i : i+1], Public: true,
			Effects:   handedThrough("the connection is handed through unread", "expose the Service with an Ingress instead, whose plugins apply"),
			Transport: tcpIngressTransport(t, rule.Host), Rate: unreadRate("expose the Service with an Ingress instead, whose plugins can limit requests"),
		})
	}
	return routes
}

// handedThrough are the effects of whoever hands connections on and reads no requests.
func handedThrough(why, advice string) Effects {
	off := State{Off, "default", why}
	return Effects{
		Identity: State{IdentityClient, "default", why}, Authentication: off, StripsIdentity: off, HidesHeaders: off, Passthrough: true,
		StripAdvice: advice, HideAdvice: advice,
	}
}
