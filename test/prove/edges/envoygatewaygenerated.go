package edges

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// someHTTPRoutes are a Gateway with one or two HTTPRoutes, and perhaps a ClientTrafficPolicy.
func someHTTPRoutes(first int) []*Scenario {
	return randomly(first, 60, 2, func(r *rand.Rand) string {
		var b strings.Builder
		b.WriteString("apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: gw, namespace: $ns}\n" +
			"spec: {gatewayClassName: eg, listeners: [{name: web, port: 80, protocol: HTTP}]}\n")
		for i := range 1 + r.IntN(2) {
			fmt.Fprintf(&b, "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: ditto-%d, namespace: $ns}\n"+
				"spec:\n  parentRefs: [{name: gw}]\n  hostnames: [$host]\n  rules:\n%s", i, someRules(r, 1+r.IntN(3)))
		}
		b.WriteString(sometimes(r, 4, "---\napiVersion: gateway.envoyproxy.io/v1alpha1\nkind: ClientTrafficPolicy\nmetadata: {name: client, namespace: $ns}\n"+
			"spec:\n  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: gw}]\n  headers: {earlyRequestHeaders: {"+oneOf(r, someChanges)+"}}\n"))
		return b.String()
	})
}

// someRules are rules of an HTTPRoute.
func someRules(r *rand.Rand, number int) string {
	var b strings.Builder
	for range number {
		kind, path := "PathPrefix", oneOf(r, somePaths)
		switch r.IntN(4) {
		case 0:
			kind = "Exact"
		case 1:
			kind, path = "RegularExpression", oneOf(r, someRegexes)
		}
		service := "gateway"
		if r.IntN(3) == 0 {
			service = "other"
		}
		var filters []string
		if r.IntN(3) == 0 {
			filters = append(filters, "{type: RequestHeaderModifier, requestHeaderModifier: {"+oneOf(r, someChanges)+"}}")
		}
		if r.IntN(3) == 0 {
			rewrite := "type: ReplaceFullPath, replaceFullPath: "
			if kind == "PathPrefix" && r.IntN(4) > 0 {
				rewrite = "type: ReplacePrefixMatch, replacePrefixMatch: "
			}
			filters = append(filters, "{type: URLRewrite, urlRewrite: {path: {"+rewrite+oneOf(r, someTargets)+" }}}")
		}
		fmt.Fprintf(&b, "  - matches: [{path: {type: %s, value: '%s' }}]\n    filters: [%s]\n    backendRefs: [{name: %s, port: 8080%s}]\n",
			kind, path, strings.Join(filters, ", "), service,
			sometimes(r, 5, ", filters: [{type: RequestHeaderModifier, requestHeaderModifier: {"+oneOf(r, someChanges)+"}}]"))
	}
	return b.String()
}
