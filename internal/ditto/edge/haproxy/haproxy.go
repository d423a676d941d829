// Package haproxy reads Ingresses as the two controllers for HAProxy do: that of HAProxy Technologies and
// haproxy-ingress.
package haproxy

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// haproxyPrefixes all name the same annotation, and so does no prefix at all (pkg/store/convert.go: cleanAnnotation).
func haproxyPrefixes() []string {
	return []string{"haproxy.org/", "haproxy.com/", way.PrefixIngress}
}

// Controller is HAProxy Technologies' controller (haproxytech/kubernetes-ingress).
func Controller() way.Controller {
	return way.Controller{
		Name: way.NameHAProxy, Title: "HAProxy Technologies' ingress controller",
		Classes: []string{"haproxy.org/ingress-controller/*"}, Usual: []string{"haproxy"},
		Prefixes: []string{"haproxy.org/", "haproxy.com/"}, Shared: []string{way.PrefixIngress, way.BareKeys},
		Read: haproxyRead,
		Uses: func(o *inventory.Object) []inventory.ID {
			return haproxyBackendIDs(o.Meta.Annotations, o.Ref.Namespace)
		},
		// pkg/ingress/ingress.go: Update makes it the frontend's own, and rules that annotations make are only for
		// paths.
		DefaultBackend: way.DefaultBackend{Only: []string{"backend-config-snippet", "cr-backend"}},
		SharesTLS:      true, Allowed: []string{"haproxy.org/allow-list", "haproxy.org/whitelist"},
	}
}

// haproxyAnnotations takes off the prefixes. Where two spellings of one annotation differ, which one counts changes
// from run to run, so it is listed in conflicts.
func haproxyAnnotations(all map[string]string) (a way.Annotations, conflicts map[string]bool) {
	a, conflicts = way.Annotations{}, map[string]bool{}
	for _, key := range way.KeysOf(all) {
		name, value := key, all[key]
		for _, prefix := range haproxyPrefixes() {
			if rest, ok := strings.CutPrefix(key, prefix); ok {
				name = rest
				break
			}
		}
		if have, taken := a[name]; taken && have != value {
			conflicts[name] = true
		}
		a[name] = value
	}
	return a, conflicts
}

// haproxySnippets are annotations that add configuration in HAProxy's own words; a Service's win over an Ingress's.
func haproxySnippets() []string { return []string{"backend-config-snippet"} }

func haproxyRead(in way.Input) way.Reading {
	a, conflicts := haproxyAnnotations(in.Ingress.Annotations)
	service, _ := haproxyAnnotations(in.ServiceAnnotations)
	var h way.Handling
	e := &h.Effects

	// The rule asks for users of a list that is empty until the Secret is there, so nobody gets in without it
	// (pkg/annotations/ingress/basicAuth.go). No other kind is known, and a wrong word means no authentication.
	const authType = "haproxy.org/auth-type"
	users := way.Unverified
	switch {
	case conflicts["auth-type"]:
		e.Authentication = tri.Is(tri.Unknown, authType, reason.Of("haproxy-auth-type-twice"))
		users = way.Doubtful
	case a["auth-type"] == "basic-auth":
		e.Authentication = tri.Is(tri.On, authType, "auth-type asks every client for credentials")
		users = way.Verified
		if namespace, name, ok := way.SecretName(a["auth-secret"], in.Ingress.Namespace); ok {
			e.AuthSecrets = []way.AuthSecret{{Namespace: namespace, Name: name, Kind: way.AuthMap}}
		}
	case a.Has("auth-type"):
		e.Authentication = tri.Is(tri.Off, authType, `auth-type is not "basic-auth", and is ignored`)
	default:
		e.Authentication = tri.Is(tri.Off, "default", "no annotation asks for credentials")
	}

	e.Identity = haproxyHeader(a, conflicts, "request-set-header", way.Header, users)
	for _, name := range haproxySnippets() {
		if configures(a, name) || configures(service, name) {
			e.Identity = tri.Is(way.IdentityUnknown, "haproxy.org/"+name, reason.Of("header-by-unread-setting", name))
			if e.Authentication.State == tri.On {
				e.Authentication = tri.Is(tri.Unknown, "haproxy.org/"+name,
					reason.Of("opened-by-unread-setting", name))
			}
		}
	}
	backend := haproxyBackendOf(in)
	e.Identity, e.Authentication = backend.apply(e.Identity, e.Authentication, users)
	e.StripsIdentity = way.Strips(e.Identity)
	h.Fixes[way.StripIdentity].Advice = `HAProxy's controller has no annotation that removes a header, and refuses to set one to the empty string. Delete it in a Backend ` +
		`resource (ingress.v3.haproxy.org/v3; http_request_rule_list: [{type: del-header, hdr_name: x-ditto-pre-authenticated}]), named by haproxy.org/cr-backend at the Service`
	server := haproxyHeader(a, conflicts, "response-set-header", "Server", way.Unverified)
	switch server.State {
	case way.IdentityClient:
		e.HidesHeaders = tri.Is(tri.Off, "default", "HAProxy passes the Server header of the backend on")
		h.Fixes[way.HideHeaders].Advice = `HAProxy sends no Server header of its own. Leave SERVER_HEADER of the gateway empty, or overwrite it: ` +
			`haproxy.org/response-set-header: "Server hidden"`
	case way.IdentitySet:
		e.HidesHeaders = tri.Is(tri.On, server.Source, "response-set-header overwrites Server")
	default:
		e.HidesHeaders = tri.Is(tri.Unknown, server.Source, server.Why)
	}
	passes, mayPass := a["ssl-passthrough"] == "true", conflicts["ssl-passthrough"]
	if passes || mayPass {
		h.PassThrough(!mayPass, "haproxy.org/ssl-passthrough")
	}
	haproxyRate(in, a, service, conflicts, &h)
	h.Nominated.Passes = true
	h.Spelling = way.SpellingVerbatim // normalize-uri is not set
	h.Fixes[way.ResolvePaths].Advice = adviceOnPaths
	return way.Reading{
		Handling: h, Transport: func(host string) way.Transport { return haproxyTransport(in, a, conflicts, host) },
		Path: func(kind networkingv1.PathType, path string) way.Path {
			// Connections that are passed on are told apart by their host alone (AddHostPathRoute).
			if passes && !mayPass {
				return way.Everything()
			}
			p := haproxyPath(a, service, conflicts, kind, path)
			if mayPass {
				p.Matcher = way.Possibly(p.Matcher, way.Everything().Matcher,
					reason.Of("haproxy-setting-twice", "ssl-passthrough"))
			}
			if rewrite, changes := backend.rewrite(); changes {
				p.Rewrite = rewrite
			}
			return p
		},
	}
}

