package ingressnginx

import (
	"net/url"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/nginx"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// HeadersConfigMap is the ConfigMap with headers that a controller's ConfigMap names; ingress-nginx takes no other
// form.
func HeadersConfigMap(data map[string]string) (namespace, name string, ok bool) {
	return way.SecretName(data["proxy-set-headers"], "")
}

// configs are what the controllers at hand are told; one that is told nothing where none is at hand. One that is not
// told whether it takes snippets over does so before 1.9, and not since (internal/ingress/controller/config): where
// nobody states the release, it counts as one of each.
func configs(in way.Input) []way.GlobalConfig {
	if len(in.Controllers) == 0 {
		return []way.GlobalConfig{{}}
	}
	v, stated := in.Version()
	var list []way.GlobalConfig
	for _, c := range in.Controllers {
		if c.IsTrue(allowSnippets) || c.IsFalse(allowSnippets) || c.Unseen || stated && !v.AtLeast(1, 9) {
			list = append(list, c)
			continue
		}
		if !stated {
			list = append(list, c)
		}
		c.NoSnippets = "its controller is not told " + allowSnippets + ", which has been off by default since 1.9"
		if c.Name != "" {
			c.NoSnippets = c.In(allowSnippets) + " is not set, and has been off by default since 1.9"
		}
		list = append(list, c)
	}
	return list
}

// allowSnippets is a key of the ConfigMap.
const allowSnippets = "allow-snippet-annotations"

// withoutSnippets says why a controller takes no snippets over; empty if it may.
func withoutSnippets(c way.GlobalConfig) string {
	if c.IsFalse(allowSnippets) {
		return c.In(allowSnippets) + " is false"
	}
	return c.NoSnippets
}

// every and some say what holds for each controller at hand, and for at least one.
func everyConfig(in way.Input, holds func(way.GlobalConfig) bool) bool {
	return !slices.ContainsFunc(configs(in), func(c way.GlobalConfig) bool { return !holds(c) })
}

func someConfig(in way.Input, holds func(way.GlobalConfig) bool) (way.GlobalConfig, bool) {
	for _, c := range in.Controllers {
		if holds(c) {
			return c, true
		}
	}
	return way.GlobalConfig{}, false
}

// annotations are those of an Ingress that the controller reads: no snippets where it is told to allow none
// (internal/ingress/controller/controller.go, createServers and getBackendServers).
func annotations(c way.GlobalConfig, ing *networkingv1.Ingress) way.Annotations {
	a := way.WithPrefix(ing.Annotations, way.PrefixIngressNginx)
	if withoutSnippets(c) != "" {
		for key := range a {
			if strings.HasSuffix(key, "-snippet") {
				delete(a, key)
			}
		}
	}
	return a
}

// ingressNginxAnnotations are those that some controller at hand reads.
func ingressNginxAnnotations(in way.Input) way.Annotations {
	configs := configs(in)
	for _, c := range configs {
		if withoutSnippets(c) == "" {
			return annotations(c, in.Ingress)
		}
	}
	return annotations(configs[0], in.Ingress)
}

// globalAuth is the service that the controller asks about every request of an Ingress that names none and does not
// decline; empty if there is none. ingress-nginx ignores what is no URL.
func globalAuth(c way.GlobalConfig, a way.Annotations) bool {
	if a.Has("auth-url") || isFalse(a, "enable-global-auth") {
		return false
	}
	u, err := url.Parse(strings.TrimSpace(c.Data["global-auth-url"]))
	return err == nil && u.Scheme != "" && u.Host != ""
}

// listed counts the paths of an Ingress whose beginning a list of the ConfigMap has (template.go:
// isLocationInLocationList). No-auth-locations takes authentication away from them, no-tls-redirect-locations
// redirects.
func listed(c way.GlobalConfig, key string, ing *networkingv1.Ingress) (some, all bool) {
	return way.PathsThat(func(path string) bool {
		for item := range strings.SplitSeq(c.Data[key], ",") {
			if item != "" && strings.HasPrefix(path, item) {
				return true
			}
		}
		return false
	}, ing)
}

// globalReading is what a controller's ConfigMap does in every location.
type globalReading struct {
	// identity is nil if the header is left alone.
	identity *tri.State
	// doubt says why an identity that looks safe may not be; empty if there is nothing.
	doubt string
	// inherits says that what doubt is about holds in locations that set headers, too.
	inherits bool
	// opens and asks name what may let clients in without credentials, and what may ask for some; empty if nothing
	// does.
	opens, asks string
}

// global reads the snippets and headers for all Ingresses. A location-snippet is read like a configuration snippet. Of
// what stands in a server or above it a location inherits but some, and only where it has none of its own: that can
// take a safe reading away, and give none.
func global(c way.GlobalConfig, setHeader string, users way.Trust) globalReading {
	var g globalReading
	for _, key := range way.KeysOf(c.Headers) {
		if strings.EqualFold(key, way.Header) {
			s := nginx.Value(c.Headers[key], users)
			s.Source = "proxy-set-headers"
			s.Why = "by " + c.HeadersName + ", which " + c.In("proxy-set-headers") + " names, " + s.Why
			g.identity = way.Worse(g.identity, &s)
		}
	}
	if c.HeadersUnseen {
		g.identity = &tri.State{
			State: way.IdentityUnknown, Source: "proxy-set-headers",
			Why: reason.Of("ingress-nginx-headers-not-found", c.HeadersName, c.In("proxy-set-headers")),
		}
	}
	for _, key := range []string{"location-snippet", "server-snippet", "http-snippet"} {
		if strings.TrimSpace(c.Data[key]) == "" {
			continue
		}
		snippet := nginx.ReadSnippet(c.Data[key], setHeader, users)
		if snippet.Identity != nil && key == "location-snippet" {
			s := tri.Is(snippet.Identity.State, key, "by "+c.In(key)+" "+snippet.Identity.Why)
			g.identity = bothSet(g.identity, &s)
		} else if snippet.Identity != nil {
			g.inherits = g.inherits || inherits(c.Data[key])
			g.doubt = reason.Of("ingress-nginx-configuration-header", c.In(key))
		}
		directives, ok := nginx.ParseSnippet(c.Data[key])
		if snippet.Opens || !ok {
			g.opens = c.In(key)
		}
		if !ok {
			continue
		}
		for _, d := range directives.Directives {
			switch d.Name {
			case "auth_basic", "auth_request", "auth_jwt":
				if slices.Equal(d.Args, []string{"off"}) {
					g.opens = c.In(key)
				} else {
					g.asks = c.In(key)
				}
			}
		}
	}
	return g
}

// inherits says whether a snippet of a server, or above, changes headers of requests by the headers-more module: unlike
// proxy_set_header, that holds in all locations that have no such directive of their own.
func inherits(text string) bool {
	s, ok := nginx.ParseSnippet(text)
	return !ok || s.Has("more_clear_input_headers", "more_set_input_headers")
}

// bothSet is what comes of two settings of the header for one location: nginx sends both, but not an empty one. nil is
// none.
func bothSet(a, b *tri.State) *tri.State {
	switch {
	case a == nil:
		return b
	case b == nil, b.State == way.IdentityRemoved, a.State == way.IdentityClient:
		return a
	case a.State == way.IdentityRemoved, b.State == way.IdentityClient:
		return b
	}
	return &tri.State{State: way.IdentityUnknown, Source: a.Source,
		Why: reason.Of("ingress-nginx-header-set-twice", a.Why, b.Why)}
}

// over lays what holds for all Ingresses over what an Ingress says of itself.
func (g globalReading) over(own tri.State) tri.State {
	s := own
	if g.identity != nil {
		set := &own
		if own.Source == "default" {
			set = nil
		}
		s = *bothSet(g.identity, set)
	}
	if g.doubt != "" && (s.State != way.IdentityClient || g.inherits) {
		return tri.Is(way.IdentityUnknown, s.Source, g.doubt)
	}
	return s
}

// authentication lays what holds for all Ingresses over how an Ingress asks for credentials.
func (g globalReading) authentication(own tri.State) tri.State {
	switch {
	case own.State == tri.On && g.opens != "":
		return tri.Is(tri.Unknown, own.Source, reason.Of("ingress-nginx-configuration-lets-in", g.opens))
	case own.State == tri.Off && g.asks != "":
		return tri.Is(tri.Unknown, own.Source, reason.Of("ingress-nginx-configuration-asks", g.asks))
	}
	return own
}

// globalRewrite says why a snippet for all Ingresses may change paths, or take requests away; empty if none does.
func globalRewrite(in way.Input) string {
	if why := someUnseen(in); why != "" {
		return why
	}
	for _, c := range in.Controllers {
		for _, key := range []string{"location-snippet", "server-snippet"} {
			if strings.TrimSpace(c.Data[key]) == "" {
				continue
			}
			if d, ok := nginx.ParseSnippet(c.Data[key]); !ok || d.Rewrites() || d.Has("location") {
				return c.In(key) + " may route or change paths"
			}
		}
	}
	return ""
}
