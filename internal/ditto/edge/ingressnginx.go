package edge

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

const (
	nameIngressNginx   = "ingress-nginx"
	prefixIngressNginx = "nginx.ingress.kubernetes.io/"
)

// ingressNginx is kubernetes/ingress-nginx, as of its last release v1.15.1. Traefik can serve its class instead and reads
// the same annotations with the same meaning.
func ingressNginx() controller {
	return controller{
		name: nameIngressNginx, title: "ingress-nginx",
		classes: []string{"k8s.io/ingress-nginx"}, usual: []string{"nginx"}, prefixes: []string{prefixIngressNginx},
		transport: ingressNginxTransport, rate: ingressNginxRate, errorPages: ingressNginxErrorPages,
		effects: ingressNginxEffects, path: ingressNginxPath,
		forcesRegex: func(in Input) bool { return ingressNginxForcesRegex(in.prefixed()) },
	}
}

func ingressNginxEffects(in Input) Effects {
	configs := in.configs()
	e := ingressNginxUnder(configs[0].underPrefix(in), configs[0]).orUnseen(configs[0])
	for _, c := range configs[1:] {
		e = e.orWorse(ingressNginxUnder(c.underPrefix(in), c).orUnseen(c))
	}
	return e
}

// ingressNginxUnder reads an Ingress as a controller that is told this.
func ingressNginxUnder(in Input, c GlobalConfig) Effects {
	a := c.annotations(in.Ingress)
	var e Effects
	auth := ingressNginxAuth(in, a, c)
	e.AuthSecrets, e.Assumptions = auth.secrets, auth.assumptions
	e.Snippets = snippetsOf(a, "", map[string]string{
		"configuration-snippet": SnippetLocation, "server-snippet": SnippetServer,
	})
	for i := range e.Snippets {
		e.Snippets[i].Key = prefixIngressNginx + e.Snippets[i].Key
	}

	setHeader := "proxy_set_header"
	if p := strings.ToUpper(strings.TrimSpace(a["backend-protocol"])); p == "GRPC" || p == "GRPCS" {
		setHeader = "grpc_set_header"
	}
	var snippet snippetReading
	if a.has("configuration-snippet") {
		snippet = readSnippet(a["configuration-snippet"], setHeader, auth.users())
	}
	global := c.global(setHeader, auth.users())
	e.Authentication = global.authentication(auth.state)
	if snippet.opens && e.Authentication.State == On {
		e.Authentication = State{Unknown, "configuration-snippet", "the configuration snippet may let clients in without credentials"}
	}
	own := ingressNginxIdentity(&e, auth, snippet)
	if own.Source == "default" && !a.has("configuration-snippet") &&
		in.Ingress.Annotations[prefixIngressNginx+"configuration-snippet"] != "" {
		own.Why = "the configuration snippet counts for nothing, since " + c.in("allow-snippet-annotations") + " is false"
	}
	e.Identity = global.over(own)
	e.StripsIdentity = strips(e.Identity)
	e.HidesHeaders = State{On, "default", "ingress-nginx sends no Server header unless its ConfigMap sets server-tokens"}
	if c.isTrue("server-tokens") {
		e.HidesHeaders = State{Off, "server-tokens", c.in("server-tokens") + " is true"}
		e.HideAdvice = `take ` + c.in("server-tokens") + ` away`
	}
	if e.StripsIdentity.State != On {
		e.StripAdvice = ingressNginxStripAdvice
	}
	if pass, _ := a.bool("ssl-passthrough"); pass {
		e.passThrough(false, "ssl-passthrough")
	}
	return e
}

const ingressNginxStripAdvice = `ingress-nginx has no annotation that only removes a request header. Either let the ConfigMap that its own ` +
	`ConfigMap names in proxy-set-headers hold the key x-ditto-pre-authenticated with an empty value (for all Ingresses), or ` +
	`authenticate with nginx.ingress.kubernetes.io/auth-url and take the identity from the answer: ` +
	`nginx.ingress.kubernetes.io/auth-response-headers: "x-ditto-pre-authenticated"`

