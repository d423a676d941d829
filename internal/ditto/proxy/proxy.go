// Package proxy reads what the proxies in a cluster do with requests: nginx and oauth2-proxy by their configuration,
// and all others as proxies of which only that is known where they may lead.
package proxy

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/sealed"
	"github.com/dittoguard/dittoguard/internal/ditto/surface"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
)

// Proxy is what a proxy's container does, as far as its configuration shows.
type Proxy struct {
	Routes []*Route
	// Aims are the distinct hosts and ports that the routes lead to, in the order of the routes.
	Aims []Aim
	// config is what they were read from, nil if nothing was.
	config *nginxconf.Config
	// users are the password files that its configuration names.
	users []podspec.File
	// Hidden says which of its configuration is where nobody can read it, so that it may hold anything; unreadable what
	// could not be made out of the rest.
	Hidden, Unreadable []string
}

// Route is one way through a proxy: of an nginx, a location that forwards requests. It is a step of the ways that lead
// over it; Doubted says that nothing is known of it but where it may lead.
type Route struct {
	way.Forwarding
	way.Handling
	// Targets are the hosts that it forwards to, listens the ports that clients come in by.
	Targets []Target
	Listens []int32
	// Inside are the addresses of its server that only its own pod reaches.
	Inside []nginxconf.Door
	// vague says why it is not known where it forwards to, as far as it is not.
	vague string
	// Text and detail are the hop: for people, behind the name of the workload, and to tell routes apart. asks is what
	// clients ask for, as far as the configuration says.
	Text, Detail, Asks string
	// asking is whom it asks whether a request may come in, nil where it asks nobody.
	asking *nginxconf.Authentication
	// Blind: nothing is known of it, not even where it leads, which may be anywhere in its namespace. tunnel: it is
	// reached from outside without an entry.
	Blind, Tunnel bool
}

// Target is a host and port as a proxy's configuration names it.
type Target struct {
	// Host is canonical, and as the pod's own hosts file has it.
	Host string
	// Port is 0 where the configuration says none, and any may be meant.
	Port int32
	// Unix: host is the path of a socket.
	Unix bool
	// where says, of a proxy that is not read, by what it is told of the host; bare, that the word may be none.
	where string
	Bare  bool
}

// At says whether the target is a port.
func (t Target) At(port int32) bool { return !t.Unix && (t.Port == port || t.Port == 0) }

// Routes are the locations of a proxy that forward requests.
func Routes(v *world.View, part recognize.Part) []*Route { return Read(v, part).Routes }

// UserFiles are the password files that a proxy's configuration names, where a ConfigMap or Secret holds them.
func UserFiles(v *world.View, part recognize.Part) []podspec.File { return Read(v, part).users }

// Read reads a proxy, once for each judgement.
func Read(v *world.View, part recognize.Part) *Proxy {
	if p, known := memo.Of(v).proxies[part.ID()]; known {
		return p
	}
	p := &Proxy{}
	switch part.Software {
	case recognize.NginxSoftware:
		p = readProxy(v, part)
	case recognize.Oauth2Software:
		p = readOAuth2Proxy(v, part)
	default:
		if v.IsClient(part.Workload) {
			break
		}
		if route := unreadRoute(v, part, reason.Of("proxy-not-read")); route != nil {
			p.Routes = append(p.Routes, route)
		}
		p.Hidden = unseen(v, part)
	}
	hide(v, part, p)
	p.Routes = toldApart(v, part, p.Routes)
	p.Aims = aimsOf(&part.Workload.PodTemplate().Spec, p.Routes)
	memo.Of(v).proxies[part.ID()] = p
	return p
}

