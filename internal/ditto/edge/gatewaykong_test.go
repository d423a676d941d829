package edge

import (
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// TestFixesForKong: no filter is offered that would take the place of a request-transformer or stand beside one, nor
// where there may be one.
func TestFixesForKong(t *testing.T) {
	const (
		named  = ", annotations: {konghq.com/plugins: p}"
		filter = "filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a, value: b}]}}], "
	)
	plugin := func(kind, metadata, name string) string {
		return "\n---\napiVersion: configuration.konghq.com/v1\nkind: " + kind + "\nmetadata: {name: p" + metadata + "}\nplugin: " + name
	}
	service := func(namespace, annotations string) string {
		return "\n---\napiVersion: v1\nkind: Service\nmetadata: {name: gateway, namespace: " + namespace + annotations + "}\nspec: {ports: [{port: 8080}]}"
	}
	const own, backend = ", namespace: ditto", "{name: gateway, port: 8080}"
	for _, test := range []struct {
		name, route, filter, backends, objects string
		filters                                bool
	}{
		{"no plugin", "", "", backend, service("ditto", ""), true},
		{"another plugin", named, "", backend, service("ditto", named) + plugin("KongPlugin", own, "cors"), true},
		{"a plugin that is switched off", "", "", backend, service("ditto", named) + plugin("KongPlugin", own, "request-transformer\ndisabled: true"), true},
		{"of the Service", "", "", backend, service("ditto", named) + plugin("KongPlugin", own, "request-transformer"), false},
		{"of the second Service", "", "", backend + ", {name: gateway, namespace: b, port: 8080}",
			service("ditto", "") + service("b", named) + plugin("KongPlugin", ", namespace: b", "request-transformer"), false},
		{"of the route", named, "", backend, service("ditto", "") + plugin("KongPlugin", own, "request-transformer"), false},
		{"for all requests", "", "", backend, service("ditto", "") + plugin("KongClusterPlugin", ", labels: {global: 'true'}", "request-transformer"), false},
		{"for whoever names it", "", "", backend, service("ditto", "") + plugin("KongClusterPlugin", "", "request-transformer"), true},
		{"a plugin that was not found", "", "", backend, service("ditto", named), false},
		{"a filter has the place already", "", filter, backend, service("ditto", named) + plugin("KongPlugin", own, "request-transformer"), true},
		{"a filter beside the plugin", named, filter, backend, service("ditto", "") + plugin("KongPlugin", own, "request-transformer"), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			route := "\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: api, namespace: ditto" + test.route +
				"}\nspec:\n  parentRefs: [{name: edge, namespace: infra}]\n  hostnames: [ditto.example.com]\n  rules:\n" +
				"  - {" + test.filter + "backendRefs: [" + test.backends + "]}"
			class := strings.Replace(someClass, "CONTROLLER", "konghq.com/kic-gateway-controller", 1)
			inv, list := worldOf(t, class+strings.TrimSuffix(someGateway, "---")+test.objects+route)
			routes := Routes(way.Context{Objects: inv}, list[len(list)-1])
			if len(routes) != 1 {
				t.Fatalf("routes: %+v", routes)
			}
			fix := routes[0].Fixes[way.StripIdentity]
			if filters := len(fix.Edits) > 0; filters != test.filters {
				t.Errorf("edits: %+v", fix.Edits)
			}
			if plugin := strings.Contains(fix.Advice, "KongPlugin"); plugin == test.filters {
				t.Errorf("advice: %s", fix.Advice)
			}
		})
	}
}

// TestServicesBehindKong: several Services are read as one where Kong makes one of them.
func TestServicesBehindKong(t *testing.T) {
	const (
		unlike    = "Kong serves the rule only if its Services have the same konghq.com/ annotations, and they do not"
		spread    = "its Services are of several namespaces, and which of the plugins that they name count is not evaluated"
		untouched = "nothing on the way changes the header"
	)
	for _, test := range []struct{ name, first, second, namespace, want string }{
		{"none", "", "", "b", untouched},
		{"the same plugin", "konghq.com/plugins: 'b:p'", "konghq.com/plugins: 'b:p'", "b", untouched},
		{"beside other annotations", "konghq.com/plugins: 'b:p', a: b", "konghq.com/plugins: 'b:p'", "b", untouched},
		{"one has none", "konghq.com/plugins: 'b:p'", "", "b", unlike},
		{"one has another", "konghq.com/plugins: 'b:p', konghq.com/protocol: http", "konghq.com/plugins: 'b:p'", "b", unlike},
		{"nothing that matters", "konghq.com/protocol: http", "", "b", untouched},
		{"the same name in two namespaces", "konghq.com/plugins: p", "konghq.com/plugins: p", "b", spread},
		{"one was not found", "konghq.com/plugins: 'b:p'", "konghq.com/plugins: q", "c", untouched},
	} {
		t.Run(test.name, func(t *testing.T) {
			service := func(namespace, annotations string) string {
				return "\n---\napiVersion: v1\nkind: Service\nmetadata: {name: gateway, namespace: " + namespace + ", annotations: {" + annotations + "}}\nspec: {ports: [{port: 8080}]}"
			}
			grant := "\n---\napiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\nmetadata: {name: g, namespace: b}\n" +
				"spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: ditto}], to: [{group: '', kind: Service}]}"
			plugins := "\n---\napiVersion: configuration.konghq.com/v1\nkind: KongPlugin\nmetadata: {name: p, namespace: b}\nplugin: cors" +
				"\n---\napiVersion: configuration.konghq.com/v1\nkind: KongPlugin\nmetadata: {name: p, namespace: ditto}\nplugin: cors"
			route := "\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: api, namespace: ditto}\n" +
				"spec:\n  parentRefs: [{name: edge, namespace: infra}]\n  hostnames: [ditto.example.com]\n  rules:\n" +
				"  - backendRefs: [{name: gateway, port: 8080}, {name: gateway, namespace: b, port: 8080}]"
			class := strings.Replace(someClass, "CONTROLLER", "konghq.com/kic-gateway-controller", 1)
			inv, list := worldOf(t, class+strings.TrimSuffix(someGateway, "---")+grant+plugins+
				service("ditto", test.first)+service(test.namespace, test.second)+route)
			routes := Routes(way.Context{Objects: inv}, list[len(list)-1])
			if len(routes) == 0 {
				t.Error("no routes")
			}
			for _, r := range routes {
				if r.Effects.Identity.Why != test.want {
					t.Errorf("got %s, want %s", r.Effects.Identity.Why, test.want)
				}
			}
		})
	}
}
