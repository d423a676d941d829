package edge

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

const nameHAProxy = "haproxy"

// haproxyPrefixes all name the same annotation, and so does no prefix at all (pkg/store/convert.go: cleanAnnotation).
func haproxyPrefixes() []string {
	return []string{"haproxy.org/", "haproxy.com/", prefixIngress}
}

// haproxy is HAProxy Technologies' controller (haproxytech/kubernetes-ingress).
func haproxy() controller {
	return controller{
		name: nameHAProxy, title: "HAProxy Technologies' ingress controller",
		classes: []string{"haproxy.org/ingress-controller/*"}, usual: []string{"haproxy"},
		prefixes: []string{"haproxy.org/", "haproxy.com/"}, shared: []string{prefixIngress, bareKeys},
		transport: haproxyTransport, rate: haproxyRate,
		effects: haproxyEffects, path: haproxyPath,
		uses: func(o *inventory.Object) []inventory.ID {
			return haproxyBackendIDs(o.Meta.Annotations, o.Ref.Namespace)
		},
	}
}

// haproxyAnnotations takes off the prefixes. Where two spellings of one annotation differ, which one counts changes from
// run to run, so it is listed in conflicts.
func haproxyAnnotations(all map[string]string) (a annotations, conflicts map[string]bool) {
	a, conflicts = annotations{}, map[string]bool{}
	for _, key := range keysOf(all) {
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

func haproxyEffects(in Input) Effects {
	a, conflicts := haproxyAnnotations(in.Ingress.Annotations)
	service, _ := haproxyAnnotations(in.ServiceAnnotations)
	var e Effects

	// The rule asks for users of a list that is empty until the Secret is there, so nobody gets in without it
	// (pkg/annotations/ingress/basicAuth.go). No other kind is known, and a wrong word means no authentication.
	const authType = "haproxy.org/auth-type"
	users := unverified
	switch {
	case conflicts["auth-type"]:
		e.Authentication, users = State{Unknown, authType, "auth-type is there twice, with different values"}, doubtful
	case a["auth-type"] == "basic-auth":
		e.Authentication, users = State{On, authType, "auth-type asks every client for credentials"}, verified
		if namespace, name, ok := secretName(a["auth-secret"], in.Ingress.Namespace); ok {
			e.AuthSecrets = []AuthSecret{{Namespace: namespace, Name: name, Kind: AuthMap}}
		}
	case a.has("auth-type"):
		e.Authentication = State{Off, authType, `auth-type is not "basic-auth", and is ignored`}
	default:
		e.Authentication = State{Off, "default", "no annotation asks for credentials"}
	}

	e.Identity = haproxyHeader(a, conflicts, "request-set-header", Header, users)
	for _, name := range haproxySnippets() {
		if a.configures(name) || service.configures(name) {
			e.Identity = State{IdentityUnknown, "haproxy.org/" + name, name + " may change the header, and is not read"}
			if e.Authentication.State == On {
				e.Authentication = State{Unknown, "haproxy.org/" + name, name + " may let clients in without credentials, and is not read"}
			}
		}
	}
	e.Identity, e.Authentication = haproxyBackendOf(in).apply(e.Identity, e.Authentication, users)
	e.StripsIdentity = strips(e.Identity)
	if e.StripsIdentity.State != On {
		e.StripAdvice = `HAProxy's controller has no annotation that removes a header, and refuses to set one to the empty string. Delete it in a Backend ` +
			`resource (ingress.v3.haproxy.org/v3; http_request_rule_list: [{type: del-header, hdr_name: x-ditto-pre-authenticated}]), named by haproxy.org/cr-backend at the Service`
	}
	server := haproxyHeader(a, conflicts, "response-set-header", "Server", unverified)
	switch server.State {
	case IdentityClient:
		e.HidesHeaders = State{Off, "default", "HAProxy passes the Server header of the backend on"}
		e.HideAdvice = `HAProxy sends no Server header of its own. Leave SERVER_HEADER of the gateway empty, or overwrite it: ` +
			`haproxy.org/response-set-header: "Server hidden"`
	case IdentitySet:
		e.HidesHeaders = State{On, server.Source, "response-set-header overwrites Server"}
	default:
		e.HidesHeaders = State{Unknown, server.Source, server.Why}
	}
	if pass, ok := haproxyBool(a["ssl-passthrough"]); ok && pass || conflicts["ssl-passthrough"] {
		e.passThrough(!conflicts["ssl-passthrough"], "haproxy.org/ssl-passthrough")
	}
	return e
}

// haproxyHeader reads lines of `Name value`, split at the first space; a line without one ends the reading
// (pkg/annotations/ingress/reqSetHdr.go). The last line for a header wins.
func haproxyHeader(a annotations, conflicts map[string]bool, key, header string, users trust) State {
	source := "haproxy.org/" + key
	if conflicts[key] {
		return State{IdentityUnknown, source, key + " is there twice, with different values"}
	}
	result := State{IdentityClient, "default", "no annotation changes the header"}
	for line := range strings.SplitSeq(a[key], "\n") {
		if line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, " ")
		if !ok {
			break
		}
		if strings.EqualFold(name, header) {
			result = haproxyValue(value, users)
			result.Source, result.Why = source, "in "+key+" "+result.Why
		}
	}
	return result
}

// haproxyBool reads a boolean as the controller does: only these two words are booleans to it.
func haproxyBool(value string) (result, ok bool) {
	return value == "true", value == "true" || value == "false"
}

// haproxyPath: Prefix goes by elements, ImplementationSpecific by characters, both on the undecoded path
// (pkg/route/route.go). route-acl at the Service puts a condition of HAProxy's own in the place of ImplementationSpecific's.
func haproxyPath(in Input, kind networkingv1.PathType, path string) Path {
	a, conflicts := haproxyAnnotations(in.Ingress.Annotations)
	service, _ := haproxyAnnotations(in.ServiceAnnotations)
	var p Path
	switch kind {
	case networkingv1.PathTypeExact:
		p.Matcher = exact(raw, path)
	case networkingv1.PathTypePrefix:
		p.Matcher = elements(raw, path)
	default:
		p.Matcher = characters(strings.TrimSuffix(path, "/"))
	}
	if a.has("path-rewrite") {
		p.Rewrite = haproxyRewrite(a["path-rewrite"])
	}
	if conflicts["path-rewrite"] {
		p.Rewrite = rewriteUnknown("path-rewrite is there twice, with different values")
	}
	for _, name := range haproxySnippets() {
		if a.configures(name) || service.configures(name) {
			p.Rewrite = rewriteUnknown(name + " may change the path, and is not read")
		}
	}
	if rewrite, changes := haproxyBackendOf(in).rewrite(); changes {
		p.Rewrite = rewrite
	}
	return p
}

// haproxyRewrite reads path-rewrite: one word is the new path; two are an expression and a format. Only a constant is
// told, and that only from one word.
func haproxyRewrite(text string) Rewrite {
	words := strings.Fields(text)
	if len(words) == 1 && !strings.ContainsAny(words[0], `\%"'`) {
		return Rewrite{Kind: RewriteConstant, To: words[0]}
	}
	return rewriteUnknown("path-rewrite changes the path, and its expression is not evaluated")
}
