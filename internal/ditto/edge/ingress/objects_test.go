package ingress

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/f5"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/gke"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/kong"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/traefik"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/objects"
)

// linked is an inventory of the objects of a YAML stream.
func linked(t testing.TB, stream string) (way.Context, []*inventory.Object) {
	t.Helper()
	inv := inventory.NewMemory(nil, nil)
	list := objects.Of(t, stream)
	for _, o := range list {
		inv.Put(o)
	}
	return way.Context{Objects: inv}, list
}

func middleware(name, spec string) string {
	return "---\napiVersion: traefik.io/v1alpha1\nkind: Middleware\nmetadata: {name: " + name + ", namespace: ns}\nspec: " + spec + "\n"
}

func f5PolicyObject(name, spec string) string {
	return "\n---\napiVersion: k8s.nginx.org/v1\nkind: Policy\nmetadata: {name: " + name + ", namespace: ditto}\nspec: " + spec + "\n"
}

// TestReadRate_Objects: what objects that annotations name limit.
func TestReadRate_Objects(t *testing.T) {
	const kong, policies, named = kong.Prefix + "plugins", f5.Prefix + "policies", traefik.Prefix + "router.middlewares"
	cluster := func(name, fields string) string {
		return "apiVersion: configuration.konghq.com/v1\nkind: KongClusterPlugin\nmetadata: {name: " + name + ", labels: {global: 'true'}}\n" + fields + "\n"
	}
	none := tri.State{State: tri.Off, Source: "default", Why: "no plugin limits requests"}
	plugin := func(state, why string) tri.State { return tri.State{State: state, Source: kong, Why: why} }
	policy := func(spec string) string {
		return strings.TrimPrefix(strings.ReplaceAll(f5PolicyObject("p", spec), "namespace: ditto", "namespace: ns"), "\n---\n")
	}
	for _, tt := range []struct {
		name, controller string
		ingress, service notes
		objects          string
		want             tri.State
	}{
		{"a plugin", "kong", notes{kong: "l"}, nil, kongObject("l", "rate-limiting", "config: {minute: 50}"), plugin(tri.On, "KongPlugin ns/l (rate-limiting) limits requests")},
		{"a plugin of the Service", "kong", nil, notes{kong: "l"}, kongObject("l", "rate-limiting", "config: {year: 50}"), plugin(tri.On, "KongPlugin ns/l (rate-limiting) limits requests")},
		{"a global plugin", "kong", nil, nil, cluster("l", "plugin: rate-limiting\nconfig: {second: 5}"), plugin(tri.On, "KongClusterPlugin l (rate-limiting) limits requests")},
		{"the advanced one", "kong", notes{kong: "l"}, nil, kongObject("l", "rate-limiting-advanced", "config: {limit: [5], window_size: [1]}"), plugin(tri.On, "KongPlugin ns/l (rate-limiting-advanced) limits requests")},
		{"zero", "kong", notes{kong: "l"}, nil, kongObject("l", "rate-limiting", "config: {second: 0, policy: local}"), plugin(tri.Off, "KongPlugin ns/l (rate-limiting) has no limit above zero")},
		{"switched off", "kong", notes{kong: "l"}, nil, kongObject("l", "rate-limiting", "disabled: true\nconfig: {second: 5}"), none},
		{"by a header", "kong", notes{kong: "l"}, nil, kongObject("l", "rate-limiting", "config: {second: 5, limit_by: header, header_name: x}"),
			plugin(tri.Unknown, "KongPlugin ns/l (rate-limiting) counts by a header, and whether clients control it cannot be seen")},
		{"a configuration that is kept secret", "kong", notes{kong: "l"}, nil, kongObject("l", "rate-limiting", "configFrom: {secretKeyRef: {name: s, key: k}}"),
			plugin(tri.Unknown, "KongPlugin ns/l (rate-limiting) takes its configuration from a Secret")},
		{"for one protocol", "kong", notes{kong: "l"}, nil, kongObject("l", "rate-limiting", "protocols: [https]\nconfig: {second: 5}"), plugin(tri.Unknown, "KongPlugin ns/l (rate-limiting) is for some protocols only")},
		{"the route's before the Service's", "kong", notes{kong: "l"}, notes{kong: "m"}, kongObject("l", "rate-limiting", "config: {second: 0}") + "\n---\n" + kongObject("m", "rate-limiting", "config: {second: 5}"),
			plugin(tri.Off, "KongPlugin ns/l (rate-limiting) has no limit above zero")},
		{"another plugin", "kong", notes{kong: "l"}, nil, kongObject("l", "cors", ""), none},
		{"a plugin that does anything", "kong", notes{kong: "l"}, nil, kongObject("l", "pre-function", ""), plugin(tri.Unknown, "KongPlugin ns/l is a pre-function, and what that does cannot be seen")},
		{"a plugin that was not found", "kong", notes{kong: "other"}, nil, kongObject("l", "cors", ""), plugin(tri.Unknown, "KongPlugin ns/other was not found; it may limit requests")},
		{"two of a kind", "kong", notes{kong: "l,m"}, nil, kongObject("l", "rate-limiting", "config: {second: 5}") + "\n---\n" + kongObject("m", "rate-limiting", "config: {second: 5}"),
			plugin(tri.Unknown, "KongPlugin ns/l and KongPlugin ns/m are both a rate-limiting")},

		{"a Policy", "f5-nginx", notes{policies: "p"}, nil, policy("{rateLimit: {rate: 5r/s, key: $binary_remote_addr}}"), tri.State{State: tri.On, Source: policies, Why: `Policy ns/p limits requests to "5r/s"`}},
		{"a Policy in a dry run", "f5-nginx", notes{policies: "p"}, nil, policy("{rateLimit: {rate: 5r/s, key: $binary_remote_addr, dryRun: true}}"), tri.State{State: tri.Off, Source: policies, Why: "Policy ns/p refuses nothing (rateLimit.dryRun)"}},
		{"a Policy about something else", "f5-nginx", notes{policies: "p"}, nil, policy("{basicAuth: {secret: s}}"), way.Unlimited()},
		{"a Policy beside an annotation in a dry run", "f5-nginx", notes{policies: "p", f5.Prefix + "limit-req-rate": "5r/s", f5.Prefix + "limit-req-dry-run": "true"}, nil,
			policy("{rateLimit: {rate: 5r/s, key: $binary_remote_addr}}"), tri.State{State: tri.On, Source: policies, Why: `Policy ns/p limits requests to "5r/s"`}},

		{"a Middleware", "traefik", notes{named: "ns-m@kubernetescrd"}, nil, middleware("m", "{rateLimit: {average: 5}}"), tri.State{State: tri.On, Source: "Middleware ns/m", Why: "Middleware ns/m (rateLimit) limits requests"}},
		{"a Middleware of the Service", "traefik", nil, notes{traefik.Prefix + "service.middlewares": "ns-m@kubernetescrd"}, middleware("m", "{inFlightReq: {amount: 5}}"),
			tri.State{State: tri.On, Source: "Middleware ns/m", Why: "Middleware ns/m (inFlightReq) limits requests"}},
		{"a Middleware about something else", "traefik", notes{named: "ns-m@kubernetescrd"}, nil, middleware("m", "{compress: {}}"), tri.State{State: tri.Off, Source: "default", Why: "no Middleware limits requests"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := linked(t, strings.TrimPrefix(tt.objects, "---\n"))
			in := served(tt.controller, tt.ingress)
			in.ServiceAnnotations, in.Objects = tt.service, c.Objects
			got := handled(in)
			if diff := cmp.Diff(tt.want, got.Rate.Limited); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if (got.Fixes[way.LimitRequests].Advice == "") != (tt.want.State == tri.On) {
				t.Errorf("advice: %q", got.Fixes[way.LimitRequests].Advice)
			}
		})
	}
}

