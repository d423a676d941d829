package edge

import (
	"slices"

	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// What clients of Traefik speak, and what limits them: by Middlewares, whether an Ingress or an IngressRoute names them.

// limiting applies a Middleware that changes nothing about a request that it lets through.
func (t *traefikChain) limiting(name string, spec *crd.TraefikMiddlewareSpec) {
	switch {
	case spec.RedirectScheme != nil && spec.RedirectScheme.Scheme == "https":
		t.redirect = redirected(name, name+" redirects plain HTTP")
	case spec.RateLimit != nil:
		t.limit(name, "rateLimit", spec.RateLimit.Average, spec.RateLimit.SourceCriterion)
	case spec.InFlightReq != nil:
		t.limit(name, "inFlightReq", spec.InFlightReq.Amount, spec.InFlightReq.SourceCriterion)
	}
}

// limit: zero is no limit (pkg/middlewares/ratelimiter, pkg/middlewares/inflightreq). Without a criterion clients are told
// apart by their addresses, or requests are counted by host.
func (t *traefikChain) limit(name, kind string, amount int64, by *crd.TraefikSourceCriterion) {
	switch {
	case t.limited.State == On:
	case amount > 0 && (by == nil || by.RequestHeaderName == ""):
		t.limited = State{On, name, name + " (" + kind + ") limits requests"}
	case amount > 0:
		t.limited = State{Unknown, name, name + " (" + kind + ") counts by the header " + quote(by.RequestHeaderName) + ", and whether clients write it cannot be seen"}
	case t.limited.State == Off:
		t.limited = State{Off, name, name + " (" + kind + ") has a limit of zero, which is none"}
	}
}

// redirectsPlain says whether a redirectRegex sends every request over plain HTTP to the same place over TLS.
func redirectsPlain(regex, replacement string) bool {
	return slices.Contains([]string{"^http://(.*)", "^http://(.*)$", "^http://(.+)", "^http://(.+)$"}, regex) &&
		slices.Contains([]string{"https://${1}", "https://$1"}, replacement)
}

// settle takes what the Middlewares do into account: a redirect to TLS leaves open what it leads to, and where perhaps
// nobody gets in nothing is certainly wrong.
func (t *traefikChain) settle(transport *Transport) {
	if t.redirect.State != "" && transport.Plain.State != PlainClosed {
		transport.Plain = t.redirect
		if transport.TLS.State == Off {
			transport.TLS = State{Unknown, t.redirect.Source, t.redirect.Why + ", and what speaks TLS is not here"}
		}
	}
	if t.closed != "" {
		transport.doubt(t.closed)
	}
}

// rate is whether the Middlewares limit requests.
func (t *traefikChain) rate(advice string) Rate {
	r := Rate{Limited: t.limited, Advice: advice}
	if t.closed != "" {
		r.doubt(t.closed)
	}
	return r.settled()
}

const (
	traefikTLSAdvice  = "write spec.tls: {secretName: …} with a certificate for the host, and let the entry point for plain HTTP redirect"
	traefikRateAdvice = "name a Middleware with spec.rateLimit {average: 50, burst: 250} in spec.routes[].middlewares"

	entryPointsField = "spec.entryPoints"
)

// ingressRouteTransport: with spec.tls the routers take TLS alone; otherwise the entry points decide, as for an Ingress
// (pkg/provider/kubernetes/crd/kubernetes_http.go).
func ingressRouteTransport(spec *crd.TraefikIngressRouteSpec, chain *traefikChain) Transport {
	t := Transport{Advice: traefikTLSAdvice}
	switch {
	case spec.TLS != nil:
		t.TLS, t.Plain = traefikCertificate(spec.TLS), closed(sourceTLS, "the router takes TLS alone")
	case slices.Equal(spec.EntryPoints, []string{"websecure"}):
		t.TLS = State{Unknown, entryPointsField, "the certificate of the entry point websecure cannot be seen"}
		t.Plain = closed(entryPointsField, "the router is attached to websecure alone, which is Traefik's name for an entry point with TLS")
	case slices.Equal(spec.EntryPoints, []string{"web"}):
		t.TLS = State{Off, entryPointsField, "spec.tls is not there, and the router is attached to the entry point web alone"}
		t.Plain = State{Unknown, entryPointsField, "whether the entry point web of Traefik redirects cannot be seen"}
	default:
		t.TLS = State{Unknown, sourceTLS, "spec.tls is not there, and whether the entry points of Traefik speak TLS cannot be seen"}
		t.Plain = State{Unknown, "default", "whether the entry points of Traefik redirect plain HTTP cannot be seen"}
	}
	chain.settle(&t)
	return t
}

// traefikCertificate: without a Secret and a resolver a certificate is looked for by host among all that Traefik has, and
// is its own if there is none.
func traefikCertificate(tls *crd.TraefikTLS) State {
	switch {
	case tls.SecretName != "":
		return State{On, sourceTLS, "spec.tls names a certificate"}
	case tls.CertResolver != "":
		return State{On, sourceTLS, "Traefik gets the certificate itself"}
	}
	return State{Unknown, sourceTLS, "spec.tls names no Secret and no certResolver, so the certificate is one of Traefik's own, which cannot be seen"}
}

// ingressRouteTCPTransport: without tls connections are handed on as they are, whatever they carry.
func ingressRouteTCPTransport(tls *crd.TraefikTLSTCP) Transport {
	switch {
	case tls == nil:
		return handedOn(passedOn(sourceTLS, "spec.tls is not there"), "write spec.tls: {secretName: …}, or let what is behind end TLS")
	case tls.Passthrough:
		return handedOn(closed("spec.tls.passthrough", "the router takes TLS alone"), "let what is behind end TLS, or write spec.tls: {secretName: …} without passthrough")
	}
	return Transport{
		TLS: traefikCertificate(&tls.TraefikTLS), Plain: closed(sourceTLS, "the router takes TLS alone"),
		Advice: "write spec.tls: {secretName: …} with a certificate for the host",
	}
}

// ingressRouteTCPRate: a MiddlewareTCP can limit how many connections an address has at once.
func ingressRouteTCPRate(c Context, refs []traefikRef) Rate {
	r := unreadRate("name a MiddlewareTCP with spec.inFlightConn {amount: 50} in spec.routes[].middlewares, or limit requests where they are read")
	for _, ref := range refs {
		o, ambiguous := ref.resolve(c.Objects)
		if o == nil || ambiguous {
			continue
		}
		m, ok := o.Typed.(*crd.TraefikMiddlewareTCP)
		if !ok || m.Spec.InFlightConn == nil || r.Limited.State == On {
			continue
		}
		name := o.Ref.String()
		if m.Spec.InFlightConn.Amount > 0 {
			r.Limited = State{On, name, name + " (inFlightConn) limits connections"}
		} else {
			r.Limited = State{Off, name, name + " (inFlightConn) has a limit of zero, which is none"}
		}
	}
	return r.settled()
}
