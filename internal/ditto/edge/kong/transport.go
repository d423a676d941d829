package kong

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// readTransport: a route takes both protocols unless konghq.com/protocols says otherwise; what is asked for by the
// other one is refused or redirected (internal/annotations).
func readTransport(in way.Input, host string) way.Transport {
	const protocols, force = Prefix + "protocols", way.PrefixIngress + "force-ssl-redirect"
	t := way.Transport{TLS: in.Certificate(host), Plain: way.PassedOn("default", "Kong serves both protocols")}
	plain := false
	for protocol := range strings.SplitSeq(in.Ingress.Annotations[protocols], ",") {
		protocol = strings.TrimSpace(protocol)
		plain = plain || protocol == "http" || protocol == "grpc" || protocol == "ws"
	}
	own := func(source string) {
		if t.TLS.State == tri.Off {
			t.TLS = tri.Is(tri.Unknown, source, reason.Of("kong-certificate"))
		}
	}
	switch forced, _ := way.Annotations(in.Ingress.Annotations).Bool(force); {
	case forced:
		t.Plain = way.Redirected(force, "force-ssl-redirect is true")
		own(force)
	case strings.TrimSpace(in.Ingress.Annotations[protocols]) != "" && !plain:
		t.Plain = way.Closed(protocols, "the route takes no plain HTTP")
		own(protocols)
	case t.TLS.State != tri.Off:
		t.Fix.Advice = `set konghq.com/protocols: https and konghq.com/https-redirect-status-code: "308"`
	}
	return t
}
