package f5

import (
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/nginx"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

func (r f5Reader) handling(route *crd.NginxRoute, proxy *crd.NginxProxying, grpc bool) way.Handling {
	// internal/configs/virtualserver.go: generateProxyPass has a path only where a rewritePath is.
	h := way.Handling{Rate: r.rate(route), Spelling: way.SpellingKept}
	h.Fixes[way.ResolvePaths].Advice = "set in the action: proxy: {upstream: …, rewritePath: /api/2/things} for a path /api/2/things, so that nginx forwards the path that it has " +
		"resolved"
	e := &h.Effects
	policies := f5PolicyIDs(r.server.Spec.Policies, r.server.Namespace)
	switch {
	case len(route.Policies) > 0:
		policies = append(policies, f5PolicyIDs(route.Policies, r.namespace)...)
	case r.outer != nil:
		policies = append(policies, f5PolicyIDs(r.outer.Policies, r.server.Namespace)...)
	}
	tls := r.server.Spec.TLS
	e.Authentication, e.AuthSecrets = f5Policies(r.c.Objects, policies, tls != nil && tls.Redirect != nil &&
		tls.Redirect.Enable)
	e.Identity = f5Sets(proxy, grpc, f5Users(*e), e.Authentication.State == tri.On && f5Tokens(r.c.Objects, policies))
	r.snippet(route, grpc, e)
	e.StripsIdentity = way.Strips(e.Identity)
	r.hides(proxy, &h)
	h.Fixes[way.StripIdentity].Advice = `set in the action: proxy: {upstream: …, requestHeaders: {set: [{name: ` +
		way.Header + `, value: ""}]}}`
	h.Fixes[way.LimitRequests].Advice = `name a Policy with spec.rateLimit: {rate: 50r/s, burst: 250, noDelay: true, ` +
		`key: "${binary_remote_addr}", zoneSize: 10M} in spec.policies`
	return h
}

// f5Users says what $remote_user is worth.
func f5Users(e way.Effects) way.Trust {
	switch {
	case e.Authentication.State == tri.On && len(e.AuthSecrets) > 0:
		return way.Verified
	case e.Authentication.State == tri.Unknown:
		return way.Doubtful
	}
	return way.Unverified
}

// f5Sets: a header that is set to nothing is not sent. Those of clients are left out altogether if pass is false, but
// not for gRPC (nginx.virtualserver.tmpl).
//
// tokens says that every client needs a token, which names whom it is for; its other claims it need not have.
func f5Sets(proxy *crd.NginxProxying, grpc bool, users way.Trust, tokens bool) tri.State {
	const source = "requestHeaders"
	state := tri.Is(way.IdentityClient, "default", "no action changes the header")
	headers := proxy.RequestHeaders
	if headers == nil {
		return state
	}
	if headers.Pass != nil && !*headers.Pass && !grpc {
		state = tri.Is(way.IdentityRemoved, source, "requestHeaders.pass is false, which leaves the header out")
	}
	var set *tri.State
	for _, h := range headers.Set {
		if strings.EqualFold(h.Name, way.Header) {
			value := h.Value
			if tokens {
				value = strings.ReplaceAll(value, "${jwt_claim_sub}", "sub")
			}
			s := nginx.Value(value, users)
			switch {
			case tokens && s.State == way.IdentityEmpty:
				s.Why = strings.Replace(s.Why, ", which is empty without a token",
					", a claim that a token need not have", 1)
			case value != h.Value && s.State == way.IdentitySet:
				s.Why = "it is set to $jwt_claim_sub, of a token that is checked"
			}
			s.Source, s.Why = source, "in requestHeaders.set "+s.Why
			set = way.Worse(set, &s)
		}
	}
	if set != nil {
		return *set
	}
	return state
}

// snippet takes a location's snippets into account, which count if the controller allows them.
func (r f5Reader) snippet(route *crd.NginxRoute, grpc bool, e *way.Effects) {
	text := r.snippets(route)
	server := r.server.Spec.ServerSnippets
	if strings.TrimSpace(text) == "" && strings.TrimSpace(server) == "" {
		return
	}
	const source = "location-snippets"
	setHeader := "proxy_set_header"
	if grpc {
		setHeader = "grpc_set_header"
	}
	reading := nginx.ReadSnippet(text, setHeader, f5Users(*e))
	opens := reading.Opens || nginx.ReadSnippet(server, setHeader, way.Unverified).Opens
	for _, s := range []string{text, server} {
		if directives, ok := nginx.ParseSnippet(s); !ok || directives.Has("auth_basic", "auth_jwt", "auth_request",
			"js_access") {
			opens = true
		}
	}
	if opens {
		e.Authentication = tri.Is(tri.Unknown, source, reason.Of("snippet-authenticates"))
	}
	if reading.Identity == nil {
		return
	}
	if e.Identity.Source == "requestHeaders" {
		e.Identity = tri.Is(way.IdentityUnknown, source, reason.Of("f5-header-set-by-action-too"))
		return
	}
	e.Identity = tri.Is(reading.Identity.State, source, "in the location snippet "+reading.Identity.Why)
	if e.Identity.State != way.IdentityClient && e.Identity.State != way.IdentityUnknown {
		e.Assumptions = append(e.Assumptions,
			"the NGINX Ingress Controller runs with -enable-snippets, without which snippets do nothing")
	}
}

// hides: nginx sends its own Server header. Whether the version is in it is said in the controller's ConfigMap.
func (r f5Reader) hides(proxy *crd.NginxProxying, h *way.Handling) {
	const advice = `set server-tokens: "False" in the controller's ConfigMap, and responseHeaders: {hide: [X-Powered-By]} in the action`
	if headers := proxy.ResponseHeaders; headers != nil &&
		slices.ContainsFunc(headers.Pass, func(h string) bool { return strings.EqualFold(h, "Server") }) {
		h.HidesHeaders = tri.Is(tri.Off, "responseHeaders", "responseHeaders.pass passes Server on")
		h.Fixes[way.HideHeaders].Advice = "remove Server from responseHeaders.pass, and " + advice
		return
	}
	if directives, ok := nginx.ParseSnippet(r.server.Spec.ServerSnippets); ok &&
		slices.ContainsFunc(directives.Directives, func(d *syntax.Directive) bool {
			return d.Name == "server_tokens" && slices.Equal(d.Args, []string{"off"})
		}) {
		h.HidesHeaders = tri.Is(tri.On, "server-snippets", "server_tokens is off")
		return
	}
	h.HidesHeaders = tri.Is(tri.Unknown, "default", reason.Of("f5-server-tokens"))
	h.Fixes[way.HideHeaders].Advice = advice
}
