package edge

import "strings"

// Reach is what can be reached on a gateway through one path of an edge.
type Reach struct {
	// Admin lists the administrative paths that can be reached, out of AdminPaths and in that order.
	Admin []string
	// API says whether paths that act under the client's identity can be reached: things, policies, search, messages and
	// the WebSocket.
	API bool
	// Unknown says what could not be decided, one line each.
	Unknown []string
}

// AdminPaths are the paths of the gateway that are for operators. /overall serves the same status as /status, and
// /api/2/connections is guarded by the DevOps credentials (RootRoute of Ditto's gateway).
func AdminPaths() []string { return []string{"/devops", "/status", "/overall", "/api/2/connections"} }

// area is a part of the gateway's HTTP surface. A path of an edge reaches it if one of the probes matches: paths that
// Ditto answers, one for each shape of rule that could let only some of the area through.
type area struct {
	root   string
	probes []string
}

func adminAreas() []area {
	return []area{
		{"/devops", []string{
			"/devops", "/devops/config", "/devops/logging", "/devops/piggyback", "/devops/wot", "/devops/config/gateway",
			"/devops/logging/gateway", "/devops/piggyback/things", "/devops/piggyback/connectivity", "/devops/wot/config",
		}},
		{"/status", []string{"/status", "/status/health", "/status/cluster"}},
		{"/overall", []string{"/overall", "/overall/status", "/overall/status/health", "/overall/status/cluster"}},
		{"/api/2/connections", []string{
			"/api/2/connections", "/api/2/connections/x", "/api/2/connections/x/status", "/api/2/connections/x/command",
		}},
	}
}

func apiAreas() []area {
	return []area{
		{"/api/2/things", []string{
			"/api/2/things", "/api/2/things/a:b", "/api/2/things/a:b/attributes", "/api/2/things/a:b/features",
			"/api/2/things/a:b/policyId", "/api/2/things/a:b/inbox/messages/x",
		}},
		{"/api/2/policies", []string{"/api/2/policies", "/api/2/policies/a:b", "/api/2/policies/a:b/entries"}},
		{"/api/2/search", []string{"/api/2/search", "/api/2/search/things", "/api/2/search/things/count"}},
		{"/api/2/messages", []string{"/api/2/messages"}},
		{"/api/2/whoami", []string{"/api/2/whoami"}},
		{"/api/2/cloudevents", []string{"/api/2/cloudevents"}},
		{"/api/2/checkPermissions", []string{"/api/2/checkPermissions"}},
		{"/ws", []string{"/ws", "/ws/2"}},
	}
}

// Reach says what of a gateway can be reached. It looks at the path alone: another, longer path of the same host may
// take requests away from this one.
func (p Path) Reach() Reach {
	var r Reach
	if p.Rewrite.Kind == RewriteUnknown {
		r.Unknown = append(r.Unknown, p.Rewrite.Why)
		return r
	}
	for _, a := range adminAreas() {
		switch reached, open := p.reaches(a); {
		case reached:
			r.Admin = append(r.Admin, a.root)
		case open:
			r.Unknown = append(r.Unknown, p.undecidedAbout(a.root))
		}
	}
	undecided := false
	for _, a := range apiAreas() {
		reached, open := p.reaches(a)
		r.API = r.API || reached
		undecided = undecided || open
	}
	if undecided && !r.API {
		r.Unknown = append(r.Unknown, p.undecidedAbout("the API"))
	}
	return r
}

func (p Path) undecidedAbout(what string) string {
	return strings.TrimSuffix("whether "+what+" can be reached: "+p.Matcher.why, ": ")
}

// reaches says whether an area is reached or, if not, whether that is open.
func (p Path) reaches(a area) (reached, open bool) {
	if p.Rewrite.Kind == RewriteConstant {
		return below(p.Rewrite.To, a.root), false
	}
	if p.Rewrite.Kind == RewriteNone && below(p.Matcher.literal, a.root) {
		// A rule for something deep in the area lets only that through, which no probe need match.
		return true, false
	}
	probes := a.probes
	if below(p.Rewrite.To, a.root) {
		probes = append([]string{p.Rewrite.To}, probes...)
	}
	for _, upstream := range probes {
		for _, path := range p.Rewrite.origins(upstream) {
			matches, known := p.Matcher.Matches(path)
			if matches {
				return true, false
			}
			open = open || !known
		}
	}
	return false, open
}
