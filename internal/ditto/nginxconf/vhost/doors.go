package vhost

import (
	"path"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
)

// Door is a way to a server for whoever is in the same pod: a port of the loopback, or a socket (Port is 0 then).
type Door struct {
	Address string
	Port    int
}

// Loopback are the addresses of a server that only its own pod reaches.
func (s *Host) Loopback() []Door {
	var list []Door
	for _, l := range s.Listen {
		if !l.UDP && (Loopback(l.Address) || l.Port == 0 && path.IsAbs(l.Address)) {
			list = append(list, Door{l.Address, l.Port})
		}
	}
	return list
}

// maxDoors bounds how many ports and names are tried; a server has few.
const maxDoors = 16

// Visit is a port and name to get to a server by. Address is set where it is no client's but somebody's in the same
// pod.
type Visit struct {
	Port    int
	Host    string
	Address string
}

// unnamedHost is a host that no server is called.
const unnamedHost = "unnamed.invalid"

// Doors are the ports and names a client can use to get to a server; those of the loopback, and sockets, where there is
// nothing else and somebody in the same pod has to hand requests on. more says that there are others.
func (ls *Listeners) Doors(s *Host) (doors []Visit, more bool) {
	hosts := []string{""}
	if slices.ContainsFunc(s.Listen, func(l Listen) bool { return ls.nameless(l, s) }) {
		hosts = append(hosts, unnamedHost)
	}
	for _, name := range s.Names {
		if len(hosts) == maxDoors {
			more = true
			break
		}
		switch {
		case strings.HasPrefix(name, "~"):
			if re, err := syntax.Parse(name[1:], syntax.Perl); err == nil {
				hosts = append(hosts, expr.Sample(re, nil))
			}
		case strings.HasPrefix(name, "*."):
			hosts = append(hosts, "x"+name[1:])
		case strings.HasPrefix(name, "."):
			hosts = append(hosts, name[1:])
		case strings.HasSuffix(name, ".*"):
			hosts = append(hosts, name[:len(name)-1]+"x")
		case name != "":
			hosts = append(hosts, name)
		}
	}
	var outside, inside []Visit
	moreInside := false
	for _, l := range s.Listen {
		for _, host := range hosts {
			if d := (Visit{Port: l.Port, Host: host}); l.Port > 0 && !Loopback(l.Address) {
				switch {
				case slices.Contains(outside, d):
				case len(outside) == maxDoors:
					return outside, true
				default:
					outside = append(outside, d)
				}
			} else if len(inside) < maxDoors {
				inside = append(inside, Visit{Port: l.Port, Host: host, Address: l.Address})
			} else {
				moreInside = true
			}
		}
	}
	if len(outside) > 0 {
		return outside, more
	}
	return inside, more || moreInside
}
