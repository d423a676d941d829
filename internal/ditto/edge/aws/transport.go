package aws

import (
	"encoding/json"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// albTransport: without listen-ports an ALB listens for HTTPS alone if a certificate is named, and for HTTP alone
// otherwise; a certificate that is not named is looked for by host. A redirect holds for a whole group
// (docs/guide/ingress/annotations.md).
func albTransport(in way.Input) way.Transport {
	a := way.WithPrefix(in.Ingress.Annotations, PrefixALB)
	plain, tls, ok := !a.Has("certificate-arn"), a.Has("certificate-arn"), true
	source := PrefixALB + "certificate-arn"
	if a.Has("listen-ports") {
		source = PrefixALB + "listen-ports"
		plain, tls, ok = ListenPorts(a["listen-ports"])
	}
	var t way.Transport
	t.Fix.Advice = `set alb.ingress.kubernetes.io/listen-ports: '[{"HTTP": 80}, {"HTTPS": 443}]' with ` +
		`alb.ingress.kubernetes.io/certificate-arn and alb.ingress.kubernetes.io/ssl-redirect: "443"`
	if !ok {
		t.TLS = tri.Is(tri.Unknown, source, reason.Of("alb-listen-ports-broken"))
		t.Plain = t.TLS
		return t
	}
	t.TLS = tri.Is(tri.On, source, "the load balancer listens for HTTPS")
	t.Plain = way.Closed(source, "the load balancer does not listen for HTTP")
	if !tls {
		t.TLS = tri.Is(tri.Off, source, "the load balancer does not listen for HTTPS")
	}
	switch {
	case plain && a.Has("ssl-redirect"):
		t.Plain = way.Redirected(PrefixALB+"ssl-redirect", "ssl-redirect is set")
	case plain:
		t.Plain = way.PassedOn(source, "ssl-redirect is not set")
	}
	doubt := ""
	switch {
	case in.ClassHasParameters():
		doubt = reason.Of("alb-class-parameters-not-read")
	case a.Has("group.name"):
		doubt = "another Ingress of group " + way.Quote(a["group.name"]) + " can redirect for this one"
	case in.RefersTo([]string{PrefixALB + "actions.*"}) != "":
		doubt = reason.Of("alb-action-redirects-perhaps")
	}
	if doubt != "" {
		if t.Plain.State == way.PlainServed && (tls || in.ClassHasParameters()) {
			t.Plain = tri.Is(tri.Unknown, source, doubt)
		}
		if t.TLS.State == tri.Off && in.ClassHasParameters() {
			t.TLS = tri.Is(tri.Unknown, source, doubt)
		}
	}
	return t
}

// ListenPorts reads what an ALB listens on: [{"HTTP": 80}, {"HTTPS": 443}].
func ListenPorts(text string) (plain, tls, ok bool) {
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