// haproxyHeader reads lines of `Name value`, split at the first space; a line without one ends the reading
// (pkg/annotations/ingress/reqSetHdr.go). The last line for a header wins.
func haproxyHeader(a way.Annotations, conflicts map[string]bool, key, header string, users way.Trust) tri.State {
	source := "haproxy.org/" + key
	if conflicts[key] {
		return tri.Is(way.IdentityUnknown, source, reason.Of("haproxy-setting-twice", key))
	}
	result := tri.Is(way.IdentityClient, "default", "no annotation changes the header")
	for line := range strings.SplitSeq(a[key], "\n") {
		if line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, " ")
		if !ok {
			break
		}
		if strings.EqualFold(name, header) {
			word, refused := configValue(quoted(value))
			if refused != nil {
				result = *refused
			} else {
				result = headerValue(word, users)
			}
			result.Source, result.Why = source, "in "+key+" "+result.Why
		}
	}
	return result
}

// quoted puts a value in quotes as the controller does, which a quote within ends (pkg/annotations/common/main.go).
func quoted(value string) string {
	if !strings.HasPrefix(value, `"`) {
		value = `"` + value
	}
	if !strings.HasSuffix(value, `"`) || value == `"` {
		value += `"`
	}
	return value
}

// haproxyBool reads a boolean as the controller does: only these two words are booleans to it.
func haproxyBool(value string) (result, ok bool) {
	return value == "true", value == "true" || value == "false"
}

// adviceOnPaths: `http-request normalize-uri` is experimental, and no annotation of either controller has it.
const adviceOnPaths = "HAProxy forwards paths as clients write them: use pathType Exact, or let an nginx whose proxy_pass has a path stand between it and the gateway"

// haproxyPath: Prefix goes by elements, ImplementationSpecific by characters, both on the undecoded path
// (pkg/route/route.go). route-acl at the Service puts a condition of HAProxy's own in the place of
// ImplementationSpecific's.
func haproxyPath(a, service way.Annotations, conflicts map[string]bool, kind networkingv1.PathType,
	path string) way.Path {
	var p way.Path
	switch kind {
	case networkingv1.PathTypeExact:
		p.Matcher = way.Exact(way.Raw, path)
	case networkingv1.PathTypePrefix:
		p.Matcher = way.Elements(way.Raw, path)
	default:
		p.Matcher = way.Characters(strings.TrimSuffix(path, "/"))
	}
	if a.Has("path-rewrite") {
		p.Rewrite = haproxyRewrite(a["path-rewrite"])
	}
	if conflicts["path-rewrite"] {
		p.Rewrite = way.UnknownRewrite(reason.Of("haproxy-path-rewrite-twice"))
	}
	for _, name := range haproxySnippets() {
		if configures(a, name) || configures(service, name) {
			p.Rewrite = way.UnknownRewrite(reason.Of("path-by-unread-setting", name))
		}
	}
	return p
}

// haproxyRewrite reads path-rewrite: one word is the new path; two are an expression and a format. Only a constant is
// told, and that only from one word.
func haproxyRewrite(text string) way.Rewrite {
	words := strings.Fields(text)
	if len(words) == 1 && !strings.ContainsAny(words[0], `\%"'#`) {
		to, _, _ := strings.Cut(words[0], "?") // what follows belongs to the query
		return way.Rewrite{Kind: way.RewriteConstant, To: to}
	}
	return way.UnknownRewrite(reason.Of("haproxy-path-rewrite-expression"))
}

// configures says whether an annotation holds lines of HAProxy's configuration that are not comments.
func configures(a way.Annotations, name string) bool {
	for line := range strings.SplitSeq(a[name], "\n") {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return true
		}
	}
	return false
}
