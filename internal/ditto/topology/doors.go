package topology

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// letsAll are all requests that come in by some doors.
func letsAll(doors ...requests.Door) requests.Set {
	return requests.Set{{Doors: doors, Hosts: []requests.Hosts{requests.AnyHost()}}}
}

// nodeDoor is a port of the nodes where a pod runs, at one of their addresses or at any.
func nodeDoor(kind, address string, number int32) requests.Door {
	if address == "0.0.0.0" || address == "::" {
		address = ""
	}
	return requests.Door{Kind: strings.TrimSpace(kind + " " + address), Port: number}
}

// serviceLets are the requests that a Service lets in by itself in one way.
func serviceLets(kind string, service *corev1.Service, sp *corev1.ServicePort, public bool) requests.Set {
	// A number that is not there yet is given to the port when the Service is stored, and stays with it.
	nodes := letsAll(requests.Door{Kind: "node port", Port: sp.NodePort, Of: sp.Port})
	switch kind {
	case "LoadBalancer":
		set := letsAll(requests.Door{Kind: "load balancer", Port: sp.Port})
		ranges, odd := way.SourceRanges(service.Spec.LoadBalancerSourceRanges)
		if text := service.Annotations[corev1.AnnotationLoadBalancerSourceRangesKey]; ranges == nil && odd == nil &&
			text != "" {
			ranges, odd = way.SourceRanges(strings.Split(text, ","))
		}
		set[0].Sources.Ranges, set[0].Conditions = ranges, odd
		if allocate := service.Spec.AllocateLoadBalancerNodePorts; public &&
			(allocate == nil || *allocate || sp.NodePort != 0) {
			set = append(set, nodes...)
		}
		return set
	case "NodePort":
		return nodes
	}
	var doors []requests.Door
	for _, ip := range service.Spec.ExternalIPs {
		doors = append(doors, requests.Door{Kind: "external IP " + ip, Port: sp.Port})
	}
	return letsAll(doors...)
}
