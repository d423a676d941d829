// Package surface is the HTTP surface of Ditto's gateway: which paths it answers, and what somebody who can ask for
// some of them has in hand. Source: gateway/service/.../endpoints/routes/RootRoute.java of Ditto.
package surface

import (
	"slices"
	"strings"
)

// Reach is what of a gateway can be reached.
type Reach struct {
	// Admin lists the administrative paths that can be reached, out of AdminPaths and in that order.
	Admin []string
	// API says whether paths that act under the client's identity can be reached: things, policies, search, messages
	// and the WebSocket.
	API bool
	// Other lists what else of the gateway can be reached, out of /health, /stats and /.well-known/wot and in that
	// order.
	Other []string
	// AdminInDoubt are the administrative paths of which it could not be decided, APIInDoubt says so of the API,
	// InDoubt that something else may be reached that is not listed.
	AdminInDoubt        []string
	APIInDoubt, InDoubt bool
	// Unknown says what could not be decided, in one line; it is empty if everything could.
	Unknown []string
}

// AdminPaths are the paths of the gateway that are for operators. /overall serves the same status as /status, and
// /api/2/connections is guarded by the DevOps credentials.
func AdminPaths() []string { return []string{"/devops", "/status", "/overall", "/api/2/connections"} }

// area is a part of the gateway's HTTP surface. A way in reaches it if one of the probes gets through: paths that Ditto
// answers, one for each shape of rule that could let only some of the area through.
type area struct {
	root   string
	probes []string
}

// The areas are never changed.
var adminAreas = []area{
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

var apiAreas = []area{
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

var otherAreas = []area{
	{"/health", []string{"/health"}},
	{"/stats", []string{"/stats", "/stats/things", "/stats/search"}},
	{"/.well-known/wot", []string{"/.well-known/wot"}},
}

// Paths are all paths that are tried: the first of every area, the second, and so on, the administrative ones first.
// Most ways that reach an area reach it by the first, so whoever can only try some of them does well to begin with
// those.
func Paths() []string {
	areas := slices.Concat(adminAreas, apiAreas, otherAreas)
	var paths []string
	for i, more := 0, true; more; i++ {
		more = false
		for _, a := range areas {
			if i < len(a.probes) {
				paths, more = append(paths, a.probes[i]), true
			}
		}
	}
	return paths
}

// Way is a way in, as far as paths are concerned.
type Way struct {
	// Leads says whether some request on this way arrives at the gateway with the path; known is false where that
	// cannot be decided.
	Leads func(path string) (leads, known bool)
	// Floor, if it is not empty, is where every request on this way ends up at the least: its path is this one or
	// below.
	Floor string
	// Hints are further paths to try, besides the usual ones.
	Hints []string
	// Why says, where Leads cannot decide, what keeps it from that.
	Why string
}

// Survey says what a way in reaches.
func Survey(w Way) Reach {
	var r Reach
	var open []string
	for _, a := range adminAreas {
		reached, unsure := w.reaches(a)
		if reached {
			r.Admin = append(r.Admin, a.root)
		} else if unsure {
			r.AdminInDoubt = append(r.AdminInDoubt, a.root)
			open = append(open, a.root)
		}
	}
	if r.API, r.APIInDoubt = w.reachesAny(apiAreas); r.APIInDoubt {
		open = append(open, "the API")
	}
	if len(open) > 0 {
		r.Unknown = []string{strings.TrimSuffix("whether "+strings.Join(open, ", ")+" can be reached: "+w.Why, ": ")}
	}
	for _, a := range otherAreas {
		reached, unsure := w.reaches(a)
		if reached {
			r.Other = append(r.Other, a.root)
		}
		r.InDoubt = r.InDoubt || !reached && unsure
	}
	return r
}

func (w Way) reachesAny(areas []area) (reached, open bool) {
	for _, a := range areas {
		leads, unsure := w.reaches(a)
		if leads {
			return true, false
		}
		open = open || unsure
	}
	return false, open
}

// reaches says whether an area is reached; open, whether that could not be decided.
func (w Way) reaches(a area) (reached, open bool) {
	if below(w.Floor, a.root) {
		// A rule for something deep in the area lets only that through. It is there for requests that Ditto answers.
		return true, false
	}
	probes := a.probes
	for _, hint := range w.Hints {
		if below(hint, a.root) {
			probes = append([]string{hint}, probes...)
		}
	}
	for _, path := range probes {
		leads, known := w.Leads(path)
		if leads && known {
			return true, false
		}
		open = open || !known
	}
	return false, open
}

// below says whether a path is another one or lies below it.
func below(path, parent string) bool {
	rest, ok := strings.CutPrefix(path, parent)
	return ok && (rest == "" || rest[0] == '/')
}
