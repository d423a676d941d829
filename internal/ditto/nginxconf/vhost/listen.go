package vhost

import (
	"fmt"
	"path"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// MaxListens bounds the ports that all servers listen on: one directive can name them all.
const MaxListens = 5_000

// Listen is one address that a server listens on.
type Listen struct {
	// Address is `*` where the directive names a port alone; a socket's path for unix:.
	Address string
	// Port is 0 for a socket, and where the directive is not understood.
	Port    int
	TLS     bool
	Default bool
	UDP     bool
}

// ParseListen reads a listen directive, which names one port or a range of them. unknown takes what is not understood.
func ParseListen(d *syntax.Directive, unknown *syntax.Notes) ([]Listen, error) {
	if len(d.Args) == 0 {
		return nil, fmt.Errorf("reading %s: listen without an address", d.At())
	}
	l := Listen{Address: "*", Port: 80}
	for _, a := range d.Args[1:] {
		switch a {
		case "ssl", "quic":
			l.TLS = true
			l.UDP = l.UDP || a == "quic"
		case "default_server", "default":
			l.Default = true
		case "udp":
			l.UDP = true
		}
	}
	where := d.Args[0]
	if socket, ok := strings.CutPrefix(where, "unix:"); ok {
		l.Address, l.Port = path.Clean(socket), 0
		return []Listen{l}, nil
	}
	if strings.Contains(where, "$") {
		unknown.Add(reason.Of("nginx-listen-placeholder", where, d.At()))
		l.Port = 0
		return []Listen{l}, nil
	}
	ports := ""
	switch i := strings.LastIndexByte(where, ':'); {
	case strings.HasPrefix(where, "["):
		end := strings.IndexByte(where, ']')
		if end < 0 {
			return nil, fmt.Errorf("reading %s: listen %q is not an address", d.At(), where)
		}
		l.Address, ports = where[:end+1], strings.TrimPrefix(where[end+1:], ":")
	case i >= 0:
		l.Address, ports = where[:i], where[i+1:]
	case strings.Trim(where, "0123456789-") == "":
		ports = where
	default:
		l.Address = where
	}
	if l.Address == "0.0.0.0" || l.Address == "" {
		l.Address = "*"
	}
	if ports == "" {
		return []Listen{l}, nil
	}
	first, last, ranged := strings.Cut(ports, "-")
	from, ok := ParsePort(first)
	to := from
	if ranged && ok {
		to, ok = ParsePort(last)
	}
	if !ok || to < from {
		return nil, fmt.Errorf("reading %s: listen %q is not a port", d.At(), where)
	}
	if to-from >= MaxListens {
		return nil, fmt.Errorf("reading %s: listen %q: more than %d ports", d.At(), where, MaxListens)
	}
	var out []Listen
	for l.Port = from; l.Port <= to; l.Port++ {
		out = append(out, l)
	}
	return out, nil
}

// ParsePort reads the number of a port.
func ParsePort(s string) (int, bool) {
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' || n > 65535 {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, n > 0 && n <= 65535
}

// Loopback says whether only its own pod reaches an address.
func Loopback(address string) bool {
	return strings.HasPrefix(address, "127.") || address == "[::1]" || address == "localhost"
}
