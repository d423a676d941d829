package istio

import (
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// istioTransport: the gateway of an Ingress has a server for plain HTTP in any case
// (pilot/pkg/config/kube/ingress: ConvertIngressV1alpha3).
func istioTransport(in way.Input, host string) way.Transport {
	t := way.Transport{TLS: in.Certificate(host),
		Plain: way.PassedOn("default", "Istio serves an Ingress over plain HTTP as well")}
	if t.TLS.State != tri.Off {
		t.Fix.Advice = "use a Gateway of Istio with tls.httpsRedirect: true"
	}
	return t
}
