package topology

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/proxy"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

const (
	// usualHops is more than ways in have as a rule.
	usualHops = 6
	// maxHops bounds a way in; a longer one is a loop in all but name.
	maxHops = 12
	// maxSteps bounds the search for the ways to one port, its steps and what it finds: proxies that all forward to one
	// another, and locations behind paths behind hosts, make more ways than can be followed. Judging that many takes
	// about a second.
	maxSteps = 5000
	// mostRoutes bounds how many routes of one proxy are followed to one port, so that one team's proxy does not use up
	// what there is for all.
	mostRoutes = 500
)

// walker follows the ways to one port of one component outwards, until it meets entries.
type walker struct {
	view *world.View
	part recognize.Part
	port world.Port
	out  []facts.Exposure

	// hops is how many hops a way may have, steps how many were taken. cut is where the first way was given up for
	// either, nil if none was.
	hops, steps int
	cut         *inventory.ID
	// crowded are the proxies more routes of which lead to the port than are followed.
	crowded map[inventory.ID]bool
	// outside is set where nothing is asked but whether clients outside get in: it is the first entry that lets them.
	outside *string
}

// chain is a way as far as it has been followed: its hops, innermost first.
type chain struct {
	hops []*hop
}

// hop is one object on a way.
type hop struct {
	// at is the object, detail what matters of it (a port, a location).
	at     inventory.ID
	detail string
	// text is for people, made when a way in is found.
	text func() string
	// step is what it does with requests, nil where it does nothing, and door is what they come in by.
	step way.Step
	door way.Door
	// spelling is how the step writes paths, which the fold finds out on ways to the gateway.
	spelling way.Spelling
}

func (c chain) with(h hop) chain {
	hops := make([]*hop, 0, len(c.hops)+1)
	return chain{hops: append(append(hops, c.hops...), &h)}
}

// ends says whether the way goes no further: it goes through the object in the same role already, or is given up.
func (w *walker) ends(c chain, id inventory.ID, detail string) bool {
	if slices.ContainsFunc(c.hops, func(h *hop) bool { return h.at == id && h.detail == detail }) {
		return true
	}
	if w.view.Err() != nil || w.outside != nil && *w.outside != "" {
		return true
	}
	if len(c.hops) >= w.hops {
		w.giveUp(id)
		return true
	}
	if w.spent(id) {
		return true
	}
	w.view.Spend(id, world.CostOfStep)
	return false
}

// spent takes a step, and says whether there was none left to take.
func (w *walker) spent(at inventory.ID) bool {
	if w.steps >= maxSteps {
		w.giveUp(at)
		return true
	}
	w.steps++
	return false
}

// giveUp remembers where a way was given up, of the first.
func (w *walker) giveUp(at inventory.ID) {
	if w.cut == nil {
		w.cut = &at
	}
}

// Exposures are all ways in to a component, public or not, in stable order.
func Exposures(v *world.View, part recognize.Part) []facts.Exposure {
	if all, known := memo.Of(v).exposures[part.ID()]; known {
		return all
	}
	var all []facts.Exposure
	for _, p := range v.ReachedPorts(part) {
		start := hop{
			at: part.Workload.Ref.ID(), detail: podspec.Decimal(p.Number),
			text: func() string {
				return fmt.Sprintf("%s, container %s, port %d (%s)", part.Workload.Ref, part.Container.Name, p.Number,
					p.Name)
			},
		}
		// The short ways first: whatever a mess of proxies makes of the long ones, those are not missed.
		steps, crowded := 0, map[inventory.ID]bool{}
		for hops := usualHops; hops <= maxHops; hops += 2 {
			w := &walker{view: v, part: part, port: p, hops: hops, steps: steps, crowded: crowded}
			begin := chain{hops: []*hop{&start}}
			w.unreadEntry(begin)
			w.fromPod(part.Workload, p.Number, begin)
			steps = w.steps
			last := w.cut == nil || hops == maxHops || steps >= maxSteps
			if last && w.cut != nil {
				w.unfollowedEntry(*w.cut, begin)
			}
			if last {
				w.crowdedEntries(begin)
			}
			all = append(all, w.out...)
			if last {
				break
			}
		}
	}
	slices.SortStableFunc(all, func(a, b facts.Exposure) int { return strings.Compare(a.Way, b.Way) })
	all = slices.CompactFunc(all, func(a, b facts.Exposure) bool { return a.Way == b.Way })
	memo.Of(v).exposures[part.ID()] = all
	return all
}

