package cilium

import (
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// ciliumTransport: hosts with TLS are redirected, as enforceHttps of the chart is on by default
// (operator/pkg/model/ingestion/ingress.go).
func ciliumTransport(in way.Input, a way.Annotations, host string) way.Transport {
	if passes(a) {
		return way.Passed(way.Closed("default", "an Ingress with tls-passthrough accepts only TLS"),
			prefixCilium+"tls-passthrough")
	}
	t := way.Transport{TLS: certificate(in, host)}
	forced, told := said(a["force-https"])
	switch {
	case host == "":
		t.Plain = way.PassedOn(way.SourceTLS, "Cilium redirects nothing that comes without a host of a rule")
		t.Fix.Advice = "write rules with hosts alone, and list these, with a Secret that holds their certificate, in spec.tls"
	case t.TLS.State == tri.Off:
		t.Plain = way.WithoutTLS()
	case takesAnyHost(in.Ingress):
		const why = "Cilium redirects nothing for an Ingress with a default backend or with a rule without a host"
		t.Plain = way.PassedOn(way.SourceTLS, why)
		t.Fix.Advice = "move the default backend, or the rule without a host, to an Ingress of its own"
	case told && !forced:
		t.Plain = way.PassedOn(prefixCilium+"force-https", "force-https is "+way.Quote(a["force-https"]))
		t.Fix.Advice = "set ingress.cilium.io/force-https: enabled"
	case told:
		t.Plain = way.Redirected(prefixCilium+"force-https", "force-https is "+way.Quote(a["force-https"]))
	default:
		t.Plain = way.Redirected("default",
			"Cilium redirects hosts with TLS, unless ingressController.enforceHttps is off")
	}
	return t
}

// certificate says whether spec.tls names a certificate for a host. To Cilium a name there is for the rule of that very
// name, so that a wildcard is for no other, and an entry without names for none.
func certificate(in way.Input, host string) tri.State {
	if host == "" {
		return in.Certificate(host)
	}
	switch listed, secret := in.CertificatesOf(in.Ingress).Lists(host); {
	case secret:
		return tri.Is(tri.On, way.SourceTLS, "spec.tls names a certificate for it")
	case listed:
		return tri.Is(tri.Unknown, way.SourceTLS, reason.Of("certificate-without-secret"))
	}
	return tri.Is(tri.Off, way.SourceTLS, "spec.tls does not list "+host+" by that very name")
}

// takesAnyHost says whether an Ingress takes hosts that it does not name. What that leads to takes the place of what is
// said of a host with TLS, the redirect included.
func takesAnyHost(ing *networkingv1.Ingress) bool {
	return ing.Spec.DefaultBackend != nil || slices.ContainsFunc(ing.Spec.Rules, func(r networkingv1.IngressRule) bool {
		return r.Host == "" && r.HTTP != nil
	})
}
