package nginxconf

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/wire"
)

// maxRedirects is NGX_HTTP_MAX_URI_CHANGES.
const maxRedirects = 10

// outcome is where a way ends: at a route, or with an answer of nginx's own (route nil).
type outcome struct {
	route *Route
	way   *way
	// path is what the upstream is asked for, with its query; opaque where it could not be followed.
	path   expr.Text
	unsure string
}

// serve is a request from the server's rewrite directives on, as it comes in or as an internal redirect starts it
// again.
func (c *Config) serve(srv *scope, p *way, depth int) []outcome {
	if !p.work.Spend() {
		return []outcome{{way: p, unsure: tooMuch}}
	}
	if depth > maxRedirects {
		return []outcome{{way: p}}
	}
	p.validLocation, p.quote, p.stopped, p.status, p.changed = true, true, false, 0, false
	p.scope = srv
	var out []outcome
	for _, q := range c.exec(srv, []*way{p}) {
		if q.status != 0 {
			out = append(out, c.answer(srv, srv, q, q.status, depth)...)
			continue
		}
		out = append(out, c.locate(srv, q, depth)...)
	}
	return out
}

func (c *Config) locate(srv *scope, p *way, depth int) []outcome {
	if !p.work.Spend() {
		return []outcome{{way: p, unsure: tooMuch}}
	}
	if depth > maxRedirects {
		return []outcome{{way: p}}
	}
	p.changed = false
	if p.opaque {
		return []outcome{{way: p, unsure: "a rewritten path that could not be followed"}}
	}
	var out []outcome
	for _, f := range c.find(srv, p) {
		switch {
		case f.redirect:
			out = append(out, outcome{way: f.way})
		case f.loc == nil:
			f.way.scope = srv
			out = append(out, c.content(srv, f.way, depth)...)
		case f.loc.internal && !f.way.internal:
			out = append(out, c.answer(srv, f.loc, f.way, 404, depth)...)
		default:
			out = append(out, c.enter(srv, f.loc, f.way.clone(), depth)...)
		}
	}
	return out
}

// enter is a location's rewrite phase and what follows.
func (c *Config) enter(srv, loc *scope, p *way, depth int) []outcome {
	if !p.work.Spend() {
		return []outcome{{way: p, unsure: tooMuch}}
	}
	p.scope, p.quote, p.stopped, p.status = loc, true, false, 0
	var out []outcome
	for _, q := range c.exec(loc, []*way{p}) {
		switch {
		case q.status != 0:
			out = append(out, c.answer(srv, q.scope, q, q.status, depth)...)
		case q.changed:
			out = append(out, c.locate(srv, q, depth+1)...)
		default:
			out = append(out, c.content(srv, q, depth)...)
		}
	}
	return out
}

// content is the access phase, try_files and the handler.
func (c *Config) content(srv *scope, p *way, depth int) []outcome {
	s := p.scope
	p.quote = false // only the rewrite module escapes what it copies
	var out []outcome
	switch access(s).state {
	case accessNone:
		return c.answer(srv, s, p, 403, depth)
	case accessAddresses:
		if !p.add(expr.Assumptions{{Opaque: "the client's address is allowed", Holds: true}}) {
			return nil
		}
	}
	if asksCredentials(s) {
		for _, o := range c.answer(srv, s, p.clone(), 401, depth) {
			if o.route != nil {
				out = append(out, o)
			}
		}
	}
	for name := s; name != nil; name = name.parent {
		for _, d := range name.blind {
			p.unsure = d.Name + " at " + d.At()
		}
	}
	if s.kind != kindIf {
		if list := s.own["try_files"]; len(list) > 0 {
			return append(out, c.tryFiles(srv, list[len(list)-1], p, depth)...)
		}
	}
	return append(out, c.handle(srv, p, depth)...)
}

func (c *Config) handle(srv *scope, p *way, depth int) []outcome {
	s := p.scope
	h := s.handler()
	switch {
	case h == nil:
		return c.files(srv, p, depth)
	case h.Name == "proxy_pass":
		return c.proxy(p)
	case strings.HasSuffix(h.Name, "_pass"), h.Name == "stub_status", h.Name == "empty_gif", h.Name == "api":
		return []outcome{{way: p}}
	}
	return []outcome{{way: p, unsure: h.Name + " at " + h.At()}}
}

// tryFiles follows try_files: names made from the request are taken not to exist, fixed ones may or may not.
func (c *Config) tryFiles(srv *scope, d *syntax.Directive, p *way, depth int) []outcome {
	var out []outcome
	last := len(d.Args) - 1
	if last < 0 {
		return c.handle(srv, p, depth)
	}
	for _, name := range d.Args[:last] {
		if !strings.Contains(name, "$") {
			question := expr.Assumption{Opaque: "the file " + name + " exists", Holds: true}
			q := p.clone()
			if q.add(expr.Assumptions{question}) {
				q.uri = name
				out = append(out, c.handle(srv, q, depth)...)
			}
			question.Holds = false
			if !p.add(expr.Assumptions{question}) {
				return out
			}
		}
	}
	target := d.Args[last]
	if code, ok := strings.CutPrefix(target, "="); ok {
		n, _ := strconv.Atoi(code)
		return append(out, c.answer(srv, p.scope, p, n, depth)...)
	}
	return append(out, c.redirect(srv, target, p, depth)...)
}

