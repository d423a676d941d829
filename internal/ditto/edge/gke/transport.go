package gke

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// gceTransport: a load balancer has all certificates that the Ingress names, whatever host they are for; it listens for
// HTTP too unless allow-http says otherwise.
func gceTransport(in way.Input) way.Transport {
	a := in.Ingress.Annotations
	t := way.Transport{TLS: tri.Is(tri.Off, way.SourceTLS, "the Ingress names no certificate")}
	t.Fix.Advice = `name a certificate (spec.tls or networking.gke.io/managed-certificates) and set kubernetes.io/ingress.allow-http: "false", ` +
		`or name a FrontendConfig with redirectToHttps: {enabled: true} in ` + FrontendConfig
	for _, entry := range in.Ingress.Spec.TLS {
		if entry.SecretName != "" {
			t.TLS = tri.Is(tri.On, way.SourceTLS, "spec.tls names a certificate")
		}
	}
	for _, key := range []string{"ingress.gcp.kubernetes.io/pre-shared-cert",
		"networking.gke.io/managed-certificates"} {
		if strings.TrimSpace(a[key]) != "" {
			t.TLS = tri.Is(tri.On, key, key+" names a certificate")
		}
	}
	allowed, said := way.Annotations(a).Bool(way.AllowHTTP)
	switch {
	case said && !allowed:
		t.Plain = way.Closed(way.AllowHTTP, "allow-http is false")
	default:
		t.Plain = gcePlain(in)
	}
	return t
}
