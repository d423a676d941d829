package way

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// SourceTLS is the source of what spec.tls says.
const SourceTLS = "spec.tls"

// Certificates are those that spec.tls of an Ingress names, to be looked up by host: an Ingress can have thousands of
// hosts, and a certificate for each.
type Certificates struct {
	// none: spec.tls is empty.
	none bool
	// named are the hosts, in lower case, of which a Secret is named; unnamed those without one.
	named, unnamed map[string]bool
	// wide: there is a Secret without hosts; bare: there is neither.
	wide, bare bool
}

// CertificatesOf reads spec.tls.
func CertificatesOf(tls []networkingv1.IngressTLS) *Certificates {
	c := &Certificates{none: len(tls) == 0, named: map[string]bool{}, unnamed: map[string]bool{}}
	for i := range tls {
		to, all := c.named, &c.wide
		if tls[i].SecretName == "" {
			to, all = c.unnamed, &c.bare
		}
		if len(tls[i].Hosts) == 0 {
			*all = true
		}
		for _, host := range tls[i].Hosts {
			to[strings.ToLower(host)] = true
		}
	}
	return c
}

// For says whether there is a certificate for a host.
func (c *Certificates) For(host string) tri.State {
	switch {
	case c.none:
		return tri.Is(tri.Off, SourceTLS, "spec.tls is empty")
	case covers(c.named, host):
		return tri.Is(tri.On, SourceTLS, "spec.tls names a certificate for it")
	case c.wide:
		return tri.Is(tri.On, SourceTLS, "spec.tls names a certificate without saying for which hosts")
	case c.bare || covers(c.unnamed, host):
		return tri.Is(tri.Unknown, SourceTLS, reason.Of("certificate-without-secret"))
	case host == "":
		return tri.Is(tri.Unknown, SourceTLS, reason.Of("certificates-for-some-hosts"))
	}
	return tri.Is(tri.Off, SourceTLS, "spec.tls has no certificate for "+host)
}

// covers says whether certificates with these names are for the host: a wildcard stands for one label (RFC 6125,
// 6.4.3).
func covers(names map[string]bool, host string) bool {
	host = strings.ToLower(host)
	if host == "" || names[host] {
		return host != ""
	}
	label, rest, ok := strings.Cut(host, ".")
	return ok && label != "" && label != "*" && names["*."+rest]
}

// NamesCertificates says whether spec.tls has a certificate for each host of an Ingress's rules.
func NamesCertificates(ing *networkingv1.Ingress) bool {
	certificates := CertificatesOf(ing.Spec.TLS)
	for _, rule := range ing.Spec.Rules {
		if certificates.For(rule.Host).State != tri.On {
			return false
		}
	}
	return len(ing.Spec.TLS) > 0
}

// keptCertificates are a spec.tls in what was worked out.
type keptCertificates *networkingv1.IngressTLS

// Lists says whether a host is among the names of spec.tls, as it is written there; secret, whether it is so where a
// Secret is named.
func (c *Certificates) Lists(host string) (listed, secret bool) {
	host = strings.ToLower(host)
	return c.named[host] || c.unnamed[host], c.named[host]
}

// CertificatesOf are those of an Ingress, read once for all of its hosts.
func (in Input) CertificatesOf(ing *networkingv1.Ingress) *Certificates {
	tls := ing.Spec.TLS
	if len(tls) == 0 {
		return &Certificates{none: true}
	}
	return Keep(Context{Kept: in.Kept}, keptCertificates(&tls[0]), func() *Certificates { return CertificatesOf(tls) })
}

// Certificate says whether spec.tls names a certificate for the host, as the API defines the field.
func (in Input) Certificate(host string) tri.State { return in.CertificatesOf(in.Ingress).For(host) }

// WithNeighbours is Certificate for a controller that has one virtual server a host: what another Ingress of the host
// says in spec.tls holds for this one as well.
func (in Input) WithNeighbours(host string) tri.State {
	own := in.Certificate(host)
	if others := in.Neighbours[host]; len(others) > 0 && own.State != tri.On {
		return tri.Is(tri.On, SourceTLS, "Ingress "+others[0].Namespace+"/"+
			others[0].Name+" of the same host names a certificate for it")
	}
	return own
}
