package istio

import (
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// The actions of an AuthorizationPolicy.
const (
	istioAllow  = "ALLOW"
	istioDeny   = "DENY"
	istioCustom = "CUSTOM"
)

// istioAccess is what the policies for a Gateway make of requests.
type istioAccess struct {
	authentication tri.State
	// identity is what becomes of the header before any rule of a VirtualService.
	identity tri.State
	// doubtful says of a path whether a policy may turn all requests for it away; nil if none does. why names the
	// policy.
	doubtful func(path string) (why string)
	// reshaped says what may let in other paths than rules say, and which ones is not evaluated; empty if nothing does.
	reshaped string
}

// istioAccessOf reads the policies. Authentication is on only where every request certainly needs a token.
func istioAccessOf(e *istioEdge) istioAccess {
	a := istioAccess{
		authentication: tri.Is(tri.Off, "default", "no AuthorizationPolicy asks for credentials"),
		identity:       tri.Is(way.IdentityClient, "default", "no object of Istio changes the header"),
	}
	var allows, denies []*inventory.Object
	var opaque *tri.State
	if e.unread != "" {
		opaque = &tri.State{State: tri.Unknown, Source: "kinds that cannot be read", Why: e.unread}
	}
	for _, o := range e.policies {
		switch t := o.Typed.(type) {
		case *crd.AuthorizationPolicy:
			switch istioAction(t) {
			case istioAllow:
				allows = append(allows, o)
			case istioDeny:
				denies = append(denies, o)
			case istioCustom:
				opaque = &tri.State{State: tri.Unknown, Source: o.Ref.String(),
					Why: reason.Of("istio-custom-authorization", o.Ref.String())}
			}
		case *crd.RequestAuthentication:
			if state, ok := istioClaims(o, t); ok {
				a.identity = state
			}
		case *crd.EnvoyFilter, *crd.WasmPlugin:
			if concernsGateways(t) {
				opaque = &tri.State{State: tri.Unknown, Source: o.Ref.String(),
					Why: reason.Of("istio-not-evaluated", o.Ref.String())}
				if reshapes(t) {
					a.reshaped = opaque.Why
				}
			}
		}
	}
	a.authentication = istioAsks(e, allows, denies, a.authentication)
	if a.identity.State == way.IdentityEmpty && asksPrincipal(e, allows, denies) &&
		!slices.ContainsFunc(e.policies, func(o *inventory.Object) bool {
			r, ok := inventory.As[crd.RequestAuthentication](o)
			return ok && !principalClaims(r)
		}) {
		a.identity = tri.Is(way.IdentitySet, a.identity.Source,
			a.identity.Source+" sets the header from a claim that every token has which is let in")
	}
	if a.authentication.State != tri.On && a.identity.State == way.IdentityEmpty {
		a.identity = tri.Is(way.IdentityUnknown, a.identity.Source,
			reason.Of("istio-header-without-token", a.identity.Why))
	}
	if opaque != nil {
		a.identity, a.authentication = *opaque, *opaque
	}
	a.doubtful = istioDoubts(allows, denies)
	if e.unread != "" {
		a.doubtful = func(string) string { return e.unread }
	}
	return a
}

func istioAction(p *crd.AuthorizationPolicy) string {
	if p.Spec.Action == "" {
		return istioAllow
	}
	return p.Spec.Action
}

// concernsGateways: an EnvoyFilter can be for sidecars alone.
func concernsGateways(typed any) bool {
	filter, ok := typed.(*crd.EnvoyFilter)
	if !ok {
		return true
	}
	for _, patch := range filter.Spec.ConfigPatches {
		if patch.Match == nil || !strings.HasPrefix(patch.Match.Context, "SIDECAR_") {
			return true
		}
	}
	return false
}

// reshapes says whether a filter can let in other paths than the rules of VirtualServices say: all can but those that
// limit requests, which do nothing else.
func reshapes(typed any) bool {
	filter, ok := typed.(*crd.EnvoyFilter)
	if !ok {
		return true
	}
	for _, patch := range filter.Spec.ConfigPatches {
		kind := ""
		if config, ok := patch.Patch.Value["typed_config"].(map[string]any); ok {
			kind, _ = config["@type"].(string)
		}
		if (patch.Match == nil || !strings.HasPrefix(patch.Match.Context, "SIDECAR_")) &&
			(patch.ApplyTo != "HTTP_FILTER" || !strings.HasSuffix(kind, "RateLimit")) {
			return true
		}
	}
	return false
}

// istioClaims says whether every token's payload or a claim of it is put into the identity header. A token need not
// have the claim.
func istioClaims(o *inventory.Object, r *crd.RequestAuthentication) (tri.State, bool) {
	sets := 0
	for _, rule := range r.Spec.JWTRules {
		named := strings.EqualFold(rule.OutputPayloadToHeader, way.Header)
		for _, out := range rule.OutputClaimToHeaders {
			named = named || strings.EqualFold(out.Header, way.Header)
		}
		if named {
			sets++
		}
	}
	switch {
	case sets == 0:
		return tri.State{}, false
	case sets < len(r.Spec.JWTRules):
		return tri.Is(way.IdentityUnknown, o.Ref.String(),
			reason.Of("istio-header-of-some-issuers", o.Ref.String())), true
	}
	return tri.Is(way.IdentityEmpty, o.Ref.String(),
		o.Ref.String()+" sets the header from a claim, which a token need not have"), true
}

// principalClaims says whether what is put into the identity header is `sub` or `iss`: the parts of a principal, which
// is there only if both are, and are not empty.
func principalClaims(r *crd.RequestAuthentication) bool {
	for _, rule := range r.Spec.JWTRules {
		named := false
		if strings.EqualFold(rule.OutputPayloadToHeader, way.Header) {
			return false
		}
		for _, out := range rule.OutputClaimToHeaders {
			if strings.EqualFold(out.Header, way.Header) && out.Claim != "sub" && out.Claim != "iss" {
				return false
			}
			named = named || strings.EqualFold(out.Header, way.Header)
		}
		if !named {
			return false
		}
	}
	return true
}

// asksPrincipal says whether every request certainly has a principal: one is denied without, or everything that is
// allowed has one. A condition on another part of the token (request.auth.claims) shows no principal.
func asksPrincipal(e *istioEdge, allows, denies []*inventory.Object) bool {
	if istioAsks(e, nil, denies, tri.State{State: tri.Off}).State == tri.On {
		return true
	}
	for _, o := range allows {
		for _, rule := range inventory.Must[crd.AuthorizationPolicy](o).Spec.Rules {
			if !e.certainly(o) || len(rule.From) == 0 {
				return false
			}
			for _, f := range rule.From {
				if !slices.Equal(f.Source["requestPrincipals"], []string{"*"}) {
					return false
				}
			}
		}
	}
	return len(allows) > 0
}

// istioAsks says whether every request needs a token: because a policy denies those without one, or since everything
// that is allowed needs one.
func istioAsks(e *istioEdge, allows, denies []*inventory.Object, otherwise tri.State) tri.State {
	state := otherwise
	for _, o := range denies {
		for _, rule := range inventory.Must[crd.AuthorizationPolicy](o).Spec.Rules {
			anonymous := slices.ContainsFunc(rule.From, func(f struct {
				Source map[string][]string `json:"source,omitempty"`
			}) bool {
				return len(f.Source) == 1 && slices.Equal(f.Source["notRequestPrincipals"], []string{"*"})
			})
			switch {
			case anonymous && len(rule.To) == 0 && len(rule.When) == 0 && e.certainly(o):
				return tri.Is(tri.On, o.Ref.String(), o.Ref.String()+" denies requests without a token")
			case anonymous:
				state = tri.Is(tri.Unknown, o.Ref.String(), reason.Of("istio-denies-some", o.Ref.String()))
			}
		}
	}
	if len(allows) == 0 {
		return state
	}
	all, certain := true, true
	for _, o := range allows {
		certain = certain && e.certainly(o)
		for _, rule := range inventory.Must[crd.AuthorizationPolicy](o).Spec.Rules {
			switch {
			case needsToken(rule):
			case len(rule.From) == 0 && len(rule.To) == 0 && len(rule.When) == 0 && state.State == tri.Off:
				return tri.Is(tri.Off, o.Ref.String(), o.Ref.String()+" allows every request")
			default:
				all = false
			}
		}
	}
	if all && certain {
		return tri.Is(tri.On, allows[0].Ref.String(), allows[0].Ref.String()+" allows requests with a token only")
	}
	return tri.Is(tri.Unknown, allows[0].Ref.String(), reason.Of("istio-allows-some", allows[0].Ref.String()))
}

// needsToken says whether a request that the rule matches certainly has a valid token.
func needsToken(rule crd.AuthorizationPolicyRule) bool {
	for _, w := range rule.When {
		if strings.HasPrefix(w.Key, "request.auth.") && len(w.Values) > 0 {
			return true
		}
	}
	for _, f := range rule.From {
		if len(f.Source["requestPrincipals"]) == 0 {
			return false
		}
	}
	return len(rule.From) > 0
}

// istioDoubts says which paths policies may close: those that one denies, and those that none allows. It is nil if
// paths play no part. A path that is closed as it is written may be reached in another spelling, so it is not called
// closed.
func istioDoubts(allows, denies []*inventory.Object) func(string) string {
	var checks []func(string) string
	for _, o := range denies {
		for _, rule := range inventory.Must[crd.AuthorizationPolicy](o).Spec.Rules {
			if len(rule.From) == 0 && len(rule.To) == 0 && len(rule.When) == 0 {
				checks = append(checks, func(string) string { return o.Ref.String() + " denies everything" })
			}
			for _, to := range rule.To {
				if patterns, but := to.Operation["paths"], to.Operation["notPaths"]; len(patterns)+len(but) > 0 {
					checks = append(checks, func(path string) string {
						if (len(patterns) == 0 || meets(patterns, path, true)) && !meets(but, path, false) {
							return o.Ref.String() + " may deny it"
						}
						return ""
					})
				}
			}
		}
	}
	if len(allows) > 0 {
		checks = append(checks, func(path string) string {
			for _, o := range allows {
				for _, rule := range inventory.Must[crd.AuthorizationPolicy](o).Spec.Rules {
					if allowsPath(rule, path) {
						return ""
					}
				}
			}
			return allows[0].Ref.String() + " may not allow it"
		})
	}
	if len(checks) == 0 {
		return nil
	}
	return func(path string) string {
		for _, check := range checks {
			if why := check(path); why != "" {
				return why
			}
		}
		return ""
	}
}

func allowsPath(rule crd.AuthorizationPolicyRule, path string) bool {
	if len(rule.To) == 0 {
		return true
	}
	for _, to := range rule.To {
		patterns, but := to.Operation["paths"], to.Operation["notPaths"]
		if (len(patterns) == 0 || meets(patterns, path, false)) && !meets(but, path, true) {
			return true
		}
	}
	return false
}

// meets says whether one of a policy's patterns matches a path; perhaps is the answer where that is not evaluated.
func meets(patterns []string, path string, perhaps bool) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		if strings.Contains(p, "{") {
			return perhaps
		}
		return pathMatches(p, path)
	})
}

// pathMatches reads a path of a policy: exact, or with a `*` at one end.
func pathMatches(pattern, path string) bool {
	switch {
	case pattern == "*":
		return true
	case strings.HasSuffix(pattern, "*"):
		return strings.HasPrefix(path, strings.TrimSuffix(pattern, "*"))
	case strings.HasPrefix(pattern, "*"):
		return strings.HasSuffix(path, strings.TrimPrefix(pattern, "*"))
	}
	return path == pattern
}
