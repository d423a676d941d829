package nginxconf

import (
	"context"
	"iter"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/wire"
	"github.com/dittoguard/dittoguard/internal/ditto/surface"
)

// Disguise asks whether a client can have this route forward a path that the gateway reads as gatewayPath, which has
// two segments, or as one below it, although nginx chose the location by another one. nginx resolves the path it
// chooses by after it has decoded it, so that to nginx a segment with escaped slashes is several, while it is one to
// the gateway. Only a route that forwards the client's own path (Raw) can do that. ok and known are those of
// ClientPathFor.
func (r *Route) Disguise(ctx context.Context, gatewayPath string) (clientPath string, ok, known bool) {
	switch {
	case !r.Raw || r.Server.Stream:
		return "", false, true
	case r.Access == accessNone:
		return "", false, len(r.Unknown) == 0
	case r.Server.moreDoors:
		return "", false, false
	}
	s := &search{ctx: ctx, left: workPerSearch}
	clientPath, ok, known = s.first(r, r.disguises(gatewayPath), func(upstream string) bool {
		read, ok := surface.Read(upstream)
		return ok && (read == gatewayPath || strings.HasPrefix(read, gatewayPath+"/"))
	})
	if ok {
		return clientPath, true, known
	}
	return "", false, s.unescapes(r, r.escaped(gatewayPath))
}

// unescapes says that none of the paths certainly goes upstream by the route with an escaped slash in it.
func (s *search) unescapes(r *Route, paths iter.Seq[string]) bool {
	for path := range paths {
		for _, door := range r.Server.doorways {
			if s.left <= 0 || s.ctx.Err() != nil {
				return false
			}
			f := s.follow(r.config, candidate{door, path})
			route, upstream, known := verdict(f.outcomes, f.sure)
			if !known || route == r && strings.Contains(strings.ToLower(upstream), "%2f") {
				return false
			}
		}
	}
	return true
}

// maxDisguised bounds of how many paths that the location takes disguises are made.
const maxDisguised = 8

// disguises are spellings of gatewayPath, or of a path below it, that nginx takes for a path of this route's location,
// or for one below that.
func (r *Route) disguises(gatewayPath string) iter.Seq[string] {
	parent, last, _ := strings.Cut(strings.TrimPrefix(gatewayPath, "/"), "/")
	return func(yield func(string) bool) {
		left := maxDisguised
		for taken := range r.taken(gatewayPath) {
			if left--; left < 0 {
				return
			}
			hidden := strings.ReplaceAll(wire.EscapeURI(strings.TrimPrefix(taken, "/")), "/", "%2F")
			below := strings.TrimSuffix(hidden, "%2F")
			if below != "" {
				below += "%2F"
			}
			// Each of these is one segment to the gateway. The dot segment behind the first takes it away; the second
			// stays, below gatewayPath, and is the very path of the location to nginx.
			if !yield("/"+parent+"/..%2F"+below+"x/../"+last) || !yield("/"+parent+"/"+last+"/..%2F..%2F"+hidden) {
				return
			}
		}
	}
}

// escaped are paths below those that the location takes which have an escaped slash, without which there is no
// disguise.
func (r *Route) escaped(gatewayPath string) iter.Seq[string] {
	return func(yield func(string) bool) {
		left := maxDisguised
		for taken := range r.taken(gatewayPath) {
			if left--; left < 0 {
				return
			}
			below := strings.TrimRight(wire.EscapeURI(taken), "/") + "/x"
			if !yield(below+"%2Fx") || !yield(below+"%2fx") {
				return
			}
		}
	}
}

// taken are paths that the location takes: its own name, what only begins with that, and what entries makes of its
// pattern and of other locations.
func (r *Route) taken(gatewayPath string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if loc := r.scope.location(); loc.re == nil && !loc.named && (!yield(loc.name) || !yield(loc.name+"x")) {
			return
		}
		for path := range r.entries(gatewayPath) {
			if strings.HasPrefix(path, "/") && !yield(path) {
				return
			}
		}
	}
}
