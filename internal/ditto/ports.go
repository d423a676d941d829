package ditto

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/dittoguard/dittoguard/internal/ditto/settings"
)

// The ports of Ditto's services and of MongoDB. Sources: ditto-service-base.conf and gateway.conf of Ditto
// (HTTP 8080, Pekko remoting 2551, Pekko management 7626, Prometheus 9095); MongoDB's default port.
const (
	httpPort       = 8080
	remotingPort   = 2551
	managementPort = 7626
	metricsPort    = 9095
	mongoPort      = 27017
)

// The names of ports in facts.
const (
	PortHTTP       = "http"
	PortRemoting   = "remoting"
	PortManagement = "management"
	PortMetrics    = "metrics"
	PortMongoDB    = "mongodb"
)

// port is a port that a component listens on.
type port struct {
	Name   string
	Number int32
	// doubt says why it may be another one, empty where it is not a guess among several.
	doubt string
}

// portsOf are the ports of a part that matter: those that its settings say, since what a container declares binds nothing.
// Where a setting cannot be read, the name of a declared port is the best guess. A MongoDB counts where Ditto runs beside it.
func (v *View) portsOf(p Part) []port {
	switch {
	case p.Component == MongoDB:
		if !v.runsDitto(p.Workload.Ref.Namespace) {
			return nil
		}
		return []port{{Name: PortMongoDB, Number: declared(p.Container, mongoPort, "mongodb", "mongo")}}
	case !IsDitto(p.Component):
		return nil
	}
	bound := v.settings(p).Ports()
	var list []port
	for _, b := range []struct {
		name  string
		bound settings.Port
		// number and names stand in where the setting cannot be read.
		number int32
		names  []string
	}{
		{PortHTTP, bound.HTTP, httpPort, []string{"http"}},
		{PortRemoting, bound.Remoting, remotingPort, []string{"remoting"}},
		{PortManagement, bound.Management, managementPort, []string{"management"}},
		{PortMetrics, bound.Prometheus, metricsPort, []string{"prometheus", "metrics"}},
	} {
		switch {
		case b.bound.Number != 0:
			list = append(list, port{Name: b.name, Number: b.bound.Number})
		case b.bound.Why != "":
			list = append(list, port{Name: b.name, Number: declared(p.Container, b.number, b.names...)})
		}
	}
	return list
}

// reachedPorts are the ports of a part by which ways lead to it. Where the setting of the gateway's HTTP port cannot be read,
// and no declared port has its name, it may be any that requests are sent to.
func (v *View) reachedPorts(p Part) []port {
	list := v.portsOf(p)
	if p.Component != Gateway {
		return list
	}
	http := v.settings(p).Ports().HTTP
	if http.Number != 0 || http.Why == "" || declared(p.Container, 0, "http") != 0 {
		return list
	}
	for _, number := range v.openPorts(p) {
		if !slices.ContainsFunc(list, func(known port) bool { return known.Number == number }) {
			list = append(list, port{PortHTTP, number, "whether the gateway serves HTTP at port " + decimal(number) + " is unknown: " + http.Why})
		}
	}
	return list
}

// declared is the number of the container port with one of the names, or the default.
func declared(c *corev1.Container, byDefault int32, names ...string) int32 {
	for _, name := range names {
		for i := range c.Ports {
			if c.Ports[i].Name == name {
				return c.Ports[i].ContainerPort
			}
		}
	}
	return byDefault
}

func hasPort(c *corev1.Container, name string, number int32) bool {
	for i := range c.Ports {
		if c.Ports[i].Name == name || c.Ports[i].ContainerPort == number {
			return true
		}
	}
	return false
}

// targetNumber is the container port that a Service port leads to: a number as it stands, a name as the pod declares
// it. ok is false for a name that the pod does not declare.
func targetNumber(target intstr.IntOrString, servicePort int32, spec *corev1.PodSpec) (number int32, ok bool) {
	if target.Type == intstr.Int {
		if target.IntVal == 0 {
			return servicePort, true
		}
		return target.IntVal, true
	}
	if target.StrVal == "" {
		return servicePort, true
	}
	// The order is that of k8s.io/endpointslice (FindPort): sidecars come last, and ports of other protocols do not count.
	var sidecars []*corev1.Container
	for i := range spec.InitContainers {
		if isSidecar(&spec.InitContainers[i]) {
			sidecars = append(sidecars, &spec.InitContainers[i])
		}
	}
	find := func(c *corev1.Container) bool {
		for i := range c.Ports {
			if p := &c.Ports[i]; p.Name == target.StrVal && (p.Protocol == "" || p.Protocol == corev1.ProtocolTCP) {
				number = p.ContainerPort
				return true
			}
		}
		return false
	}
	for i := range spec.Containers {
		if find(&spec.Containers[i]) {
			return number, true
		}
	}
	return number, slices.ContainsFunc(sidecars, find)
}
