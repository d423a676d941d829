package contour

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// contourRouteHandling is what Contour's Envoy does to the requests of a route, but for limits. What Contour's own
// configuration may add cannot be seen: policies for headers, and an authorization service for all virtual hosts.
func contourRouteHandling(at inclusion, conditions []crd.ContourCondition, route *crd.ContourRoute,
	service *crd.ContourService) way.Handling {
	host := at.host()
	h := way.Handling{Spelling: spelling, Effects: way.Effects{
		Identity:       tri.Is(way.IdentityClient, "default", "no requestHeadersPolicy changes the header"),
		Authentication: contourAuthentication(host, route),
		HidesHeaders:   tri.Is(tri.Off, "default", "no responseHeadersPolicy removes Server headers"),
	}}
	e := &h.Effects
	contourAuthorized(e, host, route)
	// Envoy changes headers for the Service first and for the route afterwards. Those of a copy Contour changes for
	// the route alone.
	own, answers := service.RequestHeadersPolicy, service.ResponseHeadersPolicy
	if service.Mirror {
		own, answers = nil, nil
	}
	for _, policy := range []struct {
		source string
		*crd.ContourHeadersPolicy
	}{{"services[].requestHeadersPolicy", own}, {"requestHeadersPolicy", route.RequestHeadersPolicy}} {
		if policy.ContourHeadersPolicy != nil {
			contourIdentity(e, policy.source, policy.ContourHeadersPolicy, host)
		}
	}
	for _, policy := range []*crd.ContourHeadersPolicy{answers, route.ResponseHeadersPolicy} {
		if policy != nil && namesHeader(policy, "Server") {
			e.HidesHeaders = tri.Is(tri.On, "responseHeadersPolicy",
				"responseHeadersPolicy removes the Server header of the Service")
		}
	}
	if e.Identity.State == way.IdentityClient && excludesIdentity(conditions) {
		e.Identity = tri.Is(way.IdentityUnknown, "conditions", reason.Of("contour-conditions-on-header", way.Header))
	}
	if e.Identity.State == way.IdentityClient {
		e.Assumptions = append(e.Assumptions, "Contour's configuration has no policy for headers and no globalExtAuth")
	}
	e.StripsIdentity = way.Strips(e.Identity)
	h.Fixes[way.StripIdentity].Advice = "set on the route: requestHeadersPolicy: {remove: [" + way.Header + "]}"
	h.Fixes[way.HideHeaders].Advice = "set on the route: responseHeadersPolicy: {remove: [Server, X-Powered-By]}; Envoy itself answers as " +
		"Server: envoy, unless Contour's configuration says serverHeaderTransformation: pass_through"
	h.Fixes[way.LimitRequests].Advice = "set on the route, or on virtualhost: rateLimitPolicy: {local: {requests: 50, unit: second, burst: 250}}"
	return h
}

