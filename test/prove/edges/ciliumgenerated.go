package edges

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Parts of generated Ingresses for Cilium.
var (
	modesForCilium  = []string{"ingress.cilium.io/loadbalancer-mode: shared", "ingress.cilium.io/loadbalancer-mode: dedicated"}
	othersForCilium = []string{
		"ingress.cilium.io/force-https: enabled", "ingress.cilium.io/force-https: disabled", "ingress.cilium.io/force-https: '0'",
		"ingress.cilium.io/force-https: 'no'", "ingress.cilium.io/tls-passthrough: enabled", "ingress.cilium.io/tls-passthrough: 'Enabled'",
		"io.cilium.ingress/tls-passthrough: 'true'", "ingress.cilium.io/request-timeout: 5s", "ingress.cilium.io/service-type: NodePort",
	}
	secretsForCilium = []string{
		"{hosts: [$host], secretName: tls}", "{hosts: [$host]}", "{secretName: tls}", "{hosts: ['*.example.com'], secretName: tls}",
		"{hosts: [sub.$host], secretName: tls}", "{hosts: [$host, sub.$host], secretName: tls}",
	}
	hostsForCilium = []string{"$host", "$host", "$host", "sub.$host", "'*.$host'"}
)

// someForCilium are one or two Ingresses, or a Gateway with routes, in turn.
func someForCilium(first int) []*Scenario {
	list := randomly(first, 120, 7, someIngressesOfCilium)
	return append(list, randomly(first+len(list), 120, 8, someRoutesOfCilium)...)
}

// someIngressesOfCilium are one or two, which share a load balancer or do not. One that shares it names its hosts, or it would be the others', too.
func someIngressesOfCilium(r *rand.Rand) string {
	var list []string
	for i := range 1 + r.IntN(2) {
		mode := oneOf(r, modesForCilium)
		shared := strings.HasSuffix(mode, "shared")
		// What Envoy refuses of one that shares its load balancer it refuses of all, so these say nothing that could be refused.
		others, secrets := othersForCilium, secretsForCilium
		if shared {
			others, secrets = othersForCilium[4:], secretsForCilium[:1]
		}
		annotations := mode + sometimes(r, 2, ", "+oneOf(r, others))
		var b strings.Builder
		fmt.Fprintf(&b, "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: ditto-%d, namespace: $ns, annotations: {%s}}\n", i, annotations)
		b.WriteString("spec:\n  ingressClassName: cilium\n")
		b.WriteString(sometimes(r, 2, "  tls: ["+oneOf(r, secrets)+sometimes(r, 4, ", "+oneOf(r, secrets))+"]\n"))
		if !shared {
			b.WriteString(sometimes(r, 4, "  defaultBackend: {service: {name: "+someService(r)+", port: {number: 8080}}}\n"))
		}
		b.WriteString("  rules:\n")
		for range 1 + r.IntN(2) {
			if shared || r.IntN(5) > 0 {
				fmt.Fprintf(&b, "  - host: %s\n    http:\n      paths:\n", oneOf(r, hostsForCilium))
			} else {
				b.WriteString("  - http:\n      paths:\n")
			}
			for range 1 + r.IntN(3) {
				kind, path := oneOf(r, []string{"Prefix", "Prefix", "Exact"}), oneOf(r, somePaths)
				if r.IntN(4) == 0 {
					kind, path = "ImplementationSpecific", oneOf(r, someRegexes)
				}
				fmt.Fprintf(&b, "      - {path: '%s', pathType: %s, backend: {service: {name: %s, port: {number: 8080}}}}\n", path, kind, someService(r))
			}
		}
		list = append(list, b.String())
	}
	return strings.Join(list, "---\n")
}

// someService is a Service, of which two in three are the gateway's.
func someService(r *rand.Rand) string {
	if r.IntN(3) == 0 {
		return "other"
	}
	return "gateway"
}

// someRoutesOfCilium are a Gateway and one to three HTTPRoutes, several of which may have one and the same match.
func someRoutesOfCilium(r *rand.Rand) string {
	listeners := []string{
		"{name: web, port: 80, protocol: HTTP}", "{name: secure, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: tls}]}}",
		"{name: own, port: 80, protocol: HTTP, hostname: $host}",
	}
	listeners = listeners[:1+r.IntN(3)]
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: gw, namespace: $ns}\n"+
		"spec: {gatewayClassName: cilium, listeners: [%s]}\n", strings.Join(listeners, ", "))
	for i := range 1 + r.IntN(3) {
		parent := "{name: gw" + sometimes(r, 3, ", sectionName: "+oneOf(r, []string{"web", "secure", "own"})) + sometimes(r, 5, ", port: 443") + "}"
		fmt.Fprintf(&b, "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: ditto-%d, namespace: $ns}\n"+
			"spec:\n  parentRefs: [%s]\n%s  rules:\n%s", i, parent, sometimes(r, 1+r.IntN(2), "  hostnames: ["+oneOf(r, hostsForCilium)+"]\n"),
			someRulesOfCilium(r, 1+r.IntN(2)))
	}
	return b.String()
}

// someRulesOfCilium are rules whose matches are often the same.
func someRulesOfCilium(r *rand.Rand, number int) string {
	var b strings.Builder
	for range number {
		kind, path := "PathPrefix", oneOf(r, []string{"/", "/", "/api", "/api/", "/devops", "/dev", "/foo"})
		switch r.IntN(6) {
		case 0:
			kind = "Exact"
		case 1:
			kind, path = "RegularExpression", oneOf(r, someRegexes)
		}
		var filters []string
		if r.IntN(3) == 0 {
			filters = append(filters, "{type: RequestHeaderModifier, requestHeaderModifier: {"+oneOf(r, someChanges)+"}}")
		}
		switch {
		case r.IntN(4) == 0:
			rewrite := "type: ReplaceFullPath, replaceFullPath: "
			if kind == "PathPrefix" && r.IntN(4) > 0 {
				rewrite = "type: ReplacePrefixMatch, replacePrefixMatch: "
			}
			filters = append(filters, "{type: URLRewrite, urlRewrite: {path: {"+rewrite+oneOf(r, someTargets)+" }}}")
		case r.IntN(8) == 0:
			filters = append(filters, "{type: RequestMirror, requestMirror: {backendRef: {name: gateway, port: 8080}}}")
		}
		backends := fmt.Sprintf("{name: %s, port: 8080%s}", someService(r), sometimes(r, 6, ", weight: 0"))
		backends += sometimes(r, 4, fmt.Sprintf(", {name: other, port: 8080%s}", sometimes(r, 3, ", weight: 0")))
		fmt.Fprintf(&b, "  - matches: [{path: {type: %s, value: '%s' }}]\n    filters: [%s]\n    backendRefs: [%s]\n", kind, path, strings.Join(filters, ", "), backends)
	}
	return b.String()
}
