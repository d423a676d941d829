package edge

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

func policyObject(version, kind, name, target, spec string) string {
	return "apiVersion: " + version + "\nkind: " + kind + "\nmetadata: {name: " + name + ", namespace: ditto}\n" +
		"spec: {targetRefs: [{group: gateway.networking.k8s.io, " + target + "}], " + spec + "}"
}

// TestLimitsOfARoute: whether requests for a route are limited, with a word of why.
func TestLimitsOfARoute(t *testing.T) {
	const (
		toRoute, toGateway = "kind: HTTPRoute, name: api", "kind: Gateway, name: edge"
		fifty              = "limit: {requests: 50, unit: Second}"
		local              = "rateLimit: {local: {rules: [{" + fifty + "}]}}"
		global             = "rateLimit: {type: Global, global: {rules: [{" + fifty + "}]}}"
		perAddress         = "rate: 50r/s, key: $binary_remote_addr"
	)
	envoy := func(target, spec string) string {
		return policyObject("gateway.envoyproxy.io/v1alpha1", "BackendTrafficPolicy", "limit", target, spec)
	}
	local1 := func(rule string) string { return "rateLimit: {local: {rules: [{" + rule + "}]}}" }
	nginx := func(name, target, rules string) string {
		return policyObject("gateway.nginx.org/v1alpha1", "RateLimitPolicy", name, target, "rateLimit: {"+rules+"}")
	}
	nginxRule := func(rule string) string { return "local: {rules: [{" + rule + "}]}" }
	for _, tt := range []struct {
		name, controller, filters string
		policies                  []string
		want                      string
	}{
		{"nothing", envoyClass, "", nil, "off: no policy"},
		{"Envoy Gateway, the route", envoyClass, "", []string{envoy(toRoute, local)}, "on: BackendTrafficPolicy ditto/limit (rateLimit.local)"},
		{"Envoy Gateway, the Gateway", envoyClass, "", []string{envoy(toGateway, local)}, "on: "},
		{"Envoy Gateway, a listener", envoyClass, "", []string{envoy(toGateway+", sectionName: http", local)}, "on: "},
		{"Envoy Gateway, another listener", envoyClass, "", []string{envoy(toGateway+", sectionName: other", local)}, "off: no policy"},
		{"Envoy Gateway, another route", envoyClass, "", []string{envoy("kind: HTTPRoute, name: other", local)}, "off: no policy"},
		{"the older way to name a target", envoyClass, "", []string{
			"apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: BackendTrafficPolicy\nmetadata: {name: limit, namespace: ditto}\n" +
				"spec: {targetRef: {group: gateway.networking.k8s.io, " + toRoute + "}, " + local + "}",
		}, "on: "},
		{"by labels", envoyClass, "", []string{
			"apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: BackendTrafficPolicy\nmetadata: {name: limit, namespace: ditto}\n" +
				"spec: {targetSelectors: [{kind: HTTPRoute}], " + local + "}",
		}, "on: "},
		{"by labels in all namespaces", envoyClass, "", []string{
			"apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: BackendTrafficPolicy\nmetadata: {name: limit, namespace: shop}\n" +
				"spec: {targetSelectors: [{kind: HTTPRoute, namespaces: {from: All}}], " + local + "}",
		}, "unknown: whether BackendTrafficPolicy shop/limit"},
		{"all together", envoyClass, "", []string{envoy(toRoute, global)}, "on: BackendTrafficPolicy ditto/limit (rateLimit.global)"},
		{"a type that is not the one that is there", envoyClass, "", []string{envoy(toRoute, "rateLimit: {type: Local, global: {rules: [{"+fifty+"}]}}")}, "off: "},
		{"no rules", envoyClass, "", []string{envoy(toRoute, "rateLimit: {local: {rules: []}}")}, "off: "},
		{"zero lets nothing through", envoyClass, "", []string{envoy(toRoute, local1("limit: {requests: 0, unit: Second}"))}, "on: "},
		{"shadow mode", envoyClass, "", []string{envoy(toRoute, local1("shadowMode: true, "+fifty))}, "off: BackendTrafficPolicy ditto/limit (rateLimit.local) has a rule in shadow mode"},
		{"shadow mode beside a rule", envoyClass, "", []string{envoy(toRoute, "rateLimit: {local: {rules: [{shadowMode: true, "+fifty+"}, {"+fifty+"}]}}")}, "on: "},
		{"requests that count for nothing", envoyClass, "", []string{envoy(toRoute, local1("cost: {request: {from: Number, number: 0}}, "+fifty))}, "off: "},
		{"requests that count by metadata", envoyClass, "", []string{envoy(toRoute, local1("cost: {request: {from: Metadata, metadata: {namespace: a, key: b}}}, "+fifty))}, "unknown: "},
		{"each address", envoyClass, "", []string{envoy(toRoute, local1(`clientSelectors: [{sourceCIDR: {type: Distinct, value: 0.0.0.0/0}, path: {value: /}}], `+fifty))}, "on: "},
		{"some addresses", envoyClass, "", []string{envoy(toRoute, local1(`clientSelectors: [{sourceCIDR: {value: 192.0.2.0/24}}], `+fifty))}, "unknown: "},
		{"some paths", envoyClass, "", []string{envoy(toRoute, local1(`clientSelectors: [{path: {value: /api}}], `+fifty))}, "unknown: "},
		{"some methods", envoyClass, "", []string{envoy(toRoute, local1(`clientSelectors: [{methods: [{value: GET}]}], `+fifty))}, "unknown: "},
		{"who sends a header", envoyClass, "", []string{envoy(toRoute, local1(`clientSelectors: [{headers: [{type: Distinct, name: x-user}]}], `+fifty))}, "unknown: "},
		{"another filter that is not read", envoyClass, "filters: [{type: ExtensionRef, extensionRef: {group: example.com, kind: Any, name: any}}], ", nil, "unknown: Any ditto/any"},
		{"a filter that is not read takes no limit away", envoyClass, "filters: [{type: ExtensionRef, extensionRef: {group: example.com, kind: Any, name: any}}], ", []string{envoy(toRoute, local)}, "on: "},
		{"another implementation's policy", envoyClass, "", []string{nginx("limit", toRoute, nginxRule(perAddress))}, "off: no policy"},

		{"NGINX Gateway Fabric, nothing", nginxClass, "", nil, "off: no policy"},
		{"NGINX Gateway Fabric, the route", nginxClass, "", []string{nginx("limit", toRoute, nginxRule(perAddress))}, "on: RateLimitPolicy ditto/limit limits"},
		{"NGINX Gateway Fabric, the Gateway", nginxClass, "", []string{nginx("limit", toGateway, nginxRule(perAddress))}, "on: "},
		{"its defaults", nginxClass, "", []string{nginx("limit", toGateway, nginxRule("burst: 10"))}, "on: "},
		{"a policy without rules", nginxClass, "", []string{nginx("limit", toRoute, "local: {rules: []}")}, "off: no policy"},
		{"no rate", nginxClass, "", []string{nginx("limit", toRoute, nginxRule("rate: 0r/s, key: $binary_remote_addr"))}, "off: the rate of"},
		{"counted by what the client sends", nginxClass, "", []string{nginx("limit", toRoute, nginxRule("rate: 50r/s, key: $http_x"))}, "off: RateLimitPolicy ditto/limit counts by $http_x"},
		{"a dry run of a rule", nginxClass, "", []string{nginx("limit", toRoute, nginxRule(perAddress+", dryRun: true"))}, "off: RateLimitPolicy ditto/limit is a dry run"},
		{"a dry run of a policy", nginxClass, "", []string{nginx("limit", toRoute, "dryRun: true, "+nginxRule(perAddress))}, "off: RateLimitPolicy ditto/limit is a dry run"},
		{"a dry run of the Gateway", nginxClass, "", []string{
			nginx("limit", toRoute, nginxRule(perAddress)), nginx("all", toGateway, "dryRun: true, "+nginxRule(perAddress)),
		}, "unknown: RateLimitPolicy ditto/all is a dry run"},
		{"a dry run in place of the Gateway's limit", nginxClass, "", []string{
			nginx("limit", toRoute, "dryRun: true, "+nginxRule(perAddress)), nginx("all", toGateway, nginxRule(perAddress)),
		}, "unknown: RateLimitPolicy ditto/all limits requests, but RateLimitPolicy ditto/limit is a dry run"},
		{"snippets", nginxClass, "", []string{policyObject("gateway.nginx.org/v1alpha1", "SnippetsPolicy", "any", toGateway, "snippets: []")}, "unknown: SnippetsPolicy ditto/any"},

		{"who is not read", "istio.io/gateway-controller", "", nil, "unknown: an EnvoyFilter of Istio"},
		{"who is not known", "example.com/other", "", nil, "unknown: what limits requests at an unknown implementation"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			api := routeObject("HTTPRoute", "api", "parentRefs: [{name: edge}], rules: [{"+tt.filters+"backendRefs: [{name: gateway, port: 8080}]}]")
			route := firstRoute(t, gatewayWorld(tt.controller, "{name: http, port: 80, protocol: HTTP}", append(tt.policies, api)...), "HTTPRoute")
			if got := route.Rate.Limited.State + ": " + route.Rate.Limited.Why; !strings.HasPrefix(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if on := route.Rate.Limited.State == tri.On; on != (route.Fixes[way.LimitRequests].Advice == "") || route.Rate.Limited.Source == "" {
				t.Errorf("advice %q with %+v", route.Fixes[way.LimitRequests].Advice, route.Rate.Limited)
			}
			if assumed := slices.ContainsFunc(route.Effects.Assumptions, func(a string) bool { return strings.Contains(a, "rateLimit.backend") }); assumed !=
				strings.Contains(route.Rate.Limited.Why, "rateLimit.global) limits") {
				t.Errorf("assumptions %q", route.Effects.Assumptions)
			}
		})
	}
}

