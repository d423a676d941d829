package edge

import (
	"encoding/json"
	"strings"
)

// listenPorts reads what an ALB listens on: [{"HTTP": 80}, {"HTTPS": 443}].
func listenPorts(text string) (plain, tls, ok bool) {
	var list []map[string]int
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return false, false, false
	}
	for _, entry := range list {
		for protocol := range entry {
			switch strings.ToUpper(protocol) {
			case "HTTP":
				plain = true
			case "HTTPS":
				tls = true
			default:
				return false, false, false
			}
		}
	}
	return plain, tls, plain || tls
}

// albTransport: without listen-ports an ALB listens for HTTPS alone if a certificate is named, and for HTTP alone
// otherwise; a certificate that is not named is looked for by host. A redirect holds for a whole group
// (docs/guide/ingress/annotations.md).
func albTransport(in Input, _ string) Transport {
	a := withPrefix(in.Ingress.Annotations, prefixALB)
	plain, tls, ok := !a.has("certificate-arn"), a.has("certificate-arn"), true
	source := prefixALB + "certificate-arn"
	if a.has("listen-ports") {
		source = prefixALB + "listen-ports"
		plain, tls, ok = listenPorts(a["listen-ports"])
	}
	t := Transport{Advice: `write alb.ingress.kubernetes.io/listen-ports: '[{"HTTP": 80}, {"HTTPS": 443}]' with ` +
		`alb.ingress.kubernetes.io/certificate-arn and alb.ingress.kubernetes.io/ssl-redirect: "443"`}
	if !ok {
		t.TLS = State{Unknown, source, "listen-ports cannot be read"}
		t.Plain = t.TLS
		return t
	}
	t.TLS, t.Plain = State{On, source, "the load balancer listens for HTTPS"}, closed(source, "the load balancer does not listen for HTTP")
	if !tls {
		t.TLS = State{Off, source, "the load balancer does not listen for HTTPS"}
	}
	switch {
	case plain && a.has("ssl-redirect"):
		t.Plain = redirected(prefixALB+"ssl-redirect", "ssl-redirect is set")
	case plain:
		t.Plain = passedOn(source, "ssl-redirect is not set")
	}
	doubt := ""
	switch {
	case in.classHasParameters():
		doubt = "IngressClassParams can set certificates and redirects, and are not read"
	case a.has("group.name"):
		doubt = "another Ingress of group " + quote(a["group.name"]) + " can redirect for this one"
	case in.refersTo([]string{prefixALB + "actions.*"}) != "":
		doubt = "an action can redirect, and is not read"
	}
	if doubt != "" {
		if t.Plain.State == PlainServed && (tls || in.classHasParameters()) {
			t.Plain = State{Unknown, source, doubt}
		}
		if t.TLS.State == Off && in.classHasParameters() {
			t.TLS = State{Unknown, source, doubt}
		}
	}
	return t
}

func albRate(in Input) Rate {
	return byReference(in, []string{prefixALB + "wafv2-acl-arn", prefixALB + "wafv2-acl-name", prefixALB + "waf-acl-id", prefixALB + "web-acl-id"},
		"an ALB limits nothing itself: name a web ACL with a rate-based rule in alb.ingress.kubernetes.io/wafv2-acl-arn")
}

// alibabaTransport: certificates stand in spec.tls, in the AlbConfig, or are found by host.
func alibabaTransport(in Input, host string) Transport {
	a := withPrefix(in.Ingress.Annotations, prefixALB)
	t := Transport{TLS: in.certificate(host)}
	redirects, _ := a.bool("ssl-redirect")
	_, tls, _ := listenPorts(a["listen-ports"])
	switch {
	case t.TLS.State != On && (tls || in.classHasParameters()):
		t.TLS = State{Unknown, prefixALB + "listen-ports", "the AlbConfig can name certificates, and is not read"}
		t.Plain = State{Unknown, t.TLS.Source, "whether plain HTTP is redirected stands in the AlbConfig"}
	case t.TLS.State == Off:
		t.Plain = withoutTLS()
	default:
		t.Plain = State{Unknown, "default", "whether the load balancer listens for HTTP stands in the AlbConfig"}
	}
	if redirects {
		t.Plain = redirected(prefixALB+"ssl-redirect", "ssl-redirect is true")
	}
	return t
}

func alibabaRate(in Input) Rate {
	return byReference(in, []string{prefixALB + "traffic-limit-*", prefixALB + "actions.*"},
		"let an nginx with limit_req, or the load balancer's own traffic limit, stand before the gateway")
}

// gceTransport: a load balancer has all certificates that the Ingress names, whatever host they are for; it listens for
// HTTP too unless allow-http says otherwise.
func gceTransport(in Input, _ string) Transport {
	a := in.Ingress.Annotations
	t := Transport{
		TLS:    State{Off, sourceTLS, "the Ingress names no certificate"},
		Advice: `name a certificate (spec.tls or networking.gke.io/managed-certificates) and write kubernetes.io/ingress.allow-http: "false", or name a FrontendConfig with redirectToHttps: {enabled: true} in ` + frontendConfig,
	}
	for _, entry := range in.Ingress.Spec.TLS {
		if entry.SecretName != "" {
			t.TLS = State{On, sourceTLS, "spec.tls names a certificate"}
		}
	}
	for _, key := range []string{"ingress.gcp.kubernetes.io/pre-shared-cert", "networking.gke.io/managed-certificates"} {
		if strings.TrimSpace(a[key]) != "" {
			t.TLS = State{On, key, key + " names a certificate"}
		}
	}
	allowed, said := annotations(a).bool(allowHTTP)
	switch {
	case said && !allowed:
		t.Plain = closed(allowHTTP, "allow-http is false")
	default:
		t.Plain = gcePlain(in)
	}
	return t
}

func gceRate(in Input) Rate {
	return byReference(in, []string{"cloud.google.com/backend-config", "beta.cloud.google.com/backend-config"},
		"name a BackendConfig whose securityPolicy is a Cloud Armor policy with a rate limit in cloud.google.com/backend-config at the Service")
}

// agicTransport: with a certificate a gateway listens for HTTPS alone, or redirects if ssl-redirect says so; without one
// for HTTP (pkg/appgw/ingress_rules.go).
func agicTransport(in Input, host string) Transport {
	a := withPrefix(in.Ingress.Annotations, prefixAGIC)
	t := Transport{TLS: in.certificate(host)}
	if a.has("appgw-ssl-certificate") {
		t.TLS = State{On, prefixAGIC + "appgw-ssl-certificate", "appgw-ssl-certificate names a certificate"}
	}
	redirects, _ := a.bool("ssl-redirect")
	switch {
	case t.TLS.State == Off:
		t.Plain = withoutTLS()
	case t.TLS.State == Unknown:
		t.Plain = t.TLS
	case redirects:
		t.Plain = redirected(prefixAGIC+"ssl-redirect", "ssl-redirect is true")
	default:
		t.Plain = closed("default", "with a certificate the gateway does not listen for HTTP")
	}
	return t
}

func agicRate(in Input) Rate {
	return byReference(in, []string{prefixAGIC + "waf-policy-for-path"},
		"name a WAF policy with a rate limit rule in appgw.ingress.kubernetes.io/waf-policy-for-path")
}
