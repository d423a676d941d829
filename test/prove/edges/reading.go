package edges

import (
	"context"
	"fmt"
	"net"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/surface"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/objects"
)

// Reading is what dittoguard reads in the objects of a scenario: the ways in to the gateway, and what each lets in.
type Reading struct {
	ways []facts.Exposure
	lets []requests.Set
}

// read reads objects with a gateway in a namespace.
func read(ctx context.Context, t testing.TB, text, namespace string, config way.Config) *Reading {
	t.Helper()
	inv := inventory.NewMemory(index.Of, nil)
	for _, o := range objects.Of(t, text) {
		inv.Put(o)
	}
	view := topology.NewView(ctx, inv, world.Options{Edges: config, Cache: world.NewCache()})
	r := &Reading{}
	for _, o := range inv.All() {
		if o.Ref.Namespace != namespace || o.Ref.Name != "gateway" {
			continue
		}
		for _, part := range view.Parts(o) {
			for _, w := range topology.Exposures(view, part) {
				if w.Port == "http" {
					r.ways, r.lets = append(r.ways, w), append(r.lets, topology.Requests(view, &w))
				}
			}
		}
	}
	return r
}

// seen is a request that arrived at the gateway, and what was asked.
type seen struct {
	probe   Probe
	arrival Arrival
	// host is what was asked for, path what Ditto reads; dots says that it has resolved dot segments for that.
	host, path string
	dots       bool
}

// differences says where the reading and what the edge did are not the same. Each is one line, of which what is before the colon
// tells it from others:
//
//   - `allow`: something arrives of which the reading says that it does not. This is a breach.
//   - `deny`: the reading says that something arrives, or that it does so with the client's identity, and nothing of the kind does.
func (r *Reading) differences(probes []Probe, answers map[string]Answer) []string {
	var list []string
	say := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	var all []seen
	for _, p := range probes {
		answer := answers[p.String()]
		for _, at := range answer.Arrivals {
			if at.At != services[0] {
				continue
			}
			if one, ok := newSeen(p, at); ok {
				all = append(all, one)
			}
		}
	}
	reached := make([]map[string]bool, len(r.ways))
	clients := make([]bool, len(r.ways))
	for i := range reached {
		reached[i] = map[string]bool{}
	}
	for _, one := range all {
		by := r.waysOf(one)
		for _, i := range by {
			reached[i][areaOf(one.path)] = true
			clients[i] = clients[i] || slices.Contains(one.arrival.Identity, mine)
		}
		if what := r.denies(one, by); what != "" {
			say("allow %s: %s arrives as %s", what, one.probe, one.arrival.text(one.probe))
		}
	}
	for i := range r.ways {
		for _, what := range claims(&r.ways[i], reached[i], clients[i]) {
			say("deny %s: %s", what, r.ways[i].Via)
		}
	}
	return unique(list)
}

// limits says whether the reading and the edge say otherwise about whether requests are limited.
func (r *Reading) limits(limited bool) []string {
	says := func(state string) bool {
		return slices.ContainsFunc(r.ways, func(e facts.Exposure) bool { return e.RateLimited.State == state })
	}
	switch {
	case !limited && says(tri.On):
		return []string{"allow limit: as many requests as are sent arrive"}
	case limited && !says(tri.On) && !says(tri.Unknown):
		return []string{"deny limit: not all requests arrive that are sent at once"}
	}
	return nil
}

// text is an arrival as answers have it.
func (a Arrival) text(p Probe) string {
	return strings.TrimPrefix(Answer{Arrivals: []Arrival{a}}.text(p), "0 + ")
}

// newSeen is an arrival as Ditto reads it; ok is false for one that it has nothing for.
func newSeen(p Probe, at Arrival) (one seen, ok bool) {
	one = seen{probe: p, arrival: at, host: hostOf(p)}
	target := at.Path
	// Of an absolute target Ditto resolves dot segments (UriParser of Pekko HTTP).
	if rest, absolute := strings.CutPrefix(target, "http://"); absolute {
		_, rest, _ = strings.Cut(rest, "/")
		target = path.Clean("/" + rest)
		if strings.HasSuffix(rest, "/") && target != "/" {
			target += "/"
		}
	}
	one.path, ok = surface.Read(target)
	one.dots = hasDots(at.Path)
	return one, ok && areaOf(one.path) != ""
}

