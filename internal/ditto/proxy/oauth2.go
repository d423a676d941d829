package proxy

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/command"
	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf"
	"github.com/dittoguard/dittoguard/internal/ditto/oauth2proxy"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/sealed"
	"github.com/dittoguard/dittoguard/internal/ditto/settings"
	"github.com/dittoguard/dittoguard/internal/ditto/surface"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// oauth2Forwarding is an upstream of an oauth2-proxy, for those who are logged in or for those who need not be.
type oauth2Forwarding struct {
	config   *oauth2proxy.Config
	upstream *oauth2proxy.Upstream
	// skips are the requests that it is about, nil for those of everyone who is logged in.
	skips *oauth2proxy.Skips
}

func (f *oauth2Forwarding) clientPathFor(_ context.Context, upstream string) (client string, ok, known bool) {
	client, ok, known = f.upstream.ClientPathFor(upstream)
	if ok && f.skips != nil {
		client, ok = f.skips.PathFor(client)
	}
	return client, ok, known
}

func (f *oauth2Forwarding) Survey(ctx context.Context, _ string, before surface.Way) surface.Way {
	return behind(ctx, before, f)
}

func (f *oauth2Forwarding) Passes(b requests.Box, _ way.Door) requests.Set {
	b.Paths = append(slices.Clone(b.Paths), f.upstream.Takes())
	if f.skips == nil {
		b.Conditions = append(slices.Clone(b.Conditions), "logged in")
		if !f.config.EveryUser {
			b.Conditions = append(b.Conditions, fmt.Sprintf("with an address of %q", f.config.Domains))
		}
		return requests.Set{b}
	}
	b.Paths = append(b.Paths, requests.Unread(f.skips.Written(), ""))
	return requests.Set{b}
}

// Spells implements way.Step. oauth2-proxy redirects to the path without dot segments, decoded, unless it is told to
// forward what the client wrote (proxyRawPath).
func (f *oauth2Forwarding) Spells(context.Context) way.Spelling {
	if f.config.RawPath {
		return way.SpellingVerbatim
	}
	return way.SpellingResolved
}

func (f *oauth2Forwarding) Speaks(door way.Door) way.Transport {
	const advice = "put an edge that speaks TLS in front of oauth2-proxy, or give it tls-cert-file and tls-key-file"
	for _, l := range f.config.Listen {
		if int(l.Port) != door.Port {
			continue
		}
		if l.TLS {
			on := tri.Is(tri.On, recognize.Oauth2Software, "oauth2-proxy has a certificate")
			return way.Transport{TLS: on, Plain: tri.Is(way.PlainClosed, recognize.Oauth2Software,
				on.Why), Fix: way.Fix{Advice: advice}}
		}
		const why = "oauth2-proxy speaks plain HTTP at that port"
		return way.Transport{
			TLS:   tri.Is(tri.Off, recognize.Oauth2Software, why),
			Plain: tri.Is(way.PlainServed, recognize.Oauth2Software, why),
			Fix:   way.Fix{Advice: advice},
		}
	}
	return unknownTransport("which port of oauth2-proxy clients use is not known", advice)
}

// readOAuth2Proxy reads an oauth2-proxy: each of its upstreams is a route of those who are logged in, and, where some
// requests need no login, one of those.
func readOAuth2Proxy(v *world.View, part recognize.Part) *Proxy {
	template := part.Workload.PodTemplate()
	p := &Proxy{}
	files, absent := podspec.Files(v, part.Workload.Ref.Namespace, template, part.Container)
	in := oauth2proxy.Input{Env: map[string]string{}, Files: map[string]string{}}
	byPath := map[string]podspec.File{}
	for _, f := range files {
		in.Files[path.Clean(f.Path)], byPath[f.Path] = f.Text, f
	}
	given := settings.ContainerOf(v, part.Workload.Ref.Namespace, template, part.Container)
	for _, variable := range given.Variables() {
		in.Env[variable.Name] = variable.Text
		if variable.Why != "" && strings.HasPrefix(variable.Name, "OAUTH2_PROXY_") && !isLoginSetting(variable.Name) {
			p.Unreadable = append(p.Unreadable, variable.From+": "+variable.Why)
		}
	}
	words, args := given.CommandLine()
	for _, word := range slices.Concat(words, args) {
		if command.IsShell(path.Base(word.Text)) {
			p.Unreadable = append(p.Unreadable, reason.Of("oauth2-proxy-script"))
		}
		in.Args = append(in.Args, word.Text)
	}
	config := oauth2proxy.Read(in)
	p.Unreadable = append(p.Unreadable, config.Unknown...)
	for _, missing := range given.Missing() {
		p.Unreadable = append(p.Unreadable, reason.Of("oauth2-proxy-settings-not-found", missing))
	}
	forwards := false
	for _, u := range config.Upstreams {
		forwards = forwards || u.Forwards()
	}
	if !forwards && len(p.Unreadable) > 0 {
		for _, a := range absent {
			p.Hidden = append(p.Hidden, sealed.Missing(v, a.Ref))
		}
		p.Hidden = append(p.Hidden, p.Unreadable...)
		p.Unreadable = nil
		return p
	}
	if f, there := byPath[config.UserFile]; there {
		p.users = append(p.users, f)
	}
	for _, u := range config.Upstreams {
		if !u.Forwards() {
			continue
		}
		if u.Socket != "" && !listensAt(v, part.Workload, u.Socket) {
			p.Hidden = append(p.Hidden, reason.Of("proxy-socket", u.Socket))
		}
		p.Routes = append(p.Routes, oauth2Route(config, u, nil, p.Unreadable))
		if config.Skips != nil {
			p.Routes = append(p.Routes, oauth2Route(config, u, config.Skips, p.Unreadable))
		}
	}
	return p
}

