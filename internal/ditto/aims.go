package ditto

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// aim is a host and port that routes of one proxy lead to.
type aim struct {
	// proxyTarget has the host as the pod itself sees it; own says that this is the pod.
	proxyTarget
	own bool
	// from are the routes, by their index and that of their target.
	from [][2]int
}

// aimsOf are what the routes of a proxy lead to. A configuration with thousands of locations has few of them.
func aimsOf(spec *corev1.PodSpec, routes []*proxyRoute) []aim {
	type place struct {
		host string
		port int32
		unix bool
		bare bool
	}
	var aims []aim
	seen, at := map[string]string{}, map[place]int{}
	for i, route := range routes {
		for j, target := range route.targets {
			host, known := seen[target.host]
			if !known {
				host = seenFrom(spec, target.host)
				seen[target.host] = host
			}
			target.host = host
			p := place{host, target.port, target.unix, target.bare}
			n, known := at[p]
			if !known {
				n = len(aims)
				at[p] = n
				aims = append(aims, aim{proxyTarget: target, own: isOwn(host)})
			}
			aims[n].from = append(aims[n].from, [2]int{i, j})
		}
	}
	return aims
}

// leading are the routes of a proxy one of whose targets leads somewhere, each with the first that does.
func (p *proxy) leading(leads func(aim) bool) [][2]int {
	var list [][2]int
	for _, a := range p.aims {
		if leads(a) {
			list = append(list, a.from...)
		}
	}
	slices.SortFunc(list, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	return slices.CompactFunc(list, func(a, b [2]int) bool { return a[0] == b[0] })
}
