package istio

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// The kinds of server that rules of a VirtualService apply to, by protocol and TLS. One whose protocol Istio does not
// know may be of each. Source: pkg/config/gateway, pkg/config/protocol, and buildGatewayTCPBasedFilterChains of pilot.

// isHTTP says whether Istio takes the protocol for plain HTTP, and then takes no notice of tls but for the redirect.
func isHTTP(s crd.IstioServer) bool {
	switch strings.ToUpper(s.Port.Protocol) {
	case "HTTP", "HTTP2", "HTTP_PROXY", "GRPC", "GRPC-WEB":
		return true
	}
	return false
}

// isBytes says whether Istio takes the protocol for one that is passed on in connections.
func isBytes(s crd.IstioServer) bool {
	switch strings.ToUpper(s.Port.Protocol) {
	case "TCP", "TLS", "MONGO", "MYSQL", "REDIS":
		return true
	}
	return false
}

func isHTTPS(s crd.IstioServer) bool { return strings.EqualFold(s.Port.Protocol, "HTTPS") }

// passthrough says whether tls leaves connections as they are. It does so without a mode, too: PASSTHROUGH is the first
// of them.
func passthrough(s crd.IstioServer) bool {
	return s.TLS != nil && (s.TLS.Mode == "" || strings.Contains(s.TLS.Mode, "PASSTHROUGH"))
}

// readsHTTP says whether a server lets in requests: one for plain HTTP that redirects all of them to HTTPS lets none
// in. With HTTPS that redirect says nothing, since its requests are what it asks for.
func readsHTTP(s crd.IstioServer) bool {
	switch {
	case isHTTPS(s):
		return !passthrough(s)
	case isBytes(s):
		return false
	}
	return s.TLS == nil || !s.TLS.HTTPSRedirect
}

// letsIn says whether a server of the Gateway lets in requests. Where proxies before its pods are trusted, one that
// redirects takes those for HTTPS of which they say so.
func (e *istioEdge) letsIn(s crd.IstioServer) bool { return readsHTTP(s) || e.trusts && plainHTTP(s) }

// plainHTTP says whether a server takes requests over plain HTTP, with or without a redirect.
func plainHTTP(s crd.IstioServer) bool { return !isHTTPS(s) && !isBytes(s) }

// passesTLS says whether a server hands connections with TLS on unread.
func passesTLS(s crd.IstioServer) bool { return passthrough(s) && !isHTTP(s) }

// passesTCP says whether a server hands on what connections carry, which TLS may end for.
func passesTCP(s crd.IstioServer) bool {
	return !passthrough(s) && !isHTTP(s) && !(isHTTPS(s) && s.TLS != nil)
}
