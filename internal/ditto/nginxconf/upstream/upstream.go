// Package upstream says where an nginx sends requests: to a server by its address, or to those of an upstream block.
package upstream

import (
	"path"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/vhost"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// Target is where a route forwards to.
type Target struct {
	// Host is in lower case, without brackets; the path of the socket where Unix is set.
	Host string
	// Port is 0 where any may be meant.
	Port int
	TLS  bool
	Unix bool
	// Variable: the request decides, and what it can come to is not in the configuration. Host is then empty.
	Variable bool
}

// Group is an upstream block: where its servers are, and why that is not all known.
type Group struct {
	Targets []Target
	Unknown string
}

// Read reads an upstream block.
func Read(d *syntax.Directive) Group {
	var u Group
	for _, e := range d.Block {
		switch {
		case e.Name == "include" && e.Missing, syntax.Unread(e.Name):
			u.Unknown = e.Name + " at " + e.At()
		case e.Name == "server" && len(e.Args) > 0:
			down, port := false, 80
			for _, p := range e.Args[1:] {
				down = down || p == "down"
				if strings.HasPrefix(p, "service=") {
					port = 0 // a record of DNS says which
					u.Unknown = reason.Of("nginx-upstream-port", d.Args[0], e.Args[0], e.At())
				}
			}
			if down {
				continue
			}
			t, ok := Parse(e.Args[0], port)
			if !ok {
				u.Unknown = reason.Of("nginx-upstream-server", d.Args[0], e.At())
				continue
			}
			u.Targets = append(u.Targets, t)
		}
	}
	return u
}

// Parse reads an address: host, host:port, [v6]:port or unix:path.
func Parse(s string, port int) (Target, bool) {
	if after, ok := strings.CutPrefix(s, "unix:"); ok {
		return Target{Host: path.Clean(after), Unix: true}, true
	}
	if strings.ContainsAny(s, "${}") || s == "" {
		return Target{}, false
	}
	host, rest := s, ""
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return Target{}, false
		}
		host, rest = s[1:end], s[end+1:]
	} else if i := strings.IndexByte(s, ':'); i >= 0 {
		host, rest = s[:i], s[i:]
	}
	if p, ok := strings.CutPrefix(rest, ":"); ok {
		if port, ok = vhost.ParsePort(p); !ok {
			return Target{}, false
		}
	} else if rest != "" {
		return Target{}, false
	}
	return Target{Host: strings.ToLower(host), Port: port}, host != ""
}

// Add adds a target to a list, unless it is there.
func Add(list []Target, t Target) []Target {
	if slices.Contains(list, t) {
		return list
	}
	return append(list, t)
}