// nginxAuth is how an Ingress asks for credentials.
type nginxAuth struct {
	state State
	// basic and digest say which kind of password is asked for, url that an authenticating subrequest decides, and answered
	// which headers of its answer are set, in the setting of that name.
	basic, digest, url bool
	answered, setting  string
	// agreed says why the subrequest is answered with a yes whoever asks, if it is.
	agreed      string
	secrets     []AuthSecret
	assumptions []string
}

// users says what $remote_user is worth: basic authentication verifies it, a subrequest does not. What the digest module
// leaves there is not documented.
func (n nginxAuth) users() trust {
	switch {
	case n.basic && n.state.State == On:
		return verified
	case n.basic && n.state.State == Unknown, n.digest:
		return doubtful
	}
	return unverified
}

// ingressNginxAuth follows internal/ingress/annotations/{auth,authreq,authtls,satisfy} of ingress-nginx. Where an
// annotation is wrong it answers 503 or drops the whole Ingress: then nobody gets in, which is no authentication to rely
// on, so it is unknown. A blank annotation counts as absent.
func ingressNginxAuth(in Input, a annotations, c GlobalConfig) nginxAuth {
	n := nginxAuth{answered: a["auth-response-headers"], setting: "auth-response-headers"}
	var on []string
	doubt := func(source, why string) { n.state = State{Unknown, prefixIngressNginx + source, why} }

	switch kind := strings.TrimSpace(a["auth-type"]); kind {
	case "":
	case "basic", "digest":
		secret, ok := ingressNginxSecret(in, a)
		if !ok {
			doubt("auth-type", "auth-secret does not name a Secret, so ingress-nginx answers 503")
			break
		}
		n.secrets = append(n.secrets, secret)
		n.basic, n.digest = kind == "basic", kind == "digest"
		on = append(on, "auth-type")
	default:
		doubt("auth-type", "auth-type is neither basic nor digest, so ingress-nginx refuses it")
	}
	if a.has("auth-url") {
		if u, err := url.Parse(strings.TrimSpace(a["auth-url"])); err != nil || u.Scheme == "" || u.Host == "" {
			doubt("auth-url", "auth-url is no URL, so ingress-nginx answers 503")
		} else if asked := in.Config.Asking.ask(in.Ingress.Namespace, a["auth-url"], ruleHosts(in.Ingress)); asked.State != "" {
			n.url, n.agreed = true, asked.Why
			n.state = agreed(asked, prefixIngressNginx+"auth-url")
		} else {
			n.url = true
			on = append(on, "auth-url")
		}
	}
	if c.globalAuth(a) {
		n.url, n.answered, n.setting = true, c.Data["global-auth-response-headers"], c.in("global-auth-response-headers")
		if asked := in.Config.Asking.ask(in.Ingress.Namespace, c.Data[globalAuthURL], ruleHosts(in.Ingress)); asked.State != "" {
			n.agreed, n.state = asked.Why, agreed(asked, globalAuthURL)
		} else {
			on = append(on, globalAuthURL)
		}
	}
	if a.has("auth-tls-secret") {
		switch verify := strings.TrimSpace(a["auth-tls-verify-client"]); {
		case verify == "off" || verify == "optional" || verify == "optional_no_ca":
		case len(in.Ingress.Spec.TLS) == 0 || isFalse(a, "ssl-redirect"):
			if len(on) == 0 {
				doubt("auth-tls-secret", "client certificates are asked for, but plain HTTP is not redirected")
			}
		default:
			on = append(on, "auth-tls-secret")
			n.assumptions = append(n.assumptions, "ingress-nginx redirects plain HTTP, where no client certificate is asked for, to HTTPS (ssl-redirect)")
		}
	}
	if (n.state.State == "" || n.agreed != "") && len(on) > 0 {
		n.state = State{On, prefixIngressNginx + on[0], "the annotation " + prefixIngressNginx + on[0] + " asks every client for credentials"}
		if on[0] == globalAuthURL {
			n.state = State{On, globalAuthURL, c.in(globalAuthURL) + " asks every client for credentials"}
		}
	}
	if some, all := c.unasked(in.Ingress); some && n.state.State == On && !slices.Contains(on, "auth-tls-secret") {
		const unasked = "clients are not asked for credentials"
		n.state = State{Unknown, noAuthLocations, c.in(noAuthLocations) + " lists the beginning of some of the paths: " + unasked + " there"}
		if all {
			n.state.State, n.state.Why = Off, c.in(noAuthLocations)+" lists the beginning of its paths: "+unasked
		}
	}
	if n.state.State == "" {
		n.state = State{Off, "default", "no annotation asks for credentials"}
	}
	if strings.TrimSpace(a["satisfy"]) == "any" && n.state.State == On && on[0] != "auth-tls-secret" {
		if a.firstOf("whitelist-source-range", "allowlist-source-range") != "" {
			n.state = State{Off, prefixIngressNginx + "satisfy", `satisfy is "any": clients with a listed address are not asked for credentials`}
		} else if list := c.Data["whitelist-source-range"]; strings.TrimSpace(list) != "" {
			n.state = State{
				Off, prefixIngressNginx + "satisfy",
				`satisfy is "any": clients that ` + c.in("whitelist-source-range") + ` lists are not asked for credentials`,
			}
		} else if c.Name == "" {
			doubt("satisfy", `satisfy is "any": a whitelist-source-range in the ConfigMap of ingress-nginx would let clients in without credentials`)
		}
	}
	return n
}

