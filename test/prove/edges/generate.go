package edges

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// howMany scenarios are generated, from seeds that are their numbers, so that each is the same in every run.
const howMany = 1000

// traefikGenerated are scenarios for Traefik: one or two objects of any kind for a host, with Middlewares in any order. Nobody has
// written probes that get through each of them.
func traefikGenerated(first int) []*Scenario {
	var list []*Scenario
	for i := range howMany {
		d := dice{rand.New(rand.NewPCG(uint64(i), 3))}
		list = append(list, &Scenario{
			Name: fmt.Sprintf("generated %d", i), Number: first + i, Text: d.objects(), Perhaps: true, Known: map[string]string{},
		})
	}
	return list
}

// dice choose what a scenario has.
type dice struct{ *rand.Rand }

func (d dice) of(list ...string) string { return list[d.IntN(len(list))] }

// one says yes in one of n cases.
func (d dice) one(n int) bool { return d.IntN(n) == 0 }

func (d dice) path() string {
	return d.of("/", "/api", "/api/", "/api/2", "/api/2/things", "/api/2/connections", "/devops", "/devops/", "/d", "/DEVOPS", "/status", "/overall/status",
		"/ws/2", "/x", "/x/", "/x/devops", "/x/api/2", "/%64evops", "/x%2Fy", "/x;y", "/api/2/things/a:b", "/x.y")
}

func (d dice) expression() string {
	return d.of("^/api/", "^/api(/.*)?$", "devops", "^/devops", "/x/(.*)", "^/x(/.*)?$", "(?i)^/devops", "^/[a-z]+$", "^/[a-z]+/2", "^/api/[0-9]+/(things|policies)", ".*", "^/(devops|status)",
		"^/x/([a-z]+)(/.*)?$", "things$", "^/[^/]+/?$")
}

// objects are those of a scenario.
func (d dice) objects() string {
	var list, names []string
	for i := range d.IntN(4) {
		names = append(names, fmt.Sprintf("m%d", i))
		list = append(list, fmt.Sprintf("apiVersion: traefik.io/v1alpha1\nkind: Middleware\nmetadata: {name: m%d, namespace: $ns}\nspec: %s\n", i, d.middleware()))
	}
	switch d.IntN(3) {
	case 0:
		list = append(list, d.ingressRoute(names))
	case 1:
		list = append(list, d.ingress(names))
	default:
		list = append(list, d.httpRoute(names))
	}
	return strings.Join(append(list, generatedBeside), "---\n")
}

const generatedBeside = `apiVersion: v1
kind: Secret
metadata: {name: users, namespace: $ns}
stringData: {users: "user:{SHA}nU4eI71bcnBGqeO0t9tXvY1u5oQ="}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw, namespace: $ns}
spec:
  gatewayClassName: traefik
  listeners: [{name: web, port: 80, protocol: HTTP}]
`

func (d dice) middleware() string {
	switch d.IntN(9) {
	case 0:
		return fmt.Sprintf("{stripPrefix: {prefixes: ['%s', '%s']}}", d.path(), d.path())
	case 1:
		return fmt.Sprintf("{stripPrefix: {prefixes: ['%s']}}", d.path())
	case 2:
		return fmt.Sprintf("{addPrefix: {prefix: '%s'}}", d.path())
	case 3:
		return fmt.Sprintf("{replacePath: {path: '%s'}}", d.path())
	case 4:
		return fmt.Sprintf("{replacePathRegex: {regex: '%s', replacement: '%s'}}", d.expression(), d.of("/$1", "$1", "${1}", "/devops", "/api/2/$1", "/api$1", "/", "/x/$1"))
	case 5:
		return fmt.Sprintf("{stripPrefixRegex: {regex: ['%s']}}", d.expression())
	case 6:
		return fmt.Sprintf("{headers: {customRequestHeaders: {%s: '%s'}}}", d.of("x-ditto-pre-authenticated", "X-Ditto-Pre-Authenticated", "X-Other"), d.of("", "fixed"))
	case 7:
		return d.of("{basicAuth: {secret: users}}", "{basicAuth: {secret: users, headerField: X-Ditto-Pre-Authenticated}}")
	}
	return d.of("{compress: {}}", "{retry: {attempts: 2}}", "{encodedCharacters: {}}", "{redirectScheme: {scheme: https}}", "{ipAllowList: {sourceRange: [127.0.0.0/8]}}", "{contentType: {}}")
}

