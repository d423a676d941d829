package nginxconf

import (
	"context"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/surface"
)

// ClientPathFor asks the other way round: which path can a client send so that this route forwards it and the gateway
// reads gatewayPath (see surface.Read)? Candidates are made from the configuration, the plain path first, and
// each is verified by following it as Locate does, over every port and name of the route's server.
//
// ok with known: clientPath does it. ok without known: it does it for some requests only, see Locate. Neither: whether
// any path does is not certain. Not ok with known: no path does; that is said only where the mapping is simple enough
// to be inverted completely. What gets through in disguise is told by Disguise.
func (r *Route) ClientPathFor(ctx context.Context, gatewayPath string) (clientPath string, ok bool, known bool) {
	return r.clientPathFor(&search{ctx: ctx, left: workPerSearch}, gatewayPath)
}

func (r *Route) clientPathFor(s *search, gatewayPath string) (clientPath string, ok bool, known bool) {
	if r.Server.Stream {
		return gatewayPath, true, true
	}
	if r.Access == accessNone {
		return "", false, len(r.Unknown) == 0
	}
	if r.misses(gatewayPath) {
		return "", false, true
	}
	if s.left <= 0 {
		return "", false, false
	}
	return s.first(r, r.candidates(gatewayPath), func(upstream string) bool {
		read, ok := surface.Read(upstream)
		return ok && read == gatewayPath
	})
}

// misses says that no path can lead to gatewayPath because of what it begins with, which spares following candidates.
// Of a plain path (no escapes, no dot segments) the location sees the very path that the gateway reads, or, where
// proxy_pass has a path, what the gateway reads begins with that.
func (r *Route) misses(gatewayPath string) bool {
	loc := r.scope.location()
	if r.keepsBelow(loc) && !strings.HasPrefix(gatewayPath, r.Prefix) {
		return true
	}
	if !r.complete || strings.ContainsAny(r.prefix+r.Prefix+gatewayPath, "%?") || r.scope != loc {
		return false
	}
	switch {
	case r.Prefix != "":
		return r.prefix != "" && !strings.HasPrefix(gatewayPath, r.Prefix)
	case loc.re != nil:
		_, ok, known := loc.re.Match(gatewayPath)
		return known && !ok
	}
	return !strings.HasPrefix(gatewayPath, loc.name)
}

// keepsBelow says that whatever the location is asked, by clients or by nginx itself, what goes upstream begins with
// Prefix: proxy_pass puts that in place of the location's own name, unless a rewrite came between.
func (r *Route) keepsBelow(loc *scope) bool {
	return r.static && r.scope == loc && r.prefix != "" && r.Prefix != "" && len(loc.rewrites) == 0 && loc.re == nil &&
		len(r.Unknown) == 0 && !strings.ContainsAny(r.prefix+r.Prefix, "%?")
}

// DoorsLeftOut says that the route's server has more names and ports than are tried, and may treat them differently.
func (r *Route) DoorsLeftOut() bool { return r.Server.moreDoors }

// asksByDoor says whether anything that can decide where a request goes is made of variables, the name and the port
// that it was sent to among them.
func (srv *Server) asksByDoor() bool {
	return slices.ContainsFunc(srv.scopes, func(s *scope) bool {
		return slices.ContainsFunc(s.dirs, func(d *syntax.Directive) bool {
			switch d.Name {
			case "if":
				return true
			case "rewrite", "return", "set", "try_files", "error_page", "proxy_pass", "grpc_pass", "auth_request":
				return slices.ContainsFunc(d.Args, func(arg string) bool { return strings.Contains(arg, "$") })
			}
			return syntax.Unread(d.Name)
		})
	})
}

// invertible says whether candidates are all there can be: a location whose mapping is a prefix for a prefix, or the
// path as it is, without rewrites that could bring other paths here. A rewrite that answers with a redirect, or that
// leads elsewhere, brings none.
func (r *Route) invertible() bool {
	if len(r.Unknown) > 0 || !r.static || r.Internal || r.Server.leads.anywhere || r.Server.moreDoors {
		return false
	}
	loc := r.scope.location()
	for s := r.scope; s != nil; s = s.parent {
		for _, d := range s.rewrites {
			if d.Name == "rewrite" && !answers(d) && s.kind != kindServer || d.Name == "if" &&
				(s.kind != kindServer && holdsRewrite(d) || s.asksPath(d)) {
				return false
			}
		}
	}
	if slices.ContainsFunc(r.Server.leads.list, loc.takes) {
		return false
	}
	return loc.re == nil || loc.re.Understood()
}

// asksPath says whether a condition may depend on the path, directly or by a variable.
func (s *scope) asksPath(d *syntax.Directive) bool {
	subject := strings.TrimLeft(d.Arg(0), "(")
	if subject == "" {
		subject = d.Arg(1)
	}
	name, isVariable := strings.CutPrefix(strings.ToLower(subject), "$")
	return !isVariable || !expr.Pathless(name) && !s.setFreeOfPath(name)
}

// setFreeOfPath says whether a variable comes from set directives alone, and none of them puts the path into it.
func (s *scope) setFreeOfPath(name string) bool {
	found, free := false, true
	var look func(dirs []*syntax.Directive)
	look = func(dirs []*syntax.Directive) {
		for _, d := range dirs {
			if d.Name == "if" {
				look(d.Block)
			}
			if d.Name != "set" || expr.VariableName(d.Arg(0)) != name {
				continue
			}
			found = true
			value, err := expr.Parse(d.Arg(1))
			if err != nil {
				free = false
			}
			for _, p := range value {
				free = free && (p.Name == "" || p.Name == name || expr.Pathless(p.Name))
			}
		}
	}
	for ; s != nil; s = s.parent {
		look(s.dirs)
	}
	return found && free
}

func holdsRewrite(d *syntax.Directive) bool {
	return slices.ContainsFunc(d.Block, func(e *syntax.Directive) bool {
		return e.Name == "rewrite" && !answers(e) || e.Name == "if" && holdsRewrite(e)
	})
}
