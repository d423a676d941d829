package proxy

import (
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/dns"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Naming are the workloads that are told of one of the hosts, by a configuration of nginx or in whatever way, wherever
// they are. The namespace is the hosts' own, which is where what tells them can be read live.
func Naming(v *world.View, namespace string, hosts []string) []*inventory.Object {
	var list []*inventory.Object
	for _, host := range hosts {
		host = strings.ToLower(host)
		holders := slices.Clone(v.Find(inventory.Key{Index: index.ByWord, Namespace: namespace, Value: host}))
		for _, far := range confsNaming(v.Quietly(), namespace, host) {
			if forwards(v.Quietly(), far, namespace, host) {
				holders = append(holders, far)
			}
		}
		for _, holder := range holders {
			list = append(list, workloadsWith(v, holder)...)
		}
	}
	list = world.Ordered(list)
	return slices.DeleteFunc(list, func(o *inventory.Object) bool { return world.OwnedByOneOf(v, o, list) })
}

// workloadsWith are the workloads that an object's text is given to: the object itself, or those that read it.
func workloadsWith(r inventory.Reader, holder *inventory.Object) []*inventory.Object {
	if holder.PodTemplate() != nil {
		return []*inventory.Object{holder}
	}
	var list []*inventory.Object
	for _, reader := range world.ReadersOf(r, holder) {
		if reader.PodTemplate() != nil {
			list = append(list, reader)
		}
	}
	return list
}

// confsNaming are the objects, in whatever namespace, that name a host and, as a name has to be followed by it
// elsewhere, the host's namespace. An address means the same everywhere.
func confsNaming(v *world.View, namespace, host string) []*inventory.Object {
	naming := v.Find(inventory.Key{Index: index.ByWord, Value: host})
	if len(naming) == 0 || podspec.IsAddress(host) {
		return naming
	}
	return inBoth(naming, v.Find(inventory.Key{Index: index.ByWord, Value: strings.ToLower(namespace)}))
}

// forwards says whether a workload that an object's text is given to is told of the host of the namespace.
func forwards(v *world.View, holder *inventory.Object, namespace, host string) bool {
	for _, o := range workloadsWith(v, holder) {
		means := func(target string) bool {
			if podspec.IsAddress(host) && target == host {
				return true
			}
			return slices.ContainsFunc(dns.Services(target, o.Ref.Namespace), func(n dns.Service) bool {
				return n.Name == host && n.Namespace == namespace
			})
		}
		for _, part := range recognize.Named(v.Parts(o), recognize.Proxy) {
			if slices.ContainsFunc(Read(v, part).Aims, func(a Aim) bool { return means(a.Host) }) {
				return true
			}
		}
		for _, c := range v.Strangers(o) {
			if slices.ContainsFunc(v.Namings(o, c), func(n world.Naming) bool { return !n.Weak && means(n.Name) }) {
				return true
			}
		}
	}
	return false
}

// inBoth are the objects that two ordered lists have in common.
func inBoth(a, b []*inventory.Object) []*inventory.Object {
	if len(b) < len(a) {
		a, b = b, a
	}
	var both []*inventory.Object
	for _, o := range a {
		at, found := slices.BinarySearchFunc(b, o, func(x, o *inventory.Object) int { return x.Ref.Compare(o.Ref) })
		if found && b[at].Ref.ID() == o.Ref.ID() {
			both = append(both, o)
		}
	}
	return both
}
