package traefik

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/objects"
)

const head = "apiVersion: traefik.io/v1alpha1\nkind: "

func TestErrors(t *testing.T) {
	gateway := []way.Backend{{Namespace: "ditto", Name: "gateway", Port: intstr.FromInt32(8080)}}
	shares := inventory.Ref{APIVersion: "traefik.io/v1alpha1", Kind: "TraefikService", Namespace: "ditto", Name: "shares"}.ID()
	for _, test := range []struct {
		service  string
		services []way.Backend
		other    bool
	}{
		{"{name: gateway, port: 8080}", gateway, false},
		{"{kind: TraefikService, name: ditto-gateway-8080@kubernetescrd}", gateway, false},
		{"{kind: TraefikService, name: ditto-shares@kubernetescrd}", nil, true},
		{"{kind: TraefikService, name: shares}", nil, true},
	} {
		o := objects.Of(t, head+"Middleware\nmetadata: {name: m, namespace: ditto}\nspec: {errors: {status: ['404'], service: "+test.service+"}}\n")[0]
		services, others := Errors(o)
		if diff := cmp.Diff(test.services, services); diff != "" {
			t.Errorf("%s: services -want +got:\n%s", test.service, diff)
		}
		found := false
		for _, id := range others {
			found = found || id == shares
		}
		if found != test.other {
			t.Errorf("%s: others %v", test.service, others)
		}
	}
}

// TestWordsOfSeveralMeanings: each object that a word can mean is followed, and a word that is not taken apart is said.
func TestWordsOfSeveralMeanings(t *testing.T) {
	all := inventory.NewMemory(nil, nil)
	for _, o := range objects.Of(t, head+"TraefikService\nmetadata: {name: b-c, namespace: a}\nspec: {weighted: {services: [{name: one, port: 80}]}}\n---\n"+
		head+"TraefikService\nmetadata: {name: c, namespace: a-b}\nspec: {weighted: {services: [{name: gateway, port: 8080}]}}\n") {
		all.Put(o)
	}
	route := func(service string) *inventory.Object {
		return objects.Of(t, head+"IngressRoute\nmetadata: {name: r, namespace: ditto}\nspec: {routes: [{match: 'Host(`a.b`)', services: [{kind: TraefikService, name: "+service+"}]}]}\n")[0]
	}
	var to []string
	for _, r := range ingressRouteRoutes(way.Context{Objects: all}, route("a-b-c@kubernetescrd")) {
		for _, b := range r.Backends {
			to = append(to, b.Namespace+"/"+b.Name)
		}
	}
	if diff := cmp.Diff([]string{"a/b", "a/one", "a-b/gateway"}, to); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if links := ingressRouteLinks(route(strings.Repeat("a-", mostParts) + "80@kubernetescrd")); len(links.Unread) != 1 {
		t.Errorf("a word of too many parts: %+v", links.Unread)
	}
	if links := ingressRouteLinks(route("a-b-80@kubernetescrd")); len(links.Unread) != 0 {
		t.Errorf("a word: %+v", links.Unread)
	}
}
