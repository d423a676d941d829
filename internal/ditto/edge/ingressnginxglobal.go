package edge

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

// GlobalConfig is what a controller of ingress-nginx is told for all Ingresses: its ConfigMap, and the one with headers
// that this one names. Of its keys, main-snippet stands beside http, which nginx takes once, so that it forwards no request of
// HTTP; hide-headers and add-headers are about answers. The zero value is a controller that is told nothing.
type GlobalConfig struct {
	// Name is the ConfigMap, for people.
	Name string
	Data map[string]string
	// Unseen says that it cannot be read, so that nobody knows what it says.
	Unseen bool
	// Prefix is that of the annotations which the controller reads, without the slash; empty for the usual one.
	Prefix string
	// HeadersName is the ConfigMap that proxy-set-headers names, Headers what it holds. HeadersUnseen says that it is not at
	// hand, so that nobody knows which headers it sets.
	HeadersName   string
	Headers       map[string]string
	HeadersUnseen bool
}

// HeadersConfigMap is the ConfigMap with headers that a controller's ConfigMap names; ingress-nginx takes no other form.
func HeadersConfigMap(data map[string]string) (namespace, name string, ok bool) {
	return secretName(data["proxy-set-headers"], "")
}

// isTrue and isFalse say that a key is there and says so.
func (c GlobalConfig) isTrue(key string) bool  { return c.is(key, true) }
func (c GlobalConfig) isFalse(key string) bool { return c.is(key, false) }

func (c GlobalConfig) is(key string, want bool) bool {
	value, err := strconv.ParseBool(c.Data[key])
	return err == nil && value == want
}

// in says where a key stands, for people.
func (c GlobalConfig) in(key string) string { return key + " in " + c.Name }

// configs are what the controllers at hand are told; one that is told nothing where none is at hand.
func (in Input) configs() []GlobalConfig {
	if len(in.Controllers) == 0 {
		return []GlobalConfig{{}}
	}
	return in.Controllers
}

// every and some say what holds for each controller at hand, and for at least one.
func (in Input) every(holds func(GlobalConfig) bool) bool {
	return !slices.ContainsFunc(in.configs(), func(c GlobalConfig) bool { return !holds(c) })
}

func (in Input) some(holds func(GlobalConfig) bool) (GlobalConfig, bool) {
	for _, c := range in.Controllers {
		if holds(c) {
			return c, true
		}
	}
	return GlobalConfig{}, false
}

// annotations are those of an Ingress that the controller reads: no snippets where it is told to allow none
// (internal/ingress/controller/controller.go, createServers and getBackendServers).
func (c GlobalConfig) annotations(ing *networkingv1.Ingress) annotations {
	a := withPrefix(ing.Annotations, prefixIngressNginx)
	if c.isFalse("allow-snippet-annotations") {
		for key := range a {
			if strings.HasSuffix(key, "-snippet") {
				delete(a, key)
			}
		}
	}
	return a
}

// ingressNginxAnnotations are those that some controller at hand reads.
func ingressNginxAnnotations(in Input) annotations {
	configs := in.configs()
	for _, c := range configs {
		if !c.isFalse("allow-snippet-annotations") {
			return c.annotations(in.Ingress)
		}
	}
	return configs[0].annotations(in.Ingress)
}

// globalAuth is the service that the controller asks about every request of an Ingress that names none and does not
// decline; empty if there is none. ingress-nginx ignores what is no URL.
func (c GlobalConfig) globalAuth(a annotations) bool {
	if a.has("auth-url") || isFalse(a, "enable-global-auth") {
		return false
	}
	u, err := url.Parse(strings.TrimSpace(c.Data["global-auth-url"]))
	return err == nil && u.Scheme != "" && u.Host != ""
}

// unasked counts the paths of an Ingress that no-auth-locations takes authentication away from, by their beginning
// (template.go: isLocationInLocationList).
func (c GlobalConfig) unasked(ing *networkingv1.Ingress) (some, all bool) {
	all = true
	check := func(path string) {
		if path == "" {
			path = "/"
		}
		listed := false
		for item := range strings.SplitSeq(c.Data[noAuthLocations], ",") {
			listed = listed || item != "" && strings.HasPrefix(path, item)
		}
		some, all = some || listed, all && listed
	}
	if ing.Spec.DefaultBackend != nil {
		check("/")
	}
	for _, rule := range ing.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		for _, p := range rule.HTTP.Paths {
			check(p.Path)
		}
	}
	return some, some && all
}

// globalReading is what a controller's ConfigMap does in every location.
type globalReading struct {
	// identity is nil if the header is left alone.
	identity *State
	// doubt says why an identity that looks safe may not be; empty if there is nothing.
	doubt string
	// opens and asks name what may let clients in without credentials, and what may ask for some; empty if nothing does.
	opens, asks string
}

