package edge

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/objects"
)

// linked is an inventory of the objects of a YAML stream, indexed by what they name.
func linked(t testing.TB, stream string) (way.Context, []*inventory.Object) {
	t.Helper()
	inv := inventory.NewMemory(func(o *inventory.Object) []inventory.Key {
		links := LinksOf(o)
		var keys []inventory.Key
		for _, id := range links.Uses {
			keys = append(keys, inventory.Key{Index: way.ByUse, Namespace: id.Namespace, Value: id.String()})
		}
		for _, id := range links.Governs {
			keys = append(keys, inventory.Key{Index: way.ByGovernor, Namespace: id.Namespace, Value: id.String()})
		}
		return keys
	}, nil)
	list := objects.Of(t, stream)
	for _, o := range list {
		inv.Put(o)
	}
	return way.Context{Objects: inv}, list
}

// described are the routes of the first object of a YAML stream, a line each: what decides about them.
func described(t testing.TB, stream string) []string {
	t.Helper()
	c, list := linked(t, stream)
	var lines []string
	for _, r := range Routes(c, list[0]) {
		lines = append(lines, describe(r))
	}
	return lines
}

func describe(r way.Route) string {
	public := "public"
	if !r.Public {
		public = "internal"
	}
	var backends []string
	for _, b := range r.Backends {
		backends = append(backends, fmt.Sprintf("%s/%s:%s", b.Namespace, b.Name, b.Port.String()))
	}
	reach := "unread"
	if r.Path != nil {
		way := r.Path.Reach()
		reach = fmt.Sprint(way.Admin, " api=", way.API)
		if len(way.Unknown) > 0 {
			reach += " unknown"
		}
	}
	line := fmt.Sprintf("%s | %s | %s | %s | identity %s, authentication %s, hides %s", r.Text, strings.Join(backends, " "), public, reach,
		r.Effects.Identity.State, r.Effects.Authentication.State, r.Effects.HidesHeaders.State)
	for _, unknown := range r.Unknown {
		line += " | unknown: " + unknown
	}
	return line
}
