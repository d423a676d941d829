package world

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/settings"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Port is a port that a component listens on.
type Port struct {
	Name   string
	Number int32
	// Doubt says why it may be another one, empty where it is not a guess among several.
	Doubt string
}

// ports are those that the settings of a container say.
var ports = NewConfigured(func(v *View, part recognize.Part) settings.Ports { return v.Settings(part).Ports() },
	func(settings.Ports) int { return 1 })

// PortsOf are the ports of a part that matter: those that its settings say, since what a container declares binds
// nothing. Where a setting cannot be read, the name of a declared port is the best guess. A MongoDB counts where Ditto
// runs beside it.
func (v *View) PortsOf(p recognize.Part) []Port {
	switch {
	case p.Component == recognize.MongoDB:
		if !v.RunsDitto(p.Workload.Ref.Namespace) {
			return nil
		}
		return []Port{{Name: recognize.PortMongoDB, Number: podspec.Declared(p.Container, recognize.MongoPort,
			"mongodb", "mongo")}}
	case !recognize.IsDitto(p.Component):
		return nil
	}
	bound := ports.Of(v, p)
	var list []Port
	for _, b := range []struct {
		name  string
		bound settings.Port
		// number and names stand in where the setting cannot be read.
		number int32
		names  []string
	}{
		{recognize.PortHTTP, bound.HTTP, recognize.HttpPort, []string{"http"}},
		{recognize.PortRemoting, bound.Remoting, recognize.RemotingPort, []string{"remoting"}},
		{recognize.PortManagement, bound.Management, recognize.ManagementPort, []string{"management"}},
		{recognize.PortMetrics, bound.Prometheus, recognize.MetricsPort, []string{"prometheus", "metrics"}},
	} {
		switch {
		case b.bound.Number != 0:
			list = append(list, Port{Name: b.name, Number: b.bound.Number})
		case b.bound.Why != "":
			list = append(list, Port{Name: b.name, Number: podspec.Declared(p.Container, b.number, b.names...)})
		}
	}
	return list
}

// ReachedPorts are the ports of a part by which ways lead to it. Where the setting of the gateway's HTTP port cannot be
// read, and no declared port has its name, it may be any that requests are sent to.
func (v *View) ReachedPorts(p recognize.Part) []Port {
	list := v.PortsOf(p)
	if p.Component != recognize.Gateway {
		return list
	}
	http := ports.Of(v, p).HTTP
	if http.Number != 0 || http.Why == "" || podspec.Declared(p.Container, 0, "http") != 0 {
		return list
	}
	for _, number := range v.OpenPorts(p) {
		if !slices.ContainsFunc(list, func(known Port) bool { return known.Number == number }) {
			list = append(list, Port{recognize.PortHTTP, number,
				"whether the gateway serves HTTP at port " + podspec.Decimal(number) + " is unknown: " + http.Why})
		}
	}
	return list
}

// OpenPorts are the ports that a container that is not read may be reached by: those that it declares, and those that a
// Service sends requests to and no other container of the pod has.
func (v *View) OpenPorts(part recognize.Part) []int32 {
	spec := &part.Workload.PodTemplate().Spec
	var open []int32
	taken := map[int32]bool{}
	for _, c := range podspec.RunningContainers(spec) {
		for i := range c.Ports {
			if p := &c.Ports[i]; p.Protocol == "" || p.Protocol == corev1.ProtocolTCP {
				if c.Name == part.Container.Name {
					open = append(open, p.ContainerPort)
				} else {
					taken[p.ContainerPort] = true
				}
			}
		}
	}
	for _, other := range v.Parts(part.Workload) {
		if other.Container.Name == part.Container.Name {
			continue
		}
		for _, p := range v.PortsOf(other) {
			taken[p.Number] = true
		}
	}
	for _, svc := range v.ServicesSelecting(part.Workload) {
		for i := range inventory.Must[corev1.Service](svc).Spec.Ports {
			sp := &inventory.Must[corev1.Service](svc).Spec.Ports[i]
			if n, ok := podspec.TargetNumber(sp.TargetPort, sp.Port, spec); ok && !taken[n] {
				open = append(open, n)
			}
		}
	}
	if len(open) == 0 && spec.HostNetwork {
		open = append(open, 0)
	}
	slices.Sort(open)
	return slices.Compact(open)
}
