package edges

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// someHAProxyIngresses are one or two Ingresses for a host, with paths of all types and annotations that do not get in each other's way.
func someHAProxyIngresses(first int) []*Scenario {
	return randomly(first, 150, 4, func(r *rand.Rand) string {
		var b strings.Builder
		b.WriteString("apiVersion: v1\nkind: Secret\nmetadata: {name: users, namespace: $ns}\nstringData: {auth: \"user::pass\"}\n")
		for i := range 1 + r.IntN(2) {
			fmt.Fprintf(&b, "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: ditto-%d, namespace: $ns, annotations: {%s}}\nspec:\n  ingressClassName: haproxy\n%s",
				i, someHAProxyAnnotations(r), sometimes(r, 5, "  tls: [{hosts: [$host], secretName: tls}]\n"))
			b.WriteString("  rules:\n  - host: " + oneOf(r, []string{"$host", "$host", "$host", "'*.$host'", "sub.$host"}) + "\n    http:\n      paths:\n")
			for range 1 + r.IntN(3) {
				fmt.Fprintf(&b, "      - {path: '%s', pathType: %s, backend: {service: {name: %s, port: {number: 8080}}}}\n", oneOf(r, somePaths),
					oneOf(r, []string{"Prefix", "Exact", "ImplementationSpecific"}), oneOf(r, []string{"gateway", "gateway", "other"}))
			}
		}
		return b.String()
	})
}

// someHAProxyAnnotations are up to three of haproxy-ingress's.
func someHAProxyAnnotations(r *rand.Rand) string {
	var list []string
	for _, part := range []string{
		"path-type: " + oneOf(r, []string{"begin", "prefix", "exact", "regex"}), "rewrite-target: " + oneOf(r, someTargets),
		"headers: '" + oneOf(r, []string{"x-ditto-pre-authenticated: proxy", "X-Ditto-Pre-Authenticated proxy", "X-User: a"}) + "'",
		"auth-secret: users", "auth-url: '" + oneOf(r, []string{"http://$auth/token", "http://$auth/token-user", "svc://auth:8080/token"}) + "'",
		"ssl-redirect: '" + oneOf(r, []string{"true", "false"}) + "'", "server-alias: " + oneOf(r, []string{"sub.$host", "x$host"}),
		"redirect-to: http://other.invalid/", "allowlist-source-range: " + oneOf(r, []string{"127.0.0.0/8", "10.0.0.0/8"}),
		"auth-headers-succeed: '" + oneOf(r, []string{"x-ditto-pre-authenticated", "x-user", "-"}) + "'", "app-root: /web",
	} {
		if r.IntN(4) == 0 && len(list) < 3 {
			list = append(list, "haproxy-ingress.github.io/"+part)
		}
	}
	return strings.Join(list, ", ")
}