func TestTheMostSpecificBackendTrafficPolicyCounts(t *testing.T) {
	const fifty = "rateLimit: {local: {rules: [{limit: {requests: 50, unit: Second}}]}}"
	api := routeObject("HTTPRoute", "api", "parentRefs: [{name: edge}], rules: [{backendRefs: [{name: gateway, port: 8080}]}]")
	all := policyObject("gateway.envoyproxy.io/v1alpha1", "BackendTrafficPolicy", "the-gateways", "kind: Gateway, name: edge", fifty)
	own := func(spec string) string {
		return policyObject("gateway.envoyproxy.io/v1alpha1", "BackendTrafficPolicy", "own", "kind: HTTPRoute, name: api", spec)
	}
	for _, tt := range []struct {
		name, own, want string
	}{
		{"in place of the Gateway's", own("retry: {}"), tri.Off},
		{"laid over the Gateway's", own("retry: {}, mergeType: StrategicMerge"), tri.On},
		{"laid over it, with a list of its own", own("mergeType: JSONMerge, rateLimit: {local: {rules: []}}"), tri.Off},
	} {
		t.Run(tt.name, func(t *testing.T) {
			world := gatewayWorld(envoyClass, "{name: http, port: 80, protocol: HTTP}", all, tt.own, api)
			if got := firstRoute(t, world, "HTTPRoute").Rate.Limited; got.State != tt.want {
				t.Errorf("got %+v, want %s", got, tt.want)
			}
		})
	}
}

