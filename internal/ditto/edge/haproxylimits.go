package edge

import "strings"

// haproxyTransport: with spec.tls plain HTTP is redirected, without it only where the annotation says so (documentation of
// ssl-redirect); only the words true and false are read.
func haproxyTransport(in Input, host string) Transport {
	a, conflicts := haproxyAnnotations(in.Ingress.Annotations)
	const key = "haproxy.org/ssl-redirect"
	t := Transport{TLS: in.withNeighbours(host)}
	own := len(in.Ingress.Spec.TLS) > 0
	redirects, said := haproxyBool(a["ssl-redirect"])
	switch {
	case conflicts["ssl-redirect"] || !said && a.has("ssl-redirect"):
		t.Plain = State{Unknown, key, "ssl-redirect is there twice, or is neither true nor false"}
	case said && redirects:
		t.Plain = redirected(key, "ssl-redirect is true")
		if t.TLS.State == Off && !own {
			t.TLS = State{Unknown, key, "ssl-redirect leads to the controller's own certificate, which cannot be seen"}
		}
	case said && (own || t.TLS.State != Off):
		t.Plain = passedOn(key, "ssl-redirect is false")
		t.Advice = `take haproxy.org/ssl-redirect away, or set it to "true"`
	case own:
		t.Plain = redirected("default", "the controller redirects for an Ingress with spec.tls")
	case t.TLS.State != Off:
		t.Plain = passedOn("default", "the controller redirects only for an Ingress with spec.tls of its own")
	default:
		t.Plain = withoutTLS()
	}
	if pass, _ := haproxyBool(a["ssl-passthrough"]); pass {
		return passed(t.Plain, "haproxy.org/ssl-passthrough")
	}
	return t
}

func haproxyRate(in Input) Rate {
	a, conflicts := haproxyAnnotations(in.Ingress.Annotations)
	service, _ := haproxyAnnotations(in.ServiceAnnotations)
	const prefix = "haproxy.org/"
	r := Rate{
		Limited: unlimited(),
		Advice:  `write haproxy.org/rate-limit-requests: "250" with haproxy.org/rate-limit-period: 5s`,
	}
	switch {
	case conflicts["rate-limit-requests"]:
		r.Limited = State{Unknown, prefix + "rate-limit-requests", "rate-limit-requests is there twice, with different values"}
	case positive(a["rate-limit-requests"]):
		r.Limited = State{On, prefix + "rate-limit-requests", "rate-limit-requests is " + quote(a["rate-limit-requests"])}
	case a.has("rate-limit-requests"):
		r.Limited = State{Off, prefix + "rate-limit-requests", "rate-limit-requests is " + quote(a["rate-limit-requests"]) + ", which is no limit"}
	}
	r.Limited = r.Limited.excepting(a, prefix, "rate-limit-whitelist")
	if r.Limited.State == On && a.has("src-ip-header") {
		r.Limited = State{Unknown, prefix + "src-ip-header", "src-ip-header takes the client's address from a header, which a client can write unless something in front overwrites it"}
	}
	for _, name := range haproxySnippets() {
		if r.Limited.State == Off && (a.configures(name) || service.configures(name)) {
			r.Limited = State{Unknown, prefix + name, name + " may limit requests, and is not read"}
		}
	}
	if pass, _ := haproxyBool(a["ssl-passthrough"]); pass {
		r.Limited = State{Off, prefix + "ssl-passthrough", "ssl-passthrough hands TLS connections on unread"}
		r.Advice = "limit requests where TLS ends"
		return r
	}
	r.offer(in, map[string]string{prefix + "rate-limit-requests": PlaceBurst, prefix + "rate-limit-period": "5s"}, haproxyPrefixes()...)
	return r
}

// haproxyIngressTransport: ssl-redirect is true by default and does something where there is TLS (docs keys.md).
func haproxyIngressTransport(in Input, host string) Transport {
	a := haproxyIngressAnnotations(in)
	t := Transport{TLS: in.withNeighbours(host)}
	if always, _ := a.bool("ssl-always-add-https"); always && t.TLS.State == Off {
		t.TLS = State{Unknown, prefixHAProxyIngress + "ssl-always-add-https", "the certificate is the controller's own, which cannot be seen"}
	}
	redirects, said := a.bool("ssl-redirect")
	switch {
	case t.TLS.State == Off:
		t.Plain = withoutTLS()
	case said && !redirects:
		t.Plain = passedOn(prefixHAProxyIngress+"ssl-redirect", "ssl-redirect is false")
		t.Advice = `take haproxy-ingress.github.io/ssl-redirect away, or set it to "true"`
	default:
		t.Plain = redirected("default", "haproxy-ingress redirects where it has a certificate")
	}
	if pass, _ := a.bool("ssl-passthrough"); pass {
		return passed(t.Plain, prefixHAProxyIngress+"ssl-passthrough")
	}
	return t
}

func haproxyIngressRate(in Input) Rate {
	a := haproxyIngressAnnotations(in)
	r := Rate{Limited: unlimited(), Advice: `write haproxy-ingress.github.io/limit-rps: "50"`}
	for _, name := range []string{"limit-rps", "limit-connections"} {
		if positive(strings.TrimSpace(a[name])) {
			r.Limited = State{On, prefixHAProxyIngress + name, name + " is " + quote(a[name])}
			break
		}
		if a.has(name) {
			r.Limited = State{Off, prefixHAProxyIngress + name, name + " is " + quote(a[name]) + ", which is no limit"}
		}
	}
	r.Limited = r.Limited.excepting(a, prefixHAProxyIngress, "limit-whitelist")
	for _, name := range haproxyIngressConfig() {
		if r.Limited.State == Off && a.configures(name) {
			r.Limited = State{Unknown, prefixHAProxyIngress + name, name + " may limit requests, and is not read"}
		}
	}
	if _, set := in.ServiceAnnotations[prefixHAProxyIngress+"limit-rps"]; set {
		return r
	}
	r.offer(in, map[string]string{prefixHAProxyIngress + "limit-rps": PlaceRate}, prefixHAProxyIngress, "ingress.kubernetes.io/")
	return r
}
