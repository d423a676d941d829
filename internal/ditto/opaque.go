package ditto

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/surface"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// unreadForwarding is a proxy that is known for one and not read: whatever it does, it may do.
type unreadForwarding struct{ why string }

func (f unreadForwarding) Survey(_ context.Context, _ string, before surface.Way) surface.Way {
	return surface.Way{Why: before.Why, Leads: func(string) (leads, known bool) { return false, false }}
}

// Passes: what such a proxy passes on may change without being seen to.
func (f unreadForwarding) Passes(b requests.Box, _ way.Door) requests.Set {
	b.Paths = append(slices.Clone(b.Paths), requests.Unread(f.why, ""))
	return requests.Set{b}
}

func (f unreadForwarding) Speaks(way.Door) way.Transport { return unknownTransport(f.why, "") }

// because gives the reason why nothing is known of what an unread route does.
func (r *proxyRoute) because(why, software string) {
	unknown := way.State{State: Unknown, Source: software, Why: why}
	r.Forwarding = unreadForwarding{why}
	r.Handling = way.Handling{
		Effects: way.Effects{Identity: unknown, Authentication: unknown}, Rate: way.Rate{Limited: way.State{State: Unknown, Source: "proxy", Why: why}},
		ErrorPages: way.ErrorPages{Unknown: []string{why}}, Raw: true, Doubted: true,
	}
}

// unreadRoute is the way through a proxy that is not read, to whatever it is told of; nil for one that is told of nothing.
func (v *View) unreadRoute(part Part) *proxyRoute {
	var targets []proxyTarget
	for _, n := range v.namings(part.Workload, part.Container) {
		targets = append(targets, proxyTarget{host: n.Name, port: n.Port, where: n.where, bare: n.Bare})
	}
	if len(targets) == 0 {
		return nil
	}
	return v.unread(part, targets, fmt.Sprintf("%s (container %s)", part.Software, part.Container.Name), "dittoguard does not read what it does with requests")
}

// unread is a route of a proxy of which nothing is known but where it may lead.
func (v *View) unread(part Part, targets []proxyTarget, text, why string) *proxyRoute {
	r := &proxyRoute{
		targets: targets, listens: v.openPorts(part), text: text, detail: "unread " + part.Container.Name, tunnel: isTunnel(part.Software),
	}
	r.because(why, part.Software)
	return r
}

// found is the route as it is on a way to what a target of it means: an unread one says which target that is.
func (r *proxyRoute) found(at inventory.ID, workload *inventory.Object, t proxyTarget) *proxyRoute {
	if !r.Doubted {
		return r
	}
	named, unknown := *r, r.Effects.Identity
	why := fmt.Sprintf("%s in %s may forward requests to Ditto, and %s", r.text, workload.Ref, unknown.Why)
	if t.where != "" {
		why = fmt.Sprintf("%s in %s is pointed at %s %s/%s by %s, and %s", r.text, workload.Ref, at.Kind, at.Namespace, at.Name, t.where, unknown.Why)
	}
	named.because(why, unknown.Source)
	named.Unknown = []string{why}
	return &named
}

// openPorts are the ports that a container that is not read may be reached by: those that it declares, and those that a
// Service sends requests to and no other container of the pod has.
func (v *View) openPorts(part Part) []int32 {
	spec := &part.Workload.PodTemplate().Spec
	var open []int32
	taken := map[int32]bool{}
	for _, c := range runningContainers(spec) {
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
		for _, p := range v.portsOf(other) {
			taken[p.Number] = true
		}
	}
	for _, svc := range v.servicesSelecting(part.Workload) {
		for i := range svc.Typed.(*corev1.Service).Spec.Ports {
			sp := &svc.Typed.(*corev1.Service).Spec.Ports[i]
			if n, ok := targetNumber(sp.TargetPort, sp.Port, spec); ok && !taken[n] {
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

// hide adds, to a proxy of which not even that is known where it leads, the way to any gateway of its namespace, if Ditto is
// near.
func (v *View) hide(part Part, p *proxy) {
	if isTunnel(part.Software) && !slices.ContainsFunc(p.routes, func(r *proxyRoute) bool { return v.leadsSomewhere(part, r) }) {
		p.hidden = append(p.hidden, "where its tunnel leads is not written in the cluster")
	}
	if v.isClient(part.Workload) {
		p.hidden, p.unreadable = nil, nil
	}
	if len(p.hidden) == 0 || !v.besideDitto(part) {
		return
	}
	route := v.unread(part, nil, fmt.Sprintf("%s (container %s)", part.Software, part.Container.Name), strings.Join(p.hidden, "; "))
	route.blind, route.detail = true, "blind "+part.Container.Name
	p.routes = append(slices.Clone(p.routes), route)
}

// withVague adds, to the routes of an nginx, the ways through those whose host the request decides about: to any gateway of
// the namespace.
func (v *View) withVague(part Part, routes []*proxyRoute) []*proxyRoute {
	all := slices.Clip(routes)
	for _, r := range routes {
		if r.vague == "" {
			continue
		}
		vague := v.unread(part, nil, r.text, r.vague)
		vague.blind, vague.detail, vague.asks = true, "vague "+r.detail, r.asks
		vague.listens, vague.inside = r.listens, r.inside
		all = append(all, vague)
	}
	return all
}

// leadsSomewhere says whether a target of a route is a Service or an address that is there.
func (v *View) leadsSomewhere(part Part, r *proxyRoute) bool {
	quiet := v.quietly()
	return slices.ContainsFunc(r.targets, func(t proxyTarget) bool {
		return isOwn(t.host) && t.port != 0 || serviceNamed(quiet, t.host, part.Workload.Ref.Namespace) != nil || len(atAddress(quiet, t.host)) > 0
	})
}
