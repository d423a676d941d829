package edge

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// contourEffects is what Contour's Envoy does to the requests of a route. What Contour's own configuration may add cannot
// be seen: policies for headers, and an authorization service for all virtual hosts.
func contourEffects(way inclusion, conditions []crd.ContourCondition, route *crd.ContourRoute, service *crd.ContourService) Effects {
	host := way.host()
	e := Effects{
		Identity:       State{IdentityClient, "default", "no requestHeadersPolicy changes the header"},
		Authentication: contourAuthentication(host, route),
		HidesHeaders:   State{Off, "default", "no responseHeadersPolicy takes Server headers away"},
	}
	contourAuthorized(&e, host, route)
	// Envoy changes headers for the Service first and for the route afterwards.
	for _, policy := range []struct {
		source string
		*crd.ContourHeadersPolicy
	}{{"services[].requestHeadersPolicy", service.RequestHeadersPolicy}, {"requestHeadersPolicy", route.RequestHeadersPolicy}} {
		if policy.ContourHeadersPolicy != nil {
			contourIdentity(&e, policy.source, policy.ContourHeadersPolicy, host)
		}
	}
	for _, policy := range []*crd.ContourHeadersPolicy{service.ResponseHeadersPolicy, route.ResponseHeadersPolicy} {
		if policy != nil && namesHeader(policy, "Server") {
			e.HidesHeaders = State{On, "responseHeadersPolicy", "responseHeadersPolicy takes the Server header of the Service away"}
		}
	}
	if e.Identity.State == IdentityClient && excludesIdentity(conditions) {
		e.Identity = State{IdentityUnknown, "conditions", "the conditions turn requests away by " + Header + ", and which get through is not evaluated"}
	}
	if e.Identity.State == IdentityClient {
		e.Assumptions = append(e.Assumptions, "Contour's configuration has no policy for headers and no globalExtAuth")
	}
	e.StripsIdentity = strips(e.Identity)
	if e.StripsIdentity.State != On {
		e.StripAdvice = "write to the route: requestHeadersPolicy: {remove: [" + Header + "]}"
	}
	if e.HidesHeaders.State != On {
		e.HideAdvice = "write to the route: responseHeadersPolicy: {remove: [Server, X-Powered-By]}; Envoy itself answers as Server: envoy, " +
			"unless Contour's configuration says serverHeaderTransformation: pass_through"
	}
	return e
}

// contourAuthentication says whether every client of a route is asked for credentials. Over plain HTTP, which
// permitInsecure lets through, nobody is.
func contourAuthentication(host *crd.ContourVirtualHost, route *crd.ContourRoute) State {
	asks := State{State: Off}
	if source, why := contourToken(host, route); source != "" {
		asks = State{On, source, why}
	}
	if cv := clientCertificates(host); cv != nil && !cv.SkipClientCertValidation && !cv.OptionalClientCertificate {
		asks = State{On, "virtualhost.tls.clientValidation", "every client is asked for a certificate"}
	}
	if authorizes(host, route) {
		asks = State{On, "virtualhost.authorization", "an authorization service is asked about every request"}
		if host.Authorization.FailOpen {
			asks = State{Unknown, "virtualhost.authorization", "clients get in unasked while the authorization service cannot be reached (failOpen)"}
		}
	}
	switch {
	case asks.State == Off:
		return State{Off, "default", "the HTTPProxy asks nobody for credentials"}
	case host.TLS == nil:
		return State{Unknown, asks.Source, "Contour accepts " + asks.Source + " only with TLS, and serves nothing of this virtual host"}
	case route.PermitInsecure:
		return State{Off, "permitInsecure", "permitInsecure lets plain HTTP through, where nobody is asked for credentials"}
	}
	return asks
}

func clientCertificates(host *crd.ContourVirtualHost) *crd.ContourClientValidation {
	if host.TLS == nil {
		return nil
	}
	return host.TLS.ClientValidation
}

// contourToken says whether a route asks for a token: by the provider it names, or by the default one.
func contourToken(host *crd.ContourVirtualHost, route *crd.ContourRoute) (source, why string) {
	policy := route.JWTVerificationPolicy
	switch {
	case policy != nil && policy.Disabled:
	case policy != nil && policy.Require != "":
		return "jwtVerificationPolicy", "every client is asked for a token"
	case slices.ContainsFunc(host.JWTProviders, func(p crd.ContourJWTProvider) bool { return p.Default }):
		return "virtualhost.jwtProviders", "every client is asked for a token"
	}
	return "", ""
}

