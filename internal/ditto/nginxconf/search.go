package nginxconf

import (
	"context"
	"iter"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/vhost"
)

// search follows candidates, within a budget of work that may be one question's or that of many.
type search struct {
	ctx  context.Context //nolint:containedctx // lives as long as the questions that are searched for
	left int
	// followed remembers where paths lead; nil remembers nothing.
	followed map[candidate]followed
}

type candidate struct {
	door vhost.Visit
	path string
}

type followed struct {
	outcomes []outcome
	sure     bool
}

// costOfCandidate is what making a path takes, and following it at the least, in steps of work.
const costOfCandidate = 10

// follow is every way that a request for a path can end.
func (s *search) follow(c *Config, at candidate) followed {
	if f, known := s.followed[at]; known {
		s.left--
		return f
	}
	w := &expr.Budget{Ctx: s.ctx, Left: min(workPerQuestion, s.left)}
	before := w.Left
	var f followed
	f.outcomes, f.sure = c.outcomes(at.door, at.path, w)
	s.left -= before - max(w.Left, 0) + costOfCandidate
	if s.followed != nil {
		s.followed[at] = f
	}
	return f
}

// first is the first candidate that does what is wanted for any ordinary request, or else for some.
func (s *search) first(r *Route, candidates iter.Seq[string], wanted func(string) bool) (path string, ok, known bool) {
	some, complete := "", r.complete
	for path := range candidates {
		s.left -= costOfCandidate
		for _, door := range r.Server.doorways {
			if s.left <= 0 || s.ctx.Err() != nil {
				return some, some != "", false
			}
			f := s.follow(r.config, candidate{door, path})
			route, upstream, known := verdict(f.outcomes, f.sure)
			if known && route == r && wanted(upstream) {
				return path, true, true
			}
			for i := range f.outcomes {
				o := &f.outcomes[i]
				switch upstream, ok := o.upstream(); {
				case o.route == r && ok && wanted(upstream):
					if some == "" {
						some = path
					}
				case o.route == r && !ok, o.route == nil && o.unsure != "":
					complete = false
				}
			}
		}
	}
	return some, some != "", some == "" && complete && s.left > 0
}

// Origins are the paths that clients ask for, of every route and of all paths of the gateway that matter.
type Origins struct {
	asked map[string]bool
	// found holds what is not simply known not to lead.
	found map[question]ClientPath
	// Spent says that there was more to follow than is followed: what was found is there, and whether anything else is
	// cannot be said.
	Spent bool
}

type question struct {
	route *Route
	path  string
}

// ClientPath is an answer of ClientPathFor.
type ClientPath struct {
	Path      string
	OK, Known bool
}

// Origins asks ClientPathFor of every route for each of the paths, within one budget for the whole configuration. It
// asks always in the same order, so that what comes out does not depend on who asked first. It is nil if the context
// ends.
func (c *Config) Origins(ctx context.Context, gatewayPaths []string) *Origins {
	o := &Origins{asked: map[string]bool{}, found: map[question]ClientPath{}}
	left := workPerConfig
	for _, path := range gatewayPaths {
		o.asked[path] = true
		// What a path leads to is shared by the routes, which make much the same candidates of it.
		s := &search{ctx: ctx, followed: map[candidate]followed{}}
		for _, r := range c.routes {
			if ctx.Err() != nil {
				return nil
			}
			share := min(left, workPerSearch)
			s.left = share
			var a ClientPath
			a.Path, a.OK, a.Known = r.clientPathFor(s, path)
			left -= share - s.left
			if a.OK || !a.Known {
				o.found[question{r, path}] = a
			}
		}
	}
	o.Spent = left <= 0
	return o
}

// For is the answer for a route and one of the paths that were asked about; asked is false for any other.
func (o *Origins) For(r *Route, gatewayPath string) (answer ClientPath, asked bool) {
	if !o.asked[gatewayPath] {
		return ClientPath{}, false
	}
	if a, there := o.found[question{r, gatewayPath}]; there {
		return a, true
	}
	return ClientPath{Known: true}, true
}