// rule is what comes behind the host in a rule.
func (d dice) rule() string {
	matcher := func() string {
		not := ""
		if d.one(5) {
			not = "!"
		}
		switch d.IntN(4) {
		case 0:
			return not + "Path(`" + d.path() + "`)"
		case 1:
			return not + "PathRegexp(`" + d.expression() + "`)"
		}
		return not + "PathPrefix(`" + d.path() + "`)"
	}
	switch d.IntN(5) {
	case 0:
		return " && (" + matcher() + d.of(" || ", " && ") + matcher() + ")"
	case 1:
		return ""
	}
	return " && " + matcher()
}

func (d dice) service() string {
	if d.one(4) {
		return "other"
	}
	return "gateway"
}

func (d dice) ingressRoute(middlewares []string) string {
	var b strings.Builder
	b.WriteString("apiVersion: traefik.io/v1alpha1\nkind: IngressRoute\nmetadata: {name: route, namespace: $ns}\nspec:\n")
	b.WriteString(d.of("", "", "", "  entryPoints: [web]\n", "  entryPoints: [websecure]\n", "  tls: {}\n") + "  routes:\n")
	for i := range 1 + d.IntN(2) {
		service := "gateway"
		if i > 0 {
			service = d.service()
		}
		fmt.Fprintf(&b, "  - {kind: Rule, match: 'Host(`$host`)%s', %s", d.rule(), d.of("", "", "priority: 1, ", "priority: 1000, "))
		if len(middlewares) > 0 && (i == 0 || d.one(2)) {
			b.WriteString("middlewares: [{name: " + strings.Join(middlewares, "}, {name: ") + "}], ")
		}
		fmt.Fprintf(&b, "services: [{name: %s, port: 8080}]}\n", service)
	}
	return b.String()
}

func (d dice) ingress(middlewares []string) string {
	var annotations []string
	if len(middlewares) > 0 {
		annotations = append(annotations, "traefik.ingress.kubernetes.io/router.middlewares: '$ns-"+strings.Join(middlewares, "@kubernetescrd,$ns-")+"@kubernetescrd'")
	}
	annotations = append(annotations, "traefik.ingress.kubernetes.io/"+
		d.of("router.pathmatcher: Path", "router.pathmatcher: PathPrefix", "router.pathmatcher: PathRegexp", "router.priority: '100'", "router.entrypoints: web", "router.tls: 'true'"))
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: ingress, namespace: $ns, annotations: {%s}}\n", strings.Join(annotations, ", "))
	b.WriteString("spec:\n  ingressClassName: traefik\n  rules:\n  - host: $host\n    http:\n      paths:\n")
	for i := range 1 + d.IntN(3) {
		service := "gateway"
		if i > 0 {
			service = d.service()
		}
		kind, path := d.of("Prefix", "Exact", "ImplementationSpecific"), d.path()
		for kind != "ImplementationSpecific" && strings.Contains(path, "%2F") {
			path = d.path() // which an API server refuses
		}
		fmt.Fprintf(&b, "      - {path: '%s', pathType: %s, backend: {service: {name: %s, port: {number: 8080}}}}\n", path, kind, service)
	}
	return b.String()
}

func (d dice) httpRoute(middlewares []string) string {
	var b strings.Builder
	b.WriteString("apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: route, namespace: $ns}\nspec:\n")
	b.WriteString("  parentRefs: [{name: gw}]\n  hostnames: [$host]\n  rules:\n")
	for i := range 1 + d.IntN(2) {
		service := "gateway"
		if i > 0 {
			service = d.service()
		}
		kind, path := d.of("PathPrefix", "PathPrefix", "Exact"), d.of("/", "/api", "/api/", "/api/2", "/devops", "/devops/", "/x", "/x/", "/x/devops", "/status", "/%64evops")
		if d.one(4) {
			kind, path = "RegularExpression", d.expression()
		}
		var filters []string
		for _, name := range middlewares {
			filters = append(filters, "{type: ExtensionRef, extensionRef: {group: traefik.io, kind: Middleware, name: "+name+"}}")
		}
		switch {
		case d.one(4):
			filters = append(filters, "{type: RequestHeaderModifier, requestHeaderModifier: {"+
				d.of("remove: [x-ditto-pre-authenticated]", "set: [{name: x-ditto-pre-authenticated, value: fixed}]", "add: [{name: X-Ditto-Pre-Authenticated, value: fixed}]")+"}}")
		case d.one(4) && kind == "PathPrefix":
			filters = append(filters, "{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: "+d.of("/", "/devops", "/api/", "/api/2")+"}}}")
		case d.one(6):
			filters = append(filters, "{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: "+d.of("/devops", "/api/2/things", "/x")+"}}}")
		}
		fmt.Fprintf(&b, "  - {matches: [{path: {type: %s, value: '%s'}}], filters: [%s], backendRefs: [{name: %s, port: 8080}]}\n", kind, path, strings.Join(filters, ", "), service)
	}
	return b.String()
}
