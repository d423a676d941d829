package way

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// What plain HTTP meets at an edge.
const (
	// PlainClosed: nothing listens for it, or it is refused.
	PlainClosed = "closed"
	// PlainRedirected: it is answered with a redirect to HTTPS.
	PlainRedirected = "redirected"
	// PlainServed: requests are passed on.
	PlainServed = "served"
)

// Transport is what clients speak with an edge.
type Transport struct {
	// TLS says whether the edge speaks TLS for the host, with a certificate that is meant for it: on, off or unknown.
	TLS tri.State
	// Plain is what plain HTTP meets: closed, redirected, served or unknown.
	Plain tri.State
	// Passthrough says that the edge does not end TLS connections: what is behind it decides about TLS. Plain is then
	// what plain HTTP meets at the edge itself.
	Passthrough bool
	// Fix is for ServeTLS.
	Fix Fix
}

// Redirected is Transport.Plain where plain HTTP is redirected to TLS.
func Redirected(source, why string) tri.State {
	return tri.Is(PlainRedirected, source, why)
}

// PassedOn is Transport.Plain where plain HTTP is served.
func PassedOn(source, why string) tri.State {
	return tri.Is(PlainServed, source, why)
}

// Closed is Transport.Plain where plain HTTP meets a closed port.
func Closed(source, why string) tri.State {
	return tri.Is(PlainClosed, source, why)
}

// WithoutTLS is Plain where nothing is redirected for want of a certificate.
func WithoutTLS() tri.State {
	return PassedOn(SourceTLS, "without a certificate nothing is redirected")
}

// Passed is the transport of an edge that hands TLS connections on.
func Passed(plain tri.State, key string) Transport {
	return Transport{
		TLS: tri.Is(tri.Unknown, key, reason.Of("decided-further-in")), Plain: plain,
		Passthrough: true,
		Fix:         Fix{Advice: "terminate TLS further in, or remove " + key + " and list the host in spec.tls"},
	}
}

// Balancer is what a load balancer of a Service does with TLS on a port: on where the cloud certainly ends TLS there,
// off where it hands connections on. Clouds say which clouds' annotations count; empty means any.
//
// Sources: cloud-provider-aws and AWS Load Balancer Controller (ssl-cert, ssl-ports: port numbers or names, `*` or
// absent for all), which clouds' controllers of the kind follow in their own words.
func Balancer(annotations map[string]string, port int32, name string, clouds []string) tri.State {
	for _, t := range balancerTLS {
		key := t.certificate
		if strings.TrimSpace(annotations[key]) == "" || !counts(t.cloud, clouds) {
			continue
		}
		ports, given := annotations[t.ports]
		if !given {
			ports = t.otherwise
		}
		if portListed(ports, port, name) {
			return tri.Is(tri.On, key, key+" makes the load balancer terminate TLS")
		}
		return tri.Is(tri.Off, t.ports, t.ports+" does not list port "+decimal(port))
	}
	return tri.Is(tri.Off, "default", "the load balancer passes connections through")
}

// balancerTLS are the annotations by which clouds end TLS for a Service: the one that names certificates, and the one
// that lists ports, with what holds without it.
var balancerTLS = []struct {
	cloud, certificate, ports, otherwise string
}{
	{
		"aws", "service.beta.kubernetes.io/aws-load-balancer-ssl-cert",
		"service.beta.kubernetes.io/aws-load-balancer-ssl-ports", "*",
	},
	{
		"oci", "service.beta.kubernetes.io/oci-load-balancer-tls-secret",
		"service.beta.kubernetes.io/oci-load-balancer-ssl-ports", "",
	},
	{
		"digitalocean", "service.beta.kubernetes.io/do-loadbalancer-certificate-id",
		"service.beta.kubernetes.io/do-loadbalancer-tls-ports", "443",
	},
}

// portListed reads a comma-separated list of port numbers and names; `*` is all of them.
func portListed(list string, port int32, name string) bool {
	for item := range strings.SplitSeq(list, ",") {
		switch item = strings.TrimSpace(item); {
		case item == "*", item == decimal(port), item != "" && item == name:
			return true
		}
	}
	return false
}

// ClassHasParameters says whether the class object refers to something that can change what its Ingresses are like.
func (in Input) ClassHasParameters() bool {
	if in.Objects == nil || in.Class.Name == "" {
		return false
	}
	o := in.Objects.Get(inventory.IngressClass, "", in.Class.Name)
	if o == nil {
		return false
	}
	class, ok := inventory.As[networkingv1.IngressClass](o)
	return ok && class.Spec.Parameters != nil
}

// HandedOn is the transport of an entry that hands connections on; plain is what plain HTTP meets there, served where
// what is behind sees it.
func HandedOn(plain tri.State, advice string) Transport {
	return Transport{TLS: tri.Is(tri.Unknown, plain.Source, reason.Of("decided-further-in")),
		Plain:       plain,
		Passthrough: true, Fix: Fix{Advice: advice}}
}

// UnreadRate is the rate of an entry that hands connections on.
func UnreadRate() Rate {
	return Rate{Limited: tri.Is(tri.Off, "default", "connections are passed through, and no requests are read")}
}

// Doubt makes unknown what is certain only if somebody gets in.
func (t *Transport) Doubt(why string) {
	if t.TLS.State == tri.Off {
		t.TLS = tri.Is(tri.Unknown, t.TLS.Source, why)
	}
	if t.Plain.State == PlainServed {
		t.Plain = tri.Is(tri.Unknown, t.Plain.Source, why)
	}
}

// Doubt makes unknown what is off only if somebody gets in.
func (r *Rate) Doubt(why string) {
	if r.Limited.State == tri.Off {
		r.Limited = tri.Is(tri.Unknown, r.Limited.Source, why)
	}
}
