package kong

import (
	"fmt"
	"slices"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

const useIngress = "use an Ingress that lists the host in spec.tls"

const rateAdvice = "name a KongPlugin in konghq.com/plugins: plugin rate-limiting, config {second: 50, policy: local}"

// limitsOf says whether a plugin limits requests that go by a route to a Service: of one of them, or a global one.
func limitsOf(r inventory.Reader, route, service holder) tri.State {
	const source = Prefix + "plugins"
	result := tri.Is(tri.Off, "default", "no plugin limits requests")
	plugins, clash := pluginsOf(r, route, service)
	for _, p := range plugins {
		state := tri.Is(tri.Unknown, source, reason.Of("f5-limit-not-found", p.text))
		switch {
		case p.plugin == nil:
		case p.plugin.PluginName == "rate-limiting", p.plugin.PluginName == "rate-limiting-advanced":
			state = limitOf(p)
		case asksForCredentials(p.plugin.PluginName), harmless(p.plugin.PluginName):
			continue
		case p.plugin.PluginName == "request-transformer", p.plugin.PluginName == "ip-restriction":
			continue
		default:
			state.Why = reason.Of("kong-plugin-not-read", p.text, p.plugin.PluginName)
		}
		if rank := map[string]int{tri.On: 2, tri.Unknown: 1}; rank[state.State] > rank[result.State] ||
			result.Source == "default" {
			result = state
		}
	}
	if clash != "" {
		return tri.Is(tri.Unknown, source, clash)
	}
	return result
}

// limitOf reads one plugin. rate-limiting has a number for each length of time, rate-limiting-advanced a list
// (kong/plugins/rate-limiting/schema.lua). limit_by header counts by what clients write, unless something in front of
// Kong writes it.
func limitOf(p plugin) tri.State {
	const source = Prefix + "plugins"
	what := fmt.Sprintf("%s (%s)", p.text, p.plugin.PluginName)
	config, protocols := p.plugin.Config, p.plugin.Protocols
	limits := numbersOf(config)
	switch {
	case p.plugin.ConfigFrom != nil || len(p.plugin.ConfigPatches) > 0:
		return tri.Is(tri.Unknown, source, reason.Of("kong-plugin-from-secret", what))
	case !slices.ContainsFunc(limits, func(n float64) bool { return n > 0 }):
		return tri.Is(tri.Off, source, what+" has no limit above zero")
	case len(protocols) > 0 && (!slices.Contains(protocols, "http") || !slices.Contains(protocols, "https")):
		return tri.Is(tri.Unknown, source, reason.Of("kong-plugin-for-some-protocols", what))
	case config["limit_by"] == "header" || config["identifier"] == "header":
		return tri.Is(tri.Unknown, source, reason.Of("kong-limit-by-header", what))
	}
	return tri.Is(tri.On, source, what+" limits requests")
}

func numbersOf(config map[string]any) []float64 {
	values := []any{}
	for _, unit := range []string{"second", "minute", "hour", "day", "month", "year"} {
		values = append(values, config[unit])
	}
	if list, ok := config["limit"].([]any); ok {
		values = append(values, list...)
	}
	var numbers []float64
	for _, v := range values {
		switch n := v.(type) {
		case float64:
			numbers = append(numbers, n)
		case int64:
			numbers = append(numbers, float64(n))
		}
	}
	return numbers
}

// tcpIngressTransport: whether Kong ends TLS on a port of its own is said in its configuration. A server name can only
// be seen in TLS, which Kong ends unless the annotation protocols says tls_passthrough.
func tcpIngressTransport(t *crd.TCPIngress, host string) way.Transport {
	const protocols = Prefix + "protocols"
	switch {
	case t.Annotations[protocols] == "tls_passthrough":
		return way.HandedOn(way.Closed(protocols, "the route accepts only TLS"), "terminate TLS further in")
	case host != "":
		return way.Transport{
			TLS:   tri.Is(tri.Unknown, "host", reason.Of("kong-certificate-for-host")),
			Plain: way.Closed("host", "the route accepts only TLS"),
			Fix:   way.Fix{Advice: useIngress},
		}
	}
	unknown := tri.Is(tri.Unknown, "port", reason.Of("kong-stream-listen"))
	return way.Transport{TLS: unknown, Plain: unknown, Fix: way.Fix{Advice: useIngress}}
}
