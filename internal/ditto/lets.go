package ditto

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// Which requests ways in let in, for telling whether a change lets in more. It is worked out for those only that are compared.

// Requests are what a way in lets in: from whom, by which doors, for which hosts, and with which paths it arrives at the
// component. The exposure has to come from this view; what any other lets in is no more than unclear.
func (v *View) Requests(e *Exposure) requests.Set {
	w, known := v.ways[e.key]
	if !known || v.Err() != nil {
		return requests.Set{{
			Doors: []requests.Door{{}}, Hosts: []requests.Hosts{requests.AnyHost()}, Paths: []requests.Paths{requests.Unread("", "")},
		}}
	}
	if set, known := v.requests[e.key]; known {
		return set
	}
	v.Spend(e.Entry.Ref().ID(), costOfWay)
	set := slices.Clone(w.route.Requests())
	direct := true
	for _, h := range slices.Backward(w.chain.hops) {
		if h.proxy == nil {
			continue
		}
		direct = false
		var on requests.Set
		for _, box := range set {
			door := h.door
			if at := box.Doors[0]; at.Kind == portOfProxy && door == (nginxconf.Door{}) {
				door.Port = int(at.Port)
			}
			box.Raw = box.Raw || h.proxy.raw || h.proxy.unread
			on = append(on, h.proxy.lets(box, door)...)
		}
		set = on
	}
	for i := range set {
		// Whoever forwards a path as the client wrote it, and what forwards connections, lets dot segments through.
		set[i].Raw = set[i].Raw || direct
		switch {
		case e.Public:
			set[i].Sources.Reach = requests.Public
		case e.Kind != KindProxy:
			set[i].Sources.Reach = requests.Internal
		}
	}
	if v.requests == nil {
		v.requests = map[string]requests.Set{}
	}
	v.requests[e.key] = set
	return set
}

// lets are those of the requests that come to a location which it passes on.
func (f nginxForwarding) lets(b requests.Box, door nginxconf.Door) requests.Set {
	b.Paths = f.route.Arrive(b.Paths)
	if f.route.Condition != "" {
		b.Conditions = append(slices.Clone(b.Conditions), f.route.Condition)
	}
	var set requests.Set
	for _, taken := range f.route.Takes(door) {
		box := asked(b, taken.Hosts)
		if taken.Condition != "" {
			box.Conditions = append(slices.Clone(box.Conditions), taken.Condition)
		}
		set = append(set, box)
	}
	if set == nil {
		// Which requests come in there cannot be told.
		b.Paths = append(slices.Clone(b.Paths), requests.Unread("", ""))
		set = requests.Set{b}
	}
	return set
}

func (f oauth2Forwarding) lets(b requests.Box, _ nginxconf.Door) requests.Set {
	b.Paths = append(slices.Clone(b.Paths), f.upstream.Takes())
	if f.skips == nil {
		b.Conditions = append(slices.Clone(b.Conditions), "logged in")
		if !f.config.EveryUser {
			b.Conditions = append(b.Conditions, fmt.Sprintf("with an address of %q", f.config.Domains))
		}
		return requests.Set{b}
	}
	b.Paths = append(b.Paths, requests.Unread(f.skips.Written(), ""))
	return requests.Set{b}
}

// lets: what such a proxy passes on may change without being seen to.
func (f unreadForwarding) lets(b requests.Box, _ nginxconf.Door) requests.Set {
	b.Paths = append(slices.Clone(b.Paths), requests.Unread(f.why, ""))
	return requests.Set{b}
}

// mostHosts bounds how many pairs of hosts are compared for one step of a way.
const mostHosts = 4096

// asked are the requests of a box for some hosts.
func asked(b requests.Box, hosts []requests.Hosts) requests.Box {
	if len(hosts) == 0 {
		// No host at all is none that is known, and would be inside everything.
		b.Paths = append(slices.Clone(b.Paths), requests.Unread("", ""))
		return b
	}
	in := func(list, others []requests.Hosts) bool {
		return len(list)*len(others) <= mostHosts && !slices.ContainsFunc(list, func(h requests.Hosts) bool {
			return !slices.ContainsFunc(others, func(other requests.Hosts) bool { return h.In(other) == requests.Inside })
		})
	}
	switch {
	case in(b.Hosts, hosts):
	case in(hosts, b.Hosts):
		b.Hosts = hosts
	default:
		b.Conditions = append(slices.Clone(b.Conditions), fmt.Sprint("hosts ", hosts))
	}
	return b
}

// letsAll are all requests that come in by some doors.
func letsAll(doors ...requests.Door) requests.Set {
	return requests.Set{{Doors: doors, Hosts: []requests.Hosts{requests.AnyHost()}}}
}

// nodeDoor is a port of the nodes where a pod runs, at one of their addresses or at any. A pod on the host network opens more than
// one that has a host port.
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
		if text := service.Annotations[corev1.AnnotationLoadBalancerSourceRangesKey]; ranges == nil && odd == nil && text != "" {
			ranges, odd = way.SourceRanges(strings.Split(text, ","))
		}
		set[0].Sources.Ranges, set[0].Conditions = ranges, odd
		if allocate := service.Spec.AllocateLoadBalancerNodePorts; public && (allocate == nil || *allocate || sp.NodePort != 0) {
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
