package way

import (
	"cmp"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// Backend is a Service that a route sends requests to.
type Backend struct {
	Namespace, Name string
	// Port is the Service's port, by number or name; zero means any.
	Port intstr.IntOrString
	// OfPod says that Port may as well be the port of the pods behind the Service.
	OfPod bool
	// ByTarget says that Port, which is not zero, may as well be a target, of the first port of the Service that has
	// it: as some controllers read an Ingress (ingress-nginx, Traefik's reading of it, haproxy-ingress).
	ByTarget bool
}

// Means says whether the backend's port is one of the Service; number is the port of the pods behind it.
func (b Backend) Means(service *corev1.Service, port *corev1.ServicePort, number int32) bool {
	switch {
	case b.ByTarget:
		return b.names(port) || b.target(service) == port
	case b.Port.Type == intstr.String && b.Port.StrVal != "":
		return b.Port.StrVal == port.Name
	case b.Port.IntVal == 0:
		return true
	}
	return b.Port.IntVal == port.Port || b.OfPod && b.Port.IntVal == number
}

// MeansAlias says whether the backend means a port by an ExternalName Service, whose own ports are optional.
func (b Backend) MeansAlias(service *corev1.Service, number int32) bool {
	for i := range service.Spec.Ports {
		sp := &service.Spec.Ports[i]
		switch target := sp.TargetPort.IntVal; {
		case b.ByTarget:
			if b.names(sp) {
				return cmp.Or(target, sp.Port) == number
			}
		case b.Means(service, sp, target) && (sp.Port == number || target == number):
			return true
		}
	}
	if b.ByTarget {
		return b.Port.IntVal == number
	}
	return b.Means(service, &corev1.ServicePort{Port: number}, number)
}

// names says whether the backend names a port of a Service, by its name or number.
func (b Backend) names(port *corev1.ServicePort) bool {
	if b.Port.Type == intstr.String {
		return b.Port.StrVal == port.Name
	}
	return b.Port.IntVal == port.Port
}

// target is the first port of a Service that the backend names or that has its port for a target, nil if there is none.
func (b Backend) target(service *corev1.Service) *corev1.ServicePort {
	for i := range service.Spec.Ports {
		if port := &service.Spec.Ports[i]; b.names(port) || b.Port != (intstr.IntOrString{}) &&
			port.TargetPort == b.Port {
			return port
		}
	}
	return nil
}

// Route is one way to let requests in: a rule of an entry object, as whoever serves it reads it, a port of a Service,
// or a port of a node.
type Route struct {
	// Text tells the rule from the others of the object: `ditto.example.com/api (PathPrefix), Gateway infra/public`.
	Text string
	// Title shows it to people; empty where that is the object and Text. Note is said behind it, whichever route it is.
	Title, Note string
	// Asks is what a client asks for: `ditto.example.com/api`.
	Asks string
	// Hosts are the hosts that it is for, as HostsOf of package requests reads them, and Door is where clients come in,
	// by name: `Gateway infra/public`. Conditions are what else a request has to fulfil, each as it is written. They
	// tell what one route lets in from what another one does; without Hosts only the Text does. Where connections are
	// handed on the hosts are those of the connections. Lets, if it is there, says all of it. Requested is what
	// RequestedHosts makes of Hosts, for routes that share many of them; nil otherwise.
	Hosts      []string
	Requested  []requests.Hosts
	Door       string
	Conditions []string
	Lets       func() requests.Set
	// Path is which requests it takes, and with what path they arrive. It is nil where connections are handed through
	// unread, or where there are no paths.
	Path *Path
	// Backends are where it sends requests; those in other namespaces only if that is allowed.
	Backends []Backend
	// Public is false where a marker that counts, or the configuration, says that outsiders do not reach it.
	Public bool
	// Handling is what happens to the requests that it takes.
	Handling
	// Transport is what clients speak with the edge here. What has no state counts as unknown.
	Transport Transport
}

// HandingOn is a route that hands connections on as they are, and leaves all else to what is behind.
func HandingOn(text, title string, public bool, lets func() requests.Set) Route {
	return Route{
		Text: text, Title: title, Public: public, Lets: lets,
		Transport: Transport{Plain: tri.State{State: PlainServed}, Passthrough: true},
		Handling:  Handling{Rate: Rate{Limited: tri.State{State: tri.Off}}},
	}
}
