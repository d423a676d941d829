package haproxy

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// IngressController is jcmoraisjr/haproxy-ingress. It reads annotations of the Service before those of the Ingress.
func IngressController() way.Controller {
	return way.Controller{
		Name: way.NameHAProxyIngress, Title: "haproxy-ingress",
		Classes: []string{"haproxy-ingress.github.io/controller/*"}, Usual: []string{"haproxy"},
		Prefixes: []string{PrefixHAProxyIngress}, Shared: []string{way.PrefixIngress},
		Read: haproxyIngressRead, SharesTLS: true, Aliases: haproxyIngressAliases,
		AliasesForTLS: true, CountsForService: haproxyIngressCounts,
		DefaultBackend: way.DefaultBackend{Plain: true, Otherwise: true},
		Allowed: []string{PrefixHAProxyIngress + "allowlist-source-range",
			PrefixHAProxyIngress + "whitelist-source-range"},
	}
}

// haproxyIngressAliases are further names of an Ingress's hosts, and an expression for such.
func haproxyIngressAliases(ing *networkingv1.Ingress) []requests.Hosts {
	list := aliasesOf(ownOf(ing))
	if haproxyIngressAlternatives(ing) {
		list = append(list, anyHost())
	}
	return list
}

func aliasesOf(a way.Annotations) []requests.Hosts {
	var list []requests.Hosts
	for name := range strings.SplitSeq(a["server-alias"], ",") {
		if name = strings.TrimSpace(name); name != "" {
			list = append(list, requests.HostsOf(name))
		}
	}
	if expression := strings.TrimSpace(a["server-alias-regex"]); expression != "" {
		list = append(list, requests.Hosts{Name: "~" + expression, Opaque: true})
	}
	return list
}

const PrefixHAProxyIngress = "haproxy-ingress.github.io/"

// haproxyIngressConfig are annotations that add configuration of HAProxy's own.
func haproxyIngressConfig() []string {
	return []string{"config-backend", "config-backend-early", "config-backend-late"}
}

// haproxyIngressRead reads an Ingress as each controller does that is at hand, and as one that is told nothing where
// none is.
func haproxyIngressRead(in way.Input) way.Reading {
	if len(in.Controllers) == 0 {
		return settingsOf(in, way.GlobalConfig{Assumed: true}).read()
	}
	r := settingsOf(in, in.Controllers[0]).read()
	for _, told := range in.Controllers[1:] {
		r = orWorse(r, settingsOf(in, told).read())
	}
	return r
}

func (s *settings) read() way.Reading {
	in, a := s.in, s.a
	var h way.Handling
	e := &h.Effects
	users, unasked := s.authentication(e)
	e.Identity = s.identity(e, users, unasked)
	for _, name := range []string{"headers", "request-set-headers", "request-add-headers", "request-del-headers"} {
		if e.Identity.State != way.IdentityUnknown {
			s.unlessDiffering(name, &e.Identity)
		}
	}
	for _, name := range s.unread {
		e.Identity = tri.Is(way.IdentityUnknown, s.source(name), reason.Of("header-by-unread-setting", s.named(name)))
		if e.Authentication.State == tri.On {
			e.Authentication = tri.Is(tri.Unknown, s.source(name), reason.Of("opened-by-unread-setting", s.named(name)))
		}
	}
	e.StripsIdentity = way.Strips(e.Identity)
	h.Strip(in, map[string]string{PrefixHAProxyIngress + "request-del-headers": way.Header}, 0, 17,
		`set haproxy-ingress.github.io/request-del-headers: "x-ditto-pre-authenticated" (haproxy-ingress 0.17 or newer)`)
	s.hides(&h)
	if _, old := in.Ingress.Annotations["ingress.kubernetes.io/request-del-headers"]; old {
		h.Fixes[way.StripIdentity].Annotations = nil
	}
	if pass, _ := a.Bool("ssl-passthrough"); pass {
		h.PassThrough(true, s.source("ssl-passthrough"))
	}
	if _, said := s.redirects(); !said && len(in.Ingress.Spec.TLS)+len(in.Neighbours) > 0 && s.told.Assumed {
		e.Assumptions = append(e.Assumptions, "the ConfigMap of haproxy-ingress does not turn ssl-redirect off")
	}
	s.rate(&h)
	h.Nominated.Passes = true
	h.Spelling = way.SpellingVerbatim // normalize-uri is not set
	h.Fixes[way.ResolvePaths].Advice = adviceOnPaths
	if why := s.unseen(); why != "" {
		unknown := tri.Is(tri.Unknown, "configmap", why)
		h.Identity, h.Authentication, h.StripsIdentity, h.HidesHeaders = unknown, unknown, unknown, unknown
		h.Rate.Limited = unknown
	}
	if prefixesOf(s.told) != nil {
		for p := range h.Fixes {
			h.Fixes[p] = h.Fixes[p].Told()
		}
	}
	return way.Reading{Handling: h, Transport: s.transport, Path: s.path, Hosts: s.aliases()}
}

