package istio

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// transport is what clients speak with the Gateway where they meet a condition of a rule that is for a port, or for any
// (0): for several hosts the least safe of each.
func (r istioReader) transport(port uint32) way.Transport {
	t, known := r.spoken[spoken{port, r.redirects}]
	if !known {
		t = r.transportAnew(port)
		r.spoken[spoken{port, r.redirects}] = t
	}
	return t
}

func (r istioReader) transportAnew(port uint32) way.Transport {
	who := r.edge.String()
	t := way.Transport{Fix: way.Fix{Advice: "give " + who +
		" a server for the host with port {number: 443, name: https, protocol: HTTPS} and " +
		"tls {mode: SIMPLE, credentialName: …}, and set tls: {httpsRedirect: true} on the one for plain HTTP"}}
	if r.edge.gateway == nil {
		t.TLS = tri.Is(tri.Unknown, "gateways", reason.Of("not-found", who))
		t.Plain = t.TLS
		return t
	}
	for _, host := range r.hosts {
		if one, served := r.hostTransport(host, port); served {
			t.TLS, t.Plain = lessEncrypted(t.TLS, one.TLS), lessEncrypted(t.Plain, one.Plain)
		}
	}
	if t.TLS.State == "" {
		t.TLS = tri.Is(tri.Unknown, "servers", reason.Of("istio-no-server-reads", who))
		t.Plain = t.TLS
	}
	if r.redirects && t.Plain.State == way.PlainServed {
		t.Plain = tri.Is(tri.Unknown, "redirect", reason.Of("istio-redirect-before"))
	}
	if before := r.edge.balancer; before != "" {
		if t.TLS.State == tri.Off {
			t.TLS = tri.Is(tri.Unknown, "service", before)
		}
		if t.Plain.State == way.PlainServed {
			t.Plain = tri.Is(tri.Unknown, "service", before)
		}
	}
	return t
}

// hostTransport is what clients speak for one host; served is false if the Gateway has no server for it that reads
// requests.
func (r istioReader) hostTransport(host string, port uint32) (t way.Transport, served bool) {
	who := r.edge.String()
	t = way.Transport{
		TLS:   tri.Is(tri.Off, "servers", who+" has no server with TLS for "+host),
		Plain: way.Closed("servers", who+" has no server for plain HTTP"),
	}
	servers := r.edge.hosts.of(r.root.Namespace, host)
	at := func(s crd.IstioServer) bool { return port == 0 || s.Port.Number == port }
	for _, s := range servers {
		switch {
		case plainHTTP(s) && s.TLS != nil && s.TLS.HTTPSRedirect:
			if t.Plain.State == way.PlainClosed {
				t.Plain = way.Redirected("tls.httpsRedirect", who+" redirects plain HTTP (httpsRedirect)")
			}
			if r.edge.trusts && at(s) {
				served = true
				unseen := tri.Is(tri.Unknown, "numTrustedProxies", reason.Of("istio-trusted-proxies", who))
				if t.TLS.State == tri.Off {
					t.TLS = unseen
				}
				if t.Plain.State == way.PlainRedirected {
					t.Plain = unseen
				}
			}
		case !readsHTTP(s) || !at(s):
		case plainHTTP(s):
			served = true
			t.Plain = way.PassedOn("servers", who+" has a server for plain HTTP without httpsRedirect")
		default:
			served = true
			t.TLS = tri.Is(tri.On, "servers", who+" has a server with TLS for it")
		}
	}
	return t, served
}

// lessEncrypted is the less safe of two readings of TLS, or of two of Plain; one without a state is none.
func lessEncrypted(a, b tri.State) tri.State {
	rank := map[string]int{"": 0, tri.On: 1, way.PlainClosed: 1, way.PlainRedirected: 2, tri.Unknown: 3, tri.Off: 4,
		way.PlainServed: 4}
	if rank[b.State] > rank[a.State] {
		return b
	}
	return a
}

// rate: a Gateway limits nothing by itself; filters of Envoy's, which are not evaluated, can.
func (r istioReader) rate() way.Rate {
	rate := way.Rate{Limited: tri.Is(tri.Off, "default", "no EnvoyFilter was found for the pods of "+r.edge.String())}
	if r.edge.gateway == nil {
		rate.Limited = tri.Is(tri.Unknown, "gateways",
			reason.Of("istio-gateway-and-filters-not-found", r.edge.String()))
	}
	for _, o := range r.edge.policies {
		switch o.Typed.(type) {
		case *crd.EnvoyFilter, *crd.WasmPlugin:
			if concernsGateways(o.Typed) {
				rate.Limited = tri.Is(tri.Unknown, o.Ref.String(),
					reason.Of("istio-limit-not-evaluated", o.Ref.String()))
			}
		}
	}
	return rate
}

// connectionTransport is what clients speak with servers that hand connections on: TLS may end there all the same.
func (r istioReader) connectionTransport(fits func(crd.IstioServer) bool) way.Transport {
	who := r.edge.String()
	const advice = "terminate TLS further in, or give the Gateway a server with protocol HTTPS and tls.mode SIMPLE"
	if r.edge.gateway == nil {
		unknown := tri.Is(tri.Unknown, "gateways", reason.Of("not-found", who))
		return way.Transport{TLS: unknown, Plain: unknown, Fix: way.Fix{Advice: advice}}
	}
	unserved := tri.Is(tri.Unknown, "servers", reason.Of("istio-no-server-passes-through", who))
	ended := way.Transport{TLS: unserved, Plain: unserved, Fix: way.Fix{Advice: advice}}
	for _, host := range r.hosts {
		for _, s := range r.edge.hosts.of(r.root.Namespace, host) {
			switch {
			case !fits(s):
			case passesTLS(s):
				return way.HandedOn(way.Closed("tls.mode", who+" accepts only TLS"), advice)
			case s.TLS == nil:
				return way.HandedOn(way.PassedOn("servers", who+" passes connections through as they are"), advice)
			default:
				ended = way.Transport{TLS: tri.Is(tri.On, "servers", who+" terminates TLS"),
					Plain: way.Closed("servers", who+" accepts only TLS"), Fix: way.Fix{Advice: advice}}
			}
		}
	}
	return ended
}

// redirectsToHTTPS says whether a rule answers requests with a redirect to HTTPS.
func redirectsToHTTPS(r crd.VirtualServiceHTTP) bool {
	return r.Redirect != nil && strings.EqualFold(r.Redirect.Scheme, "https")
}

// ports: a destination without a port means the only one of its Service or else the one that the Gateway listens on.
func (r istioReader) ports(backends []way.Backend, listening []uint32) []way.Backend {
	var list []way.Backend
	for _, b := range backends {
		o := r.c.Objects.Get(inventory.Service, b.Namespace, b.Name)
		if b.Port.IntVal != 0 || o == nil || o.Typed == nil || len(listening) == 0 ||
			len(inventory.Must[corev1.Service](o).Spec.Ports) < 2 {
			list = append(list, b)
			continue
		}
		for _, number := range listening {
			b.Port = intstr.FromInt32(int32(min(number, 65535))) // bounded
			list = append(list, b)
		}
	}
	return list
}
