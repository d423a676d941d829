package f5

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/nginx"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// f5Transport: each host of spec.tls is compared with the rule's, wildcards are none, and an entry without hosts is for
// none (generateNginxCfg). A minion takes the TLS of its master.
func f5Transport(in way.Input, all map[string]string, a way.Annotations, host string) way.Transport {
	tls := in.Ingress.Spec.TLS
	if isF5Minion(in) {
		if in.Master == nil {
			unknown := tri.Is(tri.Unknown, MergeableType, NoMaster)
			return way.Transport{TLS: unknown, Plain: unknown}
		}
		tls = in.Master.Spec.TLS
	}
	t := way.Transport{TLS: tri.Is(tri.Off, way.SourceTLS, "spec.tls is empty")}
	if len(tls) > 0 {
		t.TLS.Why = "spec.tls does not list the host itself"
	}
	for _, entry := range tls {
		for _, h := range entry.Hosts {
			if h != host {
				continue
			}
			if t.TLS = (tri.Is(tri.On, way.SourceTLS, "spec.tls names a certificate for it")); entry.SecretName == "" {
				t.TLS = tri.Is(tri.Unknown, way.SourceTLS, reason.Of("certificate-without-secret"))
			}
		}
	}
	redirects, said := a.Bool("ssl-redirect")
	if !said {
		redirects, said = way.WithPrefix(all, way.PrefixIngress).Bool("ssl-redirect")
	}
	inFront, _ := a.Bool("redirect-to-https")
	switch {
	case inFront && t.TLS.State == tri.Off:
		t.TLS = tri.Is(tri.Unknown, Prefix+"redirect-to-https", reason.Of("f5-redirect-behind-another"))
		t.Plain = way.Redirected(t.TLS.Source, "redirect-to-https is true")
	case t.TLS.State == tri.Off:
		t.Plain = way.WithoutTLS()
	case said && !redirects:
		t.Plain = way.PassedOn(Prefix+"ssl-redirect", "ssl-redirect is false")
		t.Fix.Advice = `remove nginx.org/ssl-redirect, or set it to "true"`
	default:
		t.Plain = way.Redirected("default", "the controller redirects where it has a certificate")
	}
	return t
}

// f5Rate says whether an Ingress limits requests, by its annotations or by a Policy.
func f5Rate(in way.Input, a way.Annotations, minion bool, h *way.Handling) {
	const key = Prefix + "limit-req-rate"
	r, advice := &h.Rate, &h.Fixes[way.LimitRequests].Advice
	r.Limited = way.Unlimited()
	*advice = `set nginx.org/limit-req-rate: "50r/s" with nginx.org/limit-req-burst: "250" and nginx.org/limit-req-no-delay: "true"`
	dry, _ := a.Bool("limit-req-dry-run")
	switch {
	case nginx.F5RateText.MatchString(strings.TrimSpace(a["limit-req-rate"])) && dry:
		r.Limited = tri.Is(tri.Off, Prefix+"limit-req-dry-run", "limit-req-dry-run refuses nothing")
		*advice = "remove nginx.org/limit-req-dry-run"
	case nginx.F5RateText.MatchString(strings.TrimSpace(a["limit-req-rate"])):
		r.Limited = tri.Is(tri.On, key, "limit-req-rate is "+way.Quote(a["limit-req-rate"]))
		variable, client := nginx.Written(a["limit-req-key"])
		if client {
			r.Limited = tri.Is(tri.Off, Prefix+"limit-req-key",
				"limit-req-key counts by $"+variable+", which the client controls")
			*advice = "remove nginx.org/limit-req-key"
		}
	case a.Has("limit-req-rate"):
		r.Limited = tri.Is(tri.Off, key, "limit-req-rate is "+way.Quote(a["limit-req-rate"])+", which is not a rate")
	}
	r.Limited = orPolicies(r.Limited, in.Objects, f5Named(in.Ingress.Annotations, in.Ingress.Namespace))
	if minion && in.Master != nil {
		r.Limited = orPolicies(r.Limited, in.Objects, f5Named(in.Master.Annotations, in.Master.Namespace))
	}
	r.Limited = nginx.OrSnippet(r.Limited, a, Prefix, "location-snippets", "server-snippets")
	if minion && r.Limited.State == tri.Off && in.Master == nil {
		r.Limited = tri.Is(tri.Unknown, MergeableType, NoMaster)
	}
	// The annotations are younger than the controller; from 3.6 on they are certainly there. Without a burst, two
	// requests of one page would be one too many.
	if v, stated := in.Version(); stated && v.AtLeast(3, 6) && r.Limited.Source != Prefix+"policies" {
		h.Limit(in, map[string]string{
			key: way.PlaceRate + "r/s", Prefix + "limit-req-burst": way.PlaceBurst,
			Prefix + "limit-req-no-delay": "true",
		}, Prefix)
	}
}