func ingressNginxSecret(in Input, a annotations) (AuthSecret, bool) {
	namespace, name, ok := secretName(a["auth-secret"], in.Ingress.Namespace)
	secret := AuthSecret{Namespace: namespace, Name: name, Kind: AuthFile, Key: "auth"}
	switch strings.TrimSpace(a["auth-secret-type"]) {
	case "", "auth-file":
	case "auth-map":
		secret.Kind, secret.Key = AuthMap, ""
	default:
		return AuthSecret{}, false
	}
	return secret, ok
}

// Keys of the ConfigMap.
const (
	globalAuthURL   = "global-auth-url"
	noAuthLocations = "no-auth-locations"
)

func isFalse(a annotations, name string) bool {
	value, ok := a.bool(name)
	return ok && !value
}

// ingressNginxIdentity: the template sets the headers of auth-response-headers in each location, from variables that
// are the answer's and never the client's, and takes a configuration snippet over behind them.
func ingressNginxIdentity(e *Effects, auth nginxAuth, snippet snippetReading) State {
	answered := auth.url && listed(auth.answered, Header)
	switch {
	case answered && snippet.identity != nil:
		return State{IdentityUnknown, prefixIngressNginx + "configuration-snippet", "the header is set by " + auth.setting +
			" and by the configuration snippet, which makes two of it"}
	case answered && auth.state.State == Unknown && auth.state.Source == noAuthLocations:
		return State{IdentityUnknown, auth.state.Source, auth.state.Why}
	case answered && auth.agreed != "":
		return State{IdentityEmpty, auth.source(), auth.setting + " sets the header from the answer of auth-url, which has none: " + auth.agreed}
	case answered && auth.state.State != On:
		return State{IdentityEmpty, auth.source(), auth.setting + " sets the header from the answer of auth-url, but not every request has to be answered: " + auth.state.Why}
	case answered:
		e.Assumptions = append(e.Assumptions, "the service behind auth-url answers every request that it lets in with a non-empty "+Header)
		return State{IdentitySet, auth.source(), auth.setting + " sets the header from the answer of auth-url"}
	case snippet.identity != nil:
		s := *snippet.identity
		s.Source = prefixIngressNginx + "configuration-snippet"
		if s.State != IdentityClient && s.State != IdentityUnknown {
			e.Assumptions = append(e.Assumptions, "ingress-nginx honours configuration snippets (allow-snippet-annotations and annotations-risk-level), which it does not by default since 1.9")
		}
		s.Why = "in the configuration snippet " + s.Why
		return s
	}
	return State{IdentityClient, "default", "no annotation changes the header"}
}

// source is the setting with the prefix of annotations, if it is one.
func (n nginxAuth) source() string {
	if strings.Contains(n.setting, " ") {
		return n.setting
	}
	return prefixIngressNginx + n.setting
}

