package proxy

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
)

// Aim is a host and port that routes of one proxy lead to.
type Aim struct {
	// Target has the host as the pod itself sees it; own says that this is the pod.
	Target
	Own bool
	// from are the routes, by their index and that of their target.
	from [][2]int
}

// aimsOf are what the routes of a proxy lead to. A configuration with thousands of locations has few of them.
func aimsOf(spec *corev1.PodSpec, routes []*Route) []Aim {
	type place struct {
		host string
		port int32
		unix bool
		bare bool
	}
	var aims []Aim
	seen, at := map[string]string{}, map[place]int{}
	for i, route := range routes {
		for j, target := range route.Targets {
			host, known := seen[target.Host]
			if !known {
				host = podspec.SeenFrom(spec, target.Host)
				seen[target.Host] = host
			}
			target.Host = host
			p := place{host, target.Port, target.Unix, target.Bare}
			n, known := at[p]
			if !known {
				n = len(aims)
				at[p] = n
				aims = append(aims, Aim{Target: target, Own: podspec.IsOwn(host)})
			}
			aims[n].from = append(aims[n].from, [2]int{i, j})
		}
	}
	return aims
}

// Leading are the routes of a proxy one of whose targets leads somewhere, each with the first that does.
func (p *Proxy) Leading(leads func(Aim) bool) [][2]int {
	var list [][2]int
	for _, a := range p.Aims {
		if leads(a) {
			list = append(list, a.from...)
		}
	}
	slices.SortFunc(list, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	return slices.CompactFunc(list, func(a, b [2]int) bool { return a[0] == b[0] })
}