// authentication follows pkg/converters/ingress/annotations/backend.go: a Secret that is not there, or has no key
// `auth`, is logged and leaves the paths open; a wrong auth-url denies everything. unasked says why some requests get
// in without being asked, for which users is no word to rely on, and nothing sets headers by an answer.
func (s *settings) authentication(e *way.Effects) (users way.Trust, unasked string) {
	e.Authentication = tri.Is(tri.Off, "default", "no annotation asks for credentials")
	users = way.Unverified
	if s.a.Has("auth-secret") {
		users = s.passwords(e)
	}
	agreed := false
	if external := s.a.FirstOf("auth-url", "oauth"); external != "" && e.Authentication.State != tri.On {
		e.Authentication = tri.Is(tri.On, s.source(external), s.named(external)+" asks every client for credentials")
		if external == "oauth" {
			s.oauth(e)
		} else if asked := s.in.Config.Asking.Ask(s.in.Ingress.Namespace,
			ingressURL(s.a["auth-url"], s.in.Ingress.Namespace), nil); asked.State != "" {
			e.Authentication, agreed = way.Agreed(asked, s.source("auth-url")), true
		}
	}
	if why := s.passesOver("auth-", "oauth"); why != "" && e.Authentication.State == tri.On {
		e.Authentication = tri.Is(tri.Unknown, e.Authentication.Source, why)
	}
	if e.Authentication.State == tri.Unknown && !agreed {
		unasked = e.Authentication.Why
		if users == way.Verified {
			users = way.Doubtful
		}
	}
	if s.a.Has("auth-tls-secret") && e.Authentication.State == tri.Off {
		e.Authentication = tri.Is(tri.Unknown, PrefixHAProxyIngress+"auth-tls-secret",
			reason.Of("haproxy-certificates-over-tls"))
	}
	return users, unasked
}

// passwords is for auth-secret.
func (s *settings) passwords(e *way.Effects) way.Trust {
	source := s.source("auth-secret")
	namespace, name, ok := way.SecretName(s.a["auth-secret"], s.in.Ingress.Namespace)
	if !ok {
		e.Authentication = tri.Is(tri.Off, source, "auth-secret does not name a Secret, and is ignored")
		return way.Unverified
	}
	e.AuthSecrets = []way.AuthSecret{{Namespace: namespace, Name: name, Kind: way.AuthFile, Key: "auth"}}
	if namespace != s.in.Ingress.Namespace && !s.told.CrossNamespace &&
		!strings.EqualFold(s.told.Data["cross-namespace-secrets-passwd"], "allow") {
		// Once an Ingress of that namespace has it read, it counts here, too.
		e.Authentication = tri.Is(tri.Unknown, source,
			reason.Of("haproxy-auth-secret-of-other-namespace", namespace, name))
		return way.Doubtful
	}
	e.Authentication = tri.Is(tri.On, source, s.named("auth-secret")+" asks every client for credentials")
	switch object, entry := secret(s.in, namespace, name, "auth"); {
	case object == absent:
		e.Authentication = tri.Is(tri.Unknown, source, reason.Of("haproxy-auth-secret-not-found", namespace, name))
		return way.Doubtful
	case entry == absent:
		e.Authentication = tri.Is(tri.Off, source, "Secret "+namespace+"/"+name+
			" has no key auth, so haproxy-ingress asks for no credentials")
		return way.Unverified
	case object == unseen:
		e.Assumptions = append(e.Assumptions, "Secret "+namespace+"/"+name+" is there and has the key auth")
	}
	return way.Verified
}