// authorizes says whether an authorization service is asked about the requests of a route. The route's word counts before
// that of the virtual host.
func authorizes(host *crd.ContourVirtualHost, route *crd.ContourRoute) bool {
	a := host.Authorization
	if a == nil || a.ExtensionRef.Name == "" {
		return false
	}
	if route.AuthPolicy != nil {
		return !route.AuthPolicy.Disabled
	}
	return a.AuthPolicy == nil || !a.AuthPolicy.Disabled
}

// contourAuthorized is what an authorization service makes of the header. By gRPC it can change any; over HTTP those of its
// answer that are listed replace the client's.
func contourAuthorized(e *Effects, host *crd.ContourVirtualHost, route *crd.ContourRoute) {
	if e.Authentication.State == Off || !authorizes(host, route) {
		return
	}
	const source = "virtualhost.authorization"
	a := host.Authorization
	if a.ServiceType != "http" {
		e.Identity = State{IdentityUnknown, source, "the authorization service can set " + Header + ", and whether it does cannot be seen: set it in requestHeadersPolicy"}
		return
	}
	if a.HTTPSettings != nil && slices.ContainsFunc(a.HTTPSettings.AllowedUpstreamHeaders, allowsIdentity) {
		e.Identity = State{IdentitySet, source, "the header is set from the answer of the authorization service"}
		e.Assumptions = append(e.Assumptions, "the authorization service answers every request that it lets in with a non-empty "+Header)
	}
}

func allowsIdentity(h crd.ContourAllowedHeader) bool {
	// Envoy keeps header names in lower case.
	fold := func(s string) string {
		if h.IgnoreCase {
			return strings.ToLower(s)
		}
		return s
	}
	switch {
	case h.Exact != "":
		return fold(h.Exact) == Header
	case h.Prefix != "":
		return strings.HasPrefix(Header, fold(h.Prefix))
	case h.Suffix != "":
		return strings.HasSuffix(Header, fold(h.Suffix))
	case h.Contains != "":
		return strings.Contains(Header, fold(h.Contains))
	}
	return false
}

// contourIdentity applies a policy to the header. Envoy removes before it sets.
func contourIdentity(e *Effects, source string, policy *crd.ContourHeadersPolicy, host *crd.ContourVirtualHost) {
	if slices.ContainsFunc(policy.Remove, func(name string) bool { return strings.EqualFold(name, Header) }) {
		e.Identity = State{IdentityRemoved, source, source + " removes the header, but not the query parameter of the same name"}
	}
	for _, h := range policy.Set {
		// Envoy leaves a header alone that it is told to set to nothing.
		if strings.EqualFold(h.Name, Header) && h.Value != "" {
			state, why := contourValue(h.Value, e, host)
			e.Identity = State{state, source, source + " " + why}
		}
	}
}

// envoyVariable is what Contour hands to Envoy as a variable; any other percent sign is text
// (internal/dag/policy.go: escapeHeaderValue).
var envoyVariable = regexp.MustCompile(`%(REQ\(:?[\w-]+(?:\?:?[\w-]+)?\)(?::\d+)?|[A-Z][A-Z0-9_]*)%`)

// contourValue says what a value that is set is worth.
func contourValue(value string, e *Effects, host *crd.ContourVirtualHost) (state, why string) {
	certificates, names := false, envoyVariable.FindAllStringSubmatch(value, -1)
	for _, name := range names {
		switch {
		case strings.HasPrefix(name[1], "REQ("):
			if e.Identity.State == IdentityUnknown {
				return IdentityUnknown, "sets the header from another one, which the authorization service can set"
			}
			return IdentityClient, "sets the header to a value that is made from the request"
		case strings.HasPrefix(name[1], "DOWNSTREAM_PEER_"):
			certificates = true
		case name[1] == "CONTOUR_NAMESPACE" || name[1] == "CONTOUR_SERVICE_NAME" || name[1] == "CONTOUR_SERVICE_PORT":
		default:
			return IdentityUnknown, "sets the header to " + quote(value) + ", and what " + quote(name[1]) + " is cannot be told"
		}
	}
	if !certificates {
		return IdentitySet, "sets the header"
	}
	if cv := clientCertificates(host); cv != nil && !cv.SkipClientCertValidation && !cv.OptionalClientCertificate && e.Authentication.State == On {
		return IdentitySet, "sets the header from the certificate of the client"
	}
	return IdentityEmpty, "sets the header from a certificate that not every client has to show"
}

// namesHeader says whether a policy sets or removes a header.
func namesHeader(policy *crd.ContourHeadersPolicy, name string) bool {
	return slices.ContainsFunc(policy.Remove, func(n string) bool { return strings.EqualFold(n, name) }) ||
		slices.ContainsFunc(policy.Set, func(h crd.ContourHeaderValue) bool { return strings.EqualFold(h.Name, name) })
}