// contourAuthentication says whether every client of a route is asked for credentials. Over plain HTTP, which
// permitInsecure lets through, nobody is.
func contourAuthentication(host *crd.ContourVirtualHost, route *crd.ContourRoute) tri.State {
	asks := tri.State{State: tri.Off}
	if source, why := contourToken(host, route); source != "" {
		asks = tri.Is(tri.On, source, why)
	}
	if cv := clientCertificates(host); cv != nil && !cv.SkipClientCertValidation && !cv.OptionalClientCertificate {
		asks = tri.Is(tri.On, "virtualhost.tls.clientValidation", "every client is asked for a certificate")
	}
	if authorizes(host, route) {
		asks = tri.Is(tri.On, "virtualhost.authorization", "an authorization service is asked about every request")
		if host.Authorization.FailOpen {
			asks = tri.Is(tri.Unknown, "virtualhost.authorization", reason.Of("contour-authorization-fails-open"))
		}
	}
	switch {
	case asks.State == tri.Off:
		return tri.Is(tri.Off, "default", "the HTTPProxy asks nobody for credentials")
	case host.TLS == nil:
		return tri.Is(tri.Unknown, asks.Source, reason.Of("contour-authorization-without-tls", asks.Source))
	case route.PermitInsecure:
		return tri.Is(tri.Off, "permitInsecure",
			"permitInsecure lets plain HTTP through, where nobody is asked for credentials")
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

// authorizes says whether an authorization service is asked about the requests of a route. The route's word counts
// before that of the virtual host.
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

// contourAuthorized is what an authorization service makes of the header. By gRPC it can change any; over HTTP those of
// its answer that are listed replace the client's.
func contourAuthorized(e *way.Effects, host *crd.ContourVirtualHost, route *crd.ContourRoute) {
	if e.Authentication.State == tri.Off || !authorizes(host, route) {
		return
	}
	const source = "virtualhost.authorization"
	a := host.Authorization
	if a.ServiceType != "http" {
		e.Identity = tri.Is(way.IdentityUnknown, source, reason.Of("contour-authorization-sets-header", way.Header))
		return
	}
	if a.HTTPSettings != nil && slices.ContainsFunc(a.HTTPSettings.AllowedUpstreamHeaders, allowsIdentity) {
		e.Identity = tri.Is(way.IdentitySet, source, "the header is set from the answer of the authorization service")
		e.Assumptions = append(e.Assumptions,
			"the authorization service answers every request that it lets in with a non-empty "+way.Header)
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
		return fold(h.Exact) == way.Header
	case h.Prefix != "":
		return strings.HasPrefix(way.Header, fold(h.Prefix))
	case h.Suffix != "":
		return strings.HasSuffix(way.Header, fold(h.Suffix))
	case h.Contains != "":
		return strings.Contains(way.Header, fold(h.Contains))
	}
	return false
}

// contourIdentity applies a policy to the header. Envoy removes before it sets.
func contourIdentity(e *way.Effects, source string, policy *crd.ContourHeadersPolicy, host *crd.ContourVirtualHost) {
	if slices.ContainsFunc(policy.Remove, func(name string) bool { return strings.EqualFold(name, way.Header) }) {
		e.Identity = tri.Is(way.IdentityRemoved, source,
			source+" removes the header, but not the query parameter of the same name")
	}
	for _, h := range policy.Set {
		// Envoy leaves a header alone that it is told to set to nothing.
		if strings.EqualFold(h.Name, way.Header) && h.Value != "" {
			state, why := contourValue(h.Value, e, host)
			e.Identity = tri.Is(state, source, source+" "+why)
		}
	}
}

// envoyVariable is what Contour hands to Envoy as a variable; any other percent sign is text
// (internal/dag/policy.go: escapeHeaderValue).
var envoyVariable = regexp.MustCompile(`%(REQ\(:?[\w-]+(?:\?:?[\w-]+)?\)(?::\d+)?|[A-Z][A-Z0-9_]*)%`)

// contourValue says what a value that is set is worth.
func contourValue(value string, e *way.Effects, host *crd.ContourVirtualHost) (state, why string) {
	certificates, names := false, envoyVariable.FindAllStringSubmatch(value, -1)
	for _, name := range names {
		switch {
		case strings.HasPrefix(name[1], "REQ("):
			if e.Identity.State == way.IdentityUnknown {
				return way.IdentityUnknown, "sets the header from another one, which the authorization service can set"
			}
			return way.IdentityClient, "sets the header to a value that is made from the request"
		case strings.HasPrefix(name[1], "DOWNSTREAM_PEER_"):
			certificates = true
		case name[1] == "CONTOUR_NAMESPACE" || name[1] == "CONTOUR_SERVICE_NAME" || name[1] == "CONTOUR_SERVICE_PORT":
		default:
			return way.IdentityUnknown, reason.Of("contour-header-value", way.Quote(value), way.Quote(name[1]))
		}
	}
	if !certificates {
		return way.IdentitySet, "sets the header"
	}
	if cv := clientCertificates(host); cv != nil && !cv.SkipClientCertValidation && !cv.OptionalClientCertificate &&
		e.Authentication.State == tri.On {
		return way.IdentitySet, "sets the header from the certificate of the client"
	}
	why = "sets the header from a certificate that not every client has to show"
	if envoyVariable.ReplaceAllString(value, "") != "" {
		return way.IdentityEmpty, why
	}
	if e.Identity.State == way.IdentityClient {
		return way.IdentityClient, why + ", and without one what the client sent stays"
	}
	return e.Identity.State, why + ", and without one sets nothing: " + e.Identity.Why
}

// namesHeader says whether a policy sets or removes a header.
func namesHeader(policy *crd.ContourHeadersPolicy, name string) bool {
	return slices.ContainsFunc(policy.Remove, func(n string) bool { return strings.EqualFold(n, name) }) ||
		slices.ContainsFunc(policy.Set, func(h crd.ContourHeaderValue) bool { return strings.EqualFold(h.Name, name) })
}