// global reads the snippets and headers for all Ingresses. A location-snippet is read like a configuration snippet. Of what
// stands in a server or above it a location inherits but some, and only where it has none of its own: that can take
// a safe reading away, and give none.
func (c GlobalConfig) global(setHeader string, users trust) globalReading {
	var g globalReading
	for _, key := range keysOf(c.Headers) {
		if strings.EqualFold(key, Header) {
			s := nginxValue(c.Headers[key], users)
			s.Source, s.Why = "proxy-set-headers", "by "+c.HeadersName+", which "+c.in("proxy-set-headers")+" names, "+s.Why
			g.identity = worse(g.identity, &s)
		}
	}
	if c.HeadersUnseen {
		g.identity = &State{
			IdentityUnknown, "proxy-set-headers",
			c.HeadersName + ", which " + c.in("proxy-set-headers") + " names, is not at hand: it may set the header",
		}
	}
	for _, key := range []string{"location-snippet", "server-snippet", "http-snippet"} {
		if strings.TrimSpace(c.Data[key]) == "" {
			continue
		}
		snippet := readSnippet(c.Data[key], setHeader, users)
		if snippet.identity != nil && key == "location-snippet" {
			s := State{snippet.identity.State, key, "by " + c.in(key) + " " + snippet.identity.Why}
			g.identity = bothSet(g.identity, &s)
		} else if snippet.identity != nil {
			g.doubt = c.in(key) + " may change the header"
		}
		directives, ok := parseSnippet(c.Data[key])
		if snippet.opens || !ok {
			g.opens = c.in(key)
		}
		for _, d := range directives {
			switch d.name {
			case "auth_basic", "auth_request", "auth_jwt":
				if slices.Equal(d.args, []string{"off"}) {
					g.opens = c.in(key)
				} else {
					g.asks = c.in(key)
				}
			}
		}
	}
	return g
}

// bothSet is what comes of two settings of the header for one location: nginx sends both, but not an empty one. nil is none.
func bothSet(a, b *State) *State {
	switch {
	case a == nil:
		return b
	case b == nil, b.State == IdentityRemoved, a.State == IdentityClient:
		return a
	case a.State == IdentityRemoved, b.State == IdentityClient:
		return b
	}
	return &State{IdentityUnknown, a.Source, "the header is set twice, so that two of it arrive: " + a.Why + "; " + b.Why}
}

// over lays what holds for all Ingresses over what an Ingress says of itself.
func (g globalReading) over(own State) State {
	s := own
	if g.identity != nil {
		set := &own
		if own.Source == "default" {
			set = nil
		}
		s = *bothSet(g.identity, set)
	}
	if g.doubt != "" && s.State != IdentityClient {
		return State{IdentityUnknown, s.Source, g.doubt}
	}
	return s
}

// authentication lays what holds for all Ingresses over how an Ingress asks for credentials.
func (g globalReading) authentication(own State) State {
	switch {
	case own.State == On && g.opens != "":
		return State{Unknown, own.Source, g.opens + " may let clients in without credentials"}
	case own.State == Off && g.asks != "":
		return State{Unknown, own.Source, g.asks + " may ask for credentials, and whom it lets in cannot be seen"}
	}
	return own
}

// globalRewrite says why a snippet for all Ingresses may change paths; empty if none does. A location in a server-snippet
// takes requests away, which opens nothing by itself.
func (in Input) globalRewrite() string {
	if why := in.someUnseen(); why != "" {
		return why
	}
	for _, c := range in.Controllers {
		for _, key := range []string{"location-snippet", "server-snippet"} {
			if strings.TrimSpace(c.Data[key]) == "" {
				continue
			}
			if d, ok := parseSnippet(c.Data[key]); !ok || containsAny(d, "rewrite", "proxy_pass", "grpc_pass", "try_files", "include") {
				return c.in(key) + " may route or change paths"
			}
		}
	}
	return ""
}

// orWorse is what is certain of an Ingress that either of two controllers may serve.
func (e Effects) orWorse(o Effects) Effects {
	e.Identity = *worse(&e.Identity, &o.Identity)
	e.Authentication = weaker(e.Authentication, o.Authentication)
	e.StripsIdentity = weaker(e.StripsIdentity, o.StripsIdentity)
	e.HidesHeaders = weaker(e.HidesHeaders, o.HidesHeaders)
	if e.StripAdvice == "" {
		e.StripAdvice = o.StripAdvice
	}
	if e.HideAdvice == "" {
		e.HideAdvice = o.HideAdvice
	}
	if len(o.Snippets) > len(e.Snippets) {
		e.Snippets = o.Snippets
	}
	for _, a := range o.Assumptions {
		if !slices.Contains(e.Assumptions, a) {
			e.Assumptions = append(e.Assumptions, a)
		}
	}
	return e
}

// weaker is the one of two that promises less.
func weaker(a, b State) State {
	if a.State == Off || b.State == On || a.State == b.State {
		return a
	}
	return b
}
