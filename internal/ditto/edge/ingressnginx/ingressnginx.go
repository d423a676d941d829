// Package ingressnginx reads Ingresses as ingress-nginx does.
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

// Controller is kubernetes/ingress-nginx, as of its last release v1.15.1. Traefik can serve its class instead and reads
// the same annotations with the same meaning.
func Controller() way.Controller {
	return way.Controller{
		Name: way.NameIngressNginx, Title: "ingress-nginx",
		Classes: []string{"k8s.io/ingress-nginx"}, Usual: []string{"nginx"}, Prefixes: []string{way.PrefixIngressNginx},
		Read:          read,
		ForcesRegex:   func(in way.Input) bool { return ingressNginxForcesRegex(prefixed(in)) },
		MayForceRegex: mayForceRegex,
		// controller.go: createServers makes a location / of it for each host that has none yet, from the oldest
		// Ingress that has the host; getBackendServers replaces it by a path / of the same type. The server without a
		// host is there before, and takes neither redirects nor rewrites over.
		DefaultBackend: way.DefaultBackend{Beside: way.OwnHosts, Named: true, Shared: true, Bare: true,
			Replaced: way.IsRootPrefix},
		Uses: uses, SharesTLS: true, IsCanary: isCanary, Asides: asides, Aliases: aliases,
		Allowed: []string{way.PrefixIngressNginx + "whitelist-source-range",
			way.PrefixIngressNginx + "allowlist-source-range"},
	}
}

func read(in way.Input) way.Reading {
	configs := configs(in)
	h := orUnseen(ingressNginxUnder(underPrefix(configs[0], in), configs[0]), configs[0])
	for _, c := range configs[1:] {
		h = h.OrWorse(orUnseen(ingressNginxUnder(underPrefix(c, in), c), c))
	}
	as := prefixed(in)
	plain, a := way.WithPrefix(as.Ingress.Annotations, way.PrefixIngressNginx), ingressNginxAnnotations(as)
	ingressNginxRate(as, a, ownPrefix(in), &h)
	h.ErrorPages = ingressNginxErrorPages(as, plain)
	// rootfs/etc/nginx/template/nginx.tmpl: proxy_set_header Connection $connection_upgrade, a map of constants.
	// Snippets may say otherwise.
	h.Nominated.Ends = len(h.Snippets) == 0
	// The same: proxy_pass http://upstream_balancer, without a path.
	h.Spelling = way.SpellingKept
	h.Fixes[way.ResolvePaths].Advice = "set nginx.ingress.kubernetes.io/rewrite-target: /$1 and write paths as groups, path: /(api/2/things.*), so that nginx " +
		"forwards the path that it has resolved"
	return way.Reading{
		Handling: h, Transport: func(host string) way.Transport { return ingressNginxTransport(as, plain, host) },
		Path: func(kind networkingv1.PathType, path string) way.Path { return ingressNginxPath(as, a, kind, path) },
	}
}

// ingressNginxUnder reads an Ingress as a controller that is told this.
func ingressNginxUnder(in way.Input, c way.GlobalConfig) way.Handling {
	a := annotations(c, in.Ingress)
	var h way.Handling
	e := &h.Effects
	auth := ingressNginxAuth(in, a, c)
	e.AuthSecrets, e.Assumptions = auth.secrets, auth.assumptions
	e.Snippets = nginx.SnippetsOf(a, "", map[string]string{
		"configuration-snippet": way.SnippetLocation, "server-snippet": way.SnippetServer,
	})
	for i := range e.Snippets {
		e.Snippets[i].Key = way.PrefixIngressNginx + e.Snippets[i].Key
	}

	setHeader := "proxy_set_header"
	if p := strings.ToUpper(strings.TrimSpace(a["backend-protocol"])); p == "GRPC" || p == "GRPCS" {
		setHeader = "grpc_set_header"
	}
	var snippet nginx.SnippetReading
	if a.Has("configuration-snippet") {
		snippet = nginx.ReadSnippet(a["configuration-snippet"], setHeader, auth.users())
	}
	global := global(c, setHeader, auth.users())
	e.Authentication = global.authentication(auth.state)
	if snippet.Opens && e.Authentication.State == tri.On {
		e.Authentication = tri.Is(tri.Unknown, "configuration-snippet", reason.Of("ingress-nginx-snippet-lets-in"))
	}
	own := ingressNginxIdentity(e, auth, snippet)
	if a.Has("server-snippet") && inherits(a["server-snippet"]) &&
		nginx.ReadSnippet(a["server-snippet"], setHeader, auth.users()).Identity != nil {
		const source = way.PrefixIngressNginx + "server-snippet"
		own = tri.Is(way.IdentityUnknown, source, reason.Of("ingress-nginx-configuration-header", source))
	}
	if own.Source == "default" && !a.Has("configuration-snippet") &&
		in.Ingress.Annotations[way.PrefixIngressNginx+"configuration-snippet"] != "" {
		own.Why = "the configuration snippet has no effect, since " + withoutSnippets(c)
	}
	e.Identity = global.over(own)
	e.StripsIdentity = way.Strips(e.Identity)
	e.HidesHeaders = tri.Is(tri.On, "default",
		"ingress-nginx sends no Server header unless its ConfigMap sets server-tokens")
	if c.IsTrue("server-tokens") {
		e.HidesHeaders = tri.Is(tri.Off, "server-tokens", c.In("server-tokens")+" is true")
		h.Fixes[way.HideHeaders].Advice = `remove ` + c.In("server-tokens")
	}
	h.Fixes[way.StripIdentity].Advice = ingressNginxStripAdvice
	if pass, _ := a.Bool("ssl-passthrough"); pass {
		h.PassThrough(false, "ssl-passthrough")
	}
	return h
}

