package kong

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/gatewayapi"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Kong serves Gateways as well. Of a route's annotations, and of its Services', the same count as those of an Ingress
// (internal/dataplane/kongstate: overrideByAnnotation), but for konghq.com/rewrite; filters become plugins of their own
// (internal/dataplane/translator/subtranslator/httproute.go).

// Implementation is the row of Kong.
func Implementation() gatewayapi.Implementation {
	return gatewayapi.Implementation{
		Name: "kong", Title: "Kong",
		Controllers: []string{"konghq.com/kic-gateway-controller", "konghq.com/gateway-operator"},
		Usual:       []string{"kong"}, Spelling: way.SpellingResolved, RequestHeaders: true, ResponseHeaders: true,
		OwnBalancer: true, Uses: gatewayUses, Value: gatewayValue, Policies: gatewayPolicies, Limits: gatewayLimits,
		Limit: rateAdvice, Strip: gatewayStrip,
	}
}

// gatewayUses are the plugins that a route names, and those for all requests.
func gatewayUses(o *inventory.Object) []inventory.ID { return append(usesOf(o), globalPlugins) }

// template is how a template begins that a request-transformer evaluates, which filters become.
const template = "$("

// gatewayValue is what a header carries that a filter sets.
func gatewayValue(value string, _ way.Trust) tri.State {
	if strings.Contains(value, template) {
		return tri.State{State: way.IdentityUnknown, Why: reason.Of("gateway-header-from-request", way.Quote(value))}
	}
	return gatewayapi.ConstantValue(value)
}

// holdersAt are the route of a place and the Services behind its rule, which are one to Kong. It serves the rule only
// if their annotations are the same: unclear says so where they are not, and one of them matters.
func holdersAt(c way.Context, at gatewayapi.Place) (route, service holder, unclear string) {
	route = routeAt(at)
	services := servicesAt(c, at)
	if len(services) == 0 {
		return route, service, ""
	}
	service = services[0]
	if !slices.ContainsFunc(services, func(h holder) bool { return says(h.annotations) }) {
		return route, holder{}, ""
	}
	for _, other := range services[1:] {
		switch {
		case !maps.Equal(service.annotations, other.annotations):
			return route, service, reason.Of("kong-several-services")
		case !slices.Equal(service.namesOf(), other.namesOf()):
			unclear = reason.Of("kong-services-of-several-namespaces")
		}
	}
	return route, service, unclear
}

// routeAt is the route of a place, with what filters of the rule become.
func routeAt(at gatewayapi.Place) holder {
	o := at.Route.Object
	route := holder{namespace: o.Ref.Namespace, annotations: o.Meta.Annotations}
	if transforms(at.Rule.Filters) {
		route.transformer = "a filter of the rule"
	}
	return route
}

// servicesAt are the Services behind the rule of a place that were found, with their annotations for Kong.
func servicesAt(c way.Context, at gatewayapi.Place) (services []holder) {
	for _, ref := range at.Rule.Backends {
		b, ok := gatewayapi.BackendOf(ref.BackendObjectReference, at.Route.Namespace())
		if !ok {
			continue
		}
		svc := c.Objects.Get(inventory.Service, b.Namespace, b.Name)
		if svc == nil {
			continue
		}
		own := map[string]string{}
		for name, value := range svc.Meta.Annotations {
			if strings.HasPrefix(name, Prefix) {
				own[name] = value
			}
		}
		services = append(services, holder{namespace: b.Namespace, annotations: own})
	}
	return services
}

// gatewayStrip says how to have Kong remove the identity header where a filter of the rule, which becomes a
// request-transformer of the route, would take the place of one that there is, or stand beside it; empty where a filter
// is right. Where a filter of the rule has taken the place already, what the Services name does nothing any more.
func gatewayStrip(c way.Context, at gatewayapi.Place) string {
	route := routeAt(at)
	if route.transformer != "" {
		for _, n := range route.namesOf() {
			if mayTransform(namedPlugin(c.Objects, n)) {
				return stripAdvice
			}
		}
		return ""
	}
	for _, service := range append(servicesAt(c, at), holder{}) {
		plugins, clash := pluginsOf(c.Objects, route, service)
		if clash != "" || slices.ContainsFunc(plugins, mayTransform) {
			return stripAdvice
		}
	}
	return ""
}

