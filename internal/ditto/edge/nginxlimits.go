package edge

import (
	"regexp"
	"slices"
	"strings"
)

// ingressNginxTransport: there is one virtual server a host, which speaks TLS as soon as some Ingress of it has spec.tls;
// then plain HTTP is redirected unless the annotation, or the ConfigMap, says otherwise. A certificate whose names fit is
// taken whatever hosts are listed, and the controller's own where none fits (createServers, extractTLSSecretName).
func ingressNginxTransport(in Input, host string) Transport {
	in = in.prefixed()
	a := withPrefix(in.Ingress.Annotations, prefixIngressNginx)
	t := Transport{TLS: in.withNeighbours(host)}
	some := t.TLS.State != Off || len(in.Ingress.Spec.TLS) > 0
	redirects, said := a.bool("ssl-redirect")
	force, forceSaid := a.bool("force-ssl-redirect")
	told, plain := in.some(func(c GlobalConfig) bool { return c.isFalse("ssl-redirect") })
	switch {
	case !forceSaid && in.every(func(c GlobalConfig) bool { return c.isTrue("force-ssl-redirect") }):
		c := in.Controllers[0]
		t.Plain = redirected("force-ssl-redirect", c.in("force-ssl-redirect")+" is true")
		if !some {
			t.TLS = State{Unknown, "force-ssl-redirect",
				c.in("force-ssl-redirect") + " is for TLS that the controller's own certificate, or something in front of it, gives, which cannot be seen"}
		}
	case force:
		t.Plain = redirected(prefixIngressNginx+"force-ssl-redirect", "force-ssl-redirect is true")
		if !some {
			t.TLS = State{Unknown, prefixIngressNginx + "force-ssl-redirect",
				"force-ssl-redirect is for TLS that the controller's own certificate, or something in front of it, gives, which cannot be seen"}
		}
	case !some:
		t.Plain = withoutTLS()
	case said && !redirects:
		t.Plain = passedOn(prefixIngressNginx+"ssl-redirect", "ssl-redirect is "+quote(a["ssl-redirect"]))
		t.Advice = `take nginx.ingress.kubernetes.io/ssl-redirect away, or set it to "true"`
	case !said && plain:
		t.Plain = passedOn("ssl-redirect", told.in("ssl-redirect")+" is false")
		t.Advice = `write nginx.ingress.kubernetes.io/ssl-redirect: "true"`
	default:
		t.Plain = redirected("default", "ingress-nginx redirects where it has a certificate")
	}
	if why := in.someUnseen(); why != "" && !force && !(some && said) {
		t.Plain = State{Unknown, "configmap", why}
	}
	if pass, _ := a.bool("ssl-passthrough"); pass {
		const why = "whether ingress-nginx honours ssl-passthrough cannot be seen"
		t.TLS = State{Unknown, prefixIngressNginx + "ssl-passthrough", why}
	}
	return t
}

// ingressNginxRate follows internal/ingress/annotations/ratelimit: a limit of zero is none, and so is a number that is
// none. limit-rate is about bytes.
func ingressNginxRate(in Input) Rate {
	ownPrefix := in.ownPrefix()
	in = in.prefixed()
	a := ingressNginxAnnotations(in)
	r := Rate{Limited: unlimited(), Advice: `write nginx.ingress.kubernetes.io/limit-rps: "50"`}
	for _, name := range []string{"limit-rps", "limit-rpm", "limit-connections"} {
		if positive(a[name]) {
			r.Limited = State{On, prefixIngressNginx + name, name + " is " + quote(a[name])}
			break
		}
		if a.has(name) && r.Limited.Source == "default" {
			r.Limited = State{Off, prefixIngressNginx + name, name + " is " + quote(a[name]) + ", which is no limit"}
		}
	}
	r.Limited = r.Limited.excepting(a, prefixIngressNginx, "limit-allowlist", "limit-whitelist")
	r.Limited = r.Limited.orSnippet(a, prefixIngressNginx, "configuration-snippet", "server-snippet").orLimited(in)
	if pass, _ := a.bool("ssl-passthrough"); pass {
		if r.Limited.State == On {
			r.Limited = State{Unknown, prefixIngressNginx + "ssl-passthrough", "ssl-passthrough may hand TLS connections on unread"}
		}
		return r
	}
	if ownPrefix {
		r.Advice = "limit requests by the annotation limit-rps of its controller, whose annotations have a prefix of their own"
		return r
	}
	if all, ok := everyone(a[a.firstOf("limit-allowlist", "limit-whitelist")]); !all && ok && a["canary"] != "true" {
		r.offer(in, map[string]string{prefixIngressNginx + "limit-rps": PlaceRate}, prefixIngressNginx)
	}
	return r
}

// orSnippet is the reading where nothing but a snippet limits requests: its zone is defined elsewhere, and whether
// snippets are honoured cannot be seen.
func (s State) orSnippet(a annotations, prefix string, names ...string) State {
	for _, name := range names {
		if s.State == On || !a.has(name) {
			continue
		}
		directives, ok := parseSnippet(a[name])
		if !ok || containsAny(directives, "limit_req", "limit_conn", "include") {
			return State{Unknown, prefix + name, name + " may limit requests, and whether it is honoured cannot be seen"}
		}
	}
	return s
}