const ingressNginxStripAdvice = `ingress-nginx has no annotation that only removes a request header. Either let the ConfigMap that its own ` +
	`ConfigMap names in proxy-set-headers hold the key x-ditto-pre-authenticated with an empty value (for all Ingresses), or ` +
	`authenticate with nginx.ingress.kubernetes.io/auth-url and take the identity from the answer: ` +
	`nginx.ingress.kubernetes.io/auth-response-headers: "x-ditto-pre-authenticated"`

// nginxAuth is how an Ingress asks for credentials.
type nginxAuth struct {
	state tri.State
	// basic and digest say which kind of password is asked for, url that an authenticating subrequest decides, and
	// answered which headers of its answer are set, in the setting of that name.
	basic, digest, url bool
	answered, setting  string
	// agreed says why the subrequest is answered with a yes whoever asks, if it is.
	agreed      string
	secrets     []way.AuthSecret
	assumptions []string
}

// users says what $remote_user is worth: basic authentication verifies it, a subrequest does not. What the digest
// module leaves there is not documented.
func (n nginxAuth) users() way.Trust {
	switch {
	case n.basic && n.state.State == tri.On:
		return way.Verified
	case n.basic && n.state.State == tri.Unknown, n.digest:
		return way.Doubtful
	}
	return way.Unverified
}

// ingressNginxAuth follows internal/ingress/annotations/{auth,authreq,authtls,satisfy} of ingress-nginx. Where an
// annotation is wrong it answers 503 or drops the whole Ingress: then nobody gets in, which is no authentication to
// rely on, so it is unknown. A blank annotation counts as absent.
func ingressNginxAuth(in way.Input, a way.Annotations, c way.GlobalConfig) nginxAuth {
	n := nginxAuth{answered: a["auth-response-headers"], setting: "auth-response-headers"}
	var on []string
	doubt := func(source, why string) {
		n.state = tri.Is(tri.Unknown, way.PrefixIngressNginx+source, why)
	}

	switch kind := strings.TrimSpace(a["auth-type"]); kind {
	case "":
	case "basic", "digest":
		secret, ok := ingressNginxSecret(in, a)
		if !ok {
			doubt("auth-type", reason.Of("ingress-nginx-auth-secret-broken"))
			break
		}
		n.secrets = append(n.secrets, secret)
		n.basic, n.digest = kind == "basic", kind == "digest"
		on = append(on, "auth-type")
	default:
		doubt("auth-type", reason.Of("ingress-nginx-auth-type-broken"))
	}
	if a.Has("auth-url") {
		if u, err := url.Parse(strings.TrimSpace(a["auth-url"])); err != nil || u.Scheme == "" || u.Host == "" {
			doubt("auth-url", reason.Of("ingress-nginx-auth-url-broken"))
		} else if asked := in.Config.Asking.Ask(in.Ingress.Namespace, a["auth-url"],
			ruleHosts(in.Ingress)); asked.State != "" {
			n.url, n.agreed = true, asked.Why
			n.state = way.Agreed(asked, way.PrefixIngressNginx+"auth-url")
		} else {
			n.url = true
			on = append(on, "auth-url")
		}
	}
	if globalAuth(c, a) {
		n.url = true
		n.answered = c.Data["global-auth-response-headers"]
		n.setting = c.In("global-auth-response-headers")
		if asked := in.Config.Asking.Ask(in.Ingress.Namespace, c.Data[globalAuthURL],
			ruleHosts(in.Ingress)); asked.State != "" {
			n.agreed, n.state = asked.Why, way.Agreed(asked, globalAuthURL)
		} else {
			on = append(on, globalAuthURL)
		}
	}
	on = n.certificates(in, a, on)
	if (n.state.State == "" || n.agreed != "") && len(on) > 0 {
		n.state = tri.Is(tri.On, way.PrefixIngressNginx+on[0],
			"the annotation "+way.PrefixIngressNginx+on[0]+" asks every client for credentials")
		if on[0] == globalAuthURL {
			n.state = tri.Is(tri.On, globalAuthURL, c.In(globalAuthURL)+" asks every client for credentials")
		}
	}
	if some, all := listed(c, noAuthLocations, in.Ingress); some && n.state.State == tri.On &&
		!slices.Contains(on, "auth-tls-secret") {
		const unasked = "clients are not asked for credentials"
		n.state = tri.Is(tri.Unknown, noAuthLocations,
			reason.Of("ingress-nginx-listed-locations", c.In(noAuthLocations), unasked))
		if all {
			n.state.State, n.state.Why = tri.Off, c.In(noAuthLocations)+" lists the beginning of its paths: "+unasked
		}
	}
	if n.state.State == "" {
		n.state = tri.Is(tri.Off, "default", "no annotation asks for credentials")
	}
	if strings.TrimSpace(a["satisfy"]) == "any" && n.state.State == tri.On && on[0] != "auth-tls-secret" {
		n.satisfiedByAny(a, c)
	}
	return n
}

