package istio

import (
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// istioTransport: the gateway of an Ingress has a server for plain HTTP in any case
// (pilot/pkg/config/kube/ingress: ConvertIngressV1alpha3).
func istioTransport(in way.Input, host string) way.Transport {
	t := way.Transport{TLS: in.Certificate(host), Plain: way.PassedOn("default", "Istio serves an Ingress over plain HTTP as well")}
	if t.TLS.State != way.Off {
		t.Advice = "use a Gateway of Istio with tls.httpsRedirect: true"
	}
	return t
}

func istioRate(way.Input) way.Rate {
	return way.Rate{
		Limited: way.State{State: way.Unknown, Source: "default", Why: "an EnvoyFilter of Istio can limit requests, and is not read"},
		Advice:  "limit requests by an EnvoyFilter with a local rate limit, or in an nginx in front of the gateway",
	}
}
