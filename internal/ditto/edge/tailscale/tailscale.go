// Package tailscale reads Ingresses and Services as Tailscale's operator does.
package tailscale

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

const (
	// usualClass is the operator's usual ingress class, and its load balancer class.
	usualClass = "tailscale"

	expose = "tailscale.com/expose"
	funnel = "tailscale.com/funnel"
)

// Controller is Tailscale's operator. What it opens is open to a tailnet: to people and devices that have joined it,
// not to the Internet, and nobody can see here who they are. With Funnel it is open to the Internet. Its annotations
// name no controller: they change nothing of what another one does.
//
// Sources: Tailscale's documentation of the operator (ingress, cluster ingress with Funnel, limitations), its
// cmd/k8s-operator (ingress.go, svc.go), and ipn/ipnlocal/serve.go.
func Controller() way.Controller {
	return way.Controller{
		Name: "tailscale", Title: "Tailscale's operator", Classes: []string{"tailscale.com/ts-ingress"},
		Usual: []string{usualClass},
		Read:  read, Opened: opened,
		Doubted: func(c way.Class) string { return inTailnet("ingress class " + way.Quote(c.Name)) },
	}
}

func read(in way.Input) way.Reading {
	h := way.PlainEdge{
		Strip: `put a proxy that removes x-ditto-pre-authenticated behind this Ingress`,
		Hide:  `put a proxy that removes Server behind this Ingress`,
		Limit: "Tailscale's operator limits nothing: put an nginx with limit_req in front of the gateway",
	}.Read(in)
	return way.Reading{Handling: h, Transport: transport, Path: func(_ networkingv1.PathType, path string) way.Path {
		// Every path is a prefix.
		return way.Path{Matcher: way.Elements(way.Decoded, path)}
	}}
}

// transport: an Ingress is served over HTTPS alone, with a certificate for its name in the tailnet.
func transport(string) way.Transport {
	return way.Transport{
		TLS:   tri.Is(tri.On, "default", "Tailscale's operator gets a certificate for every Ingress"),
		Plain: way.Closed("default", "Tailscale's operator serves an Ingress only over HTTPS"),
	}
}

// opened: Funnel opens an Ingress to the Internet.
func opened(ing *networkingv1.Ingress) string {
	if ing.Annotations[funnel] == "true" {
		return funnel
	}
	return ""
}

func inTailnet(opens string) string {
	return reason.Of("tailscale-members", opens)
}

// Tailnet says of a Service that Tailscale's operator opens it to a tailnet: by what, whether clients outside may be in
// that, and why that is not known.
func Tailnet(svc *corev1.Service, cfg way.Config) (by string, public bool, doubt string) {
	switch {
	case svc.Annotations[expose] == "true":
		by = "annotation " + expose
	case TailnetOnly(svc):
		by = "loadBalancerClass " + usualClass
	default:
		return "", false, ""
	}
	return by, !slices.Contains(cfg.InternalIngressClasses, usualClass), inTailnet(by)
}

// TailnetOnly says whether a load balancer of Tailscale's is all there is of a Service of type LoadBalancer.
func TailnetOnly(svc *corev1.Service) bool {
	return svc.Spec.Type == corev1.ServiceTypeLoadBalancer && svc.Spec.LoadBalancerClass != nil &&
		*svc.Spec.LoadBalancerClass == usualClass
}
