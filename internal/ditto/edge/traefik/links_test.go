package traefik

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/objects"
)

// TestServicesThatGetRequests: not every Service that is named gets some.
func TestServicesThatGetRequests(t *testing.T) {
	const zero = "[{name: gateway, port: 80, weight: 0}, {name: other, port: 80}]"
	shared := func(spec string) string {
		return head + "TraefikService\nmetadata: {name: shares, namespace: ditto}\nspec: " + spec + "\n---\n"
	}
	const named = "[{kind: TraefikService, name: shares}]"
	for _, test := range []struct {
		name, beside, services string
		want                   []string
	}{
		{"one of weight zero is not weighed", "", "[{name: gateway, port: 80, weight: 0}]", []string{"gateway"}},
		{"one of several of weight zero", "", zero, []string{"other"}},
		{"a share of nothing", shared("{weighted: {services: " + zero + "}}"), named, []string{"other"}},
		{"by the weight of hashes", shared("{highestRandomWeight: {services: " + zero + "}}"), named, []string{"other"}},
		{"a copy of nothing", shared("{mirroring: {name: other, port: 80, mirrors: [{name: gateway, port: 80}]}}"), named,
			[]string{"other"}},
		{"a copy of something", shared("{mirroring: {name: other, port: 80, mirrors: [{name: gateway, port: 80, percent: 1}]}}"), named,
			[]string{"other", "gateway"}},
	} {
		all := inventory.NewMemory(nil, nil)
		list := objects.Of(t, test.beside+head+"IngressRoute\nmetadata: {name: r, namespace: ditto}\nspec: {routes: "+
			"[{match: 'Host(`a.b`)', services: "+test.services+"}]}\n")
		for _, o := range list {
			all.Put(o)
		}
		var got []string
		for _, r := range ingressRouteRoutes(way.Context{Objects: all}, list[len(list)-1]) {
			for _, b := range r.Backends {
				got = append(got, b.Name)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", test.name, diff)
		}
	}
}

// TestExpressionsSeeEscapes: a client may write what means something in a URL with an escape, which an expression then sees.
func TestExpressionsSeeEscapes(t *testing.T) {
	m := expressionFor("^/api/2/things/[^:]*$")
	for path, want := range map[string]bool{
		"/api/2/things/a": true, "/api/2/things/a:b": true, "/api/2/policies/a:b": false, "/devops": false,
	} {
		if matches, known := m.Matches(path); matches != want || !known {
			t.Errorf("%s: %t, known %t", path, matches, known)
		}
	}
	if _, known := expressionFor("^/x%3Ay").Matches("/devops"); known {
		t.Error("an expression with an escape counts as read")
	}
}
