package edge

import (
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// ReadTransport says what clients speak with the edge of an Ingress when they ask for a host of its rules; empty is the
// rule without a host.
func ReadTransport(in way.Input, host string) way.Transport {
	c := controllerByName(in.Class.Controller)
	t := c.Transport(in, host)
	if t.Advice == "" {
		t.Advice = "list the host, with a Secret that holds its certificate, in spec.tls"
	}
	return t
}
