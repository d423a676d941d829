package nginxconf

import (
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/upstream"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// addRoutes makes a route of every scope of a server that has a proxy_pass of its own.
func (c *Config) addRoutes(srv *Server) {
	var walk func(s *scope)
	add := func(s *scope) {
		if len(s.own["proxy_pass"]) > 0 && s.kind != kindServer {
			r := c.newRoute(s)
			c.byScope[s] = r
			c.routes = append(c.routes, r)
			srv.routes = append(srv.routes, r)
		}
	}
	walk = func(s *scope) {
		add(s)
		for _, d := range s.dirs {
			if inner := s.ifs[d]; inner != nil {
				walk(inner)
			}
		}
		for _, l := range s.limits {
			walk(l)
		}
		var inside []*scope
		inside = append(append(inside, s.static...), s.regex...)
		for _, at := range s.at {
			inside = append(inside, at)
		}
		// In the order they stand, whatever list keeps them.
		slices.SortFunc(inside, func(a, b *scope) int { return a.order - b.order })
		for _, l := range inside {
			walk(l)
		}
	}
	walk(srv.scope)
}

// describe fills in a route: every abstract way into its scope, and what holds on each.
func (c *Config) describe(r *Route) {
	if r.Server.Stream {
		c.describeStream(r)
		return
	}
	s := r.scope
	unknown, assumed := &syntax.Notes{}, &syntax.Notes{}
	if c.work.Left <= 0 {
		r.Access = accessOpen
		r.Identity = Identity{State: tri.Unknown, Why: tooMuch}
		r.Authentication = Authentication{State: tri.Unknown, Why: tooMuch}
		r.Targets = c.staticTargets(r)
		c.describeTransport(r, nil)
		c.describeAnswer(r)
		r.Unknown = []string{"the whole configuration: " + tooMuch}
		return
	}
	ways := c.waysInto(r)
	for _, name := range []string{"auth_request_set", "auth_jwt_claim_set", "limit_req", "limit_conn",
		"more_clear_headers", "more_set_headers"} {
		c.work.Left -= len(s.inherited(name))
	}
	a := access(s)
	r.Access, r.Local, r.RealIP = a.state, a.self, s.inherited("set_real_ip_from") != nil
	if len(ways) == 0 {
		r.Access = accessNone
	}
	if a.state == accessAddresses {
		unknown.Add(reason.Of("nginx-addresses", a.why))
	}
	cache := map[*way][]credentials{}
	auth := func(p *way) []credentials {
		list, ok := cache[p]
		if !ok {
			list = c.authenticationOf(r, p)
			cache[p] = list
		}
		return list
	}
	var readings []credentials
	if len(ways) > 0 && ways[0].work.Left <= 0 {
		unknown.Add(reason.Of("nginx-too-much-location"))
	}
	for _, p := range ways {
		readings = append(readings, auth(p)...)
		if p.unsure != "" {
			unknown.Add(reason.Of("nginx-not-read", p.unsure))
		}
	}
	r.Authentication = summary(readings)
	if strings.Contains(r.Authentication.Kind, "basic") {
		r.Authentication.UserFiles = c.userFiles(s)
	}
	if strings.Contains(r.Authentication.Kind, "request") {
		assumed.Add("the service behind auth_request refuses clients that it does not know")
	}
	for node := s; node != nil; node = node.parent {
		for _, d := range node.blind {
			switch {
			case d.Missing:
				unknown.Add(reason.Of("nginx-include-not-found", d.Arg(0), d.At()))
				if node == s || node.kind == kindLocation || r.Authentication.State == tri.Off {
					r.Authentication.State = tri.Unknown
					r.Authentication.Why = reason.Of("nginx-include-not-found", d.Arg(0), d.At())
				}
			case syntax.Unread(d.Name):
				unknown.Add(reason.Of("nginx-directive-not-read", d.Name, d.At()))
				if r.Authentication.State == tri.Off {
					r.Authentication.State, r.Authentication.Why = tri.Unknown, d.Name+" at "+d.At()+" is not read"
				}
			}
		}
	}
	r.Identity = c.identity(r, ways, auth, assumed)
	r.OwnConnection = c.ownConnection(s, ways, auth)
	for _, p := range ways {
		if p.unsure != tooMuch && p.work.Left > 0 {
			continue
		}
		// What was found is there; that nothing else is cannot be said.
		if r.Identity.State == Set || r.Identity.State == Removed {
			r.Identity.State, r.Identity.Why = tri.Unknown, tooMuch
		}
		if r.Authentication.State == tri.On || r.Authentication.State == tri.Off {
			r.Authentication.State, r.Authentication.Why = tri.Unknown, tooMuch
		}
	}
	c.describeTarget(r, ways, unknown)
	c.describeTransport(r, ways)
	c.describeAnswer(r)
	r.Assumptions, r.Unknown = assumed.List, unknown.List
}

// authenticationOf is what a route's location asks for. What limit_except asks of other methods counts too, and for a
// named location what the locations asked that lead into it.
func (c *Config) authenticationOf(r *Route, p *way) []credentials {
	loc := r.scope.location()
	out := c.authentication(r.scope, p)
	for _, l := range loc.limits {
		if l == r.scope || access(l).state == accessNone && len(l.own["auth_basic"]) == 0 {
			continue
		}
		for _, a := range c.authentication(l, p) {
			a.assume = append(slices.Clip(a.assume),
				expr.Assumption{Opaque: "the method is none of " + strings.Join(l.node.Args, ", "), Holds: true})
			out = append(out, a)
		}
	}
	if !loc.named {
		return out
	}
	var before []credentials
	for _, other := range c.leadingTo(r.Server, loc.name) {
		if other.before {
			before = append(before, credentials{state: tri.Off,
				why: "error_page at " + other.node.At() + " leads here before anything is asked"})
			continue
		}
		before = append(before, c.authentication(other.scope,
			&way{args: expr.Variable("args"), opaque: true, work: p.work})...)
	}
	if len(before) == 0 {
		return out
	}
	return with(out, before)
}

type leading struct {
	scope  *scope
	node   *syntax.Directive
	before bool
}

// leadingTo finds what hands a request over to a named location: try_files does after the access phase, an error page
// may come before it.
func (c *Config) leadingTo(srv *Server, name string) []leading {
	if srv.leading == nil {
		srv.leading = map[string][]leading{}
		for _, s := range srv.scopes {
			if s.named {
				continue
			}
			for _, d := range s.own["try_files"] {
				to := d.Arg(len(d.Args) - 1)
				srv.leading[to] = append(srv.leading[to], leading{scope: s, node: d})
			}
			for _, d := range s.own["error_page"] {
				// A missing file is found out behind the access phase, if nothing returned the code earlier.
				late := onlyMissing(d) && len(s.own["return"]) == 0 && len(s.own["if"]) == 0
				to := d.Arg(len(d.Args) - 1)
				srv.leading[to] = append(srv.leading[to], leading{scope: s, node: d, before: !late})
			}
		}
	}
	return srv.leading[name]
}

// onlyMissing says whether an error_page is for missing files only.
func onlyMissing(d *syntax.Directive) bool {
	return len(d.Args) >= 2 && d.Args[0] == "404" && (len(d.Args) == 2 || strings.HasPrefix(d.Args[1], "="))
}

// describeAnswer fills in what other rules ask of a location.
func (c *Config) describeAnswer(r *Route) {
	s := r.scope
	r.RateLimited = c.rateLimited(r, r.Authentication.State == tri.On && r.Authentication.Kind == "basic")
	r.HidesVersion = Setting{State: tri.Off, Why: "server_tokens is on by default"}
	r.HidesServer = Setting{State: tri.Off, Why: "nginx sends its own name"}
	if d := s.setting("server_tokens"); d != nil {
		r.HidesVersion = Setting{State: tri.Off, Why: "server_tokens at " + d.At()}
		switch {
		case d.Arg(0) == "off" || d.Arg(0) == "":
			r.HidesVersion.State = tri.On
		case strings.Contains(d.Arg(0), "$"):
			r.HidesVersion.State = tri.Unknown
		}
		if d.Arg(0) == "" {
			r.HidesServer = Setting{State: tri.On, Why: "server_tokens at " + d.At()}
		}
	}
	for _, name := range []string{"more_clear_headers", "more_set_headers"} {
		for _, d := range s.inherited(name) {
			for _, a := range d.Args {
				header, value, _ := strings.Cut(a, ":")
				if strings.EqualFold(strings.TrimSpace(header), "server") && strings.TrimSpace(value) == "" {
					r.HidesServer = Setting{State: tri.On, Why: name + " at " + d.At()}
					r.HidesVersion = r.HidesServer
				}
			}
		}
	}
}

// describeStream is a server of the stream module: bytes are forwarded, whatever they are.
func (c *Config) describeStream(r *Route) {
	r.Access = accessOpen
	r.Raw = true
	r.Identity = Identity{State: Client, Why: "stream forwards connections: what the client sends arrives"}
	r.Authentication = Authentication{State: tri.Off, Why: "stream asks for nothing"}
	r.RateLimited = Setting{State: tri.Off, Why: "stream limits no requests"}
	r.HidesVersion = Setting{State: tri.On, Why: "stream answers nothing itself"}
	r.HidesServer = r.HidesVersion
	c.describeTransport(r, nil)
	unknown := &syntax.Notes{}
	tls := false
	if d := r.scope.setting("proxy_ssl"); d != nil {
		tls = d.Arg(0) == "on"
	}
	p := &way{args: expr.Variable("args")}
	for _, a := range c.parts("http://"+r.pass.Arg(0), p) {
		d := c.destination(a.Text)
		if !d.ok {
			unknown.Add(reason.Of("nginx-target-by-connection", r.at(), "the connection"))
			d.targets = []upstream.Target{{Variable: true}}
		}
		for _, t := range d.targets {
			t.TLS = tls
			r.Targets = upstream.Add(r.Targets, t)
		}
	}
	switch a := addresses(r.scope); a.state {
	case accessNone:
		r.Access = accessNone
	case accessAddresses:
		r.Access, r.Local, r.RealIP = accessAddresses, a.self, r.scope.inherited("set_real_ip_from") != nil
		unknown.Add(reason.Of("nginx-addresses", a.why))
	}
	r.Unknown = unknown.List
}
