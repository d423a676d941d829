package nginxconf

import "github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"

// enter is every way past a server's own directives, which is the same for all its locations.
func (c *Config) enterServer(srv *Server) []*way {
	if srv.entered == nil {
		w := &expr.Budget{Ctx: c.work.Ctx, Left: workPerQuestion}
		start := &way{work: w, args: expr.Variable("args"), validUnparsed: true, validLocation: true, quote: true,
			opaque:  true,
			foreign: srv.foreign}
		start.hostCaptures(srv)
		srv.entered = c.exec(srv.scope, []*way{start})
		if w.Left < 0 {
			for _, p := range srv.entered {
				p.unsure = tooMuch
			}
		}
	}
	return srv.entered
}

// waysInto is every way that is forwarded by this route, from the server's own directives on.
func (c *Config) waysInto(r *Route) []*way {
	loc := r.scope.location()
	w := &expr.Budget{Ctx: c.work.Ctx, Left: min(workPerQuestion, c.work.Left)}
	defer func(before int) { c.work.Left -= before - max(w.Left, 0) }(w.Left)
	var out []*way
	for _, p := range c.enterServer(r.Server) {
		if w.Spend(); p.status != 0 {
			continue
		}
		q := p.clone()
		q.work, q.scope, q.quote, q.stopped, q.changed = w, loc, true, false, false
		if loc.re != nil {
			q.matched(loc.re, expr.Variable("uri"), nil)
		}
		for _, p := range c.exec(loc, []*way{q}) {
			at := p.scope
			for at.kind == kindIf && len(at.own["proxy_pass"]) == 0 {
				at = at.parent
			}
			if r.scope.kind == kindLimitExcept {
				at = r.scope
			}
			p.quote = false
			if p.status == 0 && !p.changed && at == r.scope {
				out = append(out, p)
			}
		}
	}
	return out
}