// ingressURL is an auth-url with the name of a Service (`svc://namespace/name:port/path`) as a URL.
func ingressURL(value, namespace string) string {
	value = strings.TrimSpace(value)
	for _, scheme := range []string{"svc://", "service://"} {
		rest, ok := strings.CutPrefix(value, scheme)
		if !ok {
			continue
		}
		if before, after, found := strings.Cut(rest, "/"); found && !strings.Contains(before, ":") {
			namespace, rest = before, after
		}
		name, path, _ := strings.Cut(rest, "/")
		name, port, _ := strings.Cut(name, ":")
		return "http://" + name + "." + namespace + ".svc:" + port + "/" + path
	}
	return value
}

// identity: headers are set, then added, then deleted, and only then an authentication service in its
// default place is asked, whose answer may set headers anew (haproxy.tmpl).
func (s *settings) identity(e *way.Effects, users way.Trust, unasked string) tri.State {
	a := s.a
	v, stated := s.in.Version()
	old := stated && !v.AtLeast(0, 17)
	state := tri.Is(way.IdentityClient, "default", "no annotation changes the header")

	setKey := a.FirstOf("request-set-headers", "headers")
	if old {
		setKey = a.FirstOf("headers")
	}
	if value, ok := haproxyIngressLine(a[setKey], way.Header); ok {
		word, refused := configValue(value)
		if refused != nil {
			state = *refused
		} else {
			state = headerValue(word, users)
		}
		state.Source, state.Why = s.source(setKey), "in "+s.named(setKey)+" "+state.Why
	}
	if value, ok := haproxyIngressLine(a["request-add-headers"], way.Header); ok && !old {
		added := headerValue(value, users)
		state = tri.Is(way.IdentityUnknown, s.source("request-add-headers"),
			reason.Of("haproxy-second-header", added.Why))
	}
	if way.Listed(a["request-del-headers"], way.Header) && !old {
		state = tri.Is(way.IdentityRemoved, s.source("request-del-headers"),
			s.named("request-del-headers")+" removes the header")
		if !stated {
			e.Assumptions = append(e.Assumptions, "haproxy-ingress is 0.17 or newer, which knows request-del-headers")
		}
	}
	if answered := s.answer(); answered != nil {
		if answered.State == way.IdentitySet && unasked != "" {
			answered = &tri.State{State: way.IdentityUnknown, Source: answered.Source, Why: unasked}
		}
		if answered.State == way.IdentitySet {
			e.Assumptions = append(e.Assumptions,
				"the authentication service answers every request that it lets in with a non-empty "+way.Header)
		}
		if answered.State == way.IdentitySet || state.State == way.IdentityClient {
			state = *answered
		}
	}
	return state
}

// haproxyIngressLine finds the last line `name: value` or `name value` for a header (utils.SplitHeaderNameValue).
func haproxyIngressLine(text, header string) (value string, found bool) {
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		at := strings.IndexAny(line, ": ")
		if at <= 0 {
			continue
		}
		if strings.EqualFold(strings.TrimRight(line[:at], ":"), header) {
			value, found = strings.TrimSpace(line[at+1:]), true
		}
	}
	return value, found
}

func (s *settings) hides(h *way.Handling) {
	const name = "response-del-headers"
	const key = PrefixHAProxyIngress + name
	in := s.in
	v, stated := in.Version()
	if way.Listed(s.a[name], "Server") && (!stated || v.AtLeast(0, 17)) {
		h.HidesHeaders = tri.Is(tri.On, s.source(name), s.named(name)+" removes Server")
		s.unlessDiffering(name, &h.HidesHeaders)
		return
	}
	h.HidesHeaders = tri.Is(tri.Off, "default", "HAProxy passes the Server header of the backend on")
	s.unlessDiffering(name, &h.HidesHeaders)
	h.Fixes[way.HideHeaders].Advice = `set haproxy-ingress.github.io/response-del-headers: "Server,X-Powered-By" (haproxy-ingress 0.17 or newer)`
	_, old := in.Ingress.Annotations["ingress.kubernetes.io/response-del-headers"]
	if in.Class.Known && stated && v.AtLeast(0, 17) && !old {
		h.Fixes[way.HideHeaders].Annotations = way.AbsentOnly(map[string]string{key: "Server,X-Powered-By"},
			in.Ingress.Annotations)
	}
}
