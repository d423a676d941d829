package nginxconf

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// listener is an address and port with the servers that listen there, by the names that nginx looks them up by.
type listener struct {
	address string
	servers []*Server
	deflt   *Server
	marked  bool // deflt is marked as the default

	exact, front, back map[string]*Server
	// others are the names that are patterns, and those with a placeholder, in order.
	others []serverName
	// names say which hosts each server takes.
	names nameTable
}

type serverName struct {
	server *Server
	re     *pattern // nil for a placeholder
}

// listenTo files the servers under what they listen on.
func (c *Config) listenTo() {
	c.listeners = map[int][]*listener{}
	at := map[Listen]*listener{}
	for _, srv := range c.Servers {
		for _, l := range srv.Listen {
			if l.Port == 0 && !strings.HasPrefix(l.Address, "/") {
				c.vague = true
			}
			key := Listen{Address: l.Address, Port: l.Port}
			s := at[key]
			if s == nil {
				s = &listener{address: l.Address, deflt: srv, exact: map[string]*Server{}, front: map[string]*Server{}, back: map[string]*Server{}}
				at[key] = s
				c.listeners[l.Port] = append(c.listeners[l.Port], s)
			}
			if l.TLS && !l.UDP {
				c.tls[socketKey{srv.Stream, l.Address, l.Port}] = true
			}
			if l.Default && !s.marked {
				s.deflt, s.marked = srv, true
			}
			if n := len(s.servers); n == 0 || s.servers[n-1] != srv {
				s.servers = append(s.servers, srv)
				s.answersTo(c, srv)
			}
		}
	}
}

// nameless says whether a server is the default on an address where requests without a host are another one's.
func (c *Config) nameless(at Listen, srv *Server) bool {
	return slices.ContainsFunc(c.listeners[at.Port], func(l *listener) bool {
		return l.address == at.Address && l.deflt == srv && l.exact[""] != nil && l.exact[""] != srv
	})
}

// socketKey is what servers share that listen on one address and port.
type socketKey struct {
	stream  bool
	address string
	port    int
}

// answersTo files a server under its names. Of two with the same the first counts.
func (s *listener) answersTo(c *Config, srv *Server) {
	file := func(in map[string]*Server, name string) {
		if in[name] == nil {
			in[name] = srv
		}
	}
	for _, name := range srv.Names {
		n := strings.ToLower(name)
		switch {
		case strings.HasPrefix(n, "~"):
			s.others = append(s.others, serverName{srv, c.pattern(name[1:], true)})
			continue
		case strings.HasPrefix(n, "."):
			file(s.exact, n[1:])
			file(s.front, n)
		case strings.HasPrefix(n, "*."):
			file(s.front, n[1:])
		case strings.HasSuffix(n, ".*"):
			file(s.back, n[:len(n)-1])
		default:
			file(s.exact, n)
		}
		if strings.Contains(n, "$") {
			s.others = append(s.others, serverName{server: srv})
		}
	}
}

// choose is nginx's choice among the servers on one address: exact name (the empty one for requests that name no host), longest wildcard in front, longest wildcard behind,
// first pattern, default server. It is not certain where a name is not understood.
func (s *listener) choose(host string, w *work) (*Server, bool) {
	if s.deflt.Stream {
		return s.deflt, true
	}
	if srv := s.exact[host]; srv != nil || host == "" {
		return cmp.Or(srv, s.deflt), true
	}
	for i := range len(host) {
		if srv := s.front[host[i:]]; i > 0 && host[i] == '.' && srv != nil {
			return srv, true
		}
	}
	for i := len(host) - 1; i >= 0; i-- {
		if srv := s.back[host[:i+1]]; host[i] == '.' && srv != nil {
			return srv, true
		}
	}
	for _, name := range s.others {
		if !w.spend() || name.re == nil {
			return s.deflt, false
		}
		if _, hit, known := name.re.match(host); hit || !known {
			return name.server, known
		}
	}
	return s.deflt, true
}

// serversFor is the server that nginx chooses for a host, once for each address that something listens on at this port. An
// address that is no loopback is meant, unless the door is one.
func (c *Config) serversFor(d door, w *work) ([]*Server, bool) {
	host := strings.ToLower(d.host)
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	host = strings.TrimSuffix(host, ".")
	sure := !c.vague
	var out []*Server
	for _, s := range c.listeners[d.port] {
		if d.address == "" && (loopback(s.address) || d.port == 0) || d.address != "" && d.address != s.address {
			continue
		}
		srv, certain := s.choose(host, w)
		sure = sure && certain
		if !slices.Contains(out, srv) {
			out = append(out, srv)
		}
	}
	return out, sure
}

// Door is a way to a server for whoever is in the same pod: a port of the loopback, or a socket (Port is 0 then).
type Door struct {
	Address string
	Port    int
}

// Loopback are the addresses of a server that only its own pod reaches.
func (s *Server) Loopback() []Door {
	var list []Door
	for _, l := range s.Listen {
		if !l.UDP && (loopback(l.Address) || l.Port == 0 && path.IsAbs(l.Address)) {
			list = append(list, Door{l.Address, l.Port})
		}
	}
	return list
}
