package edge

import "strings"

// The controllers that are built on Envoy, Kong, Traefik and OpenShift's router: TLS is in the Ingress, limits stand in
// objects of their own.

// traefikTransport: spec.tls only loads certificates. A router is for TLS alone if router.tls says so; otherwise it is
// attached to entry points, and whether those speak TLS or redirect is Traefik's own configuration
// (pkg/provider/kubernetes/ingress/kubernetes.go).
func traefikTransport(in Input, host string) Transport {
	a := withPrefix(in.Ingress.Annotations, prefixTraefik)
	t := Transport{
		TLS: in.certificate(host), Advice: `list the host in spec.tls and write traefik.ingress.kubernetes.io/router.tls: "true", and let the ` +
			`entry point for plain HTTP redirect`,
	}
	const entrypoints = prefixTraefik + "router.entrypoints"
	only, _ := a.bool("router.tls")
	switch {
	case only:
		t.Plain = closed(prefixTraefik+"router.tls", "the router takes TLS alone")
		if t.TLS.State == Off {
			t.TLS = State{Unknown, prefixTraefik + "router.tls", "the certificate is Traefik's own, which cannot be seen"}
		}
		if a.has("router.tls.certresolver") {
			t.TLS = State{On, prefixTraefik + "router.tls.certresolver", "Traefik gets the certificate itself"}
		}
	case strings.TrimSpace(a["router.entrypoints"]) == "websecure":
		t.Plain = closed(entrypoints, "the router is attached to websecure alone, which is Traefik's name for an entry point with TLS")
		if t.TLS.State == Off {
			t.TLS = State{Unknown, entrypoints, "the certificate of the entry point websecure cannot be seen"}
		}
	case strings.TrimSpace(a["router.entrypoints"]) == "web":
		t.TLS = State{Off, entrypoints, "the router is attached to the entry point web alone"}
		t.Plain = State{Unknown, entrypoints, "whether the entry point web of Traefik redirects cannot be seen"}
	default:
		t.Plain = State{Unknown, "default", "whether the entry points of Traefik redirect plain HTTP cannot be seen"}
		if t.TLS.State == Off {
			t.TLS = State{Unknown, "default", "the certificates of the entry points of Traefik cannot be seen"}
		}
	}
	traefikMiddlewares(in).settle(&t)
	return t
}

func traefikRate(in Input) Rate {
	return traefikMiddlewares(in).rate("name a Middleware with spec.rateLimit {average: 50, burst: 250} in traefik.ingress.kubernetes.io/router.middlewares")
}

// contourTransport: an Ingress with TLS is served over plain HTTP too, unless one of two annotations says otherwise
// (internal/annotation: TLSRequired, HTTPAllowed).
func contourTransport(in Input, host string) Transport {
	const force, allow = prefixIngress + "force-ssl-redirect", allowHTTP
	t := Transport{TLS: in.certificate(host), Plain: passedOn("default", "Contour serves an Ingress over plain HTTP as well")}
	switch {
	case in.Ingress.Annotations[allow] == "false":
		t.Plain = closed(allow, "allow-http is false")
	case in.Ingress.Annotations[force] == "true":
		t.Plain = redirected(force, "force-ssl-redirect is true")
	case t.TLS.State != Off:
		t.Advice = `write ingress.kubernetes.io/force-ssl-redirect: "true"`
	}
	return t
}

func contourRate(Input) Rate {
	return Rate{Limited: unlimited(), Advice: "Contour cannot limit requests of an Ingress: use an HTTPProxy with rateLimitPolicy.local"}
}

// kongTransport: a route takes both protocols unless konghq.com/protocols says otherwise; what is asked for by the other
// one is refused or redirected (internal/annotations).
func kongTransport(in Input, host string) Transport {
	const protocols, force = prefixKong + "protocols", prefixIngress + "force-ssl-redirect"
	t := Transport{TLS: in.certificate(host), Plain: passedOn("default", "Kong serves both protocols")}
	plain := false
	for protocol := range strings.SplitSeq(in.Ingress.Annotations[protocols], ",") {
		protocol = strings.TrimSpace(protocol)
		plain = plain || protocol == "http" || protocol == "grpc" || protocol == "ws"
	}
	own := func(source string) {
		if t.TLS.State == Off {
			t.TLS = State{Unknown, source, "the certificate is Kong's own, which cannot be seen"}
		}
	}
	switch forced, _ := annotations(in.Ingress.Annotations).bool(force); {
	case forced:
		t.Plain = redirected(force, "force-ssl-redirect is true")
		own(force)
	case strings.TrimSpace(in.Ingress.Annotations[protocols]) != "" && !plain:
		t.Plain = closed(protocols, "the route takes no plain HTTP")
		own(protocols)
	case t.TLS.State != Off:
		t.Advice = `write konghq.com/protocols: https and konghq.com/https-redirect-status-code: "308"`
	}
	return t
}

