package nginxconf

import (
	"slices"
	"strconv"
	"strings"
)

// Locate answers as nginx does: to which route a request for path (as the client sends it, with a query if there is one)
// to host goes, when it comes in on port, and the path, without query, that the upstream is then asked for.
//
// An ordinary request is meant: one whose headers the client is free to choose, with any usual method. known is false where
// an ordinary request may go elsewhere, or where it depends on something a client does not choose freely (its address, a
// header that has to have one certain value, a file on the server) or that could not be read; route is then the one it may
// go to. A nil route with known true is an answer of nginx's own: a file, a redirect, an error.
// An empty host asks the default server. Servers that listen on the loopback alone are not reached.
func (c *Config) Locate(port int, host, path string) (route *Route, upstreamPath string, known bool) {
	route, upstreamPath, known = verdict(c.outcomes(port, host, path, &work{left: workPerQuestion}))
	// A server in a file that is not at hand may take what no server here forwards.
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
	return ok && o.unsure == "" && o.way.assume.free()
}

// upstream is the path that is asked for. A variable behind the question mark does not make it uncertain.
func (o *outcome) upstream() (string, bool) {
	s, ok := o.path.constant()
	if !ok && len(o.path) > 0 && strings.Contains(o.path[0].lit, "?") {
		s, ok = o.path[0].lit, true
	}
	s, _, _ = strings.Cut(s, "?")
	return s, ok
}

// outcomes is every way a request can end. sure is false where the server itself is not certain.
func (c *Config) outcomes(port int, host, path string, w *work) ([]outcome, bool) {
	var out []outcome
	sure := true
	servers, certain := c.serversFor(port, host)
	sure = sure && certain
	var first *Server
	for _, srv := range servers {
		if first != nil && srv != first {
			sure = false
		}
		if first == nil {
			first = srv
		} else if srv == first {
			continue
		}
		if srv.Stream {
			for _, r := range c.routes {
				if r.Server == srv {
					out = append(out, outcome{route: r, way: &way{}, path: literal(path)})
				}
			}
			continue
		}
		uri, args, quoted, plus, ok := normalise(path, srv.scope.flag("merge_slashes", true))
		if !ok {
			continue
		}
		p := &way{concrete: true, port: strconv.Itoa(port), host: strings.ToLower(host), uri: uri, unparsed: path,
			args: literal(args), quoted: quoted, plus: plus, validUnparsed: true, scheme: "http", work: w}
		for _, l := range srv.Listen {
			if l.Port == port && l.TLS {
				p.scheme = "https"
			}
		}
		p.hostCaptures(c, srv)
		out = append(out, c.serve(srv.scope, p, 0)...)
	}
	return out, sure && w.left >= 0
}

// serversFor is the server that nginx chooses for a host, once for each address that something listens on at this port and
// that is not the loopback.
func (c *Config) serversFor(port int, host string) ([]*Server, bool) {
	host = strings.ToLower(host)
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	host = strings.TrimSuffix(host, ".")
	var addresses []string
	sure := true
	for _, srv := range c.Servers {
		for _, l := range srv.Listen {
			if l.Port == 0 && !strings.HasPrefix(l.Address, "/") {
				sure = false
			}
			if l.Port == port && !loopback(l.Address) && !slices.Contains(addresses, l.Address) {
				addresses = append(addresses, l.Address)
			}
		}
	}
	var out []*Server
	for _, address := range addresses {
		srv, certain := c.choose1(address, port, host)
		sure = sure && certain
		if srv != nil {
			out = append(out, srv)
		}
	}
	return out, sure
}

func loopback(address string) bool {
	return strings.HasPrefix(address, "127.") || address == "[::1]" || address == "localhost"
}

// choose1 is nginx's choice among the servers on one address: exact name, longest wildcard in front, longest wildcard
// behind, first pattern, default server.
func (c *Config) choose1(address string, port int, host string) (*Server, bool) {
	var deflt, first *Server
	var group []*Server
	for _, srv := range c.Servers {
		for _, l := range srv.Listen {
			if l.Address == address && l.Port == port {
				if l.Default && deflt == nil {
					deflt = srv
				}
				if first == nil {
					first = srv
				}
				if !slices.Contains(group, srv) {
					group = append(group, srv)
				}
			}
		}
	}
	if deflt == nil {
		deflt = first
	}
	if host == "" || deflt != nil && deflt.Stream {
		return deflt, true
	}
	var front, back *Server
	frontLen, backLen := 0, 0
	for _, srv := range group {
		for _, name := range srv.Names {
			n := strings.ToLower(name)
			switch {
			case strings.HasPrefix(n, "~"):
			case strings.HasPrefix(n, "."):
				if n[1:] == host {
					return srv, true
				}
				if strings.HasSuffix(host, n) && len(n) > frontLen {
					front, frontLen = srv, len(n)
				}
			case strings.HasPrefix(n, "*."):
				if strings.HasSuffix(host, n[1:]) && len(n)-1 > frontLen {
					front, frontLen = srv, len(n)-1
				}
			case strings.HasSuffix(n, ".*"):
				if strings.HasPrefix(host, n[:len(n)-1]) && len(n) > backLen {
					back, backLen = srv, len(n)
				}
			case n == host:
				return srv, true
			}
		}
	}
	if front != nil {
		return front, true
	}
	if back != nil {
		return back, true
	}
	for _, srv := range group {
		for _, name := range srv.Names {
			if re, ok := strings.CutPrefix(name, "~"); ok {
				_, hit, known := c.pattern(re, true).match(host)
				if hit || !known {
					return srv, known
				}
			}
			if strings.Contains(name, "$") && !strings.HasPrefix(name, "~") {
				return deflt, false
			}
		}
	}
	return deflt, true
}