// hostOf is the host that a probe asks for: that of an absolute target, or that of the header.
func hostOf(p Probe) string {
	host := p.Host
	if rest, absolute := strings.CutPrefix(p.Target, "http://"); absolute {
		host, _, _ = strings.Cut(rest, "/")
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// waysOf are the ways in by which a request may have arrived, as the reading has it.
func (r *Reading) waysOf(one seen) []int {
	var by []int
	for i := range r.ways {
		if slices.ContainsFunc(r.lets[i], func(b requests.Box) bool { return mayHold(b, one) }) {
			by = append(by, i)
		}
	}
	return by
}

// mayHold says whether a request may be among those of a box.
func mayHold(b requests.Box, one seen) bool {
	host := requests.HostsOf(one.host)
	if one.host == "-" {
		host = requests.Hosts{Name: requests.NoHost}
	}
	if !slices.ContainsFunc(b.Hosts, func(h requests.Hosts) bool { return may(host.In(h)) }) {
		return false
	}
	in := func(path string) bool {
		return !slices.ContainsFunc(b.Paths, func(p requests.Paths) bool { return !may(requests.Path(path).In(p)) })
	}
	// An edge that decodes takes a slash for one that Ditto gets escaped.
	return in(one.path) || b.Raw && (one.dots || in(strings.ReplaceAll(one.path, "%2F", "/")))
}

func may(r requests.Relation) bool { return r == requests.Inside || r == requests.Unclear }

// hasDots says whether a path on the wire has dot segments, escaped or not.
func hasDots(path string) bool {
	path = strings.NewReplacer("%2e", ".", "%2E", ".").Replace(path)
	return slices.ContainsFunc(strings.Split(path, "/"), func(s string) bool { return s == "." || s == ".." })
}

// denies is what the reading denies of a request that has arrived: none of the ways that may have let it in does so.
func (r *Reading) denies(one seen, by []int) string {
	area := areaOf(one.path)
	if len(by) == 0 {
		return "path or host"
	}
	none := func(says func(*facts.Exposure) bool) bool {
		return !slices.ContainsFunc(by, func(i int) bool { return says(&r.ways[i]) })
	}
	switch {
	case slices.Contains(surface.AdminPaths(), area) && serves(area, one.path) && none(func(e *facts.Exposure) bool {
		return slices.Contains(slices.Concat(e.Admin, e.AdminInDoubt, e.AdminDisguised, e.AdminDisguisedInDoubt), area)
	}):
		return area
	case area == apiArea && none(func(e *facts.Exposure) bool { return e.API || e.APIInDoubt }):
		return "API"
	case slices.Contains(one.arrival.Identity, mine) && none(func(e *facts.Exposure) bool {
		return e.Identity == facts.IdentityClient || e.Identity == facts.IdentityUnknown
	}):
		return "identity"
	case one.arrival.Query && len(one.arrival.Identity) == 0 && none(func(e *facts.Exposure) bool {
		return e.Identity != facts.IdentityNone && e.Identity != facts.IdentitySet
	}):
		return "query parameter"
	case !hasCredentials(one.probe) && none(func(e *facts.Exposure) bool { return e.Authenticated.State != tri.On }):
		return "authentication"
	case !one.probe.Secure && none(func(e *facts.Exposure) bool { return e.Plain == way.PlainServed || e.Plain == tri.Unknown }):
		return "plain HTTP"
	}
	return ""
}

func hasCredentials(p Probe) bool {
	return slices.ContainsFunc(p.Headers, func(h string) bool { return strings.HasPrefix(strings.ToLower(h), "authorization:") })
}

// claims are what a way in says for certain and nothing showed, out of all that was asked.
func claims(e *facts.Exposure, reached map[string]bool, client bool) []string {
	var list []string
	for _, path := range e.Admin {
		if !reached[path] {
			list = append(list, path)
		}
	}
	if e.API && !e.Disguised && !reached[apiArea] {
		list = append(list, "API")
	}
	if e.Identity == facts.IdentityClient && len(reached) > 0 && !client {
		list = append(list, "identity")
	}
	return list
}

// apiArea stands for all that acts under the identity of a client.
const apiArea = "API"

// areaOf is which part of the gateway serves a path, empty for none.
func areaOf(path string) string {
	reach := surface.Survey(surface.Way{Leads: func(probe string) (bool, bool) { return probe == path, true }})
	for _, admin := range surface.AdminPaths() {
		if path == admin || strings.HasPrefix(path, admin+"/") {
			return admin
		}
	}
	if reach.API {
		return apiArea
	}
	return ""
}

// serves says whether Ditto has anything at a path of an administrative area: at /devops/status it has not. A connection may
// have any name.
func serves(area, path string) bool {
	return path == area || path == area+"/" || area == "/api/2/connections" || slices.ContainsFunc(surface.Paths(), func(resource string) bool {
		return strings.HasPrefix(resource, area+"/") && strings.HasPrefix(path+"/", resource+"/")
	})
}