// f5Transport: each host of spec.tls is compared with the rule's, wildcards are none, and an entry without hosts is for none
// (generateNginxCfg). A minion takes the TLS of its master.
func f5Transport(in Input, host string) Transport {
	all, tls := f5Annotations(in), in.Ingress.Spec.TLS
	a := withPrefix(all, prefixF5Nginx)
	if isF5Minion(in) {
		if in.Master == nil {
			unknown := State{Unknown, mergeableType, noMaster}
			return Transport{TLS: unknown, Plain: unknown}
		}
		tls = in.Master.Spec.TLS
	}
	t := Transport{TLS: State{Off, sourceTLS, "spec.tls is empty"}}
	if len(tls) > 0 {
		t.TLS.Why = "spec.tls does not list the host itself"
	}
	for _, entry := range tls {
		for _, h := range entry.Hosts {
			if h != host {
				continue
			}
			if t.TLS = (State{On, sourceTLS, "spec.tls names a certificate for it"}); entry.SecretName == "" {
				t.TLS = State{Unknown, sourceTLS, "spec.tls names no Secret, so the certificate is the controller's own, which cannot be seen"}
			}
		}
	}
	redirects, said := a.bool("ssl-redirect")
	if !said {
		redirects, said = withPrefix(all, prefixIngress).bool("ssl-redirect")
	}
	inFront, _ := a.bool("redirect-to-https")
	switch {
	case inFront && t.TLS.State == Off:
		t.TLS = State{Unknown, prefixF5Nginx + "redirect-to-https", "redirect-to-https is for TLS that something in front of the controller ends, which cannot be seen"}
		t.Plain = redirected(t.TLS.Source, "redirect-to-https is true")
	case t.TLS.State == Off:
		t.Plain = withoutTLS()
	case said && !redirects:
		t.Plain = passedOn(prefixF5Nginx+"ssl-redirect", "ssl-redirect is false")
		t.Advice = `take nginx.org/ssl-redirect away, or set it to "true"`
	default:
		t.Plain = redirected("default", "the controller redirects where it has a certificate")
	}
	return t
}

// f5RateText is what limit-req-rate may be: internal/configs ParseRequestRate.
var f5RateText = regexp.MustCompile(`^[1-9][0-9]*r/[sm]$`)

func f5Rate(in Input) Rate {
	a := withPrefix(f5Annotations(in), prefixF5Nginx)
	const key = prefixF5Nginx + "limit-req-rate"
	r := Rate{
		Limited: unlimited(),
		Advice:  `write nginx.org/limit-req-rate: "50r/s" with nginx.org/limit-req-burst: "250" and nginx.org/limit-req-no-delay: "true"`,
	}
	dry, _ := a.bool("limit-req-dry-run")
	switch {
	case f5RateText.MatchString(strings.TrimSpace(a["limit-req-rate"])) && dry:
		r.Limited = State{Off, prefixF5Nginx + "limit-req-dry-run", "limit-req-dry-run refuses nothing"}
		r.Advice = "take nginx.org/limit-req-dry-run away"
	case f5RateText.MatchString(strings.TrimSpace(a["limit-req-rate"])):
		r.Limited = State{On, key, "limit-req-rate is " + quote(a["limit-req-rate"])}
		names, _ := nginxVariables(a["limit-req-key"])
		if i := slices.IndexFunc(names, fromClient); i >= 0 {
			r.Limited = State{Off, prefixF5Nginx + "limit-req-key", "limit-req-key counts by $" + names[i] + ", which the client writes"}
			r.Advice = "take nginx.org/limit-req-key away"
		}
	case a.has("limit-req-rate"):
		r.Limited = State{Off, key, "limit-req-rate is " + quote(a["limit-req-rate"]) + ", which is no rate"}
	}
	r.Limited = r.Limited.orPolicies(in.Objects, f5Named(in.Ingress.Annotations, in.Ingress.Namespace))
	if isF5Minion(in) && in.Master != nil {
		r.Limited = r.Limited.orPolicies(in.Objects, f5Named(in.Master.Annotations, in.Master.Namespace))
	}
	r.Limited = r.Limited.orSnippet(a, prefixF5Nginx, "location-snippets", "server-snippets")
	if isF5Minion(in) && r.Limited.State == Off && in.Master == nil {
		r.Limited = State{Unknown, mergeableType, noMaster}
	}
	// The annotations are younger than the controller; from 3.6 on they are certainly there. Without a burst, two requests of
	// one page would be one too many.
	if v, stated := in.version(); stated && v.atLeast(3, 6) && r.Limited.Source != prefixF5Nginx+"policies" {
		r.offer(in, map[string]string{
			key: PlaceRate + "r/s", prefixF5Nginx + "limit-req-burst": PlaceBurst, prefixF5Nginx + "limit-req-no-delay": "true",
		}, prefixF5Nginx)
	}
	return r
}
