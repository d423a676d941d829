package azure

import (
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// agicTransport: with a certificate a gateway listens for HTTPS alone, or redirects if ssl-redirect says so; without
// one for HTTP (pkg/appgw/ingress_rules.go).
func agicTransport(in way.Input, host string) way.Transport {
	a := way.WithPrefix(in.Ingress.Annotations, PrefixAGIC)
	t := way.Transport{TLS: in.Certificate(host)}
	if a.Has("appgw-ssl-certificate") {
		t.TLS = tri.Is(tri.On, PrefixAGIC+"appgw-ssl-certificate", "appgw-ssl-certificate names a certificate")
	}
	redirects, _ := a.Bool("ssl-redirect")
	switch {
	case t.TLS.State == tri.Off:
		t.Plain = way.WithoutTLS()
	case t.TLS.State == tri.Unknown:
		t.Plain = t.TLS
	case redirects:
		t.Plain = way.Redirected(PrefixAGIC+"ssl-redirect", "ssl-redirect is true")
	default:
		t.Plain = way.Closed("default", "with a certificate the gateway does not listen for HTTP")
	}
	return t
}
