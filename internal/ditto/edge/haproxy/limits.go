package haproxy

import (
	"strings"

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
		t.Plain = tri.State{State: tri.Unknown, Source: key, Why: reason.Of("haproxy-ssl-redirect-broken")}
	case said && redirects:
		t.Plain = way.Redirected(key, "ssl-redirect is true")
		if t.TLS.State == tri.Off && !own {
			t.TLS = tri.State{State: tri.Unknown, Source: key,
				Why: reason.Of("haproxy-redirect-to-controllers-certificate")}
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
		r.Limited = tri.State{State: tri.Unknown, Source: prefix + "rate-limit-requests",
			Why: reason.Of("haproxy-rate-limit-twice")}
	case way.Positive(a["rate-limit-requests"]):
		r.Limited = tri.State{State: tri.On, Source: prefix + "rate-limit-requests",
			Why: "rate-limit-requests is " + way.Quote(a["rate-limit-requests"])}
	case a.Has("rate-limit-requests"):
		r.Limited = tri.State{State: tri.Off, Source: prefix + "rate-limit-requests",
			Why: "rate-limit-requests is " + way.Quote(a["rate-limit-requests"]) + ", which sets no limit"}
	}
	r.Limited = way.Excepting(r.Limited, a, prefix, "rate-limit-whitelist")
	if r.Limited.State == tri.On && a.Has("src-ip-header") {
		r.Limited = tri.State{State: tri.Unknown, Source: prefix + "src-ip-header",
			Why: reason.Of("haproxy-address-from-header")}
	}
	for _, name := range haproxySnippets() {
		if r.Limited.State == tri.Off && (configures(a, name) || configures(service, name)) {
			r.Limited = tri.State{State: tri.Unknown, Source: prefix + name,
				Why: reason.Of("limit-by-unread-setting", name)}
		}
	}
	if pass, _ := haproxyBool(a["ssl-passthrough"]); pass {
		r.Limited = tri.State{State: tri.Off, Source: prefix + "ssl-passthrough",
			Why: "ssl-passthrough passes TLS connections through unread"}
		*advice = "limit requests where TLS is terminated"
		return
	}
	h.Limit(in, map[string]string{prefix + "rate-limit-requests": way.PlaceBurst, prefix + "rate-limit-period": "5s"},
		haproxyPrefixes()...)
}

// haproxyIngressTransport: ssl-redirect is true by default and does something where there is TLS (docs keys.md).
func haproxyIngressTransport(in way.Input, a way.Annotations, host string) way.Transport {
	t := way.Transport{TLS: in.WithNeighbours(host)}
	if always, _ := a.Bool("ssl-always-add-https"); always && t.TLS.State == tri.Off {
		t.TLS = tri.State{State: tri.Unknown, Source: PrefixHAProxyIngress + "ssl-always-add-https",
			Why: reason.Of("controllers-certificate")}
	}
	redirects, said := a.Bool("ssl-redirect")
	switch {
	case t.TLS.State == tri.Off:
		t.Plain = way.WithoutTLS()
	case host == "":
		t.Plain = way.PassedOn("default", "haproxy-ingress redirects for the hosts that spec.tls names, and for no others")
	case in.HostAliased && (redirects || !said):
		t.Plain = tri.State{State: tri.Unknown, Source: PrefixHAProxyIngress + "server-alias",
			Why: reason.Of("haproxy-aliased")}
	case haproxyIngressSpares(in, a):
		t.Plain = tri.State{State: tri.Unknown, Source: PrefixHAProxyIngress + "no-tls-redirect-locations",
			Why: reason.Of("haproxy-spares-paths")}
	case said && !redirects:
		t.Plain = way.PassedOn(PrefixHAProxyIngress+"ssl-redirect", "ssl-redirect is false")
		t.Fix.Advice = `remove haproxy-ingress.github.io/ssl-redirect, or set it to "true"`
	default:
		t.Plain = way.Redirected("default", "haproxy-ingress redirects where it has a certificate")
	}
	if pass, _ := a.Bool("ssl-passthrough"); pass {
		return way.Passed(t.Plain, PrefixHAProxyIngress+"ssl-passthrough")
	}
	return t
}

func haproxyIngressRate(in way.Input, a way.Annotations, differ map[string]bool, h *way.Handling) {
	r := &h.Rate
	r.Limited = way.Unlimited()
	h.Fixes[way.LimitRequests].Advice = `set haproxy-ingress.github.io/limit-rps: "50"`
	for _, name := range []string{"limit-rps", "limit-connections"} {
		if way.Positive(strings.TrimSpace(a[name])) {
			r.Limited = tri.State{State: tri.On, Source: PrefixHAProxyIngress + name,
				Why: name + " is " + way.Quote(a[name])}
			break
		}
		if a.Has(name) {
			r.Limited = tri.State{State: tri.Off, Source: PrefixHAProxyIngress + name,
				Why: name + " is " + way.Quote(a[name]) + ", which sets no limit"}
		}
	}
	r.Limited = way.Excepting(r.Limited, a, PrefixHAProxyIngress, "limit-whitelist")
	for _, name := range []string{"limit-rps", "limit-connections", "limit-whitelist"} {
		if differ[name] {
			r.Limited = tri.State{State: tri.Unknown, Source: PrefixHAProxyIngress + name,
				Why: reason.Of("haproxy-service-settings-differ", name)}
		}
	}
	for _, name := range haproxyIngressConfig() {
		if r.Limited.State == tri.Off && configures(a, name) {
			r.Limited = tri.State{State: tri.Unknown, Source: PrefixHAProxyIngress + name,
				Why: reason.Of("limit-by-unread-setting", name)}
		}
	}
	if _, set := in.ServiceAnnotations[PrefixHAProxyIngress+"limit-rps"]; !set {
		h.Limit(in, map[string]string{PrefixHAProxyIngress + "limit-rps": way.PlaceRate}, PrefixHAProxyIngress,
			"ingress.kubernetes.io/")
	}
}
