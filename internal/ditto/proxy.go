package ditto

import (
	"context"
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/dns"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf"
	"github.com/dittoguard/dittoguard/internal/ditto/surface"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// proxy is what a proxy's container does, as far as its configuration shows.
type proxy struct {
	routes []*proxyRoute
	// aims are the distinct hosts and ports that the routes lead to, in the order of the routes.
	aims []aim
	// config is what they were read from, nil if nothing was.
	config *nginxconf.Config
	// users are the password files that its configuration names.
	users []file
	// hidden says which of its configuration is where nobody can read it, so that it may hold anything; unreadable what could
	// not be made out of the rest.
	hidden, unreadable []string
}

// proxyRoute is one way through a proxy: of an nginx, a location that forwards requests. It is a step of the ways that lead over it;
// Doubted says that nothing is known of it but where it may lead.
type proxyRoute struct {
	way.Forwarding
	way.Handling
	// targets are the hosts that it forwards to, listens the ports that clients come in by.
	targets []proxyTarget
	listens []int32
	// inside are the addresses of its server that only its own pod reaches.
	inside []nginxconf.Door
	// vague says why it is not known where it forwards to, as far as it is not.
	vague string
	// text and detail are the hop: for people, behind the name of the workload, and to tell routes apart. asks is what clients
	// ask for, as far as the configuration says.
	text, detail, asks string
	// asking is whom it asks whether a request may come in, nil where it asks nobody.
	asking *nginxconf.Authentication
	// blind: nothing is known of it, not even where it leads, which may be anywhere in its namespace. tunnel: it is reached from
	// outside without an entry.
	blind, tunnel bool
}

// proxyTarget is a host and port as a proxy's configuration names it.
type proxyTarget struct {
	// host is canonical, and as the pod's own hosts file has it.
	host string
	// port is 0 where the configuration says none, and any may be meant.
	port int32
	// unix: host is the path of a socket.
	unix bool
	// where says, of a proxy that is not read, by what it is told of the host; bare, that the word may be none.
	where string
	bare  bool
}

// at says whether the target is a port.
func (t proxyTarget) at(port int32) bool { return !t.unix && (t.port == port || t.port == 0) }

// proxyRoutes are the locations of a proxy that forward requests.
func (v *View) proxyRoutes(part Part) []*proxyRoute { return v.proxy(part).routes }

// userFiles are the password files that a proxy's configuration names, where a ConfigMap or Secret holds them.
func (v *View) userFiles(part Part) []file { return v.proxy(part).users }

func (v *View) proxy(part Part) *proxy {
	if p, known := v.proxies[part.id()]; known {
		return p
	}
	p := &proxy{}
	switch part.Software {
	case nginxSoftware:
		p = v.readProxy(part)
	case oauth2Software:
		p = v.readOAuth2Proxy(part)
	default:
		if route := v.unreadRoute(part); route != nil && !v.isClient(part.Workload) {
			p.routes = append(p.routes, route)
		}
	}
	v.hide(part, p)
	p.routes = v.toldApart(part, p.routes)
	p.aims = aimsOf(&part.Workload.PodTemplate().Spec, p.routes)
	v.proxies[part.id()] = p
	return p
}

// toldApart gives each route of a proxy a detail of its own, among all proxies of its pod. Other routes may be told of by the same
// words: locations in different ones, servers that listen at different addresses.
func (v *View) toldApart(part Part, routes []*proxyRoute) []*proxyRoute {
	several, seen := len(Named(v.Parts(part.Workload), Proxy)) > 1, way.Repeats{}
	apart := slices.Clone(routes)
	for i, r := range routes {
		detail := seen.Distinct(r.detail)
		if !several && detail == r.detail {
			continue
		}
		other := *r // those of a configuration are shared
		if other.detail = detail; several {
			other.detail = part.Container.Name + ": " + detail
		}
		if several && !r.Doubted {
			other.text += " (container " + part.Container.Name + ")"
		}
		apart[i] = &other
	}
	return apart
}

func (v *View) readProxy(part Part) *proxy {
	template := part.Workload.PodTemplate()
	files, absent := containerFiles(v, part.Workload.Ref.Namespace, template, part.Container)
	p := &proxy{}
	for _, a := range absent {
		switch path.Ext(a.path) {
		case "", ".conf", ".d", ".template":
			// A folder that nginx may include another file from, or that only one of its includes names.
			into := &p.unreadable
			if nginxReads(a.path, nginxFlags(part.Container).conf) {
				into = &p.hidden
			}
			*into = append(*into, a.ref+" was not found")
		}
	}
	texts := make(map[string]string, len(files))
	byPath := make(map[string]file, len(files))
	for _, f := range files {
		texts[f.path], byPath[f.path] = f.text, f
	}
	main := nginxMain(part, texts)
	p.hidden = append(p.hidden, nginxHidden(part, main)...)
	if _, there := texts[main]; !there && len(p.hidden) > 0 || main == "" {
		return p
	}
	read := v.cache.parse(v.ctx, main, texts)
	if read.err != nil {
		p.hidden = append(p.hidden, read.err.Error())
		return p
	}
	inImage := nginxInImage(part, read.config.Missing)
	p.hidden = append(p.hidden, inImage...)
	p.unreadable = append(p.unreadable, slices.DeleteFunc(slices.Clone(read.config.Unknown), func(note string) bool { return slices.Contains(inImage, note) })...)
	p.config = read.config
	p.routes = v.withVague(part, v.askedRoutes(part, read.routes))
	for _, route := range read.config.Routes() {
		for _, name := range route.Authentication.UserFiles {
			if f, there := byPath[name]; there {
				p.users = append(p.users, f)
			}
		}
	}
	return p
}

// askedRoutes are the routes, with what becomes known of the services that they ask whether a request may come in.
func (v *View) askedRoutes(part Part, routes []*proxyRoute) []*proxyRoute {
	copied := false
	for i, r := range routes {
		if r.asking == nil {
			continue
		}
		for _, asked := range r.asking.Asked {
			state := v.asked(way.AskedService{
				Namespace: part.Workload.Ref.Namespace, Host: asked.Host, Port: int32(asked.Port), Path: asked.Path,
			})
			if state.State == "" {
				continue
			}
			if !copied {
				routes, copied = slices.Clone(routes), true
			}
			other := *r
			source := r.Effects.Authentication.Source
			other.Effects.Authentication = way.State{
				State: state.State, Source: source, Why: source + ": " + r.asking.Why + " asks a service that lets everyone in: " + state.Why,
			}
			routes[i] = &other
		}
	}
	return routes
}

// naming are the workloads that are told of one of the hosts, by a configuration of nginx or in whatever way, wherever they
// are. The namespace is the hosts' own, which is where what tells them can be read live.
func (v *View) naming(namespace string, hosts []string) []*inventory.Object {
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
			list = append(list, workloadsWith(v, holder)...)
		}
	}
	list = ordered(list)
	return slices.DeleteFunc(list, func(o *inventory.Object) bool { return ownedByOneOf(v, o, list) })
}

