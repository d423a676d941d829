package edge

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// heads are the first lines of routes: text, what a client asks for, public or not, and the Services.
func heads(routes []string) []string {
	var list []string
	for _, r := range routes {
		head, _, _ := strings.Cut(r, "\n")
		list = append(list, head)
	}
	return list
}

func TestIngressRoute_Services(t *testing.T) {
	const route = "apiVersion: traefik.io/v1alpha1\nkind: IngressRoute\nmetadata: {name: api, namespace: ns, annotations: {}}\nspec: "
	const service = "---\napiVersion: traefik.io/v1alpha1\nkind: TraefikService\nmetadata: {name: NAME, namespace: ns}\nspec: "
	traefikService := func(name, spec string) string { return strings.Replace(service, "NAME", name, 1) + spec + "\n" }
	internal := way.Config{InternalIngressClasses: []string{"inside"}}
	for _, tt := range []struct {
		name, manifests string
		cfg             way.Config
		want            []string
	}{
		{name: "by number and by name, two in one router", manifests: route + "{routes: [{match: Host(`a`), services: [{name: x, port: 80}, {name: yy, port: http}]}]}\n",
			want: []string{"Host(`a`) [a, public] -> ns/x:80 ns/yy:http"}},
		{name: "no port, no way in", manifests: route + "{routes: [{match: Host(`a`), services: [{name: x}]}]}\n"},
		{name: "no rule, no way in", manifests: route + "{routes: [{services: [{name: x, port: 80}]}, {kind: Other, match: Host(`a`), services: [{name: x, port: 80}]}]}\n"},
		{name: "another namespace", manifests: route + "{routes: [{kind: Rule, match: Host(`a`), services: [{name: x, namespace: other, port: 80, kind: Service}]}]}\n",
			want: []string{"Host(`a`) [a, public] -> other/x:80"}},
		{name: "weighted, mirrored and failing over, one in the other",
			manifests: route + "{routes: [{match: Host(`a`), services: [{kind: TraefikService, name: w}]}]}\n" +
				traefikService("w", "{weighted: {services: [{name: x, port: 80}, {kind: TraefikService, name: m}]}}") +
				traefikService("m", "{mirroring: {kind: TraefikService, name: f, mirrors: [{name: copy, port: 80, percent: 1}, {name: none, port: 80, percent: 0}]}}") +
				traefikService("f", "{failover: {service: {name: yy, port: 81}, fallback: {name: z, port: 82}}}"),
			want: []string{"Host(`a`) [a, public] -> ns/x:80 ns/yy:81 ns/z:82 ns/copy:80"}},
		{name: "a circle of TraefikServices ends",
			manifests: route + "{routes: [{match: Host(`a`), services: [{kind: TraefikService, name: w}]}]}\n" +
				traefikService("w", "{weighted: {services: [{kind: TraefikService, name: v}]}}") + traefikService("v", "{highestRandomWeight: {services: [{kind: TraefikService, name: w}, {name: x, port: 80}]}}"),
			want: []string{"Host(`a`) [a, public] -> ns/x:80"}},
		{name: "a TraefikService that is not there", manifests: route + "{routes: [{match: Host(`a`), services: [{kind: TraefikService, name: w}]}]}\n"},
		{name: "a Service by its name inside Traefik", manifests: route + "{routes: [{match: Host(`a`), services: [{kind: TraefikService, name: ns-x-80@kubernetes}]}]}\n",
			want: []string{"Host(`a`) [a, public] -> ns/x:80"}},
		{name: "the same router twice", manifests: route + "{routes: [{match: Host(`a`), services: [{name: x, port: 80}]}, {match: Host(`a`), services: [{name: x, port: 80}]}]}\n",
			want: []string{"Host(`a`) [a, public] -> ns/x:80", "Host(`a`) (2) [a, public] -> ns/x:80"}},
		{name: "an internal class", cfg: internal, manifests: route + "{ingressClassName: inside, routes: [{match: Host(`a`), services: [{name: x, port: 80}]}]}\n",
			want: []string{"Host(`a`) [a, internal] -> ns/x:80"}},
		{name: "an internal class by the old annotation", cfg: internal,
			manifests: strings.Replace(route, "annotations: {}", "annotations: {kubernetes.io/ingress.class: inside}", 1) + "{routes: [{match: Host(`a`), services: [{name: x, port: 80}]}]}\n",
			want:      []string{"Host(`a`) [a, internal] -> ns/x:80"}},
		{name: "two classes, one of them internal", cfg: internal,
			manifests: strings.Replace(route, "annotations: {}", "annotations: {kubernetes.io/ingress.class: inside}", 1) + "{ingressClassName: traefik, routes: [{match: Host(`a`), services: [{name: x, port: 80}]}]}\n",
			want:      []string{"Host(`a`) [a, public] -> ns/x:80"}},
		{name: "entry points prove nothing", cfg: internal, manifests: route + "{entryPoints: [inside], routes: [{match: Host(`a`), services: [{name: x, port: 80}]}]}\n",
			want: []string{"Host(`a`) [a, public] -> ns/x:80"}},
		{name: "a rule that is none", manifests: route + "{routes: [{match: Lua(`x`), services: [{name: x, port: 80}]}]}\n",
			want: []string{"Lua(`x`) [Lua(`x`), public] -> ns/x:80"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := heads(linesOf(t, linkedObjects(t, tt.manifests), tt.cfg, "IngressRoute", "ns", "api"))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A Middleware before one Service is none before the others.
func TestIngressRoute_ServiceMiddlewares(t *testing.T) {
	m := linkedObjects(t, strings.Replace(strings.TrimPrefix(router(""), "\n"), "[{name: gateway, port: 8080}]",
		"[{name: gateway, port: 8080}, {name: gateway, port: 8080, middlewares: [{name: a}]}]", 1)+middleware("a", `{headers: {customRequestHeaders: {x-ditto-pre-authenticated: ""}}}`))
	got := linesOf(t, m, way.Config{}, "IngressRoute", "ns", "api")
	if len(got) != 2 || !strings.Contains(got[0], "identity removed") || !strings.Contains(got[1], "identity client") {
		t.Errorf("got %q", got)
	}
	if diff := cmp.Diff([]string{"PathPrefix(`/api`) [*/api, public] -> ns/gateway:8080", "PathPrefix(`/api`) (2) [*/api, public] -> ns/gateway:8080"}, heads(got)); diff != "" {
		t.Error(diff)
	}
}

// Routers before others: a request has to fit all rules, and passes the Middlewares of all.
func TestIngressRoute_Parents(t *testing.T) {
	parent := "---\napiVersion: traefik.io/v1alpha1\nkind: IngressRoute\nmetadata: {name: before, namespace: ns}\n" +
		"spec: {routes: [{match: Host(`a`) && PathPrefix(`/x`), middlewares: [{name: strip}]}, {match: Path(`/x/devops`)}]}\n"
	child := strings.Replace(strings.TrimPrefix(router("    middlewares: [{name: a}]\n"), "\n"), "spec:\n", "spec:\n  parentRefs: [{name: before}]\n", 1)
	child = strings.Replace(child, "/api", "/devops", 1)
	more := middleware("strip", "{stripPrefix: {prefixes: [/x]}}") + middleware("a", "{forwardAuth: {address: http://auth, authResponseHeaders: [x-ditto-pre-authenticated]}}")
	m := linkedObjects(t, child+parent+more)
	got := linesOf(t, m, way.Config{}, "IngressRoute", "ns", "api")
	want := []string{
		"PathPrefix(`/devops`), behind Host(`a`) && PathPrefix(`/x`) of IngressRoute ns/before [PathPrefix(`/devops`), behind Host(`a`) && PathPrefix(`/x`) of IngressRoute ns/before, public] -> ns/gateway:8080",
		"PathPrefix(`/devops`), behind Path(`/x/devops`) of IngressRoute ns/before [PathPrefix(`/devops`), behind Path(`/x/devops`) of IngressRoute ns/before, public] -> ns/gateway:8080",
	}
	if diff := cmp.Diff(want, heads(got)); diff != "" {
		t.Fatal(diff)
	}
	if !strings.Contains(got[0], "reaches /devops\nidentity set") {
		t.Errorf("a prefix stripped before: %s", got[0])
	}
	if !strings.Contains(got[1], "reaches \nidentity set") {
		t.Errorf("rules that exclude each other: %s", got[1])
	}
	if got := linesOf(t, linkedObjects(t, child+more), way.Config{}, "IngressRoute", "ns", "api"); len(got) != 0 {
		t.Errorf("a router whose parent is not there: %q", got)
	}
	circle := strings.Replace(strings.Replace(parent, "spec: {", "spec: {parentRefs: [{name: api}], ", 1), "before", "before", 1)
	if got := linesOf(t, linkedObjects(t, child+circle+more), way.Config{}, "IngressRoute", "ns", "api"); len(got) != 0 {
		t.Errorf("a circle: %q", got)
	}
}

func TestIngressRouteTCP(t *testing.T) {
	const head = "apiVersion: traefik.io/v1alpha1\nkind: IngressRouteTCP\nmetadata: {name: tcp, namespace: ns}\nspec: "
	const allow = "---\napiVersion: traefik.io/v1alpha1\nkind: MiddlewareTCP\nmetadata: {name: NAME, namespace: ns}\nspec: {ipAllowList: {sourceRange: [10.0.0.0/8]}}\n"
	connections := func(why string) string {
		return "identity client (tcp): " + why + "\nasks off (tcp): " + why + "\nstrips off (tcp): " + why + "\nhides off (tcp): " + why + "\n"
	}
	const ended, through = "connections are passed through as they are, and no rule for requests applies", "TLS connections are passed through unread"
	doubtful := func(why string) string {
		return "reaches  unknown: whether /devops, /status, /overall, /api/2/connections, the API can be reached: " + why + "\nidentity unknown (tcp): " + why + "\nasks unknown (tcp): " + why + "\nstrips unknown (tcp): " + why + "\nhides unknown (tcp): " + why + "\n"
	}
	const onlySome = " admits only certain addresses, and whether clients have such an address depends on what is in front of Traefik"
	for _, tt := range []struct{ name, spec, more, want string }{
		{"TLS ends at Traefik", "{routes: [{match: HostSNI(`*`), services: [{name: gateway, port: 8080}]}], tls: {}}", "", "HostSNI(`*`) [*, public] -> ns/gateway:8080\n" + connections(ended)},
		{"TLS ends behind", "{routes: [{match: HostSNI(`a.b`), services: [{name: gateway, port: http}]}], tls: {passthrough: true}}", "", "HostSNI(`a.b`) [a.b, public] -> ns/gateway:http\n" + connections(through)},
		{"addresses in the rule", "{routes: [{match: HostSNI(`*`) && ClientIP(`10.0.0.0/8`), services: [{name: gateway, port: 8080}]}]}", "",
			"HostSNI(`*`) && ClientIP(`10.0.0.0/8`) [HostSNI(`*`) && ClientIP(`10.0.0.0/8`), public] -> ns/gateway:8080\n" + doubtful("the rule \"HostSNI(`*`) && ClientIP(`10.0.0.0/8`)\""+onlySome)},
		{"addresses in a MiddlewareTCP", "{routes: [{match: HostSNI(`*`), services: [{name: gateway, port: 8080}], middlewares: [{name: m}]}]}", strings.Replace(allow, "NAME", "m", 1),
			"HostSNI(`*`) [*, public] -> ns/gateway:8080\n" + doubtful("MiddlewareTCP ns/m"+onlySome)},
		{"a MiddlewareTCP that is not there", "{routes: [{match: HostSNI(`*`), services: [{name: gateway, port: 8080}], middlewares: [{name: m}]}]}", "",
			"HostSNI(`*`) [*, public] -> ns/gateway:8080\n" + doubtful("MiddlewareTCP ns/m was not found, and Traefik does not serve a router that names a missing MiddlewareTCP")},
		{"a rule that is none", "{routes: [{match: HostSNI, services: [{name: gateway, port: 8080}]}]}", "",
			"HostSNI [HostSNI, public] -> ns/gateway:8080\n" + doubtful("the rule \"HostSNI\" cannot be read: column 1: expected a matcher with its arguments")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := linesOf(t, linkedObjects(t, head+tt.spec+"\n"+tt.more), way.Config{}, "IngressRouteTCP", "ns", "tcp")
			if diff := cmp.Diff([]string{tt.want}, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
