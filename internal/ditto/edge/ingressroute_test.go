package edge

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// router is an IngressRoute with one router; extra lines stand below it.
func router(extra string) string {
	return `
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: api, namespace: ns}
spec:
  routes:
  - match: PathPrefix(` + "`/api`" + `)
    services: [{name: gateway, port: 8080}]
` + extra
}

func middleware(name, spec string) string {
	return "---\napiVersion: traefik.io/v1alpha1\nkind: Middleware\nmetadata: {name: " + name + ", namespace: ns}\nspec: " + spec + "\n"
}

const (
	routerHead   = "PathPrefix(`/api`) [*/api, public] -> ns/gateway:8080\n"
	routerPath   = "reaches /api/2/connections API\n"
	clientsWord  = "identity client (default): no Middleware changes the header\n"
	nobodyAsked  = "asks off (default): no Middleware asks for credentials\n"
	noStripping  = "strips off (default): no Middleware changes the header\n"
	noHiding     = "hides off (default): no Middleware removes Server headers\n"
	entryPoints  = "assumes the entry points of Traefik have no middlewares of their own\n"
	answersCheck = "assumes the service that Middleware ns/a asks answers every request that it lets in with a non-empty x-ditto-pre-authenticated\n"
)

// refused is a router that Traefik serves only if something is otherwise than it looks.
func refused(why string) string {
	return routerHead + "reaches  unknown: " + why + "\nidentity unknown (default): " + why + "\nasks unknown (default): " + why + "\nstrips unknown (default): " + why +
		"\nhides unknown (default): " + why + "\n" + entryPoints
}

