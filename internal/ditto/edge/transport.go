package edge

import (
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// SharesTLS says whether a certificate that one Ingress names for a host serves the others of the host too.
func SharesTLS(c Class) bool {
	return c.Controller == nameIngressNginx || c.Controller == nameHAProxy || c.Controller == nameHAProxyIngress
}

// NamesCertificate says whether spec.tls of an Ingress has a certificate for a host.
func NamesCertificate(ing *networkingv1.Ingress, host string) bool {
	return len(ing.Spec.TLS) > 0 && certificateIn(ing.Spec.TLS, host).State == On
}

// NamesCertificates says whether spec.tls has a certificate for each host of an Ingress's rules.
func NamesCertificates(ing *networkingv1.Ingress) bool {
	for _, rule := range ing.Spec.Rules {
		if !NamesCertificate(ing, rule.Host) {
			return false
		}
	}
	return len(ing.Spec.TLS) > 0
}

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
	TLS State
	// Plain is what plain HTTP meets: closed, redirected, served or unknown.
	Plain State
	// Passthrough says that the edge does not end TLS connections: what is behind it decides about TLS. Plain is then what
	// plain HTTP meets at the edge itself.
	Passthrough bool
	// Advice says what to write at this edge.
	Advice string
}

// ReadTransport says what clients speak with the edge of an Ingress when they ask for a host of its rules; empty is the
// rule without a host.
func ReadTransport(in Input, host string) Transport {
	c := controllerByName(in.Class.Controller)
	t := c.transport(in, host)
	if t.Advice == "" {
		t.Advice = "list the host, with a Secret that holds its certificate, in spec.tls"
	}
	return t
}

const sourceTLS = "spec.tls"

// certificate says whether spec.tls names a certificate for the host, as the API defines the field.
func (in Input) certificate(host string) State {
	return certificateIn(in.Ingress.Spec.TLS, host)
}

func certificateIn(tls []networkingv1.IngressTLS, host string) State {
	if len(tls) == 0 {
		return State{Off, sourceTLS, "spec.tls is empty"}
	}
	unnamed, wide := false, false
	for _, t := range tls {
		listed := slices.ContainsFunc(t.Hosts, func(h string) bool { return covers(h, host) })
		switch {
		case !listed && len(t.Hosts) > 0:
		case t.SecretName == "":
			unnamed = true
		case listed:
			return State{On, sourceTLS, "spec.tls names a certificate for it"}
		default:
			wide = true
		}
	}
	switch {
	case wide:
		return State{On, sourceTLS, "spec.tls names a certificate without saying for which hosts"}
	case unnamed:
		return State{Unknown, sourceTLS, "spec.tls names no Secret, so the certificate is the controller's own, which cannot be seen"}
	case host == "":
		return State{Unknown, sourceTLS, "the rule takes any host, and spec.tls has certificates for some"}
	}
	return State{Off, sourceTLS, "spec.tls has no certificate for " + host}
}

// covers says whether a certificate's name is one for the host: a wildcard stands for one label (RFC 6125, 6.4.3).
func covers(name, host string) bool {
	name, host = strings.ToLower(name), strings.ToLower(host)
	if name == host {
		return host != ""
	}
	base, wild := strings.CutPrefix(name, "*.")
	if !wild {
		return false
	}
	label, rest, ok := strings.Cut(host, ".")
	return ok && label != "" && label != "*" && rest == base
}

// withNeighbours is certificate for a controller that has one virtual server a host: what another Ingress of the host
// says in spec.tls holds for this one as well.
func (in Input) withNeighbours(host string) State {
	own := in.certificate(host)
	if own.State == On {
		return own
	}
	for _, other := range in.Neighbours {
		if s := certificateIn(other.Spec.TLS, host); s.State == On {
			return State{On, sourceTLS, "Ingress " + other.Namespace + "/" + other.Name + " of the same host names a certificate for it"}
		}
	}
	return own
}

// redirected, passedOn and closed are the readings of Transport.Plain.
func redirected(source, why string) State { return State{PlainRedirected, source, why} }

func passedOn(source, why string) State { return State{PlainServed, source, why} }

func closed(source, why string) State { return State{PlainClosed, source, why} }

// withoutTLS is Plain where nothing is redirected for want of a certificate.
func withoutTLS() State { return passedOn(sourceTLS, "without a certificate nothing is redirected") }

// passed is the transport of an edge that hands TLS connections on.
func passed(plain State, key string) Transport {
	return Transport{
		TLS: State{Unknown, key, "what is behind decides"}, Plain: plain, Passthrough: true,
		Advice: "let what is behind end TLS, or take " + key + " away and list the host in spec.tls",
	}
}

// Balancer is what a load balancer of a Service does with TLS on a port: on where the cloud certainly ends TLS there, off
// where it hands connections on. Clouds say which clouds' annotations count; empty means any.
//
// Sources: cloud-provider-aws and AWS Load Balancer Controller (ssl-cert, ssl-ports: port numbers or names, `*` or absent for
// all), which clouds' controllers of the kind follow in their own words.
func Balancer(annotations map[string]string, port int32, name string, clouds []string) State {
	honoured := func(names ...string) bool {
		return len(clouds) == 0 || slices.ContainsFunc(names, func(n string) bool { return slices.Contains(clouds, n) })
	}
	for _, t := range balancerTLS {
		key := t.certificate
		if strings.TrimSpace(annotations[key]) == "" || !honoured(t.clouds...) {
			continue
		}
		ports, given := annotations[t.ports]
		if !given {
			ports = t.otherwise
		}
		if portListed(ports, port, name) {
			return State{On, key, key + " makes the load balancer end TLS"}
		}
		return State{Off, t.ports, t.ports + " does not list port " + decimal(port)}
	}
	return State{Off, "default", "the load balancer hands connections on"}
}

// balancerTLS are the annotations by which clouds end TLS for a Service: the one that names certificates, and the one that
// lists ports, with what holds without it.
var balancerTLS = []struct {
	clouds             []string
	certificate, ports string
	otherwise          string
}{
	{
		[]string{"aws", "aws-lbc"}, "service.beta.kubernetes.io/aws-load-balancer-ssl-cert",
		"service.beta.kubernetes.io/aws-load-balancer-ssl-ports", "*",
	},
	{
		[]string{"oci"}, "service.beta.kubernetes.io/oci-load-balancer-tls-secret",
		"service.beta.kubernetes.io/oci-load-balancer-ssl-ports", "",
	},
	{
		[]string{"digitalocean"}, "service.beta.kubernetes.io/do-loadbalancer-certificate-id",
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

// classHasParameters says whether the class object refers to something that can change what its Ingresses are like.
func (in Input) classHasParameters() bool {
	if in.Objects == nil || in.Class.Name == "" {
		return false
	}
	o := in.Objects.Get(inventory.IngressClass, "", in.Class.Name)
	if o == nil {
		return false
	}
	class, ok := o.Typed.(*networkingv1.IngressClass)
	return ok && class.Spec.Parameters != nil
}