func TestWhatListenersDoDiffers(t *testing.T) {
	const fifty = "rateLimit: {local: {rules: [{limit: {requests: 50, unit: Second}}]}}"
	api := routeObject("HTTPRoute", "api", "parentRefs: [{name: edge}], rules: [{backendRefs: [{name: gateway, port: 8080}]}]")
	one := policyObject("gateway.envoyproxy.io/v1alpha1", "BackendTrafficPolicy", "one", "kind: Gateway, name: edge, sectionName: http", fifty)
	world := gatewayWorld(envoyClass, "{name: http, port: 80, protocol: HTTP}, {name: more, port: 81, protocol: HTTP}", one, api)
	if got := firstRoute(t, world, "HTTPRoute").Rate.Limited; got.State != tri.Off {
		t.Errorf("limits of one listener of two count for both: %+v", got)
	}
}

func TestErrorPagesOfARoute(t *testing.T) {
	api := routeObject("HTTPRoute", "api", "parentRefs: [{name: edge}], rules: [{backendRefs: [{name: gateway, port: 8080}]}]")
	answers := func(body string) string {
		return policyObject("gateway.envoyproxy.io/v1alpha1", "BackendTrafficPolicy", "answers", "kind: HTTPRoute, name: api",
			"responseOverride: [{match: {statusCodes: [{value: 404}]}, response: {body: {"+body+"}}}]")
	}
	for _, tt := range []struct {
		name, policy string
		want         way.ErrorPages
	}{
		{"a constant", answers(`inline: "nothing is there, 100%%REQ(:PATH)%"`), way.ErrorPages{}},
		{"the path", answers(`inline: "nothing is at %REQ(:PATH)%"`), way.ErrorPages{
			Echoes: []string{"responseOverride of BackendTrafficPolicy ditto/answers repeats what the client sent"},
		}},
		{"another object", answers(`type: ValueRef, valueRef: {group: "", kind: ConfigMap, name: pages}`), way.ErrorPages{
			Unknown: []string{"what BackendTrafficPolicy ditto/answers answers is in another object, which is not read"},
		}},
		{"a policy that is not read", policyObject("gateway.envoyproxy.io/v1alpha1", "EnvoyPatchPolicy", "any", "kind: Gateway, name: edge", "type: JSONPatch"), way.ErrorPages{
			Unknown: []string{"EnvoyPatchPolicy ditto/any can change what Envoy does with requests, and is not read"},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := firstRoute(t, gatewayWorld(envoyClass, "{name: http, port: 80, protocol: HTTP}", tt.policy, api), "HTTPRoute").ErrorPages
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
