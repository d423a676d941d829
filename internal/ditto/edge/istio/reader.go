package istio

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// istioReader reads rules of one VirtualService at one Gateway.
type istioReader struct {
	c         way.Context
	root      *crd.VirtualService
	edge      *istioEdge
	access    istioAccess
	namespace string
	suffix    string
	// hosts are those of the VirtualService, requested the requests for them, host is how they are called.
	hosts     []string
	requested []requests.Hosts
	host      string
	// redirects: a rule before the one that is read redirects to HTTPS.
	redirects bool
	// spoken is what was worked out of transports, which are the same for most rules.
	spoken map[spoken]way.Transport
}

// spoken is what decides a transport.
type spoken struct {
	port      uint32
	redirects bool
}

// mostHosts is how many hosts are called by their names. A rule is called by the hosts, and there can be thousands of
// both.
const mostHosts = 16

func hostsText(hosts []string) string {
	if len(hosts) <= mostHosts {
		return strings.Join(hosts, ", ")
	}
	all := sha256.Sum256([]byte(strings.Join(hosts, "\n")))
	return fmt.Sprintf("%s and %d more hosts (%x)", strings.Join(hosts[:mostHosts], ", "), len(hosts)-mostHosts, all[:4])
}

// atGateway says whether a condition's own list of gateways, if there is one, has the Gateway in it.
func (r istioReader) atGateway(gateways []string) bool {
	return len(gateways) == 0 || slices.ContainsFunc(gateways, func(text string) bool {
		if text == istioMesh {
			return false
		}
		ns, name := gatewayName(text, r.root.Namespace)
		return ns == r.edge.namespace && name == r.edge.name
	})
}

func (r istioReader) http(rule *crd.VirtualServiceHTTP, ports []uint32) []way.Route {
	backends := append(r.ports(httpBackends(rule, r.namespace), ports), r.byEntries(httpDestinations(rule))...)
	if len(backends) == 0 {
		return nil
	}
	handling := r.handling(rule)
	matches := rule.Match
	if len(matches) == 0 {
		matches = []crd.VirtualServiceMatch{{}}
	}
	var routes []way.Route
	for _, m := range matches {
		if !r.atGateway(m.Gateways) || m.Port != 0 && len(ports) > 0 && !slices.Contains(ports, m.Port) {
			continue
		}
		text, path := istioRulePath(m, rule.Rewrite)
		if r.access.doubtful != nil {
			path.Matcher = doubted(path.Matcher, r.access.doubtful)
		}
		if r.access.reshaped != "" {
			hints := hintsOf(path.Matcher)
			path.Matcher = way.Possibly(path.Matcher, way.Everything().Matcher, r.access.reshaped)
			path.Matcher.Literal, path.Matcher.Hints = "", hints
		}
		routes = append(routes, way.Route{
			Hosts: r.hosts, Requested: r.requested, Door: r.suffix, Conditions: istioConditions(m),
			Text: r.host + text + r.suffix, Asks: r.host + istioAsked(m), Path: &path, Backends: backends,
			Public:    r.edge.public,
			Transport: r.transport(m.Port), Handling: handling,
		})
	}
	return routes
}

// hintsOf are paths to try of a matcher whose literal says nothing certain any more.
func hintsOf(m way.Matcher) []string {
	return way.NonEmpty(append(slices.Clone(m.Hints), m.Literal)...)
}

// doubted leaves open what policies may turn away.
func doubted(m way.Matcher, doubtful func(string) string) way.Matcher {
	why := strings.Join(way.NonEmpty(m.Why, "an AuthorizationPolicy at the gateway may turn it away"), "; ")
	return way.Matcher{Hints: hintsOf(m), Samples: m.Samples, Why: why, Match: func(path string) (bool, bool) {
		matches, known := m.Matches(path)
		if matches && doubtful(path) != "" {
			return false, false
		}
		return matches, known
	}}
}

func (r istioReader) handling(rule *crd.VirtualServiceHTTP) way.Handling {
	destinations := weighted(rule.Route)
	var identity *tri.State
	for _, d := range destinations {
		s := istioIdentity(r.access.identity, rule.Headers, d.Headers, len(rule.Route) == 1)
		identity = way.Worse(identity, &s)
	}
	if identity == nil || mirrors(rule) {
		// What is said for the only destination is said for the rule.
		var only *crd.IstioHeaders
		if len(rule.Route) == 1 {
			only = rule.Route[0].Headers
		}
		s := istioIdentity(r.access.identity, rule.Headers, only, true)
		identity = way.Worse(identity, &s)
	}
	h := way.Handling{Rate: r.rate(), Spelling: way.IstioSpelling(r.c), Effects: way.Effects{
		Identity: *identity, StripsIdentity: way.Strips(*identity), Authentication: r.access.authentication,
		HidesHeaders: tri.Is(tri.Unknown, "default", reason.Of("istio-server-header")),
		Assumptions:  slices.Clone(r.edge.assumptions),
	}}
	if r.access.reshaped != "" {
		h.Spelling = way.SpellingUnread
	}
	h.Fixes[way.ResolvePaths].Advice = way.IstioNormalize
	h.Fixes[way.StripIdentity].Advice = "set in each rule of spec.http: headers: {request: {remove: [" + way.Header +
		"]}}"
	h.Fixes[way.HideHeaders].Advice = "set meshConfig.defaultConfig.proxyHeaders.server.disabled: true"
	h.Fixes[way.LimitRequests].Advice = "limit requests by an EnvoyFilter with a local rate limit for the gateway's pods, or in an nginx in front of Ditto's gateway"
	return h
}

// bytes reads a rule for connections, which changes nothing in what goes through them.
func (r istioReader) bytes(rule *crd.VirtualServiceBytes, what string, ports []uint32,
	transport way.Transport) []way.Route {
	backends := append(r.ports(bytesBackends(rule, r.namespace), ports), r.byEntries(bytesDestinations(rule))...)
	here, hosts := len(rule.Match) == 0, []string{}
	for _, m := range rule.Match {
		if r.atGateway(m.Gateways) && (m.Port == 0 || len(ports) == 0 || slices.Contains(ports, m.Port)) {
			here = true
			hosts = append(hosts, m.SNIHosts...)
		}
	}
	if !here || len(backends) == 0 {
		return nil
	}
	if len(hosts) == 0 {
		hosts = r.hosts
	}
	host := hostsText(hosts)
	handling := way.HandedThrough("the gateway passes connections through unread",
		"terminate TLS at the Gateway, so that rules in spec.http apply",
		"terminate TLS at the Gateway, and limit requests by an EnvoyFilter, or where they are read")
	handling.Effects.Assumptions = slices.Clone(r.edge.assumptions)
	return []way.Route{{
		Hosts: hosts, Door: what + r.suffix,
		Text: host + " (" + what + ")" + r.suffix, Asks: host, Backends: backends, Public: r.edge.public,
		Transport: transport,
		Handling:  handling,
	}}
}
