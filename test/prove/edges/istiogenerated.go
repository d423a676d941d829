package edges

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Parts of generated objects of Istio.
var (
	someHosts      = []string{"$host", "$host", "$host", "'*.example.com'", "$host, '*.$host'", "$HOST"}
	somePatterns   = []string{"/devops", "/devops*", "/devops/*", "/api/*", "*/config", "*", "/status*", "/{*}", "/devops/{**}", "/{**}/things", "/", "/x*"}
	someOperations = []string{
		"remove: [x-ditto-pre-authenticated]", "remove: [X-DITTO-PRE-AUTHENTICATED]", "set: {x-ditto-pre-authenticated: proxy}", "set: {X-Ditto-Pre-Authenticated: ''}",
		"add: {x-ditto-pre-authenticated: proxy}", "set: {x-user: a}", "remove: [x-user]", "set: {x-ditto-pre-authenticated: '%REQ(x-user)%'}, remove: [x-ditto-pre-authenticated]",
	}
	someSubstitutions = []string{
		`{match: '^/x(/.*)?$', rewrite: '/devops\1'}`, `{match: '/foo', rewrite: '/api'}`, `{match: '^/[^/]+', rewrite: ''}`, `{match: '^/(devops|status).*$', rewrite: /}`,
		`{match: '^/foo/(.*)$', rewrite: '/\1'}`, `{match: 'v', rewrite: '%76'}`,
	}
)

// someVirtualServices are one or two VirtualServices for a gateway, perhaps with one that is delegated to, and perhaps with policies.
func someVirtualServices(first int) []*Scenario {
	return randomly(first, 240, 5, func(r *rand.Rand) string {
		var b strings.Builder
		redirect := sometimes(r, 8, ", tls: {httpsRedirect: true}")
		fmt.Fprintf(&b, "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: gw, namespace: $ns}\nspec:\n  selector: {edge: $ns}\n"+
			"  servers:\n  - {port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']%s}\n"+
			"  - {port: {number: 443, name: https, protocol: HTTPS}, hosts: ['*'], tls: {mode: SIMPLE, credentialName: tls}}\n---\n", redirect)
		b.WriteString("apiVersion: v1\nkind: Service\nmetadata: {name: edge, namespace: $ns}\n" +
			"spec: {type: LoadBalancer, selector: {edge: $ns}, ports: [{name: http, port: 80}, {name: https, port: 443}]}\n")
		for i := range 1 + r.IntN(2) {
			fmt.Fprintf(&b, "---\n%sspec:\n  hosts: [%s]\n  gateways: [gw]\n  http:\n%s", virtualService(fmt.Sprintf("ditto-%d", i)), oneOf(r, someHosts), someVirtualRules(r, 1+r.IntN(3), true))
		}
		fmt.Fprintf(&b, "---\n%sspec:\n  http:\n%s", virtualService("child"), someVirtualRules(r, 1+r.IntN(2), false))
		for i := range r.IntN(3) {
			fmt.Fprintf(&b, "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: policy-%d, namespace: $ns}\nspec:\n"+
				"  selector: {matchLabels: {edge: $ns}}\n  action: %s\n  rules: [%s]\n", i, oneOf(r, []string{"ALLOW", "DENY"}), someConditions(r))
		}
		return b.String()
	})
}

func virtualService(name string) string {
	return fmt.Sprintf("apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: %s, namespace: $ns}\n", name)
}

// someVirtualRules are rules of a VirtualService, of which a root's may delegate.
func someVirtualRules(r *rand.Rand, number int, root bool) string {
	var b strings.Builder
	for range number {
		var parts []string
		if r.IntN(5) > 0 {
			var matches []string
			for range 1 + r.IntN(2) {
				matches = append(matches, someVirtualMatch(r))
			}
			parts = append(parts, "match: ["+strings.Join(matches, ", ")+"]")
		}
		if r.IntN(3) == 0 {
			parts = append(parts, "headers: {request: {"+oneOf(r, someOperations)+"}}")
		}
		switch r.IntN(5) {
		case 0:
			parts = append(parts, "rewrite: {uri: "+oneOf(r, someTargets)+" }")
		case 1:
			parts = append(parts, "rewrite: {uriRegexRewrite: "+oneOf(r, someSubstitutions)+"}")
		}
		parts = append(parts, someVirtualAction(r, root))
		b.WriteString("  - {" + strings.Join(parts, ", ") + "}\n")
	}
	return b.String()
}

func someVirtualMatch(r *rand.Rand) string {
	kind, path := "prefix", oneOf(r, somePaths)
	switch r.IntN(4) {
	case 0:
		kind = "exact"
	case 1:
		kind, path = "regex", oneOf(r, someRegexes)
	}
	return fmt.Sprintf("{uri: {%s: '%s'}%s}", kind, path,
		sometimes(r, 4, oneOf(r, []string{", ignoreUriCase: true", ", port: 80", ", port: 443", ", withoutHeaders: {x-user: {}}"})))
}

func someVirtualAction(r *rand.Rand, root bool) string {
	headers := sometimes(r, 4, ", headers: {request: {"+oneOf(r, someOperations)+"}}")
	switch r.IntN(8) {
	case 0:
		return "route: [{destination: {host: other}}]"
	case 1:
		if root {
			return "delegate: {name: child}"
		}
	case 2:
		return "route: [{destination: {host: gateway}, weight: 50" + headers + "}, {destination: {host: gateway}, weight: 50}]"
	case 3:
		return "route: [{destination: {host: other}}], mirror: {host: gateway}"
	}
	return "route: [{destination: {host: gateway}" + headers + "}]"
}

// someConditions are those of a rule of an AuthorizationPolicy.
func someConditions(r *rand.Rand) string {
	var list []string
	for range 1 + r.IntN(2) {
		kind := "paths"
		if r.IntN(4) == 0 {
			kind = "notPaths"
		}
		list = append(list, fmt.Sprintf("{to: [{operation: {%s: ['%s', '%s']%s}}]}", kind, oneOf(r, somePatterns), oneOf(r, somePatterns),
			sometimes(r, 4, ", methods: [GET]")))
	}
	return strings.Join(list, ", ")
}
