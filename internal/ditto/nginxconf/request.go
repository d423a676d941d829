package nginxconf

import (
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/vhost"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/wire"
)

// Locate answers as nginx does: to which route a request for path (as the client sends it, with a query if there is
// one) to host goes, when it comes in on port, and the path, without query, that the upstream is then asked for.
//
// An ordinary request is meant: one whose headers the client is free to choose, with any usual method. known is false
// where an ordinary request may go elsewhere, or where it depends on something a client does not choose freely (its
// address, a header that has to have one certain value, a file on the server) or that could not be read; route is then
// the one it may go to. A nil route with known true is an answer of nginx's own: a file, a redirect, an error. An empty
// host asks the default server. Servers that listen on the loopback alone are not reached.
func (c *Config) Locate(port int, host, path string) (route *Route, upstreamPath string, known bool) {
	route, upstreamPath, known = verdict(c.outcomes(vhost.Visit{Port: port, Host: host}, path,
		&expr.Budget{Left: workPerQuestion}))
	// A server in a file that was not found may take what no server here forwards.
	return route, upstreamPath, known && (route != nil || !c.moreServers)
}

func verdict(list []outcome, sure bool) (*Route, string, bool) {
	var best *outcome
	for i := range list {
		o := &list[i]
		if o.unsure != "" && o.route == nil {
			sure = false
		}
		if o.route == nil {
			continue
		}
		if !o.ordinary() {
			if best == nil {
				best = o
			}
			continue
		}
		if best != nil && best.ordinary() && (best.route != o.route || !sameUpstream(best, o)) {
			sure = false
		} else if best == nil || !best.ordinary() {
			best = o
		}
	}
	if best == nil {
		return nil, "", sure
	}
	upstream, _ := best.upstream()
	return best.route, upstream, sure && best.ordinary()
}

func sameUpstream(a, b *outcome) bool {
	x, _ := a.upstream()
	y, _ := b.upstream()
	return x == y
}

// ordinary says whether a client gets here with nothing in particular, and whether the path is certain.
func (o *outcome) ordinary() bool {
	_, ok := o.upstream()
	return ok && o.unsure == "" && o.way.assume.Free()
}

// upstream is the path that is asked for. A variable behind the question mark does not make it uncertain.
func (o *outcome) upstream() (string, bool) {
	s, ok := o.path.Constant()
	if !ok && len(o.path) > 0 && strings.Contains(o.path[0].Lit, "?") {
		s, ok = o.path[0].Lit, true
	}
	s, _, _ = strings.Cut(s, "?")
	return s, ok
}

// outcomes is every way a request can end. sure is false where the server itself is not certain.
func (c *Config) outcomes(d vhost.Visit, path string, w *expr.Budget) ([]outcome, bool) {
	var out []outcome
	sure := true
	servers, certain := c.listeners.For(d, w)
	sure = sure && certain
	var first *Server
	for _, host := range servers {
		srv := c.byHost[host]
		if first != nil && srv != first {
			sure = false
		}
		if first == nil {
			first = srv
		} else if srv == first {
			continue
		}
		if srv.Stream {
			for _, r := range srv.routes {
				out = append(out, outcome{route: r, way: &way{}, path: expr.Literal(path)})
			}
			continue
		}
		uri, args, quoted, plus, ok := wire.Normalise(path, srv.scope.flag("merge_slashes", true))
		if !ok {
			continue
		}
		p := &way{concrete: true, port: strconv.Itoa(d.Port), host: strings.ToLower(d.Host), uri: uri, unparsed: path,
			args: expr.Literal(args), quoted: quoted, plus: plus, validUnparsed: true, scheme: "http", work: w}
		for _, l := range srv.Listen {
			if l.Port == d.Port && l.TLS {
				p.scheme = "https"
			}
		}
		p.hostCaptures(srv)
		out = append(out, c.serve(srv.scope, p, 0)...)
	}
	return out, sure && w.Left >= 0
}
