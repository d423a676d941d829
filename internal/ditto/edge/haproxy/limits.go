package haproxy

import (
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// haproxyTransport: with spec.tls plain HTTP is redirected, without it only where the annotation says so (documentation
// of ssl-redirect); only the words true and false are read.
func haproxyTransport(in way.Input, a way.Annotations, conflicts map[string]bool, host string) way.Transport {
	const key = "haproxy.org/ssl-redirect"
	t := way.Transport{TLS: in.WithNeighbours(host)}
	own := len(in.Ingress.Spec.TLS) > 0
	redirects, said := haproxyBool(a["ssl-redirect"])
	switch {
	case conflicts["ssl-redirect"] || !said && a.Has("ssl-redirect"):
		t.Plain = tri.Is(tri.Unknown, key, reason.Of("haproxy-ssl-redirect-broken"))
	case said && redirects:
		t.Plain = way.Redirected(key, "ssl-redirect is true")
		if t.TLS.State == tri.Off && !own {
			t.TLS = tri.Is(tri.Unknown, key, reason.Of("haproxy-redirect-to-controllers-certificate"))
		}
	case said && (own || t.TLS.State != tri.Off):
		t.Plain = way.PassedOn(key, "ssl-redirect is false")
		t.Fix.Advice = `remove haproxy.org/ssl-redirect, or set it to "true"`
	case own:
		t.Plain = way.Redirected("default", "the controller redirects for an Ingress with spec.tls")
	case t.TLS.State != tri.Off:
		t.Plain = way.PassedOn("default", "the controller redirects only for an Ingress with spec.tls of its own")
	default:
		t.Plain = way.WithoutTLS()
	}
	if pass, _ := haproxyBool(a["ssl-passthrough"]); pass {
		return way.Passed(t.Plain, "haproxy.org/ssl-passthrough")
	}
	return t
}

func haproxyRate(in way.Input, a, service way.Annotations, conflicts map[string]bool, h *way.Handling) {
	const prefix = "haproxy.org/"
	r, advice := &h.Rate, &h.Fixes[way.LimitRequests].Advice
	r.Limited = way.Unlimited()
	*advice = `set haproxy.org/rate-limit-requests: "250" with haproxy.org/rate-limit-period: 5s`
	switch {
	case conflicts["rate-limit-requests"]:
		r.Limited = tri.Is(tri.Unknown, prefix+"rate-limit-requests", reason.Of("haproxy-rate-limit-twice"))
	case way.Positive(a["rate-limit-requests"]):
		r.Limited = tri.Is(tri.On, prefix+"rate-limit-requests",
			"rate-limit-requests is "+way.Quote(a["rate-limit-requests"]))
	case a.Has("rate-limit-requests"):
		r.Limited = tri.Is(tri.Off, prefix+"rate-limit-requests",
			"rate-limit-requests is "+way.Quote(a["rate-limit-requests"])+", which sets no limit")
	}
	r.Limited = way.Excepting(r.Limited, a, prefix, "rate-limit-whitelist")
	if r.Limited.State == tri.On && a.Has("src-ip-header") {
		r.Limited = tri.Is(tri.Unknown, prefix+"src-ip-header", reason.Of("haproxy-address-from-header"))
	}
	for _, name := range haproxySnippets() {
		if r.Limited.State == tri.Off && (configures(a, name) || configures(service, name)) {
			r.Limited = tri.Is(tri.Unknown, prefix+name, reason.Of("limit-by-unread-setting", name))
		}
	}
	if pass, _ := haproxyBool(a["ssl-passthrough"]); pass {
		r.Limited = tri.Is(tri.Off, prefix+"ssl-passthrough", "ssl-passthrough passes TLS connections through unread")
		*advice = "limit requests where TLS is terminated"
		return
	}
	h.Limit(in, map[string]string{prefix + "rate-limit-requests": way.PlaceBurst, prefix + "rate-limit-period": "5s"},
		haproxyPrefixes()...)
}