// mayTransform says whether a plugin is a request-transformer, or was not found.
func mayTransform(p plugin) bool {
	return p.plugin == nil || p.plugin.PluginName == "request-transformer" && !p.plugin.Disabled
}

// says says whether one of the annotations of a Service changes requests.
func says(annotations map[string]string) bool {
	return annotations[Prefix+"plugins"] != "" || annotations[Prefix+"path"] != "" ||
		annotations[Prefix+"override"] != ""
}

// transforms says whether Kong's controller makes a request-transformer of one of the filters.
func transforms(filters []gatewayv1.HTTPRouteFilter) bool {
	for _, f := range filters {
		if f.RequestHeaderModifier != nil || f.URLRewrite != nil {
			return true
		}
	}
	return false
}

// gatewayPolicies: what plugins do, and what annotations make of the path where no filter does.
func gatewayPolicies(c way.Context, at gatewayapi.Place) gatewayapi.Policies {
	route, service, unclear := holdersAt(c, at)
	k := readPlugins(c.Objects, route, service)
	p := gatewayapi.Policies{
		Authentication: k.authentication, Assumptions: k.assumptions, Rewrite: k.rewrite,
		Opaque: cmp.Or(unclear, k.opaque),
		Early: func(before tri.State) tri.State {
			if k.identity.State == way.IdentityClient {
				return before
			}
			return k.identity
		},
	}
	for _, f := range at.Rule.Filters {
		if f.URLRewrite == nil || f.URLRewrite.Path == nil {
			continue
		}
		if to := f.URLRewrite.Path; strings.Contains(
			gatewayapi.Text(to.ReplaceFullPath)+gatewayapi.Text(to.ReplacePrefixMatch), template) {
			p.Opaque = reason.Of("rewrite-from-request", "the filter URLRewrite")
		}
	}
	if p.Rewrite == nil {
		p.Rewrite = annotated(at.Match, route.annotations, service.annotations)
	}
	return p
}

// annotated is what annotations of a route and a Service make of the path of a match, nil if they leave it alone.
func annotated(match *gatewayv1.HTTPPathMatch, route, service map[string]string) *way.Rewrite {
	before, path, kind := pathBefore(service), "/", gatewayv1.PathMatchPathPrefix
	if match != nil && match.Value != nil {
		path = *match.Value
	}
	if match != nil && match.Type != nil {
		kind = *match.Type
	}
	var w way.Rewrite
	switch strip := strips(route); {
	case strip && kind == gatewayv1.PathMatchPathPrefix:
		w = way.Rewrite{Kind: way.RewritePrefix, From: []string{strings.TrimRight(path, "/")}, To: before}
	case strip && kind == gatewayv1.PathMatchExact:
		w = way.Rewrite{Kind: way.RewriteConstant, To: before + "/"}
	case strip:
		w = way.UnknownRewrite(reason.Of("kong-strip-expression"))
	case before != "":
		w = way.Rewrite{Kind: way.RewritePrefix, From: []string{""}, To: before}
	default:
		return nil
	}
	return &w
}

// gatewayLimits: whether a plugin limits requests.
func gatewayLimits(c way.Context, at gatewayapi.Place) gatewayapi.Limits {
	route, service, unclear := holdersAt(c, at)
	if unclear != "" {
		return gatewayapi.Limits{Limited: tri.State{State: tri.Unknown, Source: Prefix + "plugins", Why: unclear}}
	}
	return gatewayapi.Limits{Limited: limitsOf(c.Objects, route, service)}
}
