package proxy

import (
	"context"
	"sync"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf"
	"github.com/dittoguard/dittoguard/internal/ditto/surface"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
)

// parsed is a configuration of nginx.
type parsed struct {
	config *nginxconf.Config
	err    error
	// routes are the locations that clients get through; shared and never changed.
	routes []*Route
}

// parse reads a configuration, unless that was done before.
func parse(v *world.View, main string, files map[string]string) *parsed {
	//nolint:forcetypeassert // nothing else is kept under the texts of a proxy
	return v.Parsed(main, files, func(ctx context.Context) any {
		p := &parsed{}
		p.config, p.err = nginxconf.Parse(ctx, main, files)
		if p.err == nil {
			remembered := &origins{config: p.config, found: map[origin]nginxconf.ClientPath{},
				disguised: map[*nginxconf.Route]nginxconf.ClientPath{}}
			for _, route := range p.config.Routes() {
				if r := newProxyRoute(route, remembered); r != nil {
					p.routes = append(p.routes, r)
				}
			}
		}
		return p
	}).(*parsed)
}

// origins remembers, for one configuration, which client path leads to a path of the gateway: finding out means
// following candidates through all of it. What takes more work than is done is remembered, too.
type origins struct {
	config *nginxconf.Config

	mu    sync.Mutex
	all   *nginxconf.Origins
	found map[origin]nginxconf.ClientPath
	// disguised says of a route whether it forwards paths that the gateway reads as others.
	disguised map[*nginxconf.Route]nginxconf.ClientPath
}

type origin struct {
	route *nginxconf.Route
	path  string
}

func (o *origins) clientPathFor(ctx context.Context, route *nginxconf.Route, path string) nginxconf.ClientPath {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.all == nil {
		if o.all = o.config.Origins(ctx, surface.Paths()); o.all == nil {
			return nginxconf.ClientPath{}
		}
	}
	if answer, asked := o.all.For(route, path); asked {
		return answer
	}
	key := origin{route, path}
	answer, known := o.found[key]
	if !known {
		answer.Path, answer.OK, answer.Known = route.ClientPathFor(ctx, path)
		if ctx.Err() == nil {
			o.found[key] = answer
		}
	}
	return answer
}

// disguise is whether a client can have a route forward a path that the gateway reads as another one; see
// [nginxconf.Route.Disguise].
func (o *origins) disguise(ctx context.Context, route *nginxconf.Route) (client string, ok, known bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	answer, there := o.disguised[route]
	if !there {
		answer.Path, answer.OK, answer.Known = route.Disguise(ctx, aGatewayPath)
		if ctx.Err() == nil {
			o.disguised[route] = answer
		}
	}
	return answer.Path, answer.OK, answer.Known
}

// spent says that not all could be followed.
func (o *origins) spent() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all != nil && o.all.Spent
}