func ingressNginxForcesRegex(in Input) bool {
	a := withPrefix(in.Ingress.Annotations, prefixIngressNginx)
	if use, _ := a.bool("use-regex"); use {
		return true
	}
	target, ok := ingressNginxTarget(a)
	if !ok {
		return false
	}
	for _, rule := range in.Ingress.Spec.Rules {
		if rule.HTTP == nil {
			return true
		}
		for _, p := range rule.HTTP.Paths {
			if p.Path != target {
				return true
			}
		}
	}
	return false
}

// ingressNginxPath: ImplementationSpecific is read as Prefix (SetDefaultNGINXPathType). As soon as one Ingress of the host
// uses regular expressions or a rewrite, all paths of the host are regular expressions, without case and open at the end
// (template.go: enforceRegexModifier, buildLocation).
func ingressNginxPath(in Input, kind networkingv1.PathType, path string) Path {
	in = in.prefixed()
	a := ingressNginxAnnotations(in)
	target, rewritten := ingressNginxTarget(a)
	rewritten = rewritten && target != path
	var p Path
	switch {
	case in.HostForcesRegex || rewritten || ingressNginxForcesRegex(in):
		p.Matcher = regex(decoded, path, true, atStart)
	case kind == networkingv1.PathTypeExact:
		p.Matcher = exact(decoded, path)
	default:
		p.Matcher = elements(decoded, path)
	}
	if rewritten {
		p.Rewrite = nginxRewrite(path, target)
	} else if a.has("configuration-snippet") && readSnippet(a["configuration-snippet"], "proxy_set_header", unverified).rewrites {
		p.Rewrite = rewriteUnknown("the configuration snippet may change the path")
	}
	if a.has("server-snippet") {
		if directives, ok := parseSnippet(a["server-snippet"]); !ok || containsAny(directives, "location", "rewrite", "include") {
			p.Rewrite = rewriteUnknown("the server snippet may route or change paths")
		}
	}
	if why := in.globalRewrite(); why != "" {
		p.Rewrite = rewriteUnknown(why)
	}
	return p
}

// rewriteTarget is what ingress-nginx accepts as a target (parser.RegexPathWithCapture); it ignores anything else.
var rewriteTarget = regexp.MustCompile(`^/?[-._~a-zA-Z0-9/:$]*$`)

func ingressNginxTarget(a annotations) (string, bool) {
	target := strings.TrimSpace(a["rewrite-target"])
	return target, target != "" && rewriteTarget.MatchString(target)
}

// snippetsOf collects the annotations that hold nginx configuration, in order.
func snippetsOf(all map[string]string, prefix string, kinds map[string]string) []Snippet {
	var list []Snippet
	for _, name := range keysOf(kinds) {
		if text, ok := all[prefix+name]; ok && strings.TrimSpace(text) != "" {
			list = append(list, Snippet{Kind: kinds[name], Key: prefix + name, Text: text})
		}
	}
	return list
}

// passThrough changes the effects to those of an edge that hands TLS connections on unread. honoured is false where a
// flag that cannot be seen decides about it: then what looked safe is unknown.
func (e *Effects) passThrough(honoured bool, key string) {
	e.Passthrough = true
	e.StripAnnotations, e.HideAnnotations = nil, nil
	e.StripAdvice = "take " + key + " away: it hands TLS connections on unread, so nothing can be done to a header at this edge"
	e.HideAdvice = e.StripAdvice
	if honoured {
		why := key + " hands TLS connections on unread"
		e.Identity = State{IdentityClient, key, why}
		e.Authentication, e.StripsIdentity, e.HidesHeaders = State{Off, key, why}, State{Off, key, why}, State{Off, key, why}
		return
	}
	why := fmt.Sprintf("%s may hand TLS connections on unread", key)
	for _, s := range []*State{&e.Authentication, &e.StripsIdentity, &e.HidesHeaders} {
		if s.State == On {
			*s = State{Unknown, key, why}
		}
	}
	if e.Identity.State != IdentityClient {
		e.Identity = State{IdentityUnknown, key, why}
	}
}

// strips says whether an identity reading keeps the client's header from the backend.
func strips(identity State) State {
	switch identity.State {
	case IdentityClient:
		return State{Off, identity.Source, identity.Why}
	case IdentityUnknown:
		return State{Unknown, identity.Source, identity.Why}
	}
	return State{On, identity.Source, identity.Why}
}