// workloadsWith are the workloads that an object's text is given to: the object itself, or those that read it.
func workloadsWith(r inventory.Reader, holder *inventory.Object) []*inventory.Object {
	if holder.PodTemplate() != nil {
		return []*inventory.Object{holder}
	}
	var list []*inventory.Object
	for _, reader := range readersOf(r, holder) {
		if reader.PodTemplate() != nil {
			list = append(list, reader)
		}
	}
	return list
}

// quietly is the view for looking at what is probably of no concern: what is asked of it does not count for what the
// judgement rests on, and so is not read live. Every Ditto in a cluster has much the same nginx configuration.
func (v *View) quietly() *View {
	if v.quiet == nil {
		v.quiet = NewView(v.ctx, inventory.Quiet(v.Reader), Options{Edges: v.edges, TrustModel: v.trustModel, Clients: v.clients, Cache: v.cache, Apart: v.apart})
		v.quiet.quiet, v.quiet.effort = v.quiet, v.effort
	}
	return v.quiet
}

// confsNaming are the objects, in whatever namespace, that name a host and, as a name has to be followed by it elsewhere,
// the host's namespace. An address means the same everywhere.
func (v *View) confsNaming(namespace, host string) []*inventory.Object {
	naming := v.Find(inventory.Key{Index: byWord, Value: host})
	if len(naming) == 0 || isAddress(host) {
		return naming
	}
	return inBoth(naming, v.Find(inventory.Key{Index: byWord, Value: strings.ToLower(namespace)}))
}

// forwards says whether a workload that an object's text is given to is told of the host of the namespace.
func (v *View) forwards(holder *inventory.Object, namespace, host string) bool {
	for _, o := range workloadsWith(v, holder) {
		means := func(target string) bool {
			if isAddress(host) && target == host {
				return true
			}
			for _, n := range dns.Services(target, o.Ref.Namespace) {
				if n.Name == host && n.Namespace == namespace {
					return true
				}
			}
			return false
		}
		for _, part := range Named(v.Parts(o), Proxy) {
			if slices.ContainsFunc(v.proxy(part).aims, func(a aim) bool { return means(a.host) }) {
				return true
			}
		}
		for _, c := range v.strangers(o) {
			if slices.ContainsFunc(v.namings(o, c), func(n naming) bool { return !n.weak && means(n.Name) }) {
				return true
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

// inverse is a proxy that knows a path by which clients get it to ask for another one; known is false where that cannot be determined.
type inverse interface {
	clientPathFor(ctx context.Context, upstream string) (client string, ok, known bool)
}

// behind is the way as far as behind a proxy.
func behind(ctx context.Context, before surface.Way, proxy inverse) surface.Way {
	return surface.Way{Why: before.Why, Leads: func(upstream string) (leads, known bool) {
		client, ok, known := proxy.clientPathFor(ctx, upstream)
		if !known || !ok {
			return false, known
		}
		return before.Leads(client)
	}}
}

// handsOn is the transport of a proxy that hands connections on as they are.
var handsOn = way.Transport{Plain: way.State{State: way.PlainServed}, Passthrough: true}

// unknownTransport is that of a proxy of which it cannot be determined what it speaks.
func unknownTransport(why, advice string) way.Transport {
	unknown := way.State{State: Unknown, Why: why}
	return way.Transport{TLS: unknown, Plain: unknown, Advice: advice}
}