// istioTransport: the gateway of an Ingress has a server for plain HTTP in any case
// (pilot/pkg/config/kube/ingress: ConvertIngressV1alpha3).
func istioTransport(in Input, host string) Transport {
	t := Transport{TLS: in.certificate(host), Plain: passedOn("default", "Istio serves an Ingress over plain HTTP as well")}
	if t.TLS.State != Off {
		t.Advice = "use a Gateway of Istio with tls.httpsRedirect: true"
	}
	return t
}

func istioRate(Input) Rate {
	return Rate{
		Limited: State{Unknown, "default", "an EnvoyFilter of Istio can limit requests, and is not read"},
		Advice:  "limit requests by an EnvoyFilter with a local rate limit, or in an nginx before the gateway",
	}
}

// openshiftTransport: an Ingress with spec.tls, or with an annotation that says how TLS ends, becomes a Route that
// redirects, with the router's certificate where the Ingress names none (route-controller-manager pkg/route/ingress:
// tlsEnabled, tlsConfigForIngress).
func openshiftTransport(in Input, host string) Transport {
	const termination = "route.openshift.io/termination"
	t := Transport{TLS: in.certificate(host)}
	switch how := in.Ingress.Annotations[termination]; {
	case how == "passthrough":
		return passed(redirected("default", "the router redirects"), termination)
	case how == "edge", how == "reencrypt":
		return Transport{
			TLS:   State{On, termination, termination + " makes the router end TLS, with a certificate of its own if need be"},
			Plain: redirected(termination, "the router redirects where it ends TLS"),
		}
	case t.TLS.State == Off:
		t.Plain = withoutTLS()
	default:
		t.Plain = redirected("default", "the router redirects for an Ingress with spec.tls")
		if t.TLS.State == Unknown && host != "" {
			t.TLS = State{On, sourceTLS, "the router has a certificate of its own"}
		}
	}
	return t
}

func openshiftRate(in Input) Rate {
	return RouterRate(in.Ingress.Annotations, in.Ingress.Annotations["route.openshift.io/termination"] == "passthrough")
}

const prefixRouter = "haproxy.router.openshift.io/"

// RouterRate says whether OpenShift's router limits requests or connections by the annotations of a Route:
// rate-limit-connections switches on what the others say (images/router/haproxy/conf/haproxy-config.template).
func RouterRate(all map[string]string, passthrough bool) Rate {
	a := withPrefix(all, prefixRouter)
	const name = "rate-limit-connections"
	r := Rate{
		Limited: unlimited(),
		Advice: `write haproxy.router.openshift.io/rate-limit-connections: "true" with ` +
			`haproxy.router.openshift.io/rate-limit-connections.rate-http: "150", requests of a client in 3 seconds`,
	}
	limits := []string{name + ".rate-http", name + ".rate-tcp", name + ".concurrent-tcp"}
	if passthrough {
		limits = limits[1:]
		r.Advice = "limit requests where TLS ends"
	}
	on, _ := a.bool(name)
	for _, limit := range limits {
		switch {
		case !positive(a[limit]) || r.Limited.State == On:
		case on:
			r.Limited = State{On, prefixRouter + limit, limit + " is " + quote(a[limit])}
		default:
			r.Limited = State{Off, prefixRouter + name, name + " is not true, so " + limit + " does nothing"}
		}
	}
	if on && r.Limited.State == Off {
		r.Limited = State{Off, prefixRouter + name, name + " comes with no limit that counts here"}
	}
	return r
}

// ciliumTransport: hosts with TLS are redirected, as enforceHttps of the chart is on by default.
func ciliumTransport(in Input, host string) Transport {
	a := withPrefix(in.Ingress.Annotations, prefixCilium)
	t := Transport{TLS: in.certificate(host)}
	forced := a["force-https"]
	switch {
	case t.TLS.State == Off:
		t.Plain = withoutTLS()
	case strings.EqualFold(forced, "disabled") || strings.EqualFold(forced, "false"):
		t.Plain = passedOn(prefixCilium+"force-https", "force-https is "+quote(forced))
		t.Advice = "write ingress.cilium.io/force-https: enabled"
	case ciliumEnabled(forced):
		t.Plain = redirected(prefixCilium+"force-https", "force-https is "+quote(forced))
	default:
		t.Plain = redirected("default", "Cilium redirects hosts with TLS, unless ingressController.enforceHttps is off")
	}
	if ciliumEnabled(a["tls-passthrough"]) {
		return passed(closed("default", "an Ingress with tls-passthrough takes TLS alone"), prefixCilium+"tls-passthrough")
	}
	return t
}

func ciliumRate(Input) Rate {
	return Rate{Limited: unlimited(), Advice: "Cilium cannot limit requests of an Ingress: use a CiliumEnvoyConfig, or an nginx with limit_req before the gateway"}
}
