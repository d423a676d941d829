package edge

import (
	"regexp"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

const (
	nameF5Nginx   = "f5-nginx"
	prefixF5Nginx = "nginx.org/"
	// proxySetHeaders takes `Name:Value` pairs. A name without a colon passes the client's own header on; a name with an
	// empty value removes it (version1.ParseProxySetHeaders).
	proxySetHeaders = "proxy-set-headers"
)

// f5Nginx is F5's NGINX Ingress Controller (nginx/kubernetes-ingress).
func f5Nginx() controller {
	return controller{
		name: nameF5Nginx, title: "the F5 NGINX Ingress Controller",
		classes: []string{"nginx.org/ingress-controller"}, usual: []string{"nginx"},
		prefixes: []string{prefixF5Nginx, "nginx.com/"}, shared: []string{prefixIngress + "ssl-redirect"},
		transport: f5Transport, rate: f5Rate, errorPages: f5ErrorPages,
		effects: f5Effects, path: f5Path,
		uses: func(o *inventory.Object) []inventory.ID { return f5Named(o.Meta.Annotations, o.Ref.Namespace) },
	}
}

func f5Effects(in Input) Effects {
	all, minion := f5Annotations(in), isF5Minion(in)
	a := withPrefix(all, prefixF5Nginx)
	var e Effects
	e.Authentication, e.AuthSecrets = f5Auth(in, a, minion)
	e.Snippets = snippetsOf(all, prefixF5Nginx, map[string]string{
		"location-snippets": SnippetLocation, "server-snippets": SnippetServer,
	})
	e.Identity = f5Identity(in, a, minion, &e)
	e.StripsIdentity = strips(e.Identity)
	e.strip(in, map[string]string{prefixF5Nginx + proxySetHeaders: Header + ":"}, 3, 6,
		`write nginx.org/proxy-set-headers: "x-ditto-pre-authenticated:", with the colon, which removes the header (NGINX Ingress Controller 3.6 or newer)`)
	f5Hides(in, a, minion, &e)
	return e
}

func (in Input) hasPolicies() bool {
	return withPrefix(in.Ingress.Annotations, prefixF5Nginx, "nginx.com/").has("policies")
}

func f5Auth(in Input, a annotations, minion bool) (State, []AuthSecret) {
	namespace := in.Ingress.Namespace
	secret := func(value, namespace string) []AuthSecret {
		ns, name, ok := secretName(value, namespace)
		if !ok {
			return nil
		}
		return []AuthSecret{{Namespace: ns, Name: name, Kind: AuthFile, Key: "htpasswd"}}
	}
	if a.has("basic-auth-secret") {
		return State{On, prefixF5Nginx + "basic-auth-secret", "nginx.org/basic-auth-secret asks every client for credentials"},
			secret(a["basic-auth-secret"], namespace)
	}
	if withPrefix(in.Ingress.Annotations, "nginx.com/").has("jwt-key") {
		return State{Unknown, "nginx.com/jwt-key", "nginx.com/jwt-key asks for a token on NGINX Plus only"}, nil
	}
	if in.hasPolicies() {
		// The redirect of an Ingress with TLS can be switched off, in the controller's ConfigMap too.
		state, secrets := f5Policies(in.Objects, f5Named(in.Ingress.Annotations, namespace), false)
		if state.State != Off {
			state.Source = prefixF5Nginx + "policies"
			return state, secrets
		}
	}
	if minion {
		if in.Master == nil {
			return State{Unknown, mergeableType, noMaster}, nil
		}
		if state, secrets := f5Policies(in.Objects, f5Named(in.Master.Annotations, in.Master.Namespace), false); state.State != Off {
			state.Source = prefixF5Nginx + "policies"
			return state, secrets
		}
		// auth_basic stands in the server block then, and its locations inherit it.
		if value := in.Master.Annotations[prefixF5Nginx+"basic-auth-secret"]; strings.TrimSpace(value) != "" {
			return State{On, prefixF5Nginx + "basic-auth-secret", "nginx.org/basic-auth-secret of the master asks every client for credentials"},
				secret(value, in.Master.Namespace)
		}
		if withPrefix(in.Master.Annotations, "nginx.com/").has("jwt-key") {
			return State{Unknown, "nginx.com/jwt-key", "nginx.com/jwt-key of the master asks for a token on NGINX Plus only"}, nil
		}
	}
	return State{Off, "default", "no annotation asks for credentials"}, nil
}

func f5Identity(in Input, a annotations, minion bool, e *Effects) State {
	users := unverified
	switch {
	case len(e.AuthSecrets) > 0 && e.Authentication.State == On:
		users = verified
	case e.Authentication.State == Unknown:
		users = doubtful
	}
	setHeader := "proxy_set_header"
	grpc := a.has("grpc-services") && (in.Service == "" || listed(a["grpc-services"], in.Service))
	if grpc {
		setHeader = "grpc_set_header"
	}
	var snippet *State
	if text := a["location-snippets"]; strings.TrimSpace(text) != "" {
		reading := readSnippet(text, setHeader, users)
		if reading.opens && e.Authentication.State == On {
			e.Authentication = State{Unknown, prefixF5Nginx + "location-snippets", "the location snippet may let clients in without credentials"}
		}
		if snippet = reading.identity; snippet != nil {
			snippet.Source = prefixF5Nginx + "location-snippets"
			snippet.Why = "in the location snippet " + snippet.Why
		}
	}
	list, inherited := a[proxySetHeaders], ""
	if minion && in.Master != nil {
		inherited = in.Master.Annotations[prefixF5Nginx+proxySetHeaders]
	}
	header := f5Header(list)
	if header == nil {
		header = f5Header(inherited)
	}
	if header != nil && grpc {
		if in.Service == "" {
			header = &State{IdentityUnknown, prefixF5Nginx + "grpc-services", "nginx.org/proxy-set-headers does nothing for the services in nginx.org/grpc-services"}
		} else {
			header = nil
		}
	}
	if header != nil && header.State != IdentityClient {
		v, stated := in.version()
		switch {
		case !stated:
			e.Assumptions = append(e.Assumptions, "the NGINX Ingress Controller is 3.6 or newer, which knows nginx.org/proxy-set-headers")
		case !v.atLeast(3, 6):
			header = nil
		}
	}
	switch {
	case minion && in.Master == nil:
		return State{IdentityUnknown, mergeableType, noMaster}
	case header != nil && snippet != nil:
		return State{IdentityUnknown, prefixF5Nginx + "location-snippets", "the header is set by nginx.org/proxy-set-headers and by the location snippet, which makes two of it"}
	case header != nil:
		return *header
	case snippet != nil:
		return *snippet
	}
	return State{IdentityClient, "default", "no annotation changes the header"}
}

// f5Header reads the entries of nginx.org/proxy-set-headers for the identity header; nil if there is none.
func f5Header(list string) *State {
	var found *State
	for entry := range strings.SplitSeq(list, ",") {
		name, value, colon := strings.Cut(strings.TrimSpace(entry), ":")
		if !strings.EqualFold(strings.TrimSpace(name), Header) {
			continue
		}
		s := State{IdentityRemoved, prefixF5Nginx + proxySetHeaders, "nginx.org/proxy-set-headers removes the header"}
		switch value = strings.TrimSpace(value); {
		case !colon:
			s.State = IdentityClient
			s.Why = "nginx.org/proxy-set-headers names the header without a colon, which passes the client's own on"
		case strings.ContainsAny(value, "$\r\n"):
			s.State = IdentityUnknown
			s.Why = "nginx.org/proxy-set-headers sets the header to something that the controller refuses"
		case value != "":
			s.State = IdentitySet
			s.Why = "nginx.org/proxy-set-headers sets the header to a constant"
		}
		found = worse(found, &s)
	}
	return found
}

// f5Hides: nginx itself does not pass the Server header of a backend on, but sends its own, with the version unless
// server_tokens is off.
func f5Hides(in Input, a annotations, minion bool, e *Effects) {
	const key = prefixF5Nginx + "server-tokens"
	tokens, boolean := a.bool("server-tokens")
	want := map[string]string{key: "False", prefixF5Nginx + "proxy-hide-headers": "Server,X-Powered-By"}
	advice := `write nginx.org/server-tokens: "False" and nginx.org/proxy-hide-headers: "Server,X-Powered-By"`
	if minion {
		advice = "at the master of this minion " + advice
	}
	switch {
	case minion && in.Master == nil:
		e.HidesHeaders = State{Unknown, mergeableType, noMaster}
		e.HideAdvice = advice
		return
	case listed(a["proxy-pass-headers"], "Server"):
		e.HidesHeaders = State{Off, prefixF5Nginx + "proxy-pass-headers", "nginx.org/proxy-pass-headers passes Server on"}
		e.HideAdvice = "take Server out of nginx.org/proxy-pass-headers, and " + advice
		return
	case boolean && !tokens:
		e.HidesHeaders = State{On, key, "nginx.org/server-tokens is false"}
		return
	}
	e.HidesHeaders = State{Off, "default", "nginx sends its version in the Server header"}
	if a.has("server-tokens") {
		e.HidesHeaders = State{Off, key, "nginx.org/server-tokens is " + quote(a["server-tokens"])}
	}
	e.HideAdvice = advice
	if in.Class.Known && !minion {
		e.HideAnnotations = absentOnly(want, in.Ingress.Annotations)
	}
}

// f5Path: Exact is an nginx `=` location, everything else a plain one, which matches in the middle of an element
// (generateIngressPath); nginx.org/path-regex makes all of them regular expressions, or exact (makePathWithRegex).
func f5Path(in Input, kind networkingv1.PathType, path string) Path {
	a := withPrefix(f5Annotations(in), prefixF5Nginx)
	p := Path{Matcher: plainLocation(path)}
	pattern := ""
	switch {
	case a["path-regex"] == "case_sensitive":
		p.Matcher, pattern = regex(decoded, path, false, atStart), path
	case a["path-regex"] == "case_insensitive":
		p.Matcher, pattern = regex(decoded, path, true, atStart), path
	case a["path-regex"] == "exact", kind == networkingv1.PathTypeExact:
		p.Matcher = exact(decoded, path)
	}
	if rewrites, ok := in.Ingress.Annotations[prefixF5Nginx+"rewrites"]; ok {
		p.Rewrite = f5Rewrite(rewrites, in.Service, path)
	} else if target := strings.TrimSpace(a["rewrite-target"]); target != "" {
		if pattern == "" {
			pattern = regexp.QuoteMeta(path)
		}
		p.Rewrite = nginxRewrite(pattern, target)
	}
	for _, name := range []string{"location-snippets", "server-snippets"} {
		if !a.has(name) {
			continue
		}
		if directives, ok := parseSnippet(a[name]); !ok || containsAny(directives, "location", "rewrite", "include") {
			p.Rewrite = rewriteUnknown("nginx.org/" + name + " may route or change paths")
		}
	}
	return p
}

// plainLocation is nginx's location without a modifier: nginx compares the decoded path, character by character.
func plainLocation(path string) Matcher {
	return startsWith(path)
}

// f5Rewrite reads `serviceName=x rewrite=/y; …`: nginx replaces the location's text by the target. A list with an error
// is ignored as a whole.
func f5Rewrite(list, service, path string) Rewrite {
	targets := map[string]string{}
	for part := range strings.SplitSeq(list, ";") {
		left, right, ok := strings.Cut(strings.TrimSpace(part), " ")
		name, named := strings.CutPrefix(left, "serviceName=")
		target, targeted := strings.CutPrefix(right, "rewrite=")
		if !ok || !named || !targeted || !strings.HasPrefix(target, "/") || strings.ContainsAny(target, " \t{}$=") {
			return Rewrite{}
		}
		targets[name] = target
	}
	if service == "" {
		return rewriteUnknown("nginx.org/rewrites depends on the service")
	}
	target, ok := targets[service]
	if !ok {
		return Rewrite{}
	}
	return Rewrite{Kind: RewritePrefix, From: []string{path}, To: target}
}

// strip offers annotations that remove the identity header, for a controller that knows them since a release. They are
// only offered as annotations if the class object names the controller, the configuration states the release and the
// key is absent: a list that somebody wrote is theirs.
func (e *Effects) strip(in Input, want map[string]string, major, minor int, advice string) {
	if e.StripsIdentity.State == On {
		return
	}
	e.StripAdvice = advice
	for _, key := range keysOf(want) {
		if _, taken := in.Ingress.Annotations[key]; taken {
			e.StripAdvice = "add " + want[key] + " to the list in " + key
			return
		}
	}
	v, stated := in.version()
	if e.StripsIdentity.State == Off && in.Class.Known && stated && v.atLeast(major, minor) {
		e.StripAnnotations = absentOnly(want, in.Ingress.Annotations)
		return
	}
	if !stated && in.Class.Known {
		e.StripAdvice += "; say in the configuration which version runs (edges.controllers." + in.Class.Controller + ".version: " +
			strconv.Quote(strconv.Itoa(major)+"."+strconv.Itoa(minor)) + "), and it is written for you"
	}
}