// TestReadTransport_Objects: what plain HTTP meets by objects that annotations name.
func TestReadTransport_Objects(t *testing.T) {
	const web, named = traefik.Prefix + "router.entrypoints", traefik.Prefix + "router.middlewares"
	front := func(spec string) string {
		return "apiVersion: networking.gke.io/v1beta1\nkind: FrontendConfig\nmetadata: {name: f, namespace: ns}\nspec: " + spec + "\n"
	}
	const redirects = "Middleware ns/m redirects plain HTTP"
	for _, tt := range []struct {
		name, controller string
		notes            notes
		objects          string
		tls, plain       tri.State
	}{
		{"a FrontendConfig that redirects", "gce", notes{gke.FrontendConfig: "f"}, front("{redirectToHttps: {enabled: true}}"),
			tri.State{State: tri.Off, Source: way.SourceTLS, Why: "the Ingress names no certificate"}, tri.State{State: way.PlainRedirected, Source: gke.FrontendConfig, Why: "FrontendConfig ns/f redirects (redirectToHttps)"}},
		{"a FrontendConfig that does not", "gce", notes{gke.FrontendConfig: "f"}, front("{sslPolicy: p}"),
			tri.State{State: tri.Off, Source: way.SourceTLS, Why: "the Ingress names no certificate"}, tri.State{State: way.PlainServed, Source: gke.FrontendConfig, Why: "FrontendConfig ns/f does not redirect"}},
		{"a FrontendConfig that was not found", "gce", notes{gke.FrontendConfig: "g"}, front("{}"),
			tri.State{State: tri.Off, Source: way.SourceTLS, Why: "the Ingress names no certificate"}, tri.State{State: tri.Unknown, Source: gke.FrontendConfig, Why: "FrontendConfig ns/g was not found; it may redirect"}},
		{"a Middleware that redirects", "traefik", notes{web: "web", named: "ns-m@kubernetescrd"}, middleware("m", "{redirectScheme: {scheme: https}}"),
			tri.State{State: tri.Unknown, Source: "Middleware ns/m", Why: redirects + ", and the router that speaks TLS was not found"}, tri.State{State: way.PlainRedirected, Source: "Middleware ns/m", Why: redirects}},
		{"a Middleware that does not", "traefik", notes{web: "web", named: "ns-m@kubernetescrd"}, middleware("m", "{compress: {}}"),
			tri.State{State: tri.Off, Source: web, Why: "the router is attached only to the entry point web"}, tri.State{State: tri.Unknown, Source: web, Why: "whether the entry point web of Traefik redirects cannot be seen"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := linked(t, strings.TrimPrefix(tt.objects, "---\n"))
			in := served(tt.controller, tt.notes)
			in.Objects = c.Objects
			got := readTransport(in, "ditto.example.com")
			if diff := cmp.Diff([]tri.State{tt.tls, tt.plain}, []tri.State{got.TLS, got.Plain}); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// An Ingress names Middlewares by the names they have inside Traefik, which do not say where the namespace ends.
func TestTraefikIngress(t *testing.T) {
	removes := middleware("a", `{headers: {customRequestHeaders: {x-ditto-pre-authenticated: ""}}}`)
	at := func(namespace, name, text string) string {
		return strings.TrimPrefix(strings.Replace(strings.Replace(text, "namespace: ns", "namespace: "+namespace, 1), "name: a,", "name: "+name+",", 1), "---\n")
	}
	const router, service = "traefik.ingress.kubernetes.io/router.middlewares", "traefik.ingress.kubernetes.io/service.middlewares"
	users := at("my-ns", "my-users", middleware("a", "{basicAuth: {secret: s, headerField: X-Ditto-Pre-Authenticated}}"))
	objects, _ := linked(t, at("my-ns", "a", removes)+"\n---\n"+users+"\n---\n"+at("x", "y-z", removes)+"\n---\n"+at("x-y", "z", removes))
	for _, tt := range []struct {
		name           string
		notes, service notes
		identity, asks string
		why            string
	}{
		{"none", nil, nil, way.IdentityClient, tri.Off, "no Middleware changes the header"},
		{"by namespace and name", notes{router: "my-ns-a@kubernetescrd"}, nil, way.IdentityRemoved, tri.Off, "Middleware my-ns/a removes the header, but not the query parameter of the same name"},
		{"in order", notes{router: "my-ns-a@kubernetescrd, my-ns-my-users@kubernetescrd"}, nil, way.IdentitySet, tri.On, "Middleware my-ns/my-users sets the header to the user whose password it has checked"},
		{"those of the Service come last", notes{router: "my-ns-my-users@kubernetescrd"}, notes{service: "my-ns-a@kubernetescrd"}, way.IdentityRemoved, tri.On, "Middleware my-ns/a removes the header, but not the query parameter of the same name"},
		{"names of annotations have no case", notes{"traefik.ingress.kubernetes.io/Router.Middlewares": "my-ns-a@kubernetescrd"}, nil, way.IdentityRemoved, tri.Off, "Middleware my-ns/a removes the header, but not the query parameter of the same name"},
		{"without a provider it is another one", notes{router: "my-ns-a"}, nil, way.IdentityUnknown, tri.Unknown, "Middleware my-ns-a@kubernetes was not found, and Traefik does not serve a router that names a missing Middleware"},
		{"two that may be meant", notes{router: "x-y-z@kubernetescrd"}, nil, way.IdentityUnknown, tri.Unknown, "Middleware x-y-z@kubernetescrd can mean several Middlewares"},
		{"none that is there", notes{router: "a@kubernetescrd"}, nil, way.IdentityUnknown, tri.Unknown, "Middleware a@kubernetescrd was not found, and Traefik does not serve a router that names a missing Middleware"},
		{"of a file", notes{router: "a@file"}, nil, way.IdentityUnknown, tri.Unknown, "Middleware a@file comes from a provider of Traefik that no object shows"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := served("traefik", tt.notes)
			in.ServiceAnnotations, in.Objects = tt.service, objects.Objects
			got := handled(in)
			want := []string{tt.identity, tt.why, tt.asks}
			if diff := cmp.Diff(want, []string{got.Identity.State, got.Identity.Why, got.Authentication.State}); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestRead_F5Policies(t *testing.T) {
	c, _ := linked(t, strings.TrimPrefix(f5PolicyObject("p", "{basicAuth: {secret: users}}"), "\n---\n"))
	in := served("f5-nginx", notes{"nginx.org/policies": "ditto/p"})
	in.Objects = c.Objects
	got := handled(in)
	want := tri.State{State: tri.On, Source: "nginx.org/policies", Why: "Policy ditto/p asks every client for a password"}
	if diff := cmp.Diff(want, got.Authentication); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]way.AuthSecret{{Namespace: "ditto", Name: "users", Kind: way.AuthFile, Key: "htpasswd"}}, got.AuthSecrets); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