func TestIngressRoute_Middlewares(t *testing.T) {
	identity := func(state, name, why string) string {
		return "identity " + state + " (Middleware ns/" + name + "): Middleware ns/" + name + " " + why + "\n"
	}
	asks := func(name, why string) string {
		return "asks on (Middleware ns/" + name + "): Middleware ns/" + name + " " + why + "\n"
	}
	strips := func(state, name, why string) string {
		return "strips " + state + " (Middleware ns/" + name + "): Middleware ns/" + name + " " + why + "\n"
	}
	plain := routerHead + routerPath + clientsWord + nobodyAsked + noStripping + noHiding + entryPoints
	const besideClients = "writes headerField as it is spelt, beside the client's header, unless Traefik is v3.7 or later; write X-Ditto-Pre-Authenticated, " +
		"or say the version in the configuration (edges.controllers.traefik.version)"
	const removes = "removes the header, but not the query parameter of the same name"
	const asksUsers, asksService = "(basicAuth) asks every client for credentials", "(forwardAuth) asks another service about every request"
	opaque := func(why string) string {
		source := strings.SplitN(why, " ", 3)
		at := source[0] + " " + source[1]
		return routerHead + "reaches  unknown: " + why + "\nidentity unknown (" + at + "): " + why + "\nasks unknown (" + at + "): " + why + "\nstrips unknown (" + at + "): " + why +
			"\nhides unknown (" + at + "): " + why + "\n"
	}
	for _, tt := range []struct {
		name        string
		refs        string
		middlewares string
		want        string
	}{
		{"none", "[]", "", plain},
		{"removes the header", "[{name: a}]", middleware("a", `{headers: {customRequestHeaders: {X-DITTO-Pre-Authenticated: ""}}}`),
			routerHead + routerPath + identity("removed", "a", removes) + nobodyAsked + strips("on", "a", removes) + noHiding},
		{"sets the header to a text", "[{name: a}]", middleware("a", `{headers: {customRequestHeaders: {x-ditto-pre-authenticated: "nobody:x"}}}`),
			routerHead + routerPath + identity("set", "a", "sets the header to a fixed value") + nobodyAsked + strips("on", "a", "sets the header to a fixed value") + noHiding},
		{"two spellings of the header", "[{name: a}]", middleware("a", `{headers: {customRequestHeaders: {x-ditto-pre-authenticated: "", X-Ditto-Pre-Authenticated: "a"}}}`),
			routerHead + routerPath + identity("unknown", "a", "names the header twice, and either may count") + nobodyAsked + strips("unknown", "a", "names the header twice, and either may count") + noHiding},
		{"other headers only", "[{name: a}]", middleware("a", `{headers: {customRequestHeaders: {X-A: b}, customResponseHeaders: {server: ""}}}`),
			routerHead + routerPath + clientsWord + nobodyAsked + noStripping + "hides on (Middleware ns/a): Middleware ns/a removes or replaces the Server header\n" + entryPoints},
		{"passwords, and the header still the client's", "[{name: a}]", middleware("a", "{basicAuth: {secret: users}}"),
			routerHead + routerPath + clientsWord + asks("a", asksUsers) + noStripping + noHiding + "secret ns/users file \n" + entryPoints},
		{"the user in the header", "[{name: a}]", middleware("a", "{basicAuth: {secret: users, headerField: X-Ditto-Pre-Authenticated}}"),
			routerHead + routerPath + identity("set", "a", "sets the header to the user whose password it has checked") + asks("a", asksUsers) +
				strips("on", "a", "sets the header to the user whose password it has checked") + noHiding + "secret ns/users file \n"},
		{"the user in a header beside the client's", "[{name: a}]", middleware("a", "{basicAuth: {secret: users, headerField: x-ditto-pre-authenticated}}"),
			routerHead + routerPath + identity("client", "a", besideClients) + asks("a", asksUsers) + strips("off", "a", besideClients) + noHiding +
				"secret ns/users file \n" + entryPoints},
		{"the user in a header beside one that was removed", "[{name: b}, {name: a}]",
			middleware("a", "{digestAuth: {secret: users, headerField: x-ditto-pre-authenticated}}") + middleware("b", `{headers: {customRequestHeaders: {x-ditto-pre-authenticated: ""}}}`),
			routerHead + routerPath + identity("set", "a", "sets the header to the user whose password it has checked") + asks("a", "(digestAuth) asks every client for credentials") +
				strips("on", "a", "sets the header to the user whose password it has checked") + noHiding},
		{"digest authentication has no password file", "[{name: a}]", middleware("a", "{digestAuth: {secret: users, headerField: x-user}}"),
			routerHead + routerPath + clientsWord + asks("a", "(digestAuth) asks every client for credentials") + noStripping + noHiding + entryPoints},
		{"an answer sets the header", "[{name: a}]", middleware("a", "{forwardAuth: {address: http://auth, authResponseHeaders: [X-User, x-ditto-pre-authenticated]}}"),
			routerHead + routerPath + identity("set", "a", "(forwardAuth) sets the header from the answer of another service") + asks("a", asksService) +
				strips("on", "a", "(forwardAuth) sets the header from the answer of another service") + noHiding + answersCheck},
		{"an expression matches the canonical name", "[{name: a}]", middleware("a", "{forwardAuth: {address: http://auth, authResponseHeadersRegex: ^X-Ditto-}}"),
			routerHead + routerPath + identity("set", "a", "(forwardAuth) sets the header from the answer of another service") + asks("a", asksService) +
				strips("on", "a", "(forwardAuth) sets the header from the answer of another service") + noHiding + answersCheck},
		{"an expression in lower case matches nothing", "[{name: a}]", middleware("a", "{forwardAuth: {address: http://auth, authResponseHeadersRegex: ^x-ditto-}}"),
			routerHead + routerPath + clientsWord + asks("a", asksService) + noStripping + noHiding + entryPoints},
		{"what comes last decides: removed", "[{name: a}, {name: b}]",
			middleware("a", "{basicAuth: {secret: users, headerField: X-Ditto-Pre-Authenticated}}") + middleware("b", `{headers: {customRequestHeaders: {x-ditto-pre-authenticated: ""}}}`),
			routerHead + routerPath + identity("removed", "b", removes) + asks("a", asksUsers) + strips("on", "b", removes) + noHiding + "secret ns/users file \n"},
		{"what comes last decides: set", "[{name: b}, {name: a}]",
			middleware("a", "{basicAuth: {secret: users, headerField: X-Ditto-Pre-Authenticated}}") + middleware("b", `{headers: {customRequestHeaders: {x-ditto-pre-authenticated: ""}}}`),
			routerHead + routerPath + identity("set", "a", "sets the header to the user whose password it has checked") + asks("a", asksUsers) +
				strips("on", "a", "sets the header to the user whose password it has checked") + noHiding + "secret ns/users file \n"},
		{"a chain of chains", "[{name: a}]",
			middleware("a", "{chain: {middlewares: [{name: b}]}}") + middleware("b", "{chain: {middlewares: [{name: c}, {name: d}]}}") +
				middleware("c", "{compress: {}}") + middleware("d", `{headers: {customRequestHeaders: {x-ditto-pre-authenticated: ""}}}`),
			routerHead + routerPath + identity("removed", "d", removes) + nobodyAsked + strips("on", "d", removes) + noHiding},
		{"limits and redirects to TLS change nothing", "[{name: a}, {name: b}, {name: c}, {name: d}]",
			middleware("a", "{rateLimit: {average: 1}}") + middleware("b", "{inFlightReq: {amount: 1}}") + middleware("c", "{redirectScheme: {scheme: https}}") +
				middleware("d", "{redirectRegex: {regex: '^http://(.*)', replacement: 'https://$1'}}"), plain},
		{"a redirect of certain requests", "[{name: a}]", middleware("a", "{redirectRegex: {regex: 'devops', replacement: 'x'}}"),
			routerHead + "reaches  unknown: whether /api/2/connections, the API can be reached: Middleware ns/a may redirect requests instead of letting them through\n" +
				clientsWord + nobodyAsked + noStripping + noHiding + entryPoints},
		{"a prefix that is stripped", "[{name: a}]", middleware("a", "{stripPrefix: {prefixes: [/api]}}"),
			routerHead + "reaches /devops /status /overall /api/2/connections API\n" + clientsWord + nobodyAsked + noStripping + noHiding + entryPoints},
		{"a path that replaces any", "[{name: a}]", middleware("a", "{replacePath: {path: /%64evops}}"),
			routerHead + "reaches /devops\n" + clientsWord + nobodyAsked + noStripping + noHiding + entryPoints},
		{"an expression that is stripped", "[{name: a}]", middleware("a", "{stripPrefixRegex: {regex: [^/api]}}"),
			routerHead + "reaches  unknown: Middleware ns/a strips what regular expressions match, and is not evaluated\n" + clientsWord + nobodyAsked + noStripping + noHiding + entryPoints},
		{"a Middleware in another namespace", "[{name: a, namespace: other}]",
			strings.Replace(middleware("a", `{headers: {customRequestHeaders: {x-ditto-pre-authenticated: ""}}}`), "namespace: ns", "namespace: other", 1),
			routerHead + routerPath + "identity removed (Middleware other/a): Middleware other/a " + removes + "\n" + nobodyAsked + "strips on (Middleware other/a): Middleware other/a " + removes + "\n" +
				noHiding + "assumes Traefik allows references to other namespaces (allowCrossNamespace)\n"},
		{"a Middleware by its name inside Traefik", "[{name: ns-a@kubernetescrd}]", middleware("a", `{headers: {customRequestHeaders: {x-ditto-pre-authenticated: ""}}}`),
			routerHead + routerPath + identity("removed", "a", removes) + nobodyAsked + strips("on", "a", removes) + noHiding},
		{"a Middleware of the old group", "[{name: a}]", strings.Replace(middleware("a", `{headers: {customRequestHeaders: {x-ditto-pre-authenticated: ""}}}`), "traefik.io", "traefik.containo.us", 1),
			routerHead + routerPath + identity("removed", "a", removes) + nobodyAsked + strips("on", "a", removes) + noHiding},

		{"a Middleware that is not there", "[{name: a}]", "", refused("Middleware ns/a was not found, and Traefik does not serve a router that names a missing Middleware")},
		{"a Middleware that is not there, and one that removes", "[{name: a}, {name: b}]", middleware("b", `{headers: {customRequestHeaders: {x-ditto-pre-authenticated: ""}}}`),
			strings.NewReplacer("identity unknown (default)", "identity unknown (Middleware ns/b)", "strips unknown (default)", "strips on (Middleware ns/b)", entryPoints, "").
				Replace(strings.Replace(refused("Middleware ns/a was not found, and Traefik does not serve a router that names a missing Middleware"),
					"strips unknown (default): Middleware ns/a was not found, and Traefik does not serve a router that names a missing Middleware",
					"strips on (Middleware ns/b): Middleware ns/b "+removes, 1))},
		{"one without a kind", "[{name: a}]", middleware("a", "{}"), refused("Middleware ns/a has no kind, or several of them, so Traefik does not serve what names it")},
		{"one with two kinds", "[{name: a}]", middleware("a", "{compress: {}, addPrefix: {prefix: /x}}"), refused("Middleware ns/a has no kind, or several of them, so Traefik does not serve what names it")},
		{"a chain that contains itself", "[{name: a}]", middleware("a", "{chain: {middlewares: [{name: b}]}}") + middleware("b", "{chain: {middlewares: [{name: a}]}}"),
			refused("Middleware ns/a contains itself, so Traefik does not serve what names it")},
		{"passwords without a Secret", "[{name: a}]", middleware("a", "{basicAuth: {}}"), refused("Middleware ns/a names no Secret, so Traefik does not serve what names it")},
		{"a service without an address", "[{name: a}]", middleware("a", "{forwardAuth: {authResponseHeaders: [x-ditto-pre-authenticated]}}"), refused("Middleware ns/a names no address, so Traefik does not serve what names it")},
		{"an expression that is none", "[{name: a}]", middleware("a", "{forwardAuth: {address: http://auth, authResponseHeadersRegex: '('}}"), refused("Middleware ns/a has an invalid expression, so Traefik does not serve what names it")},
		{"no prefix", "[{name: a}]", middleware("a", "{addPrefix: {}}"), refused("Middleware ns/a adds no prefix, so Traefik does not serve what names it")},
		{"addresses", "[{name: a}]", middleware("a", "{ipAllowList: {sourceRange: [10.0.0.0/8]}}"), refused("Middleware ns/a admits only certain addresses, and whether clients have such an address depends on what is in front of Traefik")},
		{"all addresses", "[{name: a}]", middleware("a", "{ipWhiteList: {sourceRange: [10.0.0.0/8, 0.0.0.0/0]}}"), plain},
		{"a plugin", "[{name: a}]", middleware("a", "{plugin: {x: {}}}"), opaque("Middleware ns/a (plugin) may do anything to a request, and is not read")},
		{"a kind that is not known yet", "[{name: a}]", middleware("a", "{teleport: {}}"), opaque("Middleware ns/a (teleport) may do anything to a request, and is not read")},
		{"another provider's", "[{name: a@file}]", "", opaque("Middleware a@file comes from a provider of Traefik that no object shows")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := linkedObjects(t, strings.TrimPrefix(router("    middlewares: "+tt.refs+"\n")+tt.middlewares, "\n"))
			if diff := cmp.Diff([]string{tt.want}, linesOf(t, m, way.Config{}, "IngressRoute", "ns", "api")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	t.Run("which version writes the header as it is spelt", func(t *testing.T) {
		m := linkedObjects(t, strings.TrimPrefix(router("    middlewares: [{name: a}]\n"), "\n")+middleware("a", "{basicAuth: {secret: users, headerField: x-ditto-pre-authenticated}}"))
		for version, want := range map[string]string{"2.11.42": "identity client", "v3.6.12": "identity client", "v3.7.0": "identity set", "4.0": "identity set", "": "identity client"} {
			cfg := way.Config{Controllers: map[string]way.ControllerConfig{way.NameTraefik: {Version: version}}}
			if got := linesOf(t, m, cfg, "IngressRoute", "ns", "api")[0]; !strings.Contains(got, want+" ") {
				t.Errorf("%q: no %q in\n%s", version, want, got)
			}
		}
	})
	t.Run("behind a plugin, what comes last still decides", func(t *testing.T) {
		m := linkedObjects(t, strings.TrimPrefix(router("    middlewares: [{name: a}, {name: b}, {name: c}]\n"), "\n")+middleware("a", "{plugin: {x: {}}}")+
			middleware("b", "{basicAuth: {secret: users, headerField: X-Ditto-Pre-Authenticated}}")+middleware("c", "{replacePath: {path: /ws/2}}"))
		got := linesOf(t, m, way.Config{}, "IngressRoute", "ns", "api")[0]
		for _, want := range []string{"reaches  API\n", "identity set", "asks on"} {
			if !strings.Contains(got, want) {
				t.Errorf("no %q in\n%s", want, got)
			}
		}
	})
}