// redirect sends a request to a named location or a new path.
func (c *Config) redirect(srv *scope, target string, p *way, depth int) []outcome {
	var out []outcome
	for _, a := range c.parts(target, p) {
		q := p.clone()
		if !q.add(a.Assume) {
			continue
		}
		to, ok := a.Text.Constant()
		switch {
		case !ok:
			out = append(out, outcome{way: q, unsure: "an internal redirect to " + target})
		case strings.HasPrefix(to, "@"):
			loc := srv.at[to]
			if loc == nil || depth >= maxRedirects {
				out = append(out, outcome{way: q})
				continue
			}
			q.internal, q.changed = true, false
			out = append(out, c.enter(srv, loc, q, depth+1)...)
		default:
			var query string
			q.uri, query, _ = strings.Cut(to, "?")
			q.args, q.internal, q.validUnparsed = expr.Literal(query), true, false
			out = append(out, c.serve(srv, q, depth+1)...)
		}
	}
	return out
}

// files serves documents: none that the request names is taken to exist, index files may.
func (c *Config) files(srv *scope, p *way, depth int) []outcome {
	if p.opaque {
		return []outcome{{way: p, unsure: "a rewritten path that could not be followed"}}
	}
	if !strings.HasSuffix(p.uri, "/") {
		return c.answer(srv, p.scope, p, 404, depth)
	}
	var out []outcome
	names := []string{"index.html"}
	if d := p.scope.setting("index"); d != nil {
		names = d.Args
	}
	for _, name := range names {
		q := p.clone()
		target := q.uri + name
		if strings.HasPrefix(name, "/") {
			target = name
		}
		// Even a last, absolute name is only taken where the directory is there.
		if !q.add(expr.Assumptions{{Opaque: "the file " + target + " exists", Holds: true}}) {
			continue
		}
		for _, o := range c.redirect(srv, escapeDollar(target), q, depth) {
			if o.route != nil {
				out = append(out, o)
			}
		}
	}
	code := 404
	if p.uri == "/" {
		code = 403
	}
	return append(out, c.answer(srv, p.scope, p, code, depth)...)
}

// escapeDollar keeps a path from being read as a value with variables: such a path is not followed.
func escapeDollar(s string) string {
	if strings.Contains(s, "$") {
		return "@"
	}
	return s
}

// answer is nginx's own answer, which an error page may turn into another request.
func (c *Config) answer(srv, s *scope, p *way, status, depth int) []outcome {
	if status >= 300 && !p.errored {
		for _, d := range s.inherited("error_page") {
			n := len(d.Args)
			if n < 2 || !slices.Contains(d.Args[:n-1], strconv.Itoa(status)) {
				continue
			}
			target := d.Args[n-1]
			if !strings.HasPrefix(target, "/") && !strings.HasPrefix(target, "@") && !strings.HasPrefix(target, "$") {
				break
			}
			q := p.clone()
			q.errored = !s.flag("recursive_error_pages", false)
			return c.redirect(srv, target, q, depth)
		}
	}
	return []outcome{{way: p}}
}

// proxy is what goes upstream: ngx_http_proxy_create_request.
func (c *Config) proxy(p *way) []outcome {
	s := p.scope
	for s.kind == kindIf && len(s.own["proxy_pass"]) == 0 {
		s = s.parent
	}
	route := c.byScope[s]
	if route == nil {
		return []outcome{{way: p, unsure: "proxy_pass"}}
	}
	var out []outcome
	for _, a := range c.targets(route, p) {
		q := p.clone()
		if !q.add(a.assume) {
			continue
		}
		o := outcome{route: route, way: q, unsure: q.unsure}
		uri, ok := a.uri, a.ok
		switch {
		case !ok:
			o.path, o.unsure = expr.Variable(expr.Undefined), "proxy_pass at "+route.at()
		case a.variable && len(uri) > 0:
			if s, constant := uri.Constant(); constant && strings.HasPrefix(s, "?") {
				uri = expr.Literal("/" + s)
			}
			o.path = uri
		case len(uri) == 0 && q.validUnparsed:
			o.path = expr.Literal(q.unparsed)
		default:
			rest := q.uri
			if q.validLocation && len(uri) > 0 {
				rest = rest[min(len(route.prefix), len(rest)):]
				o.path = uri
			} else if q.validLocation {
				o.path = uri
			}
			if q.quoted || q.internal {
				rest = wire.EscapeURI(rest)
			}
			o.path = o.path.Append(expr.Literal(rest))
			if q.opaque {
				o.path = expr.Variable(expr.Undefined)
			}
			if len(q.args) > 0 {
				o.path = o.path.Append(expr.Literal("?")).Append(q.args)
			}
		}
		out = append(out, o)
	}
	return out
}
