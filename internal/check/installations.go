package check

import (
	"maps"
	"slices"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Installation is a Ditto that was found: the services of Ditto in one namespace.
type Installation struct {
	Namespace string `json:"namespace"`
	// Releases are those that its parts say they are of (`4.6`); empty where none does.
	Releases []string `json:"releases,omitempty"`
	// Components are the services that run there, and `proxy` if something before them hands requests on.
	Components []string `json:"components"`
	// Entries counts the objects that let clients outside of the cluster in to the gateway.
	Entries int `json:"entries"`
}

// installations are the Dittos in a scope that was judged.
func installations(view *world.View, s *scope) []Installation {
	type found struct {
		Installation
		entries map[facts.Object]bool
	}
	byNamespace := map[string]*found{}
	var proxies []inventory.Ref
	for _, o := range in(view, view, s.workloads) {
		for _, part := range view.Parts(o) {
			if part.Component == recognize.Proxy {
				proxies = append(proxies, o.Ref)
			}
			if !recognize.IsDitto(part.Component) {
				continue
			}
			f := byNamespace[o.Ref.Namespace]
			if f == nil {
				f = &found{Installation: Installation{Namespace: o.Ref.Namespace}, entries: map[facts.Object]bool{}}
				byNamespace[o.Ref.Namespace] = f
			}
			f.Components = adding(f.Components, part.Component)
			f.Releases = adding(f.Releases, facts.Release(view, part))
			if part.Component != recognize.Gateway {
				continue
			}
			for _, e := range topology.Exposures(view, part) {
				if e.Public && e.Port == recognize.PortHTTP && !e.Doubted {
					f.entries[e.Entry] = true
				}
			}
		}
	}
	var list []Installation
	for _, namespace := range slices.Sorted(maps.Keys(byNamespace)) {
		f := byNamespace[namespace]
		if slices.ContainsFunc(proxies, func(r inventory.Ref) bool { return r.Namespace == namespace }) {
			f.Components = append(f.Components, recognize.Proxy)
		}
		f.Entries = len(f.entries)
		list = append(list, f.Installation)
	}
	return list
}

// adding adds a word to a list that does not have it.
func adding(list []string, word string) []string {
	if word == "" || slices.Contains(list, word) {
		return list
	}
	return append(list, word)
}

// install adds an installation to those of other versions of the same objects: one of a namespace is the same in all of
// them.
func (r *Result) install(i Installation) {
	at := slices.IndexFunc(r.Installations, func(known Installation) bool { return known.Namespace == i.Namespace })
	if at < 0 {
		i.Releases, i.Components = slices.Clone(i.Releases), slices.Clone(i.Components)
		r.Installations = append(r.Installations, i)
		return
	}
	known := &r.Installations[at]
	for _, release := range i.Releases {
		known.Releases = adding(known.Releases, release)
	}
	for _, component := range i.Components {
		known.Components = adding(known.Components, component)
	}
	known.Entries = max(known.Entries, i.Entries)
}
