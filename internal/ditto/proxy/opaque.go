package proxy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/surface"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
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

func (f unreadForwarding) Spells(context.Context) way.Spelling { return way.SpellingUnread }

func (f unreadForwarding) Speaks(way.Door) way.Transport { return unknownTransport(f.why, "") }

// because gives the reason why nothing is known of what an unread route does.
func (r *Route) because(why, software string) {
	unknown := tri.Is(tri.Unknown, software, why)
	r.Forwarding = unreadForwarding{why}
	r.Handling = way.Handling{
		Effects:    way.Effects{Identity: unknown, Authentication: unknown},
		Rate:       way.Rate{Limited: tri.Is(tri.Unknown, "proxy", why)},
		ErrorPages: way.ErrorPages{Unknown: []string{why}}, Doubted: true,
	}
}

// unreadRoute is the way through a proxy that is not read, to whatever it is told of; nil for one that is told of
// nothing. why says why it is not.
func unreadRoute(v *world.View, part recognize.Part, why string) *Route {
	var targets []Target
	for _, n := range v.Namings(part.Workload, part.Container) {
		targets = append(targets, Target{Host: n.Name, Port: n.Port, where: n.Where, Bare: n.Bare})
	}
	if len(targets) == 0 {
		return nil
	}
	return unread(v, part, targets, fmt.Sprintf("%s (container %s)", part.Software, part.Container.Name), why)
}

// unread is a route of a proxy of which nothing is known but where it may lead.
func unread(v *world.View, part recognize.Part, targets []Target, text, why string) *Route {
	r := &Route{
		Targets: targets, Listens: v.OpenPorts(part), Text: text, Detail: "unread " + part.Container.Name,
		Tunnel: recognize.IsTunnel(part.Software),
	}
	r.because(why, part.Software)
	return r
}

// Found is the route as it is on a way to what a target of it means: an unread one says which target that is.
func (r *Route) Found(at inventory.ID, workload *inventory.Object, t Target) *Route {
	if !r.Doubted {
		return r
	}
	named, unknown := *r, r.Effects.Identity
	why := fmt.Sprintf("%s in %s may forward requests to Ditto, and %s", r.Text, workload.Ref, unknown.Why)
	if t.where != "" {
		why = fmt.Sprintf("%s in %s is pointed at %s %s/%s by %s, and %s", r.Text, workload.Ref, at.Kind, at.Namespace,
			at.Name, t.where, unknown.Why)
	}
	named.because(why, unknown.Source)
	named.Unknown = []string{why}
	return &named
}

// hide adds, to a proxy of which not even that is known where it leads, the way to any gateway of its namespace, if
// Ditto is near, and otherwise to what it is told of.
func hide(v *world.View, part recognize.Part, p *Proxy) {
	if recognize.IsTunnel(part.Software) &&
		!slices.ContainsFunc(p.Routes, func(r *Route) bool { return leadsSomewhere(v, part, r) }) {
		p.Hidden = append(p.Hidden, reason.Of("tunnel-elsewhere"))
	}
	if v.IsClient(part.Workload) {
		p.Hidden, p.Unreadable = nil, nil
	}
	if len(p.Hidden) == 0 {
		return
	}
	why := strings.Join(p.Hidden, "; ")
	if !v.BesideDitto(part) {
		unread := func(r *Route) bool { return r.Doubted }
		if route := unreadRoute(v, part, why); route != nil && !slices.ContainsFunc(p.Routes, unread) {
			p.Routes = append(slices.Clone(p.Routes), route)
		}
		return
	}
	route := unread(v, part, nil, fmt.Sprintf("%s (container %s)", part.Software, part.Container.Name), why)
	route.Blind, route.Detail = true, "blind "+part.Container.Name
	p.Routes = append(slices.Clone(p.Routes), route)
}

// withVague adds, to the routes of an nginx, the ways through those whose host the request decides about: to any
// gateway of the namespace.
func withVague(v *world.View, part recognize.Part, routes []*Route) []*Route {
	all := slices.Clip(routes)
	for _, r := range routes {
		if r.vague == "" {
			continue
		}
		vague := unread(v, part, nil, r.Text, r.vague)
		vague.Blind, vague.Detail, vague.Asks = true, "vague "+r.Detail, r.Asks
		vague.Listens, vague.Inside = r.Listens, r.Inside
		all = append(all, vague)
	}
	return all
}

// leadsSomewhere says whether a target of a route is a Service or an address that is there.
func leadsSomewhere(v *world.View, part recognize.Part, r *Route) bool {
	quiet := v.Quietly()
	return slices.ContainsFunc(r.Targets, func(t Target) bool {
		return podspec.IsOwn(t.Host) && t.Port != 0 ||
			world.ServiceNamed(quiet, t.Host, part.Workload.Ref.Namespace) != nil ||
			len(world.AtAddress(quiet, t.Host)) > 0
	})
}
