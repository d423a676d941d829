package cilium

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// ciliumTransport: hosts with TLS are redirected, as enforceHttps of the chart is on by default.
func ciliumTransport(in way.Input, a way.Annotations, host string) way.Transport {
	t := way.Transport{TLS: in.Certificate(host)}
	forced := a["force-https"]
	switch {
	case t.TLS.State == tri.Off:
		t.Plain = way.WithoutTLS()
	case strings.EqualFold(forced, "disabled") || strings.EqualFold(forced, "false"):
		t.Plain = way.PassedOn(prefixCilium+"force-https", "force-https is "+way.Quote(forced))
		t.Fix.Advice = "set ingress.cilium.io/force-https: enabled"
	case ciliumEnabled(forced):
		t.Plain = way.Redirected(prefixCilium+"force-https", "force-https is "+way.Quote(forced))
	default:
		t.Plain = way.Redirected("default",
			"Cilium redirects hosts with TLS, unless ingressController.enforceHttps is off")
	}
	if ciliumEnabled(a["tls-passthrough"]) {
		return way.Passed(way.Closed("default", "an Ingress with tls-passthrough accepts only TLS"),
			prefixCilium+"tls-passthrough")
	}
	return t
}