// listensAt says whether an nginx of a pod, of which that is read, listens at a socket.
func listensAt(v *world.View, workload *inventory.Object, socket string) bool {
	return slices.ContainsFunc(recognize.Named(v.Parts(workload), recognize.Proxy), func(part recognize.Part) bool {
		return part.Software == recognize.NginxSoftware && slices.ContainsFunc(Routes(v, part), func(r *Route) bool {
			return slices.Contains(r.Inside, nginxconf.Door{Address: socket})
		})
	})
}

func oauth2Target(u *oauth2proxy.Upstream) Target {
	if u.Socket != "" {
		return Target{Host: u.Socket, Unix: true}
	}
	return Target{Host: podspec.Canonical(u.Host), Port: u.Port}
}

// isLoginSetting: what only decides how somebody logs in.
func isLoginSetting(name string) bool {
	for _, part := range []string{"CLIENT_", "COOKIE_", "REDIS_", "OIDC_", "PROVIDER", "SCOPE", "SESSION_"} {
		if strings.HasPrefix(strings.TrimPrefix(name, "OAUTH2_PROXY_"), part) {
			return true
		}
	}
	return false
}

// oauth2Route is the way to an upstream; skips are the requests without a login, nil for those with one.
func oauth2Route(config *oauth2proxy.Config, u *oauth2proxy.Upstream, skips *oauth2proxy.Skips,
	unread []string) *Route {
	text := "oauth2-proxy upstream at " + u.Path
	r := &Route{
		Forwarding: &oauth2Forwarding{config, u, skips}, Targets: []Target{oauth2Target(u)},
		Text: text, Detail: text, Asks: u.Path,
		Handling: way.Handling{
			Rate: way.Rate{Limited: tri.Is(tri.Off, recognize.Oauth2Software,
				"oauth2-proxy limits nothing"), Untried: true},
			// Headers are set before net/http/httputil.ReverseProxy removes those that Connection names
			// (pkg/upstream/http.go).
			Nominated: way.Nominated{Ends: true, Drops: true},
		},
	}
	r.Fixes[way.ResolvePaths].Advice = "take proxyRawPath out of oauth2-proxy's upstreamConfig"
	identity, does := config.LoggedIn, &r.Effects
	does.Authentication = tri.State{State: tri.On, Source: text}
	if config.EveryUser {
		does.Assumptions = append(does.Assumptions,
			"oauth2-proxy lets in everyone with an account at its provider (email-domain *)")
	}
	if skips != nil {
		identity = config.Anyone
		r.Text, r.Detail = text+", without a login", text+" without a login"
		does.Authentication = tri.Is(tri.Off, r.Text, skips.Why)
	}
	if identity.Assumption != "" {
		does.Assumptions = append(does.Assumptions, identity.Assumption)
	}
	does.Identity = tri.Is(identity.State, text, identity.Why)
	if len(unread) > 0 {
		why := fmt.Sprintf("settings of oauth2-proxy could not be read: %s", strings.Join(unread, "; "))
		r.Unknown = append(r.Unknown, why)
		if identity.State == facts.IdentitySet {
			does.Identity.State, does.Identity.Why = facts.IdentityUnknown, why
		}
		if skips == nil {
			does.Authentication = tri.Is(tri.Unknown, text, why)
		}
	}
	for _, l := range config.Listen {
		r.Listens = append(r.Listens, l.Port)
	}
	return r
}
