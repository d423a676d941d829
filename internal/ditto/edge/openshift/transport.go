package openshift

import (
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// openshiftTransport: an Ingress with spec.tls, or with an annotation that says how TLS ends, becomes a Route that
// redirects, with the router's certificate where the Ingress names none (route-controller-manager pkg/route/ingress:
// tlsEnabled, tlsConfigForIngress).
func openshiftTransport(in way.Input, host string) way.Transport {
	const termination = "route.openshift.io/termination"
	t := way.Transport{TLS: in.Certificate(host)}
	switch how := in.Ingress.Annotations[termination]; {
	case how == "passthrough":
		return way.Passed(way.Redirected("default", "the router redirects"), termination)
	case how == "edge", how == "reencrypt":
		return way.Transport{
			TLS: tri.Is(tri.On, termination,
				termination+" makes the router terminate TLS, with a certificate of its own if need be"),
			Plain: way.Redirected(termination, "the router redirects where it terminates TLS"),
		}
	case t.TLS.State == tri.Off:
		t.Plain = way.WithoutTLS()
	default:
		t.Plain = way.Redirected("default", "the router redirects for an Ingress with spec.tls")
		if t.TLS.State == tri.Unknown && host != "" {
			t.TLS = tri.Is(tri.On, way.SourceTLS, "the router has a certificate of its own")
		}
	}
	return t
}

// routerRate says whether OpenShift's router limits requests or connections by the annotations of a Route:
// rate-limit-connections switches on what the others say (images/router/haproxy/conf/haproxy-config.template).
func routerRate(h *way.Handling, all map[string]string, passthrough bool) {
	a := way.WithPrefix(all, Prefix)
	const name = "rate-limit-connections"
	r, advice := &h.Rate, &h.Fixes[way.LimitRequests].Advice
	r.Limited = way.Unlimited()
	*advice = `set haproxy.router.openshift.io/rate-limit-connections: "true" with ` +
		`haproxy.router.openshift.io/rate-limit-connections.rate-http: "150", requests of a client in 3 seconds`
	limits := []string{name + ".rate-http", name + ".rate-tcp", name + ".concurrent-tcp"}
	if passthrough {
		limits = limits[1:]
		*advice = "limit requests where TLS is terminated"
	}
	on, _ := a.Bool(name)
	for _, limit := range limits {
		switch {
		case !way.Positive(a[limit]) || r.Limited.State == tri.On:
		case on:
			r.Limited = tri.Is(tri.On, Prefix+limit, limit+" is "+way.Quote(a[limit]))
		default:
			r.Limited = tri.Is(tri.Off, Prefix+name, name+" is not true, so "+limit+" does nothing")
		}
	}
	if on && r.Limited.State == tri.Off {
		r.Limited = tri.Is(tri.Off, Prefix+name, name+" comes with no limit that counts here")
	}
}
