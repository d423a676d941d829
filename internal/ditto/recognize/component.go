// Package recognize tells which container runs which part of Ditto, or a proxy that may stand in front of it.
package recognize

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Part is one container of a workload that runs a part of Ditto, or stands beside it.
type Part struct {
	// Component is one of the component names of this package.
	Component string
	Workload  *inventory.Object
	Container *corev1.Container
	// Software is the program that a Proxy is, as people call it.
	Software string
}

// Parts tells which containers of a workload run which part of Ditto. No single name, label or image survives what
// people do to manifests, so signals are collected from all of them; words that other software uses too (`gateway`,
// `-Dpekko.`) count only beside a signal that is Ditto's own.
//
// A Proxy is any container that runs a program which hands requests on to others, by its image, its command or the
// place of its configuration; whether it stands before Ditto only that configuration can tell.
func Parts(r inventory.Reader, o *inventory.Object) []Part {
	parts, _ := recognise(r, o)
	return parts
}

// recognise tells the parts of a workload, and of which other containers it is in doubt.
//
// The label of a pod says that Ditto runs in it, not in which of its containers: it counts for none if something better
// tells one. So it is with a single variable of the gateway: a log shipper beside a gateway may have it too.
func recognise(r inventory.Reader, o *inventory.Object) (parts []Part, doubts []Doubt) {
	template := o.PodTemplate()
	if template == nil {
		return nil, nil
	}
	containers := podspec.RunningContainers(&template.Spec)
	// What somebody adds to a running pod says nothing of the others in it.
	lasting := len(containers) - len(template.Spec.EphemeralContainers)
	readings := make([]reading, len(containers))
	ditto, gateway := false, false
	for i, c := range containers {
		readings[i] = classify(r, o.Ref.Namespace, template, c, lasting == 1 && i < lasting)
		if i >= lasting {
			readings[i] = readings[i].asAdded(c)
			continue
		}
		ditto = ditto || (IsDitto(readings[i].component) && readings[i].why != byPodLabel)
		gateway = gateway || (readings[i].component == Gateway && readings[i].why == byEvidence)
	}
	for i, c := range containers {
		component, software := readings[i].component, readings[i].software
		switch {
		case readings[i].why == byVariable && gateway:
			component = readings[i].otherwise
			doubts = append(doubts, Doubt{Beside: true, Message: reason.Of("container-beside-gateway", c.Name,
				readings[i].named)})
		case readings[i].why == byPodLabel && ditto:
			component = ""
		case readings[i].doubt != "":
			doubts = append(doubts, Doubt{Message: readings[i].doubt})
		case readings[i].likely != "":
			doubts = append(doubts, Doubt{Message: fmt.Sprintf("container %s is named like Ditto's %s (%s), but nothing else suggests that it is one, so it "+
				"is ignored: if it is one, name the container ditto-%s", c.Name, readings[i].likely, readings[i].named,
				readings[i].likely)})
		}
		if component != Proxy {
			software = ""
		}
		if component != "" {
			parts = append(parts, Part{Component: component, Workload: o, Container: c, Software: software})
		}
	}
	return parts, doubts
}

// Doubt is a container that may be a part of Ditto and is not taken for one.
type Doubt struct {
	Message string
	// Beside says that another container of the pod certainly is what this one may be.
	Beside bool
}

// Doubts say, of containers of a workload that may be a part of Ditto, why they are not taken for one.
func Doubts(r inventory.Reader, o *inventory.Object) []Doubt {
	_, doubts := recognise(r, o)
	return doubts
}

// Named returns the parts of a component.
func Named(parts []Part, component string) []Part {
	return slices.DeleteFunc(slices.Clone(parts), func(p Part) bool { return p.Component != component })
}

// IsDitto says whether a component is one of Ditto's own JVMs.
func IsDitto(component string) bool {
	switch component {
	case Gateway, Policies, Things, Search, Connectivity, Service:
		return true
	}
	return false
}

// AnyDitto says whether one of the parts is a service of Ditto.
func AnyDitto(parts []Part) bool {
	return slices.ContainsFunc(parts, func(p Part) bool { return IsDitto(p.Component) })
}

// The parts of Ditto, and what commonly stands beside it.
const (
	Gateway      = "gateway"
	Policies     = "policies"
	Things       = "things"
	Search       = "search"
	Connectivity = "connectivity"
	Proxy        = "proxy"
	UI           = "ui"
	MongoDB      = "mongodb"
	// Service is a Ditto JVM whose part could not be told.
	Service = "service"
)

// Nothing is an inventory without objects, for reading what an object shows by itself.
var Nothing inventory.Reader = inventory.NewMemory(nil, nil)

// PartID identifies a container of a workload.
type PartID struct {
	Workload  inventory.ID
	Container string
}

// ID identifies the part.
func (p Part) ID() PartID { return PartID{p.Workload.Ref.ID(), p.Container.Name} }
