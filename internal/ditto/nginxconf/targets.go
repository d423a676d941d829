package nginxconf

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/upstream"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// describeTarget fills in where a route forwards to and what of the request arrives there.
func (c *Config) describeTarget(r *Route, ways []*way, unknown *syntax.Notes) {
	dropped := len(ways) > 0
	for _, p := range ways {
		for _, d := range c.targets(r, p) {
			if !d.ok {
				unknown.Add(reason.Of("nginx-not-understood", "proxy_pass", r.at()))
				for _, t := range c.staticTargets(r) {
					r.Targets = upstream.Add(r.Targets, t)
				}
				dropped = false
				continue
			}
			for _, t := range d.targets {
				if t.Variable {
					unknown.Add(reason.Of("nginx-target-by-connection", r.at(), "the request"))
				}
				r.Targets = upstream.Add(r.Targets, t)
			}
			if len(d.uri) == 0 && p.validUnparsed {
				r.Raw = true
			}
			if uri, ok := d.uri.Constant(); ok && p.validLocation {
				r.Prefix, _, _ = strings.Cut(uri, "?")
			}
			if d.variable && len(d.uri) > 0 {
				// The path is all there is, and may bring a query of its own: $uri is decoded, so that %3F becomes "?".
				_, ok := d.uri.Constant()
				dropped = dropped && ok
				for _, part := range d.uri {
					r.Raw = r.Raw || part.Name == "request_uri"
				}
			} else {
				_, ok := p.args.Constant()
				dropped = dropped && ok && !(len(d.uri) == 0 && p.validUnparsed)
			}
		}
	}
	r.Identity.QueryDropped = dropped
	for _, d := range r.scope.location().dirs {
		if strings.HasPrefix(d.Name, "balancer_by_lua") {
			unknown.Add(reason.Of("nginx-chooses-server", d.Name, d.At()))
		}
	}
}

// destination is what a proxy_pass comes to on one way.
type destination struct {
	targets  []upstream.Target
	uri      expr.Text
	assume   expr.Assumptions
	variable bool // proxy_pass holds variables: its path, if any, is all there is
	ok       bool
}

// targets resolves a route's proxy_pass on a way.
func (c *Config) targets(r *Route, p *way) []destination {
	if !r.urlOK {
		return []destination{{}}
	}
	var out []destination
	for _, a := range c.vars.Expand(r.url, p, 0) {
		d := c.destination(a.Text)
		d.assume, d.variable = a.Assume, !r.static
		out = append(out, d)
	}
	return out
}

func (c *Config) destination(url expr.Text) destination {
	if len(url) == 0 {
		return destination{}
	}
	head, tls := url[0].Lit, false
	rest := url[1:]
	switch lower := strings.ToLower(head); {
	case url[0].Name == "scheme" && len(url) > 1 && strings.HasPrefix(url[1].Lit, "://"):
		head, rest = strings.TrimPrefix(url[1].Lit, "://"), url[2:]
	case strings.HasPrefix(lower, "http://"):
		head = head[len("http://"):]
	case strings.HasPrefix(lower, "https://"):
		head, tls = head[len("https://"):], true
	default:
		return destination{}
	}
	full := expr.Literal(head).Append(rest)
	var authority, uri expr.Text
	for i, p := range full {
		if p.Name == "" {
			cut := strings.IndexAny(p.Lit, "/?")
			if i == 0 && strings.HasPrefix(p.Lit, "unix:") {
				cut = len(p.Lit)
				if colon := strings.IndexByte(p.Lit[len("unix:"):], ':'); colon >= 0 {
					cut = len("unix:") + colon
					authority = expr.Literal(p.Lit[:cut])
					uri = expr.Literal(p.Lit[cut+1:]).Append(full[i+1:])
					break
				}
			}
			if cut >= 0 && cut < len(p.Lit) {
				authority = authority.Append(expr.Literal(p.Lit[:cut]))
				uri = expr.Literal(p.Lit[cut:]).Append(full[i+1:])
				break
			}
		} else {
			// A variable that brings its own slash, such as http://host$request_uri, begins the path.
			if beginsPath(p.Name) {
				uri = full[i:]
				break
			}
		}
		authority = authority.Add(p)
	}
	host, ok := authority.Constant()
	if !ok {
		return destination{targets: []upstream.Target{{TLS: tls, Variable: true}}, uri: uri, ok: len(uri) > 0 ||
			!authority.HoldsUnknown()}
	}
	port := 80
	if tls {
		port = 443
	}
	t, ok := upstream.Parse(host, port)
	if !ok {
		return destination{}
	}
	if u, found := c.upstreams[strings.ToLower(host)]; found {
		targets := make([]upstream.Target, len(u.Targets))
		for i, t := range u.Targets {
			t.TLS = tls
			targets[i] = t
		}
		return destination{targets: targets, uri: uri, ok: true}
	}
	t.TLS = tls
	return destination{targets: []upstream.Target{t}, uri: uri, ok: true}
}

// staticTargets are where a proxy_pass can go whatever a request does: what set and map give its variables anywhere in
// the configuration. It is for routes whose requests are too many to follow.
func (c *Config) staticTargets(r *Route) []upstream.Target {
	vague := []upstream.Target{{Variable: true}}
	if !r.urlOK {
		return vague
	}
	texts, ok := c.vars.EveryValue(r.url, map[string]bool{})
	if !ok {
		return vague
	}
	var list []upstream.Target
	for _, t := range texts {
		d := c.destination(t)
		if !d.ok && len(d.targets) == 0 {
			return vague
		}
		for _, target := range d.targets {
			list = upstream.Add(list, target)
		}
	}
	return list
}

// beginsPath names the variables that always begin with a slash.
func beginsPath(name string) bool {
	return name == "request_uri" || name == "uri" || name == "document_uri"
}
