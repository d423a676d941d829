package edges

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Parts of generated Ingresses for ingress-nginx.
var (
	// Of a path with a slash at its end beside the same without one, the controller writes a location twice, which nginx refuses.
	plainPaths   = []string{"/", "/api", "/api/2", "/api/2/things", "/api/2/connections", "/devops", "/dev", "/DEVOPS", "/status", "/overall/status", "/x", "/x.y"}
	regexPaths   = []string{"/.*", "/api/.*", "/(api|devops)/.*", "/x/(.*)", "/x(/|$)(.*)", "/(api/2/.*)", "/[a-z]+$", "/api/2/(things|policies)(/.*)?$", "/d.*s", "/devops$", "/(?!devops).*", "/x/(things|connections)"}
	rewriteTo    = []string{"/", "/$1", "/$2", "/devops", "/api/$1", "/api/2/$1", "/api", "/x", "/devops/$1", "$1"}
	someSnippets = []string{
		`proxy_set_header x-ditto-pre-authenticated "";`, `proxy_set_header X-Ditto-Pre-Authenticated proxy;`, `more_clear_input_headers x-ditto-pre-authenticated;`,
		`if ($uri ~ ^/devops) { return 403; }`, `rewrite ^/x/(.*)$ /$1 break;`, `deny all;`, `proxy_set_header X-User a;`, `rewrite ^ /devops break;`,
	}
	someServerSnippets = []string{
		`location /devops { deny all; }`, `location = /devops { return 403; }`, `location ~* ^/(devops|status) { return 404; }`, `location ^~ /api/2/connections { return 404; }`,
		`if ($request_uri ~* devops) { return 403; }`, `rewrite ^/x/(.*)$ /$1 last;`, `proxy_set_header x-ditto-pre-authenticated "";`,
	}
)

// someIngresses are up to three Ingresses for one host.
func someIngresses(first int) []*Scenario {
	return randomly(first, 120, 5, func(r *rand.Rand) string {
		var list []string
		for i := range 1 + r.IntN(3) {
			list = append(list, someIngress(r, string(rune('a'+i))))
		}
		return strings.Join(list, "---\n") + `---
apiVersion: v1
kind: Secret
metadata: {name: users, namespace: $ns}
stringData: {auth: "user:{SHA}nU4eI71bcnBGqeO0t9tXvY1u5oQ="}
`
	})
}

func someIngress(r *rand.Rand, name string) string {
	var a []string
	say := func(key, value string) {
		a = append(a, fmt.Sprintf("    nginx.ingress.kubernetes.io/%s: '%s'\n", key, value))
	}
	regex := r.IntN(3) == 0
	if regex && r.IntN(3) > 0 {
		say("use-regex", "true")
	}
	if r.IntN(3) == 0 {
		say("rewrite-target", oneOf(r, rewriteTo))
	}
	switch r.IntN(12) {
	case 0:
		say("auth-type", "basic")
		say("auth-secret", "users")
	case 1:
		say("auth-url", "http://$auth/token-user")
		say("auth-response-headers", "x-ditto-pre-authenticated")
	case 2:
		say("auth-url", "http://$auth/token")
	case 3:
		say("whitelist-source-range", oneOf(r, []string{"10.0.0.0/8", "127.0.0.0/8"}))
	case 4:
		say("app-root", oneOf(r, plainPaths))
	case 5:
		say("canary", "true")
		say("canary-weight", "100")
	case 6:
		say("server-alias", "alias.$host")
	case 7:
		say("mirror-target", "http://gateway.$ns.svc.cluster.local:8080"+oneOf(r, []string{"", "/", "/devops", "$request_uri"}))
	}
	if r.IntN(5) == 0 {
		say("configuration-snippet", oneOf(r, someSnippets))
	}
	if r.IntN(6) == 0 {
		say("server-snippet", oneOf(r, someServerSnippets))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: %s\n  namespace: $ns\n", name)
	if len(a) > 0 {
		b.WriteString("  annotations:\n" + strings.Join(a, ""))
	}
	b.WriteString("spec:\n  ingressClassName: nginx\n" + sometimes(r, 5, "  tls: [{hosts: [$host], secretName: tls}]\n") +
		sometimes(r, 8, "  defaultBackend: {service: {name: "+oneOf(r, []string{"gateway", "other"})+", port: {number: 8080}}}\n"))
	b.WriteString("  rules:\n  - host: $host\n    http:\n      paths:\n")
	for range 1 + r.IntN(3) {
		path, kind := oneOf(r, plainPaths), oneOf(r, []string{"Prefix", "Exact", "ImplementationSpecific"})
		if regex {
			path, kind = oneOf(r, regexPaths), "ImplementationSpecific"
		}
		service := "gateway"
		if r.IntN(3) == 0 {
			service = "other"
		}
		fmt.Fprintf(&b, "      - {path: '%s', pathType: %s, backend: {service: {name: %s, port: {number: 8080}}}}\n", path, kind, service)
	}
	return b.String()
}