// satisfiedByAny is for `satisfy: any`: clients with an address that is listed are not asked for credentials.
func (n *nginxAuth) satisfiedByAny(a way.Annotations, c way.GlobalConfig) {
	if a.FirstOf("whitelist-source-range", "allowlist-source-range") != "" {
		n.state = tri.Is(tri.Off, way.PrefixIngressNginx+"satisfy",
			`satisfy is "any": clients with a listed address are not asked for credentials`)
	} else if list := c.Data["whitelist-source-range"]; strings.TrimSpace(list) != "" {
		n.state = tri.Is(tri.Off, way.PrefixIngressNginx+"satisfy", `satisfy is "any": clients that `+c.In("whitelist-source-range")+
			` lists are not asked for credentials`)
	} else if c.Name == "" {
		n.state = tri.Is(tri.Unknown, way.PrefixIngressNginx+"satisfy", reason.Of("ingress-nginx-satisfy-any"))
	}
}

func ingressNginxSecret(in way.Input, a way.Annotations) (way.AuthSecret, bool) {
	namespace, name, ok := way.SecretName(a["auth-secret"], in.Ingress.Namespace)
	secret := way.AuthSecret{Namespace: namespace, Name: name, Kind: way.AuthFile, Key: "auth"}
	switch strings.TrimSpace(a["auth-secret-type"]) {
	case "", "auth-file":
	case "auth-map":
		secret.Kind, secret.Key = way.AuthMap, ""
	default:
		return way.AuthSecret{}, false
	}
	return secret, ok
}

// Keys of the ConfigMap.
const (
	globalAuthURL   = "global-auth-url"
	noAuthLocations = "no-auth-locations"
)

func isFalse(a way.Annotations, name string) bool {
	value, ok := a.Bool(name)
	return ok && !value
}

// ingressNginxIdentity: the template sets the headers of auth-response-headers in each location, from variables that
// are the answer's and never the client's, and takes a configuration snippet over behind them.
func ingressNginxIdentity(e *way.Effects, auth nginxAuth, snippet nginx.SnippetReading) tri.State {
	answered := auth.url && way.Listed(auth.answered, way.Header)
	switch {
	case answered && snippet.Identity != nil:
		return tri.Is(way.IdentityUnknown, way.PrefixIngressNginx+"configuration-snippet",
			reason.Of("ingress-nginx-header-set-by-snippet-too", auth.setting))
	case answered && auth.state.State == tri.Unknown && auth.state.Source == noAuthLocations:
		return tri.Is(way.IdentityUnknown, auth.state.Source, auth.state.Why)
	case answered && auth.agreed != "":
		return tri.Is(way.IdentityEmpty, auth.source(),
			auth.setting+" sets the header from the answer of auth-url, which has none: "+auth.agreed)
	case answered && auth.state.State != tri.On:
		return tri.Is(way.IdentityEmpty, auth.source(),
			auth.setting+" sets the header from the answer of auth-url, but not every request has to be answered: "+auth.state.Why)
	case answered:
		e.Assumptions = append(e.Assumptions,
			"the service behind auth-url answers every request that it lets in with a non-empty "+way.Header)
		return tri.Is(way.IdentitySet, auth.source(), auth.setting+" sets the header from the answer of auth-url")
	case snippet.Identity != nil:
		s := *snippet.Identity
		s.Source = way.PrefixIngressNginx + "configuration-snippet"
		if s.State != way.IdentityClient && s.State != way.IdentityUnknown {
			e.Assumptions = append(e.Assumptions,
				"ingress-nginx honours configuration snippets (allow-snippet-annotations and annotations-risk-level), which it does not by default since 1.9")
		}
		s.Why = "in the configuration snippet " + s.Why
		return s
	}
	return tri.Is(way.IdentityClient, "default", "no annotation changes the header")
}

// source is the setting with the prefix of annotations, if it is one.
func (n nginxAuth) source() string {
	if strings.Contains(n.setting, " ") {
		return n.setting
	}
	return way.PrefixIngressNginx + n.setting
}

// ruleHosts are the hosts of an Ingress's rules.
func ruleHosts(ing *networkingv1.Ingress) []string {
	var hosts []string
	for _, rule := range ing.Spec.Rules {
		if rule.Host != "" && !slices.Contains(hosts, rule.Host) {
			hosts = append(hosts, rule.Host)
		}
	}
	return hosts
}
