package ditto

import (
	"context"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/surface"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// forwarding is what a route of a proxy does with requests, beside what is the same for all proxies (proxyRoute). Each kind
// of proxy that is read has one.
type forwarding interface {
	// clientPathFor is a path that a client can ask for so that the gateway gets the one given. known is false where that
	// cannot be told.
	clientPathFor(ctx context.Context, upstream string) (path string, ok, known bool)
	// lets are those of the requests which come in by a door that it passes on, for comparing them with others.
	lets(b requests.Box, door nginxconf.Door) requests.Set
	// transport is what clients speak at a port. It is nil if the proxy hands their connections on as they are.
	transport(listen int32) *way.Transport
	// limit says whether requests are limited; said, that something in the configuration says so.
	limit() (limited Switch, said bool)
	// limitAdvice says what would limit them, empty where the proxy cannot.
	limitAdvice() string
	// pages are the error pages that repeat what the client sent, and those of which that is unknown.
	pages() (echoes, unknown []string)
}

// nginxForwarding is a location of an nginx.
type nginxForwarding struct {
	route   *nginxconf.Route
	origins *origins
}

func (f nginxForwarding) clientPathFor(ctx context.Context, upstream string) (path string, ok, known bool) {
	found := f.origins.clientPathFor(ctx, f.route, upstream)
	return found.Path, found.OK, found.Known
}

// takesTooMuch says that not all paths could be followed through the configuration.
func (f nginxForwarding) takesTooMuch(ctx context.Context) bool {
	f.origins.clientPathFor(ctx, f.route, surface.AdminPaths()[0])
	return f.origins.spent()
}

func (f nginxForwarding) transport(listen int32) *way.Transport {
	const advice = "let the server listen with ssl and a certificate, and answer plain HTTP with return 301 https://$host$request_uri"
	t, known := f.route.Transport(int(listen))
	if !known {
		return unknownTransport("which port of the proxy clients use is open", advice)
	}
	if f.route.Server.Stream && t.TLS.State != nginxconf.On {
		return nil
	}
	return &way.Transport{
		TLS:    way.State{State: t.TLS.State, Source: "nginx", Why: t.TLS.Why},
		Plain:  way.State{State: t.Plain.State, Source: "nginx", Why: t.Plain.Why},
		Advice: advice,
	}
}

// unknownTransport is that of a proxy of which it cannot be told what it speaks.
func unknownTransport(why, advice string) *way.Transport {
	unknown := way.State{State: Unknown, Why: why}
	return &way.Transport{TLS: unknown, Plain: unknown, Advice: advice}
}

func (f nginxForwarding) limit() (limited Switch, said bool) {
	s := f.route.RateLimited
	return Switch{State: s.State, Source: nginxPlace(f.route), Why: s.Why}, s.Why != nginxconf.NoLimit
}

func (f nginxForwarding) limitAdvice() string {
	if f.route.Server.Stream {
		return ""
	}
	return "write limit_req_zone $binary_remote_addr zone=ditto:10m rate=50r/s in http, and limit_req zone=ditto burst=250 nodelay in the location"
}

func (f nginxForwarding) pages() (echoes, unknown []string) {
	pages := &f.route.Server.ErrorPages
	return pages.Echoes, pages.Unknown
}

// nginxPlace names a location for people.
func nginxPlace(route *nginxconf.Route) string {
	if route.Location == "" {
		return "stream server"
	}
	return "location " + route.Location
}
