package edges

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Parts of generated objects for the controllers of Envoy.
var (
	somePaths   = []string{"/", "/api", "/api/", "/api/2", "/api/2/things", "/devops", "/devops/", "/devops/config", "/status", "/foo", "/foo/", "/dev", "/api/2/connections"}
	someTargets = []string{"/", "/api", "/api/2", "/api/2/", "/devops", "/dev", "/x", "/status/", "/devops/config"}
	someRegexes = []string{"/.*", "/api/.*", "/(api|devops)/.*", "/api/2/things|/devops", "/[^/]+", "/foo.*", "/d.*s", "/(?i)api/.*", "/api/2/(things|connections)(/.*)?"}
	someChanges = []string{
		"remove: [x-ditto-pre-authenticated]", "remove: [X-DITTO-PRE-AUTHENTICATED]", "set: [{name: x-ditto-pre-authenticated, value: proxy}]",
		"set: [{name: X-Ditto-Pre-Authenticated, value: 'a:b'}], remove: [x-user]", "set: [{name: x-user, value: a}]", "remove: [x-user]",
	}
)

func oneOf(r *rand.Rand, list []string) string { return list[r.IntN(len(list))] }

// sometimes is a text with a probability of 1/n, and else nothing.
func sometimes(r *rand.Rand, n int, text string) string {
	if r.IntN(n) > 0 {
		return ""
	}
	return text
}

// randomly are scenarios that are the same in each run.
func randomly(first, number int, seed uint64, make func(*rand.Rand) string) []*Scenario {
	r := rand.New(rand.NewPCG(seed, 13))
	var list []*Scenario
	for i := range number {
		list = append(list, &Scenario{Name: fmt.Sprint("generated ", i), Number: first + i, Text: make(r), Known: map[string]string{}, Perhaps: true})
	}
	return list
}

// someProxies are HTTPProxies with routes, and perhaps one that is included.
func someProxies(first int) []*Scenario {
	return randomly(first, 120, 1, func(r *rand.Rand) string {
		var b strings.Builder
		tls := sometimes(r, 4, ", tls: {secretName: tls}")
		fmt.Fprintf(&b, "apiVersion: projectcontour.io/v1\nkind: HTTPProxy\nmetadata: {name: ditto, namespace: $ns}\nspec:\n  virtualhost: {fqdn: $host%s}\n", tls)
		child := r.IntN(3) == 0
		if child {
			fmt.Fprintf(&b, "  includes: [{name: child, conditions: [{prefix: %s }]}]\n", oneOf(r, somePaths))
		}
		b.WriteString("  routes:\n" + someRoutes(r, 1+r.IntN(3), tls != ""))
		if child {
			b.WriteString("---\napiVersion: projectcontour.io/v1\nkind: HTTPProxy\nmetadata: {name: child, namespace: $ns}\nspec:\n  routes:\n" +
				someRoutes(r, 1+r.IntN(2), tls != ""))
		}
		return b.String()
	})
}

// someRoutes are routes of an HTTPProxy, each for another path: of two for the same one Contour refuses the second.
func someRoutes(r *rand.Rand, number int, tls bool) string {
	var b strings.Builder
	used := map[string]bool{}
	for range number {
		condition := "prefix: " + oneOf(r, somePaths)
		switch r.IntN(4) {
		case 0:
			condition = "exact: " + oneOf(r, somePaths)
		case 1:
			condition = "regex: '" + oneOf(r, someRegexes) + "'"
		}
		if used[condition] {
			continue
		}
		used[condition] = true
		service := "gateway"
		if r.IntN(3) == 0 {
			service = "other"
		}
		fmt.Fprintf(&b, "  - conditions: [{%s }]\n    services: [{name: %s, port: 8080%s}]\n", condition, service,
			sometimes(r, 4, ", requestHeadersPolicy: {"+oneOf(r, someChanges)+"}"))
		if strings.HasPrefix(condition, "prefix") {
			b.WriteString(sometimes(r, 3, "    pathRewritePolicy: {replacePrefix: [{replacement: "+oneOf(r, someTargets)+" }]}\n"))
		}
		b.WriteString(sometimes(r, 3, "    requestHeadersPolicy: {"+oneOf(r, someChanges)+"}\n"))
		if tls {
			b.WriteString(sometimes(r, 2, "    permitInsecure: true\n"))
		}
	}
	return b.String()
}
