package haproxy

import (
	"maps"
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
		AliasesForTLS: true, CountsForService: haproxyIngressCounts, DefaultBackend: way.DefaultBackend{Plain: true},
		Allowed: []string{PrefixHAProxyIngress + "allowlist-source-range",
			PrefixHAProxyIngress + "whitelist-source-range"},
	}
}

// haproxyIngressAliases are further names of an Ingress's hosts, and an expression for such.
func haproxyIngressAliases(ing *networkingv1.Ingress) []requests.Hosts {
	a := way.WithPrefix(ing.Annotations, PrefixHAProxyIngress, way.PrefixIngress)
	var list []requests.Hosts
	for name := range strings.SplitSeq(a["server-alias"], ",") {
		if name = strings.TrimSpace(name); name != "" {
			list = append(list, requests.HostsOf(name))
		}
	}
	if expression := strings.TrimSpace(a["server-alias-regex"]); expression != "" {
		list = append(list, requests.Hosts{Name: "~" + expression, Opaque: true})
	}
	if haproxyIngressAlternatives(ing) {
		list = append(list, anyHost())
	}
	return list
}

const PrefixHAProxyIngress = "haproxy-ingress.github.io/"

// haproxyIngressAnnotations: of two prefixes the first wins (readConfigKeys), and a Service's annotation over an
// Ingress's.
func haproxyIngressAnnotations(in way.Input) way.Annotations {
	a := way.WithPrefix(in.Ingress.Annotations, PrefixHAProxyIngress, way.PrefixIngress)
	maps.Copy(a, way.WithPrefix(in.ServiceAnnotations, PrefixHAProxyIngress, way.PrefixIngress))
	return a
}

// haproxyIngressConfig are annotations that add configuration of HAProxy's own.
func haproxyIngressConfig() []string {
	return []string{"config-backend", "config-backend-early", "config-backend-late"}
}

func haproxyIngressRead(in way.Input) way.Reading {
	a := haproxyIngressAnnotations(in)
	differ := haproxyIngressShared(in, a)
	var h way.Handling
	e := &h.Effects
	users := haproxyIngressAuth(in, a, e)
	if in.HostAliased && e.Authentication.State == tri.On {
		e.Authentication = tri.State{State: tri.Unknown, Source: e.Authentication.Source,
			Why: reason.Of("haproxy-aliased")}
	}
	e.Identity = haproxyIngressIdentity(in, a, e, users)
	for _, name := range []string{"headers", "request-set-headers", "request-add-headers", "request-del-headers"} {
		if differ[name] && e.Identity.State != way.IdentityUnknown {
			e.Identity = tri.State{State: way.IdentityUnknown, Source: PrefixHAProxyIngress + name,
				Why: reason.Of("haproxy-service-settings-differ", name)}
		}
	}
	for _, name := range haproxyIngressConfig() {
		if configures(a, name) {
			e.Identity = tri.State{State: way.IdentityUnknown, Source: PrefixHAProxyIngress + name,
				Why: reason.Of("header-by-unread-setting", name)}
			if e.Authentication.State == tri.On {
				e.Authentication = tri.State{State: tri.Unknown, Source: PrefixHAProxyIngress + name,
					Why: reason.Of("opened-by-unread-setting", name)}
			}
		}
	}
	e.StripsIdentity = way.Strips(e.Identity)
	h.Strip(in, map[string]string{PrefixHAProxyIngress + "request-del-headers": way.Header}, 0, 17,
		`set haproxy-ingress.github.io/request-del-headers: "x-ditto-pre-authenticated" (haproxy-ingress 0.17 or newer)`)
	haproxyIngressHides(in, a, &h)
	if differ["response-del-headers"] {
		h.HidesHeaders = tri.State{State: tri.Unknown, Source: PrefixHAProxyIngress + "response-del-headers",
			Why: reason.Of("haproxy-service-settings-differ", "response-del-headers")}
	}
	if _, old := in.Ingress.Annotations["ingress.kubernetes.io/request-del-headers"]; old {
		h.Fixes[way.StripIdentity].Annotations = nil
	}
	if pass, _ := a.Bool("ssl-passthrough"); pass {
		h.PassThrough(true, PrefixHAProxyIngress+"ssl-passthrough")
	}
	if _, said := a.Bool("ssl-redirect"); !said && len(in.Ingress.Spec.TLS)+len(in.Neighbours) > 0 {
		e.Assumptions = append(e.Assumptions, "the ConfigMap of haproxy-ingress does not turn ssl-redirect off")
	}
	haproxyIngressRate(in, a, differ, &h)
	h.Nominated.Passes = true
	h.Spelling = way.SpellingVerbatim // normalize-uri is not set
	h.Fixes[way.ResolvePaths].Advice = adviceOnPaths
	return way.Reading{
		Handling: h, Transport: func(host string) way.Transport { return haproxyIngressTransport(in, a, host) },
		Path: func(kind networkingv1.PathType, path string) way.Path { return haproxyIngressPath(in, a, kind, path) },
	}
}

