package envoygateway

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/gatewayapi"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// security reads the SecurityPolicy that counts. One of a route may say that it is laid over that of its parent.
func addSecurity(p *gatewayapi.Policies, c way.Context, o, parent *inventory.Object) {
	spec := inventory.Must[crd.EnvoySecurityPolicy](o).Spec
	if spec.MergeType != nil && parent != nil && parent != o {
		merged, err := mergedSpec[crd.EnvoySecurityPolicySpec](parent, o)
		if err != nil {
			p.Opaque = cmp.Or(p.Opaque, reason.Of("envoy-policies-not-merged", o.Ref, parent.Ref))
			return
		}
		spec = merged
	}
	name := o.Ref.String()
	var steps []gatewayapi.Step
	set := func(header *string, why string) {
		if header != nil && gatewayapi.IsIdentity(*header) {
			steps = append(steps, gatewayapi.Always(tri.Is(way.IdentitySet, name, name+" sets the header to "+why)))
		}
	}
	var asks, doubts []string
	if auth := spec.ExtAuth; auth != nil {
		asked := askedByEnvoy(c, o.Ref.Namespace, auth)
		steps = append(steps, extAuth(p, auth, name, asked))
		if asked.State != "" {
			p.Authentication = way.Agreed(asked, "external authorization of "+name)
		} else if gatewayapi.IsTrue(auth.FailOpen) {
			doubts = append(doubts, "external authorization of "+name+" lets requests in when its service fails")
		} else {
			asks = append(asks, "external authorization")
			p.Assumptions = append(p.Assumptions, "the service behind "+name+" lets nobody in without credentials")
		}
	}
	if auth := spec.APIKeyAuth; auth != nil {
		asks = append(asks, "API keys")
		set(auth.ForwardClientIDHeader, "the owner of the API key")
	}
	if auth := spec.BasicAuth; auth != nil {
		asks = append(asks, "basic authentication")
		set(auth.ForwardUsernameHeader, "the name of the user")
	}
	if auth := spec.OIDC; auth != nil && !gatewayapi.IsTrue(auth.PassThroughAuthHeader) {
		asks = append(asks, "OpenID Connect")
	}
	if auth := spec.JWT; auth != nil {
		required := !gatewayapi.IsTrue(auth.Optional) && !gatewayapi.IsTrue(auth.FailOpen)
		if required {
			asks = append(asks, "a token")
		}
		steps = append(steps, claims(p, auth, name, required))
	}
	p.Auth = func(s tri.State) tri.State { return gatewayapi.Fold(s, steps...) }
	switch {
	case len(asks) > 0:
		p.Authentication = tri.Is(tri.On, name, name+" asks for "+strings.Join(asks, " and "))
	case len(doubts) > 0:
		p.Authentication = tri.Is(tri.Unknown, name, strings.Join(doubts, "; "))
	case p.Authentication.State != "":
	default:
		p.Authentication = tri.Is(tri.Off, name, name+" does not ask every client for credentials")
	}
}

// askedByEnvoy is what the service of external authorization by HTTP does with everyone. It is asked for the path of
// the request, with something before it.
func askedByEnvoy(c way.Context, namespace string, auth *crd.EnvoyExtAuth) tri.State {
	if auth.HTTP == nil || c.Config.Asking == nil {
		return tri.State{}
	}
	var refs []gatewayv1.BackendObjectReference
	for _, ref := range auth.HTTP.BackendRefs {
		refs = append(refs, ref.BackendObjectReference)
	}
	if auth.HTTP.BackendRef != nil {
		refs = append(refs, *auth.HTTP.BackendRef)
	}
	for _, ref := range refs {
		if ref.Port == nil || ref.Kind != nil && *ref.Kind != "Service" {
			continue
		}
		if state := c.Config.Asking(way.AskedService{
			Namespace: gatewayapi.TextOr(ref.Namespace, namespace), Host: string(ref.Name), Port: *ref.Port,
			Path: gatewayapi.Text(auth.HTTP.Path), WithRequest: true,
		}); state.State != "" {
			return state
		}
	}
	return tri.State{}
}

// extAuth is what external authorization does to the identity. Envoy replaces a header of the request by that of the
// answer; where the answer has none, the client's stays.
func extAuth(p *gatewayapi.Policies, auth *crd.EnvoyExtAuth, name string, asked tri.State) gatewayapi.Step {
	switch {
	case asked.State != "": // An answer without the header leaves the client's.
	case auth.GRPC != nil:
		return gatewayapi.Always(
			tri.Is(way.IdentityUnknown, name, reason.Of("external-authorization-sets-headers", name)))
	case auth.HTTP != nil && slices.ContainsFunc(auth.HTTP.HeadersToBackend, gatewayapi.IsIdentity):
		p.Assumptions = append(p.Assumptions,
			"the service behind "+name+" answers every request that it lets in with a non-empty "+way.Header)
		return gatewayapi.Always(
			tri.Is(way.IdentitySet, name, name+" sets the header from the answer of external authorization"))
	}
	return nil
}

// claims: a header that a claim is written to is first taken from the request (Envoy's jwt_authn, claim_to_headers). A
// token without the claim leaves no header. No claim is mandatory (RFC 7519, 4.1), but tokens that identify somebody
// have iss and sub (OpenID Connect Core, 2).
func claims(p *gatewayapi.Policies, auth *crd.EnvoyJWT, name string, required bool) gatewayapi.Step {
	with, claim, optional := 0, "", ""
	for _, provider := range auth.Providers {
		for _, c := range provider.ClaimToHeaders {
			if gatewayapi.IsIdentity(c.Header) {
				with++
				claim = c.Claim
				if claim != "sub" && claim != "iss" {
					optional = cmp.Or(optional, claim)
				}
				break
			}
		}
	}
	sets := name + " sets the header to the claim " + way.Quote(cmp.Or(optional, claim))
	switch {
	case with == 0:
		return nil
	case optional != "":
		return gatewayapi.Always(tri.Is(way.IdentityEmpty, name, sets+
			", which a valid token need not have; without it the query parameter of the same name counts"))
	case required && with == len(auth.Providers):
		p.Assumptions = append(p.Assumptions, "every token that "+name+" accepts has the claim "+way.Quote(claim))
		return gatewayapi.Always(tri.Is(way.IdentitySet, name, sets+" of the token"))
	}
	return gatewayapi.Always(
		tri.Is(way.IdentityEmpty, name, sets+", and not every request needs a token that has it"))
}

// mergedSpec lays the policy of a route over that of its parent, as a JSON merge patch; no list in it is merged.
func mergedSpec[T any](parent, route *inventory.Object) (spec T, err error) {
	base, errBase := json.Marshal(parent.Content()["spec"])
	over, errOver := json.Marshal(route.Content()["spec"])
	if err := errors.Join(errBase, errOver); err != nil {
		return spec, fmt.Errorf("encoding: %w", err)
	}
	merged, err := jsonpatch.MergePatch(base, over)
	if err != nil {
		return spec, fmt.Errorf("merging: %w", err)
	}
	return spec, json.Unmarshal(merged, &spec)
}
