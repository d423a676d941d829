// Package edge finds out who reads an object, and has it read: it holds the tables of controllers and of kinds, resolves
// classes of Ingresses, and says what is certain where the controller is unknown. What one vendor makes of an object is in
// a package of its own below this one, in the words of package way.
package edge

import (
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/alibaba"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/aws"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/azure"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/cilium"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/contour"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/f5"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/gke"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/haproxy"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/ingressnginx"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/istio"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/kong"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/openshift"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/traefik"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// table holds the controllers, most widespread first: of two that share a usual class name the first is taken. It is
// never changed.
var table = []way.Controller{
	ingressnginx.Controller(), f5.Controller(), traefik.Controller(), haproxy.Controller(), haproxy.IngressController(), contour.Controller(), kong.Controller(), istio.Controller(),
	aws.Controller(), gke.Controller(), azure.Controller(), openshift.Controller(), cilium.Controller(), alibaba.Controller(), tailscale(),
}

// ControllerNames lists the controllers that the configuration may name.
func ControllerNames() []string {
	var names []string
	for _, c := range table {
		names = append(names, c.Name)
	}
	return names
}

func controllerByName(name string) way.Controller {
	for _, c := range table {
		if c.Name == name {
			return c
		}
	}
	return unknownController()
}

// Read says what the edge of an Ingress does.
func Read(in way.Input) way.Effects {
	return controllerByName(in.Class.Controller).Effects(in)
}

// ReadPath says how the edge reads one path of the Ingress. An absent path type is ImplementationSpecific and an empty
// path everything, as networking.k8s.io/v1 defines them.
func ReadPath(in way.Input, kind *networkingv1.PathType, path string) way.Path {
	k := networkingv1.PathTypeImplementationSpecific
	if kind != nil {
		k = *kind
	}
	if path == "" {
		path = "/"
		k = networkingv1.PathTypePrefix
	}
	return controllerByName(in.Class.Controller).Path(in, k, path)
}

// ForcesRegex says whether this Ingress makes its controller read all paths of its hosts, those of other Ingresses
// included, as regular expressions.
func ForcesRegex(in way.Input) bool {
	c := controllerByName(in.Class.Controller)
	return c.ForcesRegex != nil && c.ForcesRegex(in)
}