// toldApart gives each route of a proxy a detail of its own, among all proxies of its pod. Other routes may be told of
// by the same words: locations in different ones, servers that listen at different addresses.
func toldApart(v *world.View, part recognize.Part, routes []*Route) []*Route {
	several, seen := len(recognize.Named(v.Parts(part.Workload), recognize.Proxy)) > 1, way.Repeats{}
	apart := slices.Clone(routes)
	for i, r := range routes {
		detail := seen.Distinct(r.Detail)
		if !several && detail == r.Detail {
			continue
		}
		other := *r // those of a configuration are shared
		if other.Detail = detail; several {
			other.Detail = part.Container.Name + ": " + detail
		}
		if several && !r.Doubted {
			other.Text += " (container " + part.Container.Name + ")"
		}
		apart[i] = &other
	}
	return apart
}

func readProxy(v *world.View, part recognize.Part) *Proxy {
	template := part.Workload.PodTemplate()
	files, absent := podspec.Files(v, part.Workload.Ref.Namespace, template, part.Container)
	p := &Proxy{}
	for _, a := range absent {
		if podspec.Within(a.Path, entryFolder) {
			p.Hidden = append(p.Hidden, sealed.Missing(v, a.Ref))
		}
		switch path.Ext(a.Path) {
		case "", ".conf", ".d", ".template":
			// A folder that nginx may include another file from, or that only one of its includes names.
			into := &p.Unreadable
			if nginxReads(a.Path, nginxFlags(part.Container).conf) {
				into = &p.Hidden
			}
			*into = append(*into, sealed.Missing(v, a.Ref))
		}
	}
	texts := make(map[string]string, len(files))
	byPath := make(map[string]podspec.File, len(files))
	for _, f := range files {
		texts[f.Path], byPath[f.Path] = f.Text, f
	}
	main := nginxMain(part, texts)
	p.Hidden = append(p.Hidden, nginxHidden(part, main)...)
	if program := writers(startOf(part, files), main == ""); len(program) > 0 {
		p.Hidden = append(p.Hidden, reason.Of("proxy-start-writes", strings.Join(program, ", ")))
	}
	if _, there := texts[main]; !there && len(p.Hidden) > 0 || main == "" {
		return p
	}
	read := parse(v, main, texts)
	if read.err != nil {
		p.Hidden = append(p.Hidden, notParsed(read.err))
		return p
	}
	inImage := nginxInImage(part, read.config.Missing)
	p.Hidden = append(p.Hidden, inImage...)
	p.Unreadable = append(p.Unreadable, slices.DeleteFunc(slices.Clone(read.config.Unknown),
		func(note string) bool { return slices.Contains(inImage, note) })...)
	p.config = read.config
	p.Routes = withVague(v, part, askedRoutes(v, part, read.routes))
	for _, route := range read.config.Routes() {
		for _, name := range route.Authentication.UserFiles {
			if f, there := byPath[name]; there {
				p.users = append(p.users, f)
			}
		}
	}
	return p
}

// notParsed is why nothing is known of a configuration, with all that is wrong in it.
func notParsed(err error) string {
	var wrong []string
	for line := range strings.SplitSeq(err.Error(), "\n") {
		wrong = append(wrong, strings.TrimPrefix(line, "reading "))
	}
	return reason.Of("nginx-not-parsed", strings.Join(wrong, "; "))
}

// askedRoutes are the routes, with what becomes known of the services that they ask whether a request may come in.
func askedRoutes(v *world.View, part recognize.Part, routes []*Route) []*Route {
	copied := false
	for i, r := range routes {
		if r.asking == nil {
			continue
		}
		for _, asked := range r.asking.Asked {
			state := Asked(v, way.AskedService{
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
			agreed := way.Agreed(state, r.asking.Why)
			other.Effects.Authentication = tri.Is(agreed.State, source, source+": "+agreed.Why)
			routes[i] = &other
		}
	}
	return routes
}

// inverse is a proxy that knows a path by which clients get it to ask for another one; known is false where that cannot
// be determined.
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
var handsOn = way.Transport{Plain: tri.State{State: way.PlainServed}, Passthrough: true}

// unknownTransport is that of a proxy of which it cannot be determined what it speaks.
func unknownTransport(why, advice string) way.Transport {
	unknown := tri.State{State: tri.Unknown, Why: why}
	return way.Transport{TLS: unknown, Plain: unknown, Fix: way.Fix{Advice: advice}}
}
