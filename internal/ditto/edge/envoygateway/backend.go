package envoygateway

import (
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// backendLinks: a Backend names hosts, addresses and sockets that a route sends requests to, or leaves it to the
// request's own host. Source: envoyproxy/gateway, api/v1alpha1/backend_types.go.
func backendLinks(o *inventory.Object) way.Links {
	backend, ok := inventory.As[crd.EnvoyBackendHosts](o)
	if !ok {
		return way.Links{}
	}
	var links way.Links
	if backend.Spec.Type == "DynamicResolver" {
		return way.Links{Unread: []way.UnreadBackend{{
			What: "hosts that requests choose themselves (type DynamicResolver)",
		}}}
	}
	for _, e := range backend.Spec.Endpoints {
		switch {
		case e.FQDN != nil:
			if namespace, name, ok := way.ServiceOfHost(e.FQDN.Hostname); ok {
				links.Backends = append(links.Backends,
					way.Backend{Namespace: namespace, Name: name, Port: intstr.FromInt32(e.FQDN.Port)})
			}
		case e.IP != nil:
			links.Unread = append(links.Unread, way.UnreadBackend{What: "endpoints by address", Host: e.IP.Address,
				Port: e.IP.Port})
		case e.Unix != nil:
			links.Unread = append(links.Unread, way.UnreadBackend{What: "endpoints by unix socket",
				Namespace: backend.Namespace})
		}
	}
	return links
}
