package haproxy

import (
	"slices"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

const (
	always  = "ssl-always-add-https"
	follows = "ssl-always-follow-redirect"
	proto   = "use-forwarded-proto"
)

// transport: ssl-redirect is true by default and does something where there is TLS (docs keys.md).
func (s *settings) transport(host string) way.Transport {
	a := s.a
	t := way.Transport{TLS: s.certificate(host)}
	added := false
	if adds, _ := a.Bool(always); adds && t.TLS.State == tri.Off {
		added, t.TLS = true, tri.Is(tri.Unknown, s.source(always), reason.Of("controllers-certificate"))
	}
	redirects, said := s.redirects()
	switch {
	case t.TLS.State == tri.Off:
		t.Plain = way.WithoutTLS()
	case host == "":
		t.Plain = way.PassedOn("default", "haproxy-ingress redirects for the hosts that spec.tls names, and for no others")
	case added && !s.isSet(follows, true):
		t.Plain = way.PassedOn(follows, s.told.In(follows)+" is false")
	case said && !redirects:
		t.Plain = way.PassedOn(s.source("ssl-redirect"), s.named("ssl-redirect")+" is false")
		t.Fix.Advice = `remove haproxy-ingress.github.io/ssl-redirect, or set it to "true"`
		if s.from["ssl-redirect"] != "" {
			t.Fix.Advice = `set haproxy-ingress.github.io/ssl-redirect: "true"`
		}
	default:
		t.Plain = s.redirecting()
	}
	if source := t.Plain.Source; source == follows || source == proto || source == spared && s.told.Data[spared] != "" {
		t.Fix.Advice = "change " + s.told.In(source)
	}
	if front := s.front; len(front) > 0 {
		t.Plain = tri.Is(tri.Unknown, s.source(front[0]),
			reason.Of("haproxy-redirect-by-unread-setting", s.named(front[0])))
	}
	if why := s.unseen(); why != "" && t.TLS.State != tri.Off {
		t.Plain = tri.Is(tri.Unknown, "configmap", why)
	}
	if pass, _ := a.Bool("ssl-passthrough"); pass {
		return way.Passed(t.Plain, s.source("ssl-passthrough"))
	}
	return t
}

// certificate says whether the controller speaks TLS for a host: it takes the names in spec.tls for hosts, whatever
// certificates are for, and serves TLS for those alone.
func (s *settings) certificate(host string) tri.State {
	t := s.in.WithNeighbours(host)
	lists := func(ing *networkingv1.Ingress) bool {
		listed, _ := s.in.CertificatesOf(ing).Lists(host)
		return listed
	}
	if host == "" || t.State == tri.Off || lists(s.in.Ingress) || slices.ContainsFunc(s.in.Neighbours[host], lists) {
		return t
	}
	return tri.Is(tri.Off, way.SourceTLS,
		"haproxy-ingress serves TLS for the hosts that spec.tls lists, and "+host+" is none of them")
}

// redirected is what plain HTTP meets where it is to be redirected, which some of it may not be.
func (s *settings) redirected() tri.State {
	some, all := s.sparedIn(s.in.Ingress)
	switch {
	case s.fronted() && !s.isSet(proto, true):
		return way.PassedOn(proto, s.told.In(proto)+" is false")
	case s.passesOver("ssl-redirect", spared) != "" || s.aliased() && !s.certified():
		source := PrefixHAProxyIngress + "server-alias"
		return tri.Is(tri.Unknown, source, reason.Of("haproxy-aliased"))
	case s.spares():
		return tri.Is(tri.Unknown, s.source(spared), reason.Of("haproxy-spares-paths"))
	case all:
		return way.PassedOn(spared, s.namedList()+" has the beginning of its paths: plain HTTP is not redirected")
	case some:
		return tri.Is(tri.Unknown, spared, reason.Of("haproxy-spares-paths"))
	case s.fronted():
		return tri.Is(tri.Unknown, proto, reason.Of("haproxy-fronting-proxy", s.told.Name))
	}
	return way.Redirected("default", "haproxy-ingress redirects where it has a certificate")
}

// fronted says whether the controller takes requests of a proxy in front of it, whose header says whether they came
// over TLS (buildGlobalHTTPStoHTTP).
func (s *settings) fronted() bool {
	for _, key := range []string{"fronting-proxy-port", "https-to-http-port"} {
		if port, err := strconv.Atoi(s.told.Data[key]); err == nil && port != 0 {
			return true
		}
	}
	return s.told.Data["bind-fronting-proxy"] != ""
}

// sparedIn says whether the ConfigMap of the controller, or its default, leaves some of an Ingress's paths, or all,
// without a redirect (buildBackendSSLRedirect).
func (s *settings) sparedIn(ing *networkingv1.Ingress) (some, all bool) {
	list, said := s.told.Data[spared]
	if !said {
		list = challenges
	}
	if list == "" {
		return false, false
	}
	items := strings.Split(list, ",")
	return way.PathsThat(func(path string) bool {
		return slices.ContainsFunc(items, func(item string) bool {
			return strings.HasPrefix(path, strings.TrimSpace(item))
		})
	}, ing)
}

// challenges is the default of no-tls-redirect-locations.
const challenges = "/.well-known/acme-challenge"

func (s *settings) namedList() string {
	if _, said := s.told.Data[spared]; said {
		return s.told.In(spared)
	}
	return "the default of " + spared
}

// certified says whether requests for all paths of the Service are redirected, as far as that is for its host and path.
func (s *settings) certified() bool {
	return !slices.ContainsFunc(append([]*networkingv1.Ingress{s.in.Ingress}, s.in.OfService...),
		func(ing *networkingv1.Ingress) bool {
			some, _ := s.sparedIn(ing)
			certificates := s.in.CertificatesOf(ing)
			return some || ing.Spec.DefaultBackend != nil || slices.ContainsFunc(ing.Spec.Rules,
				func(rule networkingv1.IngressRule) bool {
					listed, _ := certificates.Lists(rule.Host)
					return !listed
				})
		})
}

func (s *settings) rate(h *way.Handling) {
	a, r := s.a, &h.Rate
	r.Limited = way.Unlimited()
	h.Fixes[way.LimitRequests].Advice = `set haproxy-ingress.github.io/limit-rps: "50"`
	for _, name := range []string{"limit-rps", "limit-connections"} {
		if way.Positive(a[name]) {
			r.Limited = tri.Is(tri.On, s.source(name), s.named(name)+" is "+way.Quote(a[name]))
			break
		}
		if a.Has(name) {
			r.Limited = tri.Is(tri.Off, s.source(name),
				s.named(name)+" is "+way.Quote(a[name])+", which sets no limit")
		}
	}
	const exempt = "limit-whitelist"
	if excepted := way.Excepting(r.Limited, a, PrefixHAProxyIngress, exempt); excepted != r.Limited {
		excepted.Source = s.source(exempt)
		excepted.Why = strings.Replace(excepted.Why, exempt, s.named(exempt), 1)
		r.Limited = excepted
	}
	if len(s.conditions("wlist_conn")) > 0 && r.Limited.State == tri.On {
		r.Limited = way.Unlimited() // as far as is known: see below
	}
	for _, name := range []string{"limit-rps", "limit-connections", "limit-whitelist"} {
		s.unlessDiffering(name, &r.Limited)
	}
	for _, name := range s.unread {
		if r.Limited.State == tri.Off {
			r.Limited = tri.Is(tri.Unknown, s.source(name), reason.Of("limit-by-unread-setting", s.named(name)))
		}
	}
	if _, set := s.in.ServiceAnnotations[PrefixHAProxyIngress+"limit-rps"]; !set {
		h.Limit(s.in, map[string]string{PrefixHAProxyIngress + "limit-rps": way.PlaceRate}, PrefixHAProxyIngress,
			"ingress.kubernetes.io/")
	}
}
