package edge

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/objects"
)

// linkedObjects reads objects and files them as an inventory does that routes are read from.
func linkedObjects(t testing.TB, text string) *inventory.Memory {
	t.Helper()
	m := inventory.NewMemory(func(o *inventory.Object) []inventory.Key {
		var keys []inventory.Key
		links := LinksOf(o)
		for _, id := range links.Uses {
			keys = append(keys, inventory.Key{Index: way.ByUse, Namespace: id.Namespace, Value: id.String()})
		}
		for _, id := range links.Governs {
			keys = append(keys, inventory.Key{Index: way.ByGovernor, Namespace: id.Namespace, Value: id.String()})
		}
		slices.SortFunc(keys, func(a, b inventory.Key) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		return slices.Compact(keys)
	}, nil)
	for _, o := range objects.Of(t, text) {
		m.Put(o)
	}
	return m
}

// routeLines is a route as lines: all that decides about it.
func routeLines(r way.Route) string {
	var b strings.Builder
	public := "internal"
	if r.Public {
		public = "public"
	}
	fmt.Fprintf(&b, "%s [%s, %s] ->", r.Text, r.Asks, public)
	for _, to := range r.Backends {
		fmt.Fprintf(&b, " %s/%s:%s", to.Namespace, to.Name, to.Port.String())
	}
	b.WriteByte('\n')
	if r.Path != nil {
		reach := r.Path.Reach()
		fmt.Fprintf(&b, "reaches %s", strings.Join(reach.Admin, " "))
		if reach.API {
			b.WriteString(" API")
		}
		if len(reach.Unknown) > 0 {
			fmt.Fprintf(&b, " unknown: %s", reach.Unknown[0])
		}
		b.WriteByte('\n')
	}
	states := []struct {
		what string
		tri.State
	}{
		{"identity", r.Effects.Identity}, {"asks", r.Effects.Authentication}, {"strips", r.Effects.StripsIdentity}, {"hides", r.Effects.HidesHeaders},
	}
	for _, s := range states {
		fmt.Fprintf(&b, "%s %s (%s): %s\n", s.what, s.State.State, s.Source, s.Why)
	}
	for _, s := range r.Effects.AuthSecrets {
		fmt.Fprintf(&b, "secret %s/%s %s %s\n", s.Namespace, s.Name, s.Kind, s.Key)
	}
	for _, a := range r.Effects.Assumptions {
		fmt.Fprintf(&b, "assumes %s\n", a)
	}
	for _, u := range r.Unknown {
		fmt.Fprintf(&b, "unknown %s\n", u)
	}
	return b.String()
}

// linesOf are the routes of an object, as whoever serves it reads them.
func linesOf(t testing.TB, m *inventory.Memory, cfg way.Config, kind, namespace, name string) []string {
	t.Helper()
	var list []string
	for _, o := range m.All() {
		if o.Ref.Kind == kind && o.Ref.Namespace == namespace && o.Ref.Name == name {
			for _, r := range Routes(way.Context{Objects: m, Config: cfg}, o) {
				list = append(list, routeLines(r))
			}
		}
	}
	return list
}
