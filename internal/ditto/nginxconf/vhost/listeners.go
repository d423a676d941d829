// Package vhost says which server of an nginx configuration answers: by the address that a request comes in at, and by
// the host that it names.
package vhost

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
)

// Host is a server block as far as the choice among servers goes; nginx's word is virtual host.
type Host struct {
	Listen []Listen
	// Names are the server names as written; `""` stands as the empty string.
	Names []string
	// Stream: the server forwards connections, not requests.
	Stream bool
	// Captures are those of its names that are patterns.
	Captures []*expr.Pattern
}

// listener is an address and port with the servers that listen there, by the names that nginx looks them up by.
type listener struct {
	address string
	servers []*Host
	deflt   *Host
	marked  bool // deflt is marked as the default

	exact, front, back map[string]*Host
	// others are the names that are patterns, and those with a placeholder, in order.
	others []serverName
	// names say which hosts each server takes.
	names nameTable
}

type serverName struct {
	server *Host
	re     *expr.Pattern // nil for a placeholder
}

// nameless says whether a server is the default on an address where requests without a host are another one's.
func (ls *Listeners) nameless(at Listen, srv *Host) bool {
	return slices.ContainsFunc(ls.at[at.Port], func(l *listener) bool {
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
func (s *listener) answersTo(srv *Host) {
	file := func(in map[string]*Host, name string) {
		if in[name] == nil {
			in[name] = srv
		}
	}
	captures := 0
	for _, name := range srv.Names {
		n := strings.ToLower(name)
		switch {
		case strings.HasPrefix(n, "~"):
			s.others = append(s.others, serverName{srv, srv.Captures[captures]})
			captures++
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

// choose is nginx's choice among the servers on one address: exact name (the empty one for requests that name no host),
// longest wildcard in front, longest wildcard behind, first pattern, default server. It is not certain where a name is
// not understood.
func (s *listener) choose(host string, w *expr.Budget) (*Host, bool) {
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
		if !w.Spend() || name.re == nil {
			return s.deflt, false
		}
		if _, hit, known := name.re.Match(host); hit || !known {
			return name.server, known
		}
	}
	return s.deflt, true
}

// For is the server that nginx chooses for a host, once for each address that something listens on at this port. An
// address that is no loopback is meant, unless the door is one.
func (ls *Listeners) For(d Visit, w *expr.Budget) ([]*Host, bool) {
	host := strings.ToLower(d.Host)
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	host = strings.TrimSuffix(host, ".")
	sure := !ls.vague
	var out []*Host
	for _, s := range ls.at[d.Port] {
		if d.Address == "" && (Loopback(s.address) || d.Port == 0) || d.Address != "" && d.Address != s.address {
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

// Listeners are the addresses that a configuration listens at, by port.
type Listeners struct {
	at    map[int][]*listener
	tls   map[socketKey]bool // what servers listen on with ssl
	vague bool               // some listen is not understood
}

// NewListeners files servers under what they listen on.
func NewListeners(servers []*Host) *Listeners {
	ls := &Listeners{at: map[int][]*listener{}, tls: map[socketKey]bool{}}
	at := map[Listen]*listener{}
	for _, srv := range servers {
		for _, l := range srv.Listen {
			if l.Port == 0 && !strings.HasPrefix(l.Address, "/") {
				ls.vague = true
			}
			key := Listen{Address: l.Address, Port: l.Port}
			s := at[key]
			if s == nil {
				s = &listener{address: l.Address, deflt: srv, exact: map[string]*Host{}, front: map[string]*Host{},
					back: map[string]*Host{}}
				at[key] = s
				ls.at[l.Port] = append(ls.at[l.Port], s)
			}
			if l.TLS && !l.UDP {
				ls.tls[socketKey{srv.Stream, l.Address, l.Port}] = true
			}
			if l.Default && !s.marked {
				s.deflt, s.marked = srv, true
			}
			if n := len(s.servers); n == 0 || s.servers[n-1] != srv {
				s.servers = append(s.servers, srv)
				s.answersTo(srv)
			}
		}
	}
	return ls
}

// SpeaksTLS says whether all that a server listens on at a port has ssl, which is a matter of the socket: any server
// that says so says it for all with the same address and port.
func (ls *Listeners) SpeaksTLS(srv *Host, port int) bool {
	for _, l := range srv.Listen {
		if l.Port != port || l.UDP || l.TLS {
			continue
		}
		if !ls.tls[socketKey{srv.Stream, l.Address, port}] {
			return false
		}
	}
	return true
}
