package ditto

import (
	"context"
	"hash/maphash"
	"maps"
	"slices"
	"sync"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf"
	"github.com/dittoguard/dittoguard/internal/ditto/settings"
	"github.com/dittoguard/dittoguard/internal/ditto/surface"
)

// Cache keeps parsed configuration, of nginx and of Ditto, by its content. It is safe for concurrent use.
type Cache struct {
	mu      sync.Mutex
	configs map[uint64]parsed
	seed    maphash.Seed

	settings *settings.Cache
}

type parsed struct {
	main   string
	files  map[string]string
	config *nginxconf.Config
	err    error
	// routes are the locations that clients get through; shared and never changed.
	routes []*proxyRoute
}

// origins remembers, for one configuration, which client path leads to a path of the gateway: finding out means following
// candidates through all of it. What takes more work than is done is remembered, too.
type origins struct {
	config *nginxconf.Config

	mu    sync.Mutex
	all   *nginxconf.Origins
	found map[origin]nginxconf.ClientPath
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

// spent says that not all could be followed.
func (o *origins) spent() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all != nil && o.all.Spent
}

// cacheSize bounds the cache; a cluster has few nginx configurations that are in use at once.
const cacheSize = 512

// NewCache makes an empty cache.
func NewCache() *Cache {
	return &Cache{configs: map[uint64]parsed{}, seed: maphash.MakeSeed(), settings: settings.NewCache()}
}

func (c *Cache) parse(ctx context.Context, main string, files map[string]string) parsed {
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	var h maphash.Hash
	h.SetSeed(c.seed)
	write := func(s string) {
		maphash.WriteComparable(&h, len(s))
		_, _ = h.WriteString(s) // never fails
	}
	write(main)
	for _, name := range names {
		write(name)
		write(files[name])
	}
	key := h.Sum64()

	c.mu.Lock()
	p, known := c.configs[key]
	c.mu.Unlock()
	// The hash finds an entry, and does not vouch for it.
	if known && p.main == main && maps.Equal(p.files, files) {
		return p
	}
	p = parsed{main: main, files: files}
	p.config, p.err = nginxconf.Parse(ctx, main, files)
	if p.err == nil {
		remembered := &origins{config: p.config, found: map[origin]nginxconf.ClientPath{}}
		for _, route := range p.config.Routes() {
			if r := newProxyRoute(route, remembered); r != nil {
				p.routes = append(p.routes, r)
			}
		}
	}
	if ctx.Err() != nil {
		return p
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.configs) >= cacheSize {
		clear(c.configs)
	}
	c.configs[key] = p
	return p
}
