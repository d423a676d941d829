package edge

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// Objects that name one another twice double the work with each level: what is given up is unknown, never nothing.
func TestBounds(t *testing.T) {
	const levels = 24
	var chains, services, routers, proxies strings.Builder
	for i := range levels {
		chains.WriteString(middleware(fmt.Sprint("c", i), fmt.Sprintf("{chain: {middlewares: [{name: c%d}, {name: c%d}]}}", i+1, i+1)))
		fmt.Fprintf(&services, "---\napiVersion: traefik.io/v1alpha1\nkind: TraefikService\nmetadata: {name: s%d, namespace: ns}\n"+
			"spec: {weighted: {services: [{kind: TraefikService, name: s%d}, {kind: TraefikService, name: s%d}]}}\n", i, i+1, i+1)
		fmt.Fprintf(&routers, "---\napiVersion: traefik.io/v1alpha1\nkind: IngressRoute\nmetadata: {name: r%d, namespace: ns}\n"+
			"spec: {parentRefs: [{name: r%d}, {name: r%d}], routes: [{match: Host(`a`)}]}\n", i, i+1, i+1)
		proxies.WriteString(httpProxy("ns", fmt.Sprint("p", i), fmt.Sprintf("{includes: [{name: p%d}, {name: p%d, conditions: [{prefix: /a}]}]}", i-1, i-1)))
	}
	fmt.Fprintf(&routers, "---\napiVersion: traefik.io/v1alpha1\nkind: IngressRoute\nmetadata: {name: r%d, namespace: ns}\nspec: {routes: [{match: Host(`a`)}]}\n", levels)
	fmt.Fprintf(&services, "---\napiVersion: traefik.io/v1alpha1\nkind: TraefikService\nmetadata: {name: s%d, namespace: ns}\nspec: {weighted: {services: [{name: gateway, port: 80}]}}\n", levels)
	proxies.WriteString(httpProxy("ns", "root", fmt.Sprintf("{virtualhost: {fqdn: a.b}, includes: [{name: p%d}]}", levels-1)))
	router := func(spec string) string {
		return "apiVersion: traefik.io/v1alpha1\nkind: IngressRoute\nmetadata: {name: api, namespace: ns}\nspec: " + spec + "\n"
	}
	const why = "reaches  unknown: "
	for _, tt := range []struct{ name, manifests, kind, of, last string }{
		{"chains", router("{routes: [{match: Host(`a`), middlewares: [{name: c0}], services: [{name: gateway, port: 80}]}]}") + chains.String(), "IngressRoute", "api",
			why + "Middleware ns/c24 was not found"},
		{"TraefikServices, whose ways are all the same", router("{routes: [{match: Host(`a`), services: [{kind: TraefikService, name: s0}]}]}") + services.String(), "IngressRoute", "api",
			"-> ns/gateway:80\nreaches /devops"},
		{"routers before others", router("{parentRefs: [{name: r0}], routes: [{match: Host(`a`), services: [{name: gateway, port: 80}]}]}") + routers.String(), "IngressRoute", "api",
			why + "there are more routers before this IngressRoute than are followed"},
		{"inclusions", strings.TrimPrefix(httpProxy("ns", "p-1", "{routes: [{services: [{name: gateway, port: 80}]}]}"), "---\n") + proxies.String(), "HTTPProxy", "p-1",
			why + "more HTTPProxies include this one than are followed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := linesOf(t, linkedObjects(t, tt.manifests), way.Config{}, tt.kind, "ns", tt.of)
			if len(got) == 0 || !strings.Contains(got[len(got)-1], tt.last) {
				t.Errorf("got %d routes, the last is %q", len(got), got[max(0, len(got)-1):])
			}
		})
	}
}
