package traefik

import (
	"slices"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// What clients of Traefik speak, and what limits them: by Middlewares, whether an Ingress or an IngressRoute names
// them.

// limiting applies a Middleware that changes nothing about a request that it lets through.
func (t *chainReading) limiting(name string, spec *crd.TraefikMiddlewareSpec) {
	switch {
	case spec.RedirectScheme != nil && spec.RedirectScheme.Scheme == "https":
		t.redirect = way.Redirected(name, name+" redirects plain HTTP")
	case spec.RateLimit != nil:
		t.limit(name, "rateLimit", spec.RateLimit.Average, spec.RateLimit.SourceCriterion)
	case spec.InFlightReq != nil:
		t.limit(name, "inFlightReq", spec.InFlightReq.Amount, spec.InFlightReq.SourceCriterion)
	}
}

// limit: zero is no limit (pkg/middlewares/ratelimiter, pkg/middlewares/inflightreq). Without a criterion clients are
// told apart by their addresses, or requests are counted by host.
func (t *chainReading) limit(name, kind string, amount int64, by *crd.TraefikSourceCriterion) {
	switch {
	case t.limited.State == tri.On:
	case amount > 0 && (by == nil || by.RequestHeaderName == ""):
		t.limited = tri.Is(tri.On, name, name+" ("+kind+") limits requests")
	case amount > 0:
		t.limited = tri.Is(tri.Unknown, name,
			reason.Of("traefik-limit-by-header", name, kind, way.Quote(by.RequestHeaderName)))
	case t.limited.State == tri.Off:
		t.limited = tri.Is(tri.Off, name, name+" ("+kind+") has a limit of zero, which means no limit")
	}
}

// redirectsPlain says whether a redirectRegex sends every request over plain HTTP to the same place over TLS.
func redirectsPlain(regex, replacement string) bool {
	return slices.Contains([]string{"^http://(.*)", "^http://(.*)$", "^http://(.+)", "^http://(.+)$"}, regex) &&
		slices.Contains([]string{"https://${1}", "https://$1"}, replacement)
}

// settle takes what the Middlewares do into account: a redirect to TLS leaves open what it leads to, and where perhaps
// nobody gets in nothing is certainly wrong.
func (t *chainReading) settle(transport *way.Transport) {
	if t.redirect.State != "" && transport.Plain.State != way.PlainClosed {
		transport.Plain = t.redirect
		if transport.TLS.State == tri.Off {
			transport.TLS = tri.Is(tri.Unknown, t.redirect.Source,
				reason.Of("traefik-redirect-elsewhere", t.redirect.Why))
		}
	}
	if t.closed != "" {
		transport.Doubt(t.closed)
	}
}

const (
	tlsAdvice  = "set spec.tls: {secretName: …} with a certificate for the host, and make the entry point for plain HTTP redirect"
	rateAdvice = "name a Middleware with spec.rateLimit {average: 50, burst: 250} in spec.routes[].middlewares"

	entryPointsField = "spec.entryPoints"
)

// ingressRouteTransport: with spec.tls the routers take TLS alone; otherwise the entry points decide, as for an Ingress
// (pkg/provider/kubernetes/crd/kubernetes_http.go).
func ingressRouteTransport(spec *crd.TraefikIngressRouteSpec, chain *chainReading) way.Transport {
	t := way.Transport{Fix: way.Fix{Advice: tlsAdvice}}
	switch {
	case spec.TLS != nil:
		t.TLS, t.Plain = readCertificate(spec.TLS), way.Closed(way.SourceTLS, "the router accepts only TLS")
	case slices.Equal(spec.EntryPoints, []string{"websecure"}):
		t.TLS = tri.Is(tri.Unknown, entryPointsField, reason.Of("traefik-websecure-certificate"))
		t.Plain = way.Closed(entryPointsField,
			"the router is attached only to websecure, which is Traefik's name for an entry point with TLS")
	case slices.Equal(spec.EntryPoints, []string{"web"}):
		t.TLS = tri.Is(tri.Off, entryPointsField,
			"spec.tls is not set, and the router is attached only to the entry point web")
		t.Plain = tri.Is(tri.Unknown, entryPointsField, reason.Of("traefik-web-redirect"))
	default:
		t.TLS = tri.Is(tri.Unknown, way.SourceTLS, reason.Of("traefik-entry-points-tls"))
		t.Plain = tri.Is(tri.Unknown, "default", reason.Of("traefik-entry-points-redirect"))
	}
	chain.settle(&t)
	return t
}

// readCertificate: without a Secret and a resolver a certificate is looked for by host among all that Traefik has, and
// is its own if there is none.
func readCertificate(tls *crd.TraefikTLS) tri.State {
	switch {
	case tls.SecretName != "":
		return tri.Is(tri.On, way.SourceTLS, "spec.tls names a certificate")
	case tls.CertResolver != "":
		return tri.Is(tri.On, way.SourceTLS, "Traefik gets the certificate itself")
	}
	return tri.Is(tri.Unknown, way.SourceTLS, reason.Of("traefik-own-certificate"))
}

// ingressRouteTCPTransport: without tls connections are handed on as they are, whatever they carry.
func ingressRouteTCPTransport(tls *crd.TraefikTLSTCP) way.Transport {
	switch {
	case tls == nil:
		return way.HandedOn(way.PassedOn(way.SourceTLS, "spec.tls is not set"),
			"set spec.tls: {secretName: …}, or terminate TLS further in")
	case tls.Passthrough:
		return way.HandedOn(way.Closed("spec.tls.passthrough", "the router accepts only TLS"),
			"terminate TLS further in, or set spec.tls: {secretName: …} without passthrough")
	}
	return way.Transport{
		TLS: readCertificate(&tls.TraefikTLS), Plain: way.Closed(way.SourceTLS, "the router accepts only TLS"),
		Fix: way.Fix{Advice: "set spec.tls: {secretName: …} with a certificate for the host"},
	}
}

// ingressRouteTCPRate: a MiddlewareTCP can limit how many connections an address has at once.
func ingressRouteTCPRate(c way.Context, refs []reference) way.Rate {
	r := way.UnreadRate()
	for _, ref := range refs {
		o, ambiguous := ref.resolve(c.Objects)
		if o == nil || ambiguous {
			continue
		}
		m, ok := inventory.As[crd.TraefikMiddlewareTCP](o)
		if !ok || m.Spec.InFlightConn == nil || r.Limited.State == tri.On {
			continue
		}
		name := o.Ref.String()
		if m.Spec.InFlightConn.Amount > 0 {
			r.Limited = tri.Is(tri.On, name, name+" (inFlightConn) limits connections")
		} else {
			r.Limited = tri.Is(tri.Off, name, name+" (inFlightConn) has a limit of zero, which means no limit")
		}
	}
	return r
}
