package contour

import (
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

const sourceVirtualHost = "virtualhost.tls"

// contourCertificate: a virtual host whose tls has neither a Secret nor passthrough is not served
// (internal/dag/httpproxy_processor.go).
func contourCertificate(tls *crd.ContourTLS) tri.State {
	if tls.SecretName == "" {
		return tri.Is(tri.Unknown, sourceVirtualHost, reason.Of("contour-virtual-host-without-secret"))
	}
	return tri.Is(tri.On, sourceVirtualHost, "virtualhost.tls names a certificate")
}

// contourRouteTransport: with TLS plain HTTP is redirected, unless the route permits it. What comes over TLS goes to
// the tcpproxy where there is one, so that routes are for plain HTTP alone.
func contourRouteTransport(at inclusion, route *crd.ContourRoute) way.Transport {
	tls := at.host().TLS
	if tls == nil {
		return way.Transport{
			TLS:   tri.Is(tri.Off, sourceVirtualHost, "virtualhost.tls is not set"),
			Plain: way.PassedOn(sourceVirtualHost, "virtualhost.tls is not set"),
			Fix:   way.Fix{Advice: "set virtualhost.tls: {secretName: …}; Contour redirects plain HTTP then"},
		}
	}
	t := way.Transport{TLS: contourCertificate(tls),
		Plain: way.Redirected("default", "Contour redirects where the virtual host has TLS"), Fix: setTLS()}
	if at.spec().TCPProxy != nil {
		t.TLS = tri.Is(tri.Off, "tcpproxy", "the tcpproxy takes what comes over TLS")
	}
	if route.PermitInsecure {
		t.Plain = way.PassedOn("permitInsecure", "permitInsecure is true")
		t.Fix.Advice = "remove permitInsecure from the route"
	}
	return t
}

func setTLS() way.Fix { return way.Fix{Advice: "set virtualhost.tls: {secretName: …}"} }

// contourConnectionTransport is what clients of a tcpproxy speak.
func contourConnectionTransport(tls *crd.ContourTLS) way.Transport {
	plain := way.Closed("tcpproxy", "the tcpproxy accepts only TLS")
	if tls.Passthrough {
		return way.HandedOn(plain,
			"terminate TLS further in, or set virtualhost.tls: {secretName: …} without passthrough")
	}
	return way.Transport{TLS: contourCertificate(tls), Plain: plain, Fix: setTLS()}
}

// contourRateLimit says whether a policy limits the requests of a route: its own, or that of the virtual host. A limit
// in each Envoy is replaced by the route's, one that a service keeps can be switched off by the route
// (internal/dag/policy.go). assumption is what it rests on.
func contourRateLimit(host *crd.ContourVirtualHost, route *crd.ContourRoute) (rate way.Rate, assumption string) {
	rate = way.Rate{Limited: tri.Is(tri.Off, "default", "no rateLimitPolicy limits requests")}
	disabled := false
	for _, at := range []struct {
		source string
		policy *crd.ContourRateLimit
	}{{"rateLimitPolicy", route.RateLimitPolicy}, {"virtualhost.rateLimitPolicy", host.RateLimitPolicy}} {
		if at.policy == nil {
			continue
		}
		if local := at.policy.Local; local != nil && local.Requests > 0 {
			rate.Limited = tri.Is(tri.On, at.source+".local", at.source+".local limits requests")
			return rate, ""
		}
		switch global := at.policy.Global; {
		case global == nil || rate.Limited.State == tri.On:
		case global.Disabled:
			disabled = true
			rate.Limited = tri.Is(tri.Off, at.source+".global",
				at.source+".global.disabled exempts the route from all limits of the rate limit service")
		case len(global.Descriptors) > 0 && !disabled:
			rate.Limited = tri.Is(tri.On, at.source+".global", at.source+".global limits requests")
			assumption = "Contour's configuration names a rate limit service (rateLimitService), and that limits what " + at.source + ".global describes"
		}
	}
	return rate, assumption
}
