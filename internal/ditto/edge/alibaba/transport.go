package alibaba

import (
	"github.com/dittoguard/dittoguard/internal/ditto/edge/aws"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// alibabaTransport: certificates stand in spec.tls, in the AlbConfig, or are found by host.
func alibabaTransport(in way.Input, host string) way.Transport {
	a := way.WithPrefix(in.Ingress.Annotations, aws.PrefixALB)
	t := way.Transport{TLS: in.Certificate(host)}
	redirects, _ := a.Bool("ssl-redirect")
	_, tls, _ := aws.ListenPorts(a["listen-ports"])
	switch {
	case t.TLS.State != tri.On && (tls || in.ClassHasParameters()):
		t.TLS = tri.Is(tri.Unknown, aws.PrefixALB+"listen-ports", reason.Of("albconfig-certificates"))
		t.Plain = tri.Is(tri.Unknown, t.TLS.Source, reason.Of("albconfig-redirect"))
	case t.TLS.State == tri.Off:
		t.Plain = way.WithoutTLS()
	default:
		t.Plain = tri.Is(tri.Unknown, "default", reason.Of("albconfig-http"))
	}
	if redirects {
		t.Plain = way.Redirected(aws.PrefixALB+"ssl-redirect", "ssl-redirect is true")
	}
	return t
}
