package proxy

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/surface"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// nginxForwarding is a location of an nginx.
type nginxForwarding struct {
	route   *nginxconf.Route
	origins *origins
}

// newProxyRoute reads a location as a step of a way in; nil if no client gets through it.
func newProxyRoute(route *nginxconf.Route, o *origins) *Route {
	if route.Access == "none" {
		return nil
	}
	location := nginxPlace(route)
	r := &Route{
		Forwarding: &nginxForwarding{route, o}, Handling: nginxHandling(route, location), Asks: route.Location,
		Text:   fmt.Sprintf("nginx %s (%s:%d)", location, path.Base(route.File), route.Line),
		Detail: route.Location + " " + route.Condition, Inside: route.Server.Loopback(),
	}
	if route.Authentication.Kind == "request" {
		r.asking = &route.Authentication
	}
	for _, listen := range route.Server.Listen {
		r.Detail += fmt.Sprintf(" :%d", listen.Port)
		if !slices.Contains(r.Inside, nginxconf.Door{Address: listen.Address, Port: listen.Port}) {
			r.Listens = append(r.Listens, int32(listen.Port))
		}
	}
	r.Detail += " " + strings.Join(route.Server.Names, ",")
	for _, t := range route.Targets {
		switch {
		case t.Unix:
			r.Targets = append(r.Targets, Target{Host: t.Host, Unix: true})
		case t.Variable:
			r.vague = reason.Of("nginx-target-by-request", fmt.Sprintf("%s:%d", path.Base(route.File), route.Line))
		default:
			r.Targets = append(r.Targets, Target{Host: podspec.Canonical(t.Host), Port: int32(t.Port)})
		}
	}
	return r
}

// nginxHandling is what a location does with requests.
func nginxHandling(route *nginxconf.Route, location string) way.Handling {
	identity := tri.Is(route.Identity.State, location, location+": "+route.Identity.Why)
	if identity.State == facts.IdentityRemoved && route.Identity.QueryDropped {
		identity.State = facts.IdentityNone
	}
	asks := tri.Is(tri.Off, location, location+": "+route.Authentication.Why)
	switch route.Authentication.State {
	case tri.On:
		asks.State, asks.Why = tri.On, ""
	case tri.Unknown:
		asks.State = tri.Unknown
	}
	h := way.Handling{
		Effects: way.Effects{Identity: identity, Authentication: asks, Assumptions: route.Assumptions},
		Rate: way.Rate{
			Limited: tri.Is(route.RateLimited.State, location, route.RateLimited.Why),
			Untried: route.RateLimited.Why == nginxconf.NoLimit,
		},
		ErrorPages: way.ErrorPages{Echoes: route.Server.ErrorPages.Echoes, Unknown: route.Server.ErrorPages.Unknown},
		Addresses:  route.Access == "addresses", Believed: route.Local || route.RealIP,
		Unknown:   route.Unknown,
		Nominated: way.Nominated{Ends: route.OwnConnection || route.Server.Stream},
	}
	if !route.Server.Stream {
		h.Fixes[way.ResolvePaths].Advice = "give proxy_pass in " + location +
			" a path (http://gateway:8080/api in location /api)"
		h.Fixes[way.LimitRequests].Advice = "set limit_req_zone $binary_remote_addr zone=ditto:10m rate=50r/s in http, and limit_req zone=ditto burst=250 nodelay in the location"
	}
	return h
}

// nginxPlace names a location for people.
func nginxPlace(route *nginxconf.Route) string {
	if route.Location == "" {
		return "stream server"
	}
	return "location " + route.Location
}

// anAdminPath is one of the gateway's.
var anAdminPath = surface.AdminPaths()[0]

func (f *nginxForwarding) clientPathFor(ctx context.Context, upstream string) (client string, ok, known bool) {
	found := f.origins.clientPathFor(ctx, f.route, upstream)
	return found.Path, found.OK, found.Known
}

func (f *nginxForwarding) Survey(ctx context.Context, name string, before surface.Way) surface.Way {
	w := behind(ctx, before, f)
	// Asking for one path follows all.
	f.origins.clientPathFor(ctx, f.route, anAdminPath)
	switch {
	case f.origins.spent():
		w.Why = name + ": " + reason.Of("nginx-too-much")
	case f.route.DoorsLeftOut():
		w.Why = name + ": " + reason.Of("nginx-too-many-names")
	}
	return w
}

// aGatewayPath is one of the gateway's with two segments.
const aGatewayPath = "/devops/logging"

// Spells implements way.Step.
func (f *nginxForwarding) Spells(ctx context.Context) way.Spelling {
	_, disguised, known := f.origins.disguise(ctx, f.route)
	switch {
	case f.route.Server.Stream:
		return way.SpellingResolved
	case disguised:
		return way.SpellingKept
	case known:
		return way.SpellingDecoded
	}
	return way.SpellingUnread
}

func (f *nginxForwarding) Speaks(door way.Door) way.Transport {
	const advice = "make the server listen with ssl and a certificate, and answer plain HTTP with return 301 https://$host$request_uri"
	t, known := f.route.Transport(door.Port)
	switch {
	case !known:
		return unknownTransport("which port of the proxy clients use is not known", advice)
	case f.route.Server.Stream && t.TLS.State != tri.On:
		return handsOn
	}
	return way.Transport{
		TLS:   tri.Is(t.TLS.State, "nginx", t.TLS.Why),
		Plain: tri.Is(t.Plain.State, "nginx", t.Plain.Why),
		Fix:   way.Fix{Advice: advice},
	}
}

func (f *nginxForwarding) Passes(b requests.Box, door way.Door) requests.Set {
	b.Paths = f.route.Arrive(b.Paths)
	if f.route.Condition != "" {
		b.Conditions = append(slices.Clone(b.Conditions), f.route.Condition)
	}
	var set requests.Set
	for _, taken := range f.route.Takes(nginxconf.Door(door)) {
		box := askedFor(b, taken.Hosts)
		if taken.Condition != "" {
			box.Conditions = append(slices.Clone(box.Conditions), taken.Condition)
		}
		set = append(set, box)
	}
	if set == nil {
		// Which requests come in there cannot be determined.
		b.Paths = append(slices.Clone(b.Paths), requests.Unread("", ""))
		set = requests.Set{b}
	}
	return set
}

// mostHosts bounds how many pairs of hosts are compared for one step of a way.
const mostHosts = 4096

// askedFor are the requests of a box for some hosts.
func askedFor(b requests.Box, hosts []requests.Hosts) requests.Box {
	if len(hosts) == 0 {
		// No host at all is none that is known, and would be inside everything.
		b.Paths = append(slices.Clone(b.Paths), requests.Unread("", ""))
		return b
	}
	in := func(list, others []requests.Hosts) bool {
		return len(list)*len(others) <= mostHosts && !slices.ContainsFunc(list, func(h requests.Hosts) bool {
			return !slices.ContainsFunc(others,
				func(other requests.Hosts) bool { return h.In(other) == requests.Inside })
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
