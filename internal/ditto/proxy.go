package ditto

import (
	"context"
	"fmt"
	"hash/maphash"
	"maps"
	"net/netip"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf"
	"github.com/dittoguard/dittoguard/internal/ditto/settings"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// mainConf is where nginx reads its configuration unless `-c` says otherwise.
const mainConf = "/etc/nginx/nginx.conf"

// proxy is what an nginx container does, as far as its mounted configuration shows.
type proxy struct {
	routes []*proxyRoute
	// users are the password files that its configuration names.
	users []file
	// unreadable says what of its configuration could not be read.
	unreadable []string
}

// proxyRoute is one way through a proxy: of an nginx, a location that forwards requests.
type proxyRoute struct {
	forwarding
	// targets are the hosts that it forwards to, listens the ports that clients come in by.
	targets []proxyTarget
	listens []int32
	// text and detail are the hop: for people, behind the name of the workload, and to tell routes apart. asks is what clients
	// ask for, as far as the configuration says.
	text, detail, asks string
	// raw: the path goes on as the client wrote it.
	raw bool
	// identity, authenticated: see Exposure.
	identity, identityWhy string
	authenticated         Switch
	// limited: only some addresses get in. believed: those are certainly compared with the client's own, or let nobody in.
	limited, believed bool

	assumptions, unknown []string
}

// proxyTarget is a host and port as a proxy's configuration names it.
type proxyTarget struct {
	host string
	port int32
}

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

// origins remembers, for each route, which client path leads to a path of the gateway: finding out means following
// candidates through the whole configuration.
type origins struct {
	mu    sync.Mutex
	found map[origin]clientPath
}

type origin struct {
	route *nginxconf.Route
	path  string
}

type clientPath struct {
	path      string
	ok, known bool
}

func (o *origins) clientPathFor(ctx context.Context, route *nginxconf.Route, path string) clientPath {
	key := origin{route, path}
	o.mu.Lock()
	defer o.mu.Unlock()
	found, known := o.found[key]
	if !known {
		found.path, found.ok, found.known = route.ClientPathFor(ctx, path)
		if ctx.Err() == nil {
			o.found[key] = found
		}
	}
	return found
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
		remembered := &origins{found: map[origin]clientPath{}}
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

// proxyRoutes are the locations of a proxy that forward requests.
func (v *View) proxyRoutes(part Part) []*proxyRoute { return v.proxy(part).routes }

// userFiles are the password files that a proxy's configuration names, where a ConfigMap or Secret holds them.
func (v *View) userFiles(part Part) []file { return v.proxy(part).users }

func (v *View) proxy(part Part) *proxy {
	if p, known := v.proxies[part.id()]; known {
		return p
	}
	p := v.readProxy(part)
	v.proxies[part.id()] = p
	return p
}

func (v *View) readProxy(part Part) *proxy {
	template := part.Workload.PodTemplate()
	files, absent := containerFiles(v, part.Workload.Ref.Namespace, template, part.Container)
	p := &proxy{}
	for _, a := range absent {
		switch path.Ext(a.path) {
		case "", ".conf", ".d", ".template":
			p.unreadable = append(p.unreadable, a.ref+" is not at hand")
		}
	}
	texts := make(map[string]string, len(files))
	byPath := make(map[string]file, len(files))
	for _, f := range files {
		texts[f.path], byPath[f.path] = f.text, f
	}
	main := v.mainConf(part, texts)
	if main == "" {
		return p
	}
	read := v.cache.parse(v.ctx, main, texts)
	if read.err != nil {
		p.unreadable = append(p.unreadable, read.err.Error())
		return p
	}
	p.unreadable = append(p.unreadable, read.config.Unknown...)
	p.routes = read.routes
	for _, route := range read.config.Routes() {
		for _, name := range route.Authentication.UserFiles {
			if f, there := byPath[name]; there {
				p.users = append(p.users, f)
			}
		}
	}
	return p
}

// mainConf finds the file that nginx starts from, empty if none is mounted. Where only files that the image's own
// nginx.conf includes are mounted, that one is stood in for.
func (v *View) mainConf(part Part, texts map[string]string) string {
	args := append(slices.Clone(part.Container.Command), part.Container.Args...)
	for i, arg := range args {
		if arg == "-c" && i+1 < len(args) {
			return path.Join("/etc/nginx", relative(args[i+1]))
		}
	}
	if _, there := texts[mainConf]; there {
		return mainConf
	}
	included := false
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if path.Base(name) == "nginx.conf" {
			return name
		}
		included = included || (path.Dir(name) == "/etc/nginx/conf.d" && path.Ext(name) == ".conf") ||
			(path.Dir(name) == "/etc/nginx/templates" && path.Ext(name) == ".template")
	}
	if !included {
		return ""
	}
	texts[mainConf] = "events {}\nhttp {\n  include /etc/nginx/conf.d/*.conf;\n}\n"
	return mainConf
}

// relative keeps an absolute path as it is under path.Join with a folder.
func relative(name string) string {
	if path.IsAbs(name) {
		return "../.." + name
	}
	return name
}

// proxiesNaming are the workloads that read an nginx configuration with one of the hosts in it, wherever they are. The
// namespace is the hosts' own, which is where such a configuration can be read live.
func (v *View) proxiesNaming(namespace string, hosts []string) []*inventory.Object {
	var list []*inventory.Object
	for _, host := range hosts {
		host = strings.ToLower(host)
		holders := slices.Clone(v.Find(inventory.Key{Index: byWord, Namespace: namespace, Value: host}))
		for _, far := range v.quietly().confsNaming(namespace, host) {
			if v.quietly().forwards(far, namespace, host) {
				holders = append(holders, far)
			}
		}
		for _, holder := range holders {
			for _, reader := range readersOf(v, holder) {
				if reader.PodTemplate() != nil {
					list = append(list, reader)
				}
			}
		}
	}
	list = ordered(list)
	return slices.DeleteFunc(list, func(o *inventory.Object) bool { return ownedByOneOf(v, o, list) })
}

// quietly is the view for looking at what is probably of no concern: what is asked of it does not count for what the
// judgement rests on, and so is not read live. Every Ditto in a cluster has much the same nginx configuration.
func (v *View) quietly() *View {
	if v.quiet == nil {
		v.quiet = NewView(v.ctx, inventory.Quiet(v.Reader), Options{Edges: v.edges, TrustModel: v.trustModel, Cache: v.cache})
		v.quiet.quiet, v.quiet.effort = v.quiet, v.effort
	}
	return v.quiet
}

// confsNaming are the ConfigMaps and Secrets with nginx configuration, in whatever namespace, that name a host and, as a
// name has to be followed by it elsewhere, the host's namespace. An address means the same everywhere.
func (v *View) confsNaming(namespace, host string) []*inventory.Object {
	naming := v.Find(inventory.Key{Index: byWord, Value: host})
	if len(naming) == 0 || isAddress(host) {
		return naming
	}
	return inBoth(naming, v.Find(inventory.Key{Index: byWord, Value: strings.ToLower(namespace)}))
}

// forwards says whether a workload that reads the nginx configuration forwards to the host of the namespace.
func (v *View) forwards(holder *inventory.Object, namespace, host string) bool {
	for _, reader := range readersOf(v, holder) {
		if reader.PodTemplate() == nil {
			continue
		}
		for _, part := range Named(v.Parts(reader), Proxy) {
			for _, route := range v.proxyRoutes(part) {
				for _, t := range route.targets {
					if isAddress(host) && t.host == host {
						return true
					}
					for _, n := range clusterHosts(t.host, reader.Ref.Namespace) {
						if n.name == host && n.namespace == namespace {
							return true
						}
					}
				}
			}
		}
	}
	return false
}

// inBoth are the objects that two ordered lists have in common.
func inBoth(a, b []*inventory.Object) []*inventory.Object {
	if len(b) < len(a) {
		a, b = b, a
	}
	var both []*inventory.Object
	for _, o := range a {
		at, found := slices.BinarySearchFunc(b, o, func(x, o *inventory.Object) int { return x.Ref.Compare(o.Ref) })
		if found && b[at].Ref.ID() == o.Ref.ID() {
			both = append(both, o)
		}
	}
	return both
}

// isAddress says whether a host is an IP address and no name.
func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// newProxyRoute reads a location as a hop of a way in; nil if no client gets through it.
func newProxyRoute(route *nginxconf.Route, o *origins) *proxyRoute {
	if route.Access == "none" {
		return nil
	}
	r := &proxyRoute{
		forwarding: nginxForwarding{route, o}, raw: route.Raw, asks: route.Location, detail: route.Location + " " + route.Condition,
	}
	location := nginxPlace(route)
	r.text = fmt.Sprintf("nginx %s (%s:%d)", location, path.Base(route.File), route.Line)
	for _, listen := range route.Server.Listen {
		r.detail += fmt.Sprintf(" :%d", listen.Port)
		r.listens = append(r.listens, int32(listen.Port))
	}
	r.detail += " " + strings.Join(route.Server.Names, ",")
	for _, t := range route.Targets {
		if !t.Unix && !t.Variable {
			r.targets = append(r.targets, proxyTarget{host: t.Host, port: int32(t.Port)})
		}
	}
	r.identity, r.identityWhy = route.Identity.State, location+": "+route.Identity.Why
	if r.identity == IdentityRemoved && route.Identity.QueryDropped {
		r.identity = IdentityNone
	}
	switch route.Authentication.State {
	case nginxconf.On:
		r.authenticated = Switch{State: On, Source: location}
	case nginxconf.Unknown:
		r.authenticated = Switch{State: Unknown, Source: location, Why: location + ": " + route.Authentication.Why}
	default:
		r.authenticated = Switch{State: Off, Source: location, Why: location + ": " + route.Authentication.Why}
	}
	r.limited, r.believed = route.Access == "addresses", route.Local || route.RealIP
	r.assumptions, r.unknown = route.Assumptions, route.Unknown
	return r
}
