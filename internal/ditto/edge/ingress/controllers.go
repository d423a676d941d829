package ingress

import (
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// What the controller of an Ingress makes of its parts.

func readHandling(in way.Input) way.Handling {
	return controllerByName(in.Class.Controller).Handling(in)
}

// readPath reads one path. An absent path type is ImplementationSpecific and an empty path everything, as networking.k8s.io/v1
// defines them.
func readPath(in way.Input, kind *networkingv1.PathType, path string) way.Path {
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

// readTransport is what clients speak that ask for a host of the rules; empty is the rule without a host.
func readTransport(in way.Input, host string) way.Transport {
	t := controllerByName(in.Class.Controller).Transport(in, host)
	if t.Fix.Advice == "" {
		t.Fix.Advice = "list the host, with a Secret that holds its certificate, in spec.tls"
	}
	return t
}
