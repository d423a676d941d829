package istio

import (
	"iter"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// serverHosts find the servers of a Gateway by the hosts that they take. A Gateway and a VirtualService can have
// thousands of hosts each, so that they are not compared one by one.
type serverHosts struct {
	servers []crd.IstioServer
	// exact and wild are hosts as they are written, wild without its `*`; below is either by what they end in.
	exact, wild, below map[string][]serverHost
	// odd have a `*` that does not stand for whole labels, of which Istio wants none.
	odd []serverHost
}

// serverHost is a host of a server, which may name the namespaces it is for.
type serverHost struct {
	server          int
	namespace, host string
}

// serverHostsKey are those of a Gateway in what was worked out, since many VirtualServices share it.
type serverHostsKey inventory.ID

func serverHostsOf(gateway *crd.IngressGateway) *serverHosts {
	all := &serverHosts{servers: gateway.Spec.Servers,
		exact: map[string][]serverHost{}, wild: map[string][]serverHost{}, below: map[string][]serverHost{}}
	for i := range all.servers {
		for _, text := range all.servers[i].Hosts {
			namespace, host, ok := strings.Cut(text, "/")
			if !ok {
				namespace, host = "*", text
			}
			if namespace == "." {
				namespace = gateway.Namespace
			}
			all.add(serverHost{server: i, namespace: namespace, host: strings.ToLower(host)})
		}
	}
	return all
}

func (all *serverHosts) add(h serverHost) {
	suffix, wild := strings.CutPrefix(h.host, "*")
	switch {
	case !wild:
		all.exact[h.host] = append(all.exact[h.host], h)
	case odd(suffix):
		all.odd = append(all.odd, h)
		return
	default:
		all.wild[suffix] = append(all.wild[suffix], h)
	}
	for end := range endings(suffix) {
		all.below[end] = append(all.below[end], h)
	}
}

// odd says whether a wildcard stands for something else than whole labels.
func odd(suffix string) bool { return suffix != "" && suffix[0] != '.' }

// endings are what a host ends in, from a dot on: `.example.com`, `.com` and nothing.
func endings(host string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for at := range len(host) {
			if host[at] == '.' && !yield(host[at:]) {
				return
			}
		}
		yield("")
	}
}

// of are the servers, in order, for some host of a VirtualService in a namespace.
func (all *serverHosts) of(namespace string, hosts ...string) []crd.IstioServer {
	var found []int
	take := func(list []serverHost) {
		for _, h := range list {
			if h.namespace == "*" || h.namespace == namespace {
				found = append(found, h.server)
			}
		}
	}
	for _, host := range hosts {
		host = strings.ToLower(host)
		suffix, wild := strings.CutPrefix(host, "*")
		for end := range endings(suffix) {
			take(all.wild[end])
		}
		switch {
		case !wild:
			take(all.exact[host])
		case odd(suffix):
			for _, lists := range []map[string][]serverHost{all.exact, all.wild} {
				for _, list := range lists {
					take(meeting(list, host))
				}
			}
		default:
			take(all.below[suffix])
		}
		take(meeting(all.odd, host))
	}
	slices.Sort(found)
	var list []crd.IstioServer
	for _, i := range slices.Compact(found) {
		list = append(list, all.servers[i])
	}
	return list
}

func meeting(list []serverHost, host string) []serverHost {
	return slices.DeleteFunc(slices.Clone(list), func(h serverHost) bool { return !wildcardHostsMeet(h.host, host) })
}
