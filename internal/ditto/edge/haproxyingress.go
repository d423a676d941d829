package edge

import (
	"maps"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

const nameHAProxyIngress = "haproxy-ingress"

// haproxyIngress is jcmoraisjr/haproxy-ingress. It reads annotations of the Service before those of the Ingress.
func haproxyIngress() controller {
	return controller{
		name: nameHAProxyIngress, title: "haproxy-ingress",
		classes: []string{"haproxy-ingress.github.io/controller/*"}, usual: []string{"haproxy"},
		prefixes: []string{prefixHAProxyIngress}, shared: []string{prefixIngress},
		transport: haproxyIngressTransport, rate: haproxyIngressRate,
		effects: haproxyIngressEffects, path: haproxyIngressPath,
	}
}

const prefixHAProxyIngress = "haproxy-ingress.github.io/"

// haproxyIngressAnnotations: of two prefixes the first wins (readConfigKeys), and a Service's annotation over an
// Ingress's.
func haproxyIngressAnnotations(in Input) annotations {
	a := withPrefix(in.Ingress.Annotations, prefixHAProxyIngress, prefixIngress)
	maps.Copy(a, withPrefix(in.ServiceAnnotations, prefixHAProxyIngress, prefixIngress))
	return a
}

// haproxyIngressConfig are annotations that add configuration of HAProxy's own.
func haproxyIngressConfig() []string {
	return []string{"config-backend", "config-backend-early", "config-backend-late"}
}

func haproxyIngressEffects(in Input) Effects {
	a := haproxyIngressAnnotations(in)
	var e Effects
	users := haproxyIngressAuth(in, a, &e)
	e.Identity = haproxyIngressIdentity(in, a, &e, users)
	for _, name := range haproxyIngressConfig() {
		if a.configures(name) {
			e.Identity = State{IdentityUnknown, prefixHAProxyIngress + name, name + " may change the header, and is not read"}
			if e.Authentication.State == On {
				e.Authentication = State{Unknown, prefixHAProxyIngress + name, name + " may let clients in without credentials, and is not read"}
			}
		}
	}
	e.StripsIdentity = strips(e.Identity)
	e.strip(in, map[string]string{prefixHAProxyIngress + "request-del-headers": Header}, 0, 17,
		`write haproxy-ingress.github.io/request-del-headers: "x-ditto-pre-authenticated" (haproxy-ingress 0.17 or newer)`)
	haproxyIngressHides(in, a, &e)
	if _, old := in.Ingress.Annotations["ingress.kubernetes.io/request-del-headers"]; old {
		e.StripAnnotations = nil
	}
	if pass, _ := a.bool("ssl-passthrough"); pass {
		e.passThrough(true, prefixHAProxyIngress+"ssl-passthrough")
	}
	return e
}

// haproxyIngressAuth follows pkg/converters/ingress/annotations/backend.go: a Secret that is not there, or has no key
// `auth`, is logged and leaves the paths open; a wrong auth-url denies everything.
func haproxyIngressAuth(in Input, a annotations, e *Effects) trust {
	e.Authentication = State{Off, "default", "no annotation asks for credentials"}
	users := unverified
	if a.has("auth-secret") {
		const source = prefixHAProxyIngress + "auth-secret"
		namespace, name, ok := secretName(a["auth-secret"], in.Ingress.Namespace)
		if !ok {
			e.Authentication = State{Off, source, "auth-secret does not name a Secret, and is ignored"}
		} else {
			e.AuthSecrets = []AuthSecret{{Namespace: namespace, Name: name, Kind: AuthFile, Key: "auth"}}
			e.Authentication, users = State{On, source, "auth-secret asks every client for credentials"}, verified
			switch object, entry := in.secret(namespace, name, "auth"); {
			case object == absent:
				e.Authentication = State{Unknown, source, "Secret " + namespace + "/" + name + " is not at hand, and without it haproxy-ingress asks for nothing"}
				users = doubtful
			case entry == absent:
				e.Authentication = State{Off, source, "Secret " + namespace + "/" + name + " has no key auth, so haproxy-ingress asks for nothing"}
				users = unverified
			case object == unseen:
				e.Assumptions = append(e.Assumptions, "Secret "+namespace+"/"+name+" is there and has the key auth")
			}
		}
	}
	if external := a.firstOf("auth-url", "oauth"); external != "" && e.Authentication.State != On {
		e.Authentication = State{On, prefixHAProxyIngress + external, external + " asks every client for credentials"}
		if address := haproxyIngressURL(a["auth-url"], in.Ingress.Namespace); external == "auth-url" {
			if asked := in.Config.Asking.ask(in.Ingress.Namespace, address, nil); asked.State != "" {
				e.Authentication = agreed(asked, prefixHAProxyIngress+"auth-url")
			}
		}
	}
	if a.has("auth-tls-secret") && e.Authentication.State == Off {
		e.Authentication = State{Unknown, prefixHAProxyIngress + "auth-tls-secret", "client certificates are asked for over TLS only"}
	}
	return users
}

// haproxyIngressURL is an auth-url with the name of a Service (`svc://namespace/name:port/path`) as a URL.
func haproxyIngressURL(value, namespace string) string {
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
func haproxyIngressIdentity(in Input, a annotations, e *Effects, users trust) State {
	v, stated := in.version()
	old := stated && !v.atLeast(0, 17)
	state := State{IdentityClient, "default", "no annotation changes the header"}

	setKey := a.firstOf("request-set-headers", "headers")
	if old {
		setKey = a.firstOf("headers")
	}
	if value, ok := haproxyIngressLine(a[setKey], Header); ok {
		state = haproxyValue(value, users)
		state.Source, state.Why = prefixHAProxyIngress+setKey, "in "+setKey+" "+state.Why
	}
	if value, ok := haproxyIngressLine(a["request-add-headers"], Header); ok && !old {
		added := haproxyValue(value, users)
		state = State{IdentityUnknown, prefixHAProxyIngress + "request-add-headers", "request-add-headers adds a second header: " + added.Why}
	}
	if listed(a["request-del-headers"], Header) && !old {
		state = State{IdentityRemoved, prefixHAProxyIngress + "request-del-headers", "request-del-headers removes the header"}
		if !stated {
			e.Assumptions = append(e.Assumptions, "haproxy-ingress is 0.17 or newer, which knows request-del-headers")
		}
	}
	if answered := haproxyIngressAnswer(a); answered != nil {
		if answered.State == IdentitySet {
			e.Assumptions = append(e.Assumptions, "the authentication service answers every request that it lets in with a non-empty "+Header)
		}
		if answered.State == IdentitySet || state.State == IdentityClient {
			state = *answered
		}
	}
	return state
}

// haproxyIngressAnswer is what the answer of an authentication service does to the header, nil for nothing. By default
// every header of the answer is copied, and whether this one is among them only the service knows.
func haproxyIngressAnswer(a annotations) *State {
	if a.has("auth-url") {
		const source = prefixHAProxyIngress + "auth-headers-succeed"
		switch list, given := a["auth-headers-succeed"]; {
		case strings.EqualFold(strings.TrimSpace(a["auth-external-placement"]), "frontend"):
			return &State{IdentityUnknown, prefixHAProxyIngress + "auth-external-placement", "an authentication service in the frontend may set the header before it is changed"}
		case listed(list, Header):
			return &State{IdentitySet, source, "auth-headers-succeed copies the header from the answer of auth-url"}
		case !given || strings.ContainsAny(list, `*%.[+?^$`):
			return &State{IdentityUnknown, source, "headers of the answer of auth-url are copied by a pattern, and whether this one is among them cannot be told"}
		}
		return nil
	}
	if !a.has("oauth") {
		return nil
	}
	for entry := range strings.SplitSeq(a["oauth-headers"], ",") {
		if name, _, ok := strings.Cut(entry, ":"); ok && strings.EqualFold(strings.TrimSpace(name), Header) {
			return &State{IdentitySet, prefixHAProxyIngress + "oauth-headers", "oauth-headers sets the header from the answer of oauth2-proxy"}
		}
	}
	return nil
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

func haproxyIngressHides(in Input, a annotations, e *Effects) {
	const key = prefixHAProxyIngress + "response-del-headers"
	v, stated := in.version()
	if listed(a["response-del-headers"], "Server") && (!stated || v.atLeast(0, 17)) {
		e.HidesHeaders = State{On, key, "response-del-headers removes Server"}
		return
	}
	e.HidesHeaders = State{Off, "default", "HAProxy passes the Server header of the backend on"}
	e.HideAdvice = `write haproxy-ingress.github.io/response-del-headers: "Server,X-Powered-By" (haproxy-ingress 0.17 or newer)`
	_, old := in.Ingress.Annotations["ingress.kubernetes.io/response-del-headers"]
	if in.Class.Known && stated && v.atLeast(0, 17) && !old {
		e.HideAnnotations = absentOnly(map[string]string{key: "Server,X-Powered-By"}, in.Ingress.Annotations)
	}
}

// haproxyIngressPath: ImplementationSpecific goes by the annotation path-type, whose default `begin` compares characters
// without case; a regular expression is pinned at the start (keys.md "Path type").
func haproxyIngressPath(in Input, kind networkingv1.PathType, path string) Path {
	a := haproxyIngressAnnotations(in)
	var p Path
	match := strings.ToLower(a["path-type"])
	switch kind {
	case networkingv1.PathTypeExact:
		match = "exact"
	case networkingv1.PathTypePrefix:
		match = "prefix"
	}
	switch match {
	case "exact":
		p.Matcher = exact(raw, path)
	case "prefix":
		p.Matcher = elements(raw, path)
	case "regex":
		p.Matcher = regex(raw, path, false, atStart)
	default:
		p.Matcher = anyCase(path)
	}
	if target := a["rewrite-target"]; target != "" {
		p.Rewrite = haproxyIngressRewrite(match, path, target)
	}
	for _, name := range haproxyIngressConfig() {
		if a.configures(name) {
			p.Rewrite = rewriteUnknown(name + " may change the path, and is not read")
		}
	}
	return p
}

// haproxyIngressRewrite puts the target in the place of the path and keeps what follows (buildBackendRewriteURL).
func haproxyIngressRewrite(match, path, target string) Rewrite {
	if match == "regex" || strings.ContainsAny(target, `\%`) {
		return rewriteUnknown("rewrite-target with a regular expression is not evaluated")
	}
	from := []string{path}
	slash := strings.HasSuffix(path, "/")
	if target == "/" && !slash {
		from = append(from, path+"/")
	}
	if slash && !strings.HasSuffix(target, "/") {
		target += "/"
	}
	return Rewrite{Kind: RewritePrefix, From: from, To: target}
}
