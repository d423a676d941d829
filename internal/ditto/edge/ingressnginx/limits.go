package ingressnginx

import (
	"github.com/dittoguard/dittoguard/internal/ditto/edge/nginx"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// ingressNginxTransport: there is one virtual server a host, which speaks TLS as soon as some Ingress of it has
// spec.tls; then plain HTTP is redirected unless the annotation, or the ConfigMap, says otherwise. A certificate whose
// names fit is taken whatever hosts are listed, and the controller's own where none fits (createServers,
// extractTLSSecretName).
func ingressNginxTransport(in way.Input, a way.Annotations, host string) way.Transport {
	t := way.Transport{TLS: in.WithNeighbours(host)}
	some := t.TLS.State != tri.Off || len(in.Ingress.Spec.TLS) > 0
	redirects, said := a.Bool("ssl-redirect")
	force, forceSaid := a.Bool("force-ssl-redirect")
	told, plain := someConfig(in, func(c way.GlobalConfig) bool { return c.IsFalse("ssl-redirect") })
	switch {
	case !forceSaid && everyConfig(in, func(c way.GlobalConfig) bool { return c.IsTrue("force-ssl-redirect") }):
		c := in.Controllers[0]
		t.Plain = way.Redirected("force-ssl-redirect", c.In("force-ssl-redirect")+" is true")
		if !some {
			t.TLS = tri.Is(tri.Unknown, "force-ssl-redirect",
				reason.Of("ingress-nginx-global-redirect", c.In("force-ssl-redirect")))
		}
	case force:
		t.Plain = way.Redirected(way.PrefixIngressNginx+"force-ssl-redirect", "force-ssl-redirect is true")
		if !some {
			t.TLS = tri.Is(tri.Unknown, way.PrefixIngressNginx+"force-ssl-redirect",
				reason.Of("ingress-nginx-redirect"))
		}
	case !some:
		t.Plain = way.WithoutTLS()
	case said && !redirects:
		t.Plain = way.PassedOn(way.PrefixIngressNginx+"ssl-redirect", "ssl-redirect is "+way.Quote(a["ssl-redirect"]))
		t.Fix.Advice = `remove nginx.ingress.kubernetes.io/ssl-redirect, or set it to "true"`
	case !said && plain:
		t.Plain = way.PassedOn("ssl-redirect", told.In("ssl-redirect")+" is false")
		t.Fix.Advice = `set nginx.ingress.kubernetes.io/ssl-redirect: "true"`
	default:
		t.Plain = way.Redirected("default", "ingress-nginx redirects where it has a certificate")
	}
	if t.Plain.State == way.PlainRedirected {
		unredirected(in, &t)
	}
	if why := someUnseen(in); why != "" && !force && !(some && said) {
		t.Plain = tri.Is(tri.Unknown, "configmap", why)
	}
	if pass, _ := a.Bool("ssl-passthrough"); pass {
		why := reason.Of("ingress-nginx-ssl-passthrough-honoured")
		t.TLS = tri.Is(tri.Unknown, way.PrefixIngressNginx+"ssl-passthrough", why)
	}
	return t
}

// unredirected is for paths that the ConfigMap excepts from redirects, those by force included (lua_ingress.lua:
// redirect_to_https).
func unredirected(in way.Input, t *way.Transport) {
	const key = "no-tls-redirect-locations"
	for _, c := range in.Controllers {
		some, all := listed(c, key, in.Ingress)
		const plain = "plain HTTP is not redirected"
		if all {
			t.Plain = way.PassedOn(key, c.In(key)+" lists the beginning of its paths: "+plain)
		} else if some {
			t.Plain = tri.Is(tri.Unknown, key, reason.Of("ingress-nginx-listed-locations", c.In(key), plain))
		}
		if some {
			t.Fix.Advice = "take the paths out of " + c.In(key)
			return
		}
	}
}

// ingressNginxRate follows internal/ingress/annotations/ratelimit: a limit of zero is none, and so is a number that is
// none. limit-rate is about bytes.
func ingressNginxRate(in way.Input, a way.Annotations, ownPrefix bool, h *way.Handling) {
	r := &h.Rate
	r.Limited = way.Unlimited()
	h.Fixes[way.LimitRequests].Advice = `set nginx.ingress.kubernetes.io/limit-rps: "50"`
	for _, name := range []string{"limit-rps", "limit-rpm", "limit-connections"} {
		if way.Positive(a[name]) {
			r.Limited = tri.Is(tri.On, way.PrefixIngressNginx+name, name+" is "+way.Quote(a[name]))
			break
		}
		if a.Has(name) && r.Limited.Source == "default" {
			r.Limited = tri.Is(tri.Off, way.PrefixIngressNginx+name,
				name+" is "+way.Quote(a[name])+", which sets no limit")
		}
	}
	r.Limited = way.Excepting(r.Limited, a, way.PrefixIngressNginx, "limit-allowlist", "limit-whitelist")
	r.Limited = orLimited(nginx.OrSnippet(r.Limited, a, way.PrefixIngressNginx, "configuration-snippet",
		"server-snippet"), in)
	if pass, _ := a.Bool("ssl-passthrough"); pass {
		if r.Limited.State == tri.On {
			r.Limited = tri.Is(tri.Unknown, way.PrefixIngressNginx+"ssl-passthrough",
				reason.Of("ingress-nginx-ssl-passthrough"))
		}
		return
	}
	if ownPrefix {
		h.Fixes[way.LimitRequests].Advice = "limit requests by the annotation limit-rps of its controller, whose annotations have a prefix of their own"
		return
	}
	if all, ok := way.Everyone(a[a.FirstOf("limit-allowlist", "limit-whitelist")]); !all && ok &&
		a["canary"] != "true" {
		h.Limit(in, map[string]string{way.PrefixIngressNginx + "limit-rps": way.PlaceRate}, way.PrefixIngressNginx)
	}
}
