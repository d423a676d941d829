package ditto

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/dittoguard/dittoguard/internal/ditto/settings"
	"github.com/dittoguard/dittoguard/internal/inventory"
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
}

// portsOf are the ports of a part that matter. Declared container ports tell where a port was moved by name; Ditto binds
// its ports whether they are declared or not. A MongoDB counts where Ditto runs beside it.
func (v *View) portsOf(p Part) []port {
	switch {
	case p.Component == MongoDB:
		if len(v.Find(inventory.Key{Index: byDitto, Namespace: p.Workload.Ref.Namespace})) == 0 {
			return nil
		}
		return []port{{PortMongoDB, declared(p.Container, mongoPort, "mongodb", "mongo")}}
	case !IsDitto(p.Component):
		return nil
	}
	http := declared(p.Container, httpPort, "http")
	if p.Component == Gateway {
		if n, err := strconv.ParseInt(v.settings(p).Lookup(settings.GatewayHTTPPort).Text(), 10, 32); err == nil {
			http = int32(n)
		}
	}
	return []port{
		{PortHTTP, http},
		{PortRemoting, declared(p.Container, remotingPort, "remoting")},
		{PortManagement, declared(p.Container, managementPort, "management")},
		{PortMetrics, declared(p.Container, metricsPort, "prometheus", "metrics")},
	}
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
	for _, c := range runningContainers(spec) {
		for i := range c.Ports {
			if c.Ports[i].Name == target.StrVal {
				return c.Ports[i].ContainerPort, true
			}
		}
	}
	return 0, false
}
