package ingress

import (
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/utils/ptr"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// readAs reads an Ingress as its controller does.
func readAs(in way.Input) way.Reading { return controllerByName(in.Class.Controller).Read(in) }

// pathOf reads one path. An absent path type is ImplementationSpecific and an empty path everything, as
// networking.k8s.io/v1 defines them.
func pathOf(r way.Reading, kind *networkingv1.PathType, path string) way.Path {
	if path == "" {
		return r.Path(networkingv1.PathTypePrefix, "/")
	}
	return r.Path(ptr.Deref(kind, networkingv1.PathTypeImplementationSpecific), path)
}

// transportOf is what clients speak that ask for a host of the rules; empty is the rule without a host.
func transportOf(r way.Reading, host string) way.Transport {
	t := r.Transport(host)
	if t.Fix.Advice == "" {
		t.Fix.Advice = "list the host, with a Secret that holds its certificate, in spec.tls"
	}
	return t
}
