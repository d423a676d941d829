// Package f5 reads Ingresses, VirtualServers, TransportServers and Policies as F5 NGINX Ingress Controller does.
package f5

import (
	"regexp"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/nginx"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Controller is F5's NGINX Ingress Controller (nginx/kubernetes-ingress).
func Controller() way.Controller {
	return way.Controller{
		Name: way.NameF5Nginx, Title: "the F5 NGINX Ingress Controller",
		Classes: []string{"nginx.org/ingress-controller"}, Usual: []string{"nginx"},
		Prefixes: []string{Prefix, "nginx.com/"}, Shared: []string{way.PrefixIngress + "ssl-redirect"},
		Read:     read,
		Uses:     func(o *inventory.Object) []inventory.ID { return f5Named(o.Meta.Annotations, o.Ref.Namespace) },
		IsMaster: isMaster, Master: master, IsMinion: isMinion,
		// internal/configs/ingress.go: generateNginxCfg; validateIngressSpec refuses an Ingress without rules.
		DefaultBackend: way.DefaultBackend{Beside: way.OwnHosts, Alone: way.Nowhere, Replaced: way.IsRootPrefix},
	}
}

func read(in way.Input) way.Reading {
	all, minion := f5Annotations(in), isF5Minion(in)
	a := way.WithPrefix(all, Prefix)
	var h way.Handling
	e := &h.Effects
	e.Authentication, e.AuthSecrets = f5Auth(in, a, minion)
	e.Snippets = nginx.SnippetsOf(all, Prefix, map[string]string{
		"location-snippets": way.SnippetLocation, "server-snippets": way.SnippetServer,
	})
	e.Identity = f5Identity(in, a, minion, e)
	e.StripsIdentity = way.Strips(e.Identity)
	h.Strip(in, map[string]string{Prefix + proxySetHeaders: way.Header + ":"}, 3, 6,
		`set nginx.org/proxy-set-headers: "x-ditto-pre-authenticated:", with the colon, which removes the header (NGINX Ingress Controller 3.6 or newer)`)
	f5Hides(in, a, minion, &h)
	f5Rate(in, a, minion, &h)
	nginx.Snippets(&h.ErrorPages, all, "location-snippets", Prefix)
	nginx.Snippets(&h.ErrorPages, all, "server-snippets", Prefix)
	// internal/configs/version1/nginx.ingress.tmpl: proxy_set_header Connection has constants or none. Snippets may say
	// otherwise.
	h.Nominated.Ends = len(h.Snippets) == 0
	// The same: proxy_pass with a path only where nginx.org/rewrites has one.
	h.Spelling = way.SpellingKept
	h.Fixes[way.ResolvePaths].Advice = `set nginx.org/rewrites: "serviceName=gateway rewrite=/api/2/things/" for a path /api/2/things/, so that nginx forwards ` +
		"the path that it has resolved"
	return way.Reading{
		Handling: h, Transport: func(host string) way.Transport { return f5Transport(in, all, a, host) },
		Path: func(kind networkingv1.PathType, path string) way.Path { return f5Path(in, a, kind, path) },
	}
}

func hasPolicies(in way.Input) bool {
	return way.WithPrefix(in.Ingress.Annotations, Prefix, "nginx.com/").Has("policies")
}

func f5Auth(in way.Input, a way.Annotations, minion bool) (tri.State, []way.AuthSecret) {
	namespace := in.Ingress.Namespace
	secret := func(value, namespace string) []way.AuthSecret {
		ns, name, ok := way.SecretName(value, namespace)
		if !ok {
			return nil
		}
		return []way.AuthSecret{{Namespace: ns, Name: name, Kind: way.AuthFile, Key: "htpasswd"}}
	}
	if a.Has("basic-auth-secret") {
		return tri.Is(tri.On, Prefix+"basic-auth-secret",
				"nginx.org/basic-auth-secret asks every client for credentials"),
			secret(a["basic-auth-secret"], namespace)
	}
	if way.WithPrefix(in.Ingress.Annotations, "nginx.com/").Has("jwt-key") {
		return tri.Is(tri.Unknown, "nginx.com/jwt-key", reason.Of("f5-jwt-on-plus")), nil
	}
	if hasPolicies(in) {
		// The redirect of an Ingress with TLS can be switched off, in the controller's ConfigMap too.
		state, secrets := f5Policies(in.Objects, f5Named(in.Ingress.Annotations, namespace), false)
		if state.State != tri.Off {
			state.Source = Prefix + "policies"
			return state, secrets
		}
	}
	if minion {
		if in.Master == nil {
			return tri.Is(tri.Unknown, MergeableType, NoMaster), nil
		}
		if state, secrets := f5Policies(in.Objects, f5Named(in.Master.Annotations, in.Master.Namespace),
			false); state.State != tri.Off {
			state.Source = Prefix + "policies"
			return state, secrets
		}
		// auth_basic stands in the server block then, and its locations inherit it.
		if value := in.Master.Annotations[Prefix+"basic-auth-secret"]; strings.TrimSpace(value) != "" {
			return tri.Is(tri.On, Prefix+"basic-auth-secret",
					"nginx.org/basic-auth-secret of the master asks every client for credentials"),
				secret(value, in.Master.Namespace)
		}
		if way.WithPrefix(in.Master.Annotations, "nginx.com/").Has("jwt-key") {
			return tri.Is(tri.Unknown, "nginx.com/jwt-key", reason.Of("f5-jwt-of-master-on-plus")), nil
		}
	}
	return tri.Is(tri.Off, "default", "no annotation asks for credentials"), nil
}

func f5Identity(in way.Input, a way.Annotations, minion bool, e *way.Effects) tri.State {
	users := way.Unverified
	switch {
	case len(e.AuthSecrets) > 0 && e.Authentication.State == tri.On:
		users = way.Verified
	case e.Authentication.State == tri.Unknown:
		users = way.Doubtful
	}
	setHeader := "proxy_set_header"
	grpc := a.Has("grpc-services") && (in.Service == "" || way.Listed(a["grpc-services"], in.Service))
	if grpc {
		setHeader = "grpc_set_header"
	}
	var snippet *tri.State
	if text := a["location-snippets"]; strings.TrimSpace(text) != "" {
		reading := nginx.ReadSnippet(text, setHeader, users)
		if reading.Opens && e.Authentication.State == tri.On {
			e.Authentication = tri.Is(tri.Unknown, Prefix+"location-snippets", reason.Of("f5-snippet-lets-in"))
		}
		if snippet = reading.Identity; snippet != nil {
			snippet.Source = Prefix + "location-snippets"
			snippet.Why = "in the location snippet " + snippet.Why
		}
	}
	list, inherited := a[proxySetHeaders], ""
	if minion && in.Master != nil {
		inherited = in.Master.Annotations[Prefix+proxySetHeaders]
	}
	header := f5Header(list)
	if header == nil {
		header = f5Header(inherited)
	}
	if header != nil && grpc {
		if in.Service == "" {
			header = &tri.State{State: way.IdentityUnknown, Source: Prefix + "grpc-services",
				Why: reason.Of("f5-headers-of-grpc")}
		} else {
			header = nil
		}
	}
	if header != nil && header.State != way.IdentityClient {
		v, stated := in.Version()
		switch {
		case !stated:
			e.Assumptions = append(e.Assumptions,
				"the NGINX Ingress Controller is 3.6 or newer, which knows nginx.org/proxy-set-headers")
		case !v.AtLeast(3, 6):
			header = nil
		}
	}
	switch {
	case minion && in.Master == nil:
		return tri.Is(way.IdentityUnknown, MergeableType, NoMaster)
	case header != nil && snippet != nil:
		return tri.Is(way.IdentityUnknown, Prefix+"location-snippets", reason.Of("f5-header-set-twice"))
	case header != nil:
		return *header
	case snippet != nil:
		return *snippet
	}
	return tri.Is(way.IdentityClient, "default", "no annotation changes the header")
}

// f5Header reads the entries of nginx.org/proxy-set-headers for the identity header; nil if there is none.
func f5Header(list string) *tri.State {
	var found *tri.State
	for entry := range strings.SplitSeq(list, ",") {
		name, value, colon := strings.Cut(strings.TrimSpace(entry), ":")
		if !strings.EqualFold(strings.TrimSpace(name), way.Header) {
			continue
		}
		s := tri.Is(way.IdentityRemoved, Prefix+proxySetHeaders, "nginx.org/proxy-set-headers removes the header")
		switch value = strings.TrimSpace(value); {
		case !colon:
			s.State = way.IdentityClient
			s.Why = "nginx.org/proxy-set-headers names the header without a colon, which passes the client's own on"
		case strings.ContainsAny(value, "$\r\n"):
			s.State = way.IdentityUnknown
			s.Why = "nginx.org/proxy-set-headers sets the header to something that the controller refuses"
		case value != "":
			s.State = way.IdentitySet
			s.Why = "nginx.org/proxy-set-headers sets the header to a constant"
		}
		found = way.Worse(found, &s)
	}
	return found
}

// f5Hides: nginx itself does not pass the Server header of a backend on, but sends its own, with the version unless
// server_tokens is off.
func f5Hides(in way.Input, a way.Annotations, minion bool, h *way.Handling) {
	e, fix := &h.Effects, &h.Fixes[way.HideHeaders]
	const key = Prefix + "server-tokens"
	tokens, boolean := a.Bool("server-tokens")
	want := map[string]string{key: "False", Prefix + "proxy-hide-headers": "Server,X-Powered-By"}
	advice := `set nginx.org/server-tokens: "False" and nginx.org/proxy-hide-headers: "Server,X-Powered-By"`
	if minion {
		advice = "at the master of this minion " + advice
	}
	switch {
	case minion && in.Master == nil:
		e.HidesHeaders = tri.Is(tri.Unknown, MergeableType, NoMaster)
		fix.Advice = advice
		return
	case way.Listed(a["proxy-pass-headers"], "Server"):
		e.HidesHeaders = tri.Is(tri.Off, Prefix+"proxy-pass-headers", "nginx.org/proxy-pass-headers passes Server on")
		fix.Advice = "remove Server from nginx.org/proxy-pass-headers, and " + advice
		return
	case boolean && !tokens:
		e.HidesHeaders = tri.Is(tri.On, key, "nginx.org/server-tokens is false")
		return
	}
	e.HidesHeaders = tri.Is(tri.Off, "default", "nginx sends its version in the Server header")
	if a.Has("server-tokens") {
		e.HidesHeaders = tri.Is(tri.Off, key, "nginx.org/server-tokens is "+way.Quote(a["server-tokens"]))
	}
	fix.Advice = advice
	if in.Class.Known && !minion {
		fix.Annotations = way.AbsentOnly(want, in.Ingress.Annotations)
	}
}

// f5Path: Exact is an nginx `=` location, everything else a plain one, which matches in the middle of an element
// (generateIngressPath); nginx.org/path-regex makes all of them regular expressions, or exact (makePathWithRegex).
func f5Path(in way.Input, a way.Annotations, kind networkingv1.PathType, path string) way.Path {
	p := way.Path{Matcher: plainLocation(path)}
	pattern := ""
	switch {
	case a["path-regex"] == "case_sensitive":
		p.Matcher, pattern = way.Regex(way.Decoded, path, false, way.AtStart), path
	case a["path-regex"] == "case_insensitive":
		p.Matcher, pattern = way.Regex(way.Decoded, path, true, way.AtStart), path
	case a["path-regex"] == "exact", kind == networkingv1.PathTypeExact:
		p.Matcher = way.Exact(way.Decoded, path)
	}
	if rewrites, ok := in.Ingress.Annotations[Prefix+"rewrites"]; ok {
		p.Rewrite = f5Rewrite(rewrites, in.Service, path)
	} else if target := strings.TrimSpace(a["rewrite-target"]); target != "" {
		if pattern == "" {
			pattern = regexp.QuoteMeta(path)
		}
		p.Rewrite = way.NginxRewrite(pattern, target)
	}
	for _, name := range []string{"location-snippets", "server-snippets"} {
		if !a.Has(name) {
			continue
		}
		if directives, ok := nginx.ParseSnippet(a[name]); !ok || directives.Has("location", "rewrite", "include") {
			p.Rewrite = way.UnknownRewrite(reason.Of("f5-annotation-routes", name))
		}
	}
	return p
}

// plainLocation is nginx's location without a modifier: nginx compares the decoded path, character by character.
func plainLocation(path string) way.Matcher {
	return way.StartsWith(path)
}

// f5Rewrite reads `serviceName=x rewrite=/y; …`: nginx replaces the location's text by the target. A list with an error
// is ignored as a whole.
func f5Rewrite(list, service, path string) way.Rewrite {
	targets := map[string]string{}
	for part := range strings.SplitSeq(list, ";") {
		left, right, ok := strings.Cut(strings.TrimSpace(part), " ")
		name, named := strings.CutPrefix(left, "serviceName=")
		target, targeted := strings.CutPrefix(right, "rewrite=")
		if !ok || !named || !targeted || !strings.HasPrefix(target, "/") || strings.ContainsAny(target, " \t{}$=") {
			return way.Rewrite{}
		}
		targets[name] = target
	}
	if service == "" {
		return way.UnknownRewrite(reason.Of("f5-rewrites-by-service"))
	}
	target, ok := targets[service]
	if !ok {
		return way.Rewrite{}
	}
	return way.Rewrite{Kind: way.RewritePrefix, From: []string{path}, To: target}
}

const (
	// Prefix is the prefix of the annotations of F5's controller.
	Prefix = "nginx.org/"
	// proxySetHeaders takes `Name:Value` pairs. A name without a colon passes the client's own header on; a name with
	// an empty value removes it (version1.ParseProxySetHeaders).
	proxySetHeaders = "proxy-set-headers"
)
