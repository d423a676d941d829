package nginxconf

import (
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
)

// found is a location that a path leads to. redirect says that nginx answers with the location's own name (a prefix
// that ends in a slash, asked for without it, that is proxied).
type found struct {
	loc      *scope
	redirect bool
	way      *way
	// settled is NGX_OK: an exact location or a pattern, which no pattern of an outer level overrides.
	settled bool
}

// find is ngx_http_core_find_location: the longest prefix, then, unless that forbids it, the nested locations' patterns
// and the level's own, in order. loc is nil where no location of this level matches.
func (c *Config) find(s *scope, p *way) []found {
	loc, exact, redirect := findStatic(s, p.uri, p.work)
	if exact || redirect {
		return []found{{loc, redirect, p, true}}
	}
	var out []found
	pending := []found{{way: p}}
	noRegex := false
	if loc != nil {
		noRegex = loc.noRegex
		pending = pending[:0]
		for _, f := range c.find(loc, p) {
			if f.loc == nil {
				f.loc = loc
			}
			if f.settled {
				out = append(out, f)
			} else {
				pending = append(pending, f)
			}
		}
	}
	for _, f := range pending {
		if !noRegex {
			var settled []found
			settled, f.way = c.findRegex(s, f.way)
			out = append(out, settled...)
		}
		if f.way != nil {
			out = append(out, f)
		}
	}
	return out
}

// findRegex tries the patterns of one level. It returns where they lead, and the way on which none matched, if there is
// one.
func (c *Config) findRegex(s *scope, p *way) ([]found, *way) {
	var out []found
	for _, loc := range s.regex {
		if !p.work.Spend() {
			p.unsure = tooMuch
			return out, p
		}
		groups, ok, known := loc.re.Match(p.uri)
		if known && !ok {
			continue
		}
		hit := p.clone()
		if !known {
			question := expr.Assumption{Opaque: "the path matches location " + loc.match() + " at " + loc.node.At()}
			miss := p.clone()
			if !miss.add(expr.Assumptions{question}) {
				miss = nil
			}
			question.Holds = true
			if !hit.add(expr.Assumptions{question}) {
				p = miss
				continue
			}
			p = miss
		} else {
			p = nil
		}
		hit.matched(loc.re, expr.Literal(hit.uri), groups)
		for _, f := range c.find(loc, hit) {
			if f.loc == nil {
				f.loc = loc
			}
			f.settled, f.redirect = true, false
			out = append(out, f)
		}
		if p == nil {
			return out, nil
		}
	}
	return out, p
}

// names finds the locations of a level that are no patterns, without going through them.
type names struct {
	exact, prefix, slash map[string]*scope
	// lengths are those of the prefixes, longest first.
	lengths []int
}

func namesOf(static []*scope) *names {
	n := &names{exact: map[string]*scope{}, prefix: map[string]*scope{}, slash: map[string]*scope{}}
	for _, l := range static {
		to := n.prefix
		if l.exact {
			to = n.exact
		}
		if to[l.name] == nil {
			to[l.name] = l
		}
		if autoRedirects(l) {
			n.slash[l.name] = l
		}
	}
	for name := range n.prefix {
		n.lengths = append(n.lengths, len(name))
	}
	slices.Sort(n.lengths)
	n.lengths = slices.Compact(n.lengths)
	slices.Reverse(n.lengths)
	return n
}

// findStatic is ngx_http_core_find_static_location.
func findStatic(s *scope, uri string, w *expr.Budget) (loc *scope, exact, redirect bool) {
	if s.names == nil {
		return nil, false, false
	}
	if loc = s.names.exact[uri]; loc != nil {
		return loc, true, false
	}
	for _, length := range s.names.lengths {
		if length > len(uri) {
			continue
		}
		w.Spend()
		if loc = s.names.prefix[uri[:length]]; loc != nil {
			break
		}
	}
	if slash := s.names.slash[uri+"/"]; slash != nil && (loc == nil || loc.name != uri) {
		return slash, false, true
	}
	return loc, false, false
}

// autoRedirects is clcf->auto_redirect: set by the *_pass directives in a location whose name ends in a slash.
func autoRedirects(l *scope) bool {
	if !strings.HasSuffix(l.name, "/") {
		return false
	}
	for _, name := range []string{"proxy_pass", "grpc_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass",
		"memcached_pass"} {
		if len(l.own[name]) > 0 {
			return true
		}
	}
	return false
}