// ExposuresBy are those of a component's ways in that begin at an entry.
func ExposuresBy(v *world.View, part recognize.Part, entry inventory.ID) []*facts.Exposure {
	by, known := memo.Of(v).byEntry[part.ID()]
	if !known {
		by = map[inventory.ID][]*facts.Exposure{}
		all := Exposures(v, part)
		for i := range all {
			id := all[i].Entry.Ref().ID()
			by[id] = append(by[id], &all[i])
		}
		memo.Of(v).byEntry[part.ID()] = by
	}
	return by[entry]
}

// fromPod looks for whatever leads to a port of a workload's pods.
func (w *walker) fromPod(o *inventory.Object, number int32, c chain) {
	spec := &o.PodTemplate().Spec
	if spec.HostNetwork {
		w.nodeEntry(o, requests.HostNetwork, number, c)
	} else {
		for _, container := range podspec.RunningContainers(spec) {
			for _, p := range container.Ports {
				if p.ContainerPort == number && p.HostPort != 0 {
					w.hostPort(o, p, c)
				}
			}
		}
	}
	for _, svc := range w.view.ServicesSelecting(o) {
		led := w.fromServicePorts(svc, c, func(sp *corev1.ServicePort) bool {
			target, ok := podspec.TargetNumber(sp.TargetPort, sp.Port, spec)
			return ok && target == number
		}, number)
		if !led && world.IsHeadless(svc) {
			w.fromHeadless(svc, number, c)
		}
	}
	if pod, ok := inventory.As[corev1.Pod](o); ok {
		addresses := world.PodAddresses(pod)
		w.unreadPods(o, addresses, number, c)
		w.fromEndpoints(addresses, number, c)
		for _, alias := range world.AliasesOfAddresses(w.view, addresses) {
			w.fromAlias(alias, number, c)
		}
		w.fromNaming(o.Ref.Namespace, addresses, c, func(_ string, t proxy.Target) bool {
			return t.At(number) && slices.Contains(addresses, t.Host)
		})
	}
	w.fromNeighbours(o, number, c)
}

// fromServicePorts goes on from the ports of a Service that lead to where the way stands, and says whether any does.
func (w *walker) fromServicePorts(svc *inventory.Object, c chain, leads func(*corev1.ServicePort) bool,
	number int32) bool {
	service := inventory.Must[corev1.Service](svc)
	led := false
	for i := range service.Spec.Ports {
		sp := &service.Spec.Ports[i]
		if (sp.Protocol == "" || sp.Protocol == corev1.ProtocolTCP) && leads(sp) {
			led = true
			w.fromService(svc, sp, number, c)
		}
	}
	return led
}

// fromHeadless goes on from whoever knows the pods by the name of a headless Service: every port of theirs can be
// reached by it, whether the Service lists it or not.
func (w *walker) fromHeadless(svc *inventory.Object, number int32, c chain) {
	detail := "headless " + podspec.Decimal(number)
	if w.ends(c, svc.Ref.ID(), detail) {
		return
	}
	w.fromNames(svc, number, nil, c.with(hop{
		at: svc.Ref.ID(), detail: detail,
		text: func() string { return fmt.Sprintf("%s (headless), port %d", svc.Ref, number) },
	}))
}

// fromService looks for whatever leads to a port of a Service. number is the port behind it, which is what a client of
// a headless Service connects to.
func (w *walker) fromService(svc *inventory.Object, sp *corev1.ServicePort, number int32, c chain) {
	detail := podspec.Decimal(sp.Port)
	if w.ends(c, svc.Ref.ID(), detail) {
		return
	}
	service := inventory.Must[corev1.Service](svc)
	c = c.with(hop{at: svc.Ref.ID(), detail: detail, text: func() string { return serviceText(svc, sp) }})
	w.serviceEntries(svc, sp, c)
	ports := []int32{sp.Port}
	if world.IsHeadless(svc) {
		ports = append(ports, number)
	}
	w.unreadEntries(svc, ports, c)

	for _, user := range world.BackendUsers(w.view, svc) {
		w.unreadOver(user, c)
		for _, entry := range w.view.EntriesOver(user) {
			w.routeEntries(entry, svc, func(b way.Backend) bool { return b.Means(service, sp, number) }, c)
		}
		w.fromHosts(user, svc, func(b way.Backend) bool { return b.Means(service, sp, number) }, c)
	}
	// A hand-made Service can have this one's address as its endpoint.
	addresses := index.ServiceAddresses(service)
	w.fromEndpoints(addresses, sp.Port, c)

	reachable := sp.Port
	if world.IsHeadless(svc) {
		reachable = number
	}
	w.fromNames(svc, reachable, addresses, c)
}

// serviceText shows the hop as `Service ditto/gateway, port 8080 (http)`.
func serviceText(svc *inventory.Object, sp *corev1.ServicePort) string {
	text := fmt.Sprintf("%s, port %d", svc.Ref, sp.Port)
	if sp.Name != "" {
		text += " (" + sp.Name + ")"
	}
	return text
}