// haproxyIngressAuth follows pkg/converters/ingress/annotations/backend.go: a Secret that is not there, or has no key
// `auth`, is logged and leaves the paths open; a wrong auth-url denies everything.
func haproxyIngressAuth(in way.Input, a way.Annotations, e *way.Effects) way.Trust {
	e.Authentication = tri.State{State: tri.Off, Source: "default", Why: "no annotation asks for credentials"}
	users := way.Unverified
	if a.Has("auth-secret") {
		const source = PrefixHAProxyIngress + "auth-secret"
		namespace, name, ok := way.SecretName(a["auth-secret"], in.Ingress.Namespace)
		if !ok {
			e.Authentication = tri.State{State: tri.Off, Source: source,
				Why: "auth-secret does not name a Secret, and is ignored"}
		} else {
			e.AuthSecrets = []way.AuthSecret{{Namespace: namespace, Name: name, Kind: way.AuthFile, Key: "auth"}}
			e.Authentication = tri.State{State: tri.On, Source: source,
				Why: "auth-secret asks every client for credentials"}
			users = way.Verified
			switch object, entry := secret(in, namespace, name, "auth"); {
			case object == absent:
				e.Authentication = tri.State{State: tri.Unknown, Source: source,
					Why: reason.Of("haproxy-auth-secret-not-found", namespace, name)}
				users = way.Doubtful
			case entry == absent:
				e.Authentication = tri.State{State: tri.Off, Source: source,
					Why: "Secret " + namespace + "/" + name +
						" has no key auth, so haproxy-ingress asks for no credentials"}
				users = way.Unverified
			case object == unseen:
				e.Assumptions = append(e.Assumptions, "Secret "+namespace+"/"+name+" is there and has the key auth")
			}
		}
	}
	if external := a.FirstOf("auth-url", "oauth"); external != "" && e.Authentication.State != tri.On {
		const auth = PrefixHAProxyIngress + "auth-url"
		e.Authentication = tri.State{State: tri.On, Source: PrefixHAProxyIngress + external,
			Why: external + " asks every client for credentials"}
		if external == "oauth" {
			haproxyIngressOAuth(in, a, e)
		} else if asked := in.Config.Asking.Ask(in.Ingress.Namespace, ingressURL(a["auth-url"], in.Ingress.Namespace),
			nil); asked.State != "" {
			e.Authentication = way.Agreed(asked, auth)
		}
	}
	if a.Has("auth-tls-secret") && e.Authentication.State == tri.Off {
		e.Authentication = tri.State{State: tri.Unknown, Source: PrefixHAProxyIngress + "auth-tls-secret",
			Why: reason.Of("haproxy-certificates-over-tls")}
	}
	return users
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

// haproxyIngressIdentity: headers are set, then added, then deleted, and only then an authentication service in its
// default place is asked, whose answer may set headers anew (haproxy.tmpl).
func haproxyIngressIdentity(in way.Input, a way.Annotations, e *way.Effects, users way.Trust) tri.State {
	v, stated := in.Version()
	old := stated && !v.AtLeast(0, 17)
	state := tri.State{State: way.IdentityClient, Source: "default", Why: "no annotation changes the header"}

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
		state.Source, state.Why = PrefixHAProxyIngress+setKey, "in "+setKey+" "+state.Why
	}
	if value, ok := haproxyIngressLine(a["request-add-headers"], way.Header); ok && !old {
		added := headerValue(value, users)
		state = tri.State{State: way.IdentityUnknown, Source: PrefixHAProxyIngress + "request-add-headers",
			Why: reason.Of("haproxy-second-header", added.Why)}
	}
	if way.Listed(a["request-del-headers"], way.Header) && !old {
		state = tri.State{State: way.IdentityRemoved, Source: PrefixHAProxyIngress + "request-del-headers",
			Why: "request-del-headers removes the header"}
		if !stated {
			e.Assumptions = append(e.Assumptions, "haproxy-ingress is 0.17 or newer, which knows request-del-headers")
		}
	}
	if answered := haproxyIngressAnswer(a); answered != nil {
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

func haproxyIngressHides(in way.Input, a way.Annotations, h *way.Handling) {
	const key = PrefixHAProxyIngress + "response-del-headers"
	v, stated := in.Version()
	if way.Listed(a["response-del-headers"], "Server") && (!stated || v.AtLeast(0, 17)) {
		h.HidesHeaders = tri.State{State: tri.On, Source: key, Why: "response-del-headers removes Server"}
		return
	}
	h.HidesHeaders = tri.State{State: tri.Off, Source: "default",
		Why: "HAProxy passes the Server header of the backend on"}
	h.Fixes[way.HideHeaders].Advice = `set haproxy-ingress.github.io/response-del-headers: "Server,X-Powered-By" (haproxy-ingress 0.17 or newer)`
	_, old := in.Ingress.Annotations["ingress.kubernetes.io/response-del-headers"]
	if in.Class.Known && stated && v.AtLeast(0, 17) && !old {
		h.Fixes[way.HideHeaders].Annotations = way.AbsentOnly(map[string]string{key: "Server,X-Powered-By"},
			in.Ingress.Annotations)
	}
}
