package f5

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/nginx"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// virtualServerTransport: plain HTTP is served beside TLS unless tls.redirect says otherwise. With basedOn
// x-forwarded-proto nginx redirects those alone that something in front of it marks as plain
// (internal/configs/virtualserver.go).
func virtualServerTransport(spec *crd.VirtualServerSpec) way.Transport {
	const redirect = "spec.tls.redirect"
	t := way.Transport{
		TLS:   tri.Is(tri.Off, way.SourceTLS, "spec.tls is not set"),
		Plain: way.PassedOn(way.SourceTLS, "spec.tls is not set"),
		Fix:   way.Fix{Advice: "set spec.tls: {secret: …, redirect: {enable: true}}"},
	}
	if spec.TLS != nil {
		t.TLS = tri.Is(tri.On, way.SourceTLS, "spec.tls names a certificate")
		if spec.TLS.Secret == "" {
			t.TLS = tri.Is(tri.Unknown, way.SourceTLS, reason.Of("certificate-without-secret"))
		}
		switch r := spec.TLS.Redirect; {
		case r == nil || !r.Enable:
			t.Plain = way.PassedOn(redirect, "spec.tls.redirect is not enabled")
		case r.BasedOn == "" || r.BasedOn == "scheme":
			t.Plain = way.Redirected(redirect, "spec.tls.redirect is enabled")
		default:
			t.Plain = tri.Is(tri.Unknown, redirect, reason.Of("f5-redirect-by-header", way.Quote(r.BasedOn)))
		}
	}
	if l := spec.Listener; l != nil && l.HTTPS != "" && l.HTTP == "" {
		t.Plain = way.Closed("spec.listener", "spec.listener names no listener for plain HTTP")
	} else if l != nil && l.HTTP != "" && l.HTTPS == "" {
		t.TLS = tri.Is(tri.Off, "spec.listener", "spec.listener names no listener for HTTPS")
		t.Fix.Advice = "name a listener for HTTPS in spec.listener, and " + t.Fix.Advice
	}
	return t
}

// transportServerTransport: connections are handed on as they are, unless spec.tls makes nginx end TLS.
func transportServerTransport(t *crd.TransportServer) way.Transport {
	const advice = "use a VirtualServer with spec.tls: {secret: …, redirect: {enable: true}}, or terminate TLS further in"
	switch {
	case t.Spec.TLS != nil && t.Spec.TLS.Secret != "":
		return way.Transport{TLS: tri.Is(tri.On, way.SourceTLS, "spec.tls names a certificate"),
			Plain: way.Closed(way.SourceTLS, "the listener accepts only TLS"), Fix: way.Fix{Advice: advice}}
	case t.Spec.Listener.Protocol == "TLS_PASSTHROUGH":
		return way.HandedOn(way.Closed("spec.listener", "the listener accepts only TLS"), advice)
	}
	return way.HandedOn(way.PassedOn("spec.listener", "connections are passed through as they are"), advice)
}

// rate is whether Policies limit the requests of a route. Those of the route take the place of the server's.
func (r f5Reader) rate(route *crd.NginxRoute) way.Rate {
	var rate way.Rate
	var own []inventory.ID
	switch {
	case len(route.Policies) > 0:
		own = f5PolicyIDs(route.Policies, r.namespace)
	case r.outer != nil:
		own = f5PolicyIDs(r.outer.Policies, r.server.Namespace)
	}
	rate.Limited = f5Limits(r.c.Objects, own)
	if rate.Limited.Source == "default" {
		rate.Limited = f5Limits(r.c.Objects, f5PolicyIDs(r.server.Spec.Policies, r.server.Namespace))
	}
	rate.Limited = nginx.OrSnippet(rate.Limited, way.Annotations{
		"location-snippets": r.snippets(route), "server-snippets": r.server.Spec.ServerSnippets,
	}, "", "location-snippets", "server-snippets")
	return rate
}

// f5Limits says whether one of several Policies limits requests. One that was not found may be there.
func f5Limits(r inventory.Reader, ids []inventory.ID) tri.State {
	result := tri.Is(tri.Off, "default", "no Policy limits requests")
	for _, id := range ids {
		who := "Policy " + id.Namespace + "/" + id.Name
		state := tri.Is(tri.Unknown, "policies", reason.Of("f5-limit-not-found", who))
		if o := way.ObjectAt(r, id); o != nil {
			spec := &inventory.Must[crd.NginxPolicy](o).Spec
			if spec.RateLimit == nil {
				continue
			}
			limit := spec.RateLimit
			state.State, state.Why = f5Limit(who, limit.Rate, limit.Key, limit.DryRun != nil && *limit.DryRun)
			if state.State == tri.On && limit.Condition != nil {
				state.State, state.Why = tri.Unknown, who+" limits some requests only (rateLimit.condition)"
			}
		}
		if rank := map[string]int{tri.On: 2, tri.Unknown: 1}; rank[state.State] > rank[result.State] ||
			result.Source == "default" {
			result = state
		}
	}
	return result
}

// f5Limit reads the limit of one Policy (internal/configs: ParseRequestRate; pkg/apis/configuration/validation).
func f5Limit(who, rate, key string, dry bool) (state, why string) {
	variable, client := nginx.Written(key)
	switch {
	case !nginx.F5RateText.MatchString(strings.TrimSpace(rate)):
		return tri.Off, who + " has the rate " + way.Quote(rate) + ", which sets no limit"
	case dry:
		return tri.Off, who + " refuses nothing (rateLimit.dryRun)"
	case client:
		return tri.Off, who + " counts by $" + variable + ", which the client controls"
	}
	return tri.On, who + " limits requests to " + way.Quote(rate)
}

// orPolicies is the reading of an Ingress where nothing but Policies that an annotation names limits requests.
func orPolicies(s tri.State, r inventory.Reader, ids []inventory.ID) tri.State {
	limits := f5Limits(r, ids)
	if s.State != tri.Off || limits.Source == "default" || limits.State == tri.Off && s.Source != "default" {
		return s
	}
	limits.Source = Prefix + "policies"
	return limits
}
