package gatewayapi

import (
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// What Contour does otherwise than the Gateway API says (internal/dag/gatewayapi_processor.go): a parent without a
// namespace fits whatever the namespace is (IsRefToGateway); kinds that a listener lists are not compared with its
// protocol, but for TLSRoute and TCPRoute (getListenerRouteKinds); and the rule of a filter that it does not know is
// served without that filter. Of filters of a backend it knows those for headers.

// heeds are the filters of a rule, or of a backend in it, that an implementation may do something about.
func (i Implementation) heeds(list []gatewayv1.HTTPRouteFilter, backend bool) []gatewayv1.HTTPRouteFilter {
	if !i.passesOver {
		return list
	}
	var heeded []gatewayv1.HTTPRouteFilter
	for _, f := range list {
		switch {
		case f.RequestHeaderModifier != nil || f.ResponseHeaderModifier != nil:
		case backend || f.ExtensionRef != nil || f.ExternalAuth != nil || f.CORS != nil:
			continue
		}
		heeded = append(heeded, f)
	}
	return heeded
}

// contourReplaces: Contour has Envoy compare the root by characters, so that what is put in its place stands right
// before the rest of the path. Elsewhere it is put there as it is written, with a slash at its end.
func contourReplaces(prefix, to string) way.Rewrite {
	switch from := strings.TrimRight(prefix, "/"); {
	case to == "" || to == "/":
		return way.Rewrite{Kind: way.RewritePrefix, From: []string{from}}
	case from == "":
		return way.Rewrite{Kind: way.RewritePrefix, From: []string{"/"}, To: to}
	default:
		return way.Rewrite{Kind: way.RewritePrefix, From: []string{from}, To: to}
	}
}

// EnvoyReplaces is what Envoy Gateway and Istio make of ReplacePrefixMatch: the same but for a slash at the end of what
// is put there, which they remove.
func EnvoyReplaces(prefix, to string) way.Rewrite {
	return contourReplaces(prefix, strings.TrimSuffix(to, "/"))
}

// unknownReplaces is what any of them may make of ReplacePrefixMatch.
func unknownReplaces(prefix, to string) way.Rewrite {
	from, to := strings.TrimRight(prefix, "/"), strings.TrimRight(to, "/")
	if from == "" && to != "" {
		return way.UnknownRewrite(reason.Of("gateway-root-replaced"))
	}
	return way.Rewrite{Kind: way.RewritePrefix, From: []string{from}, To: to}
}

// contourVariable is what Contour hands to Envoy as a variable, wherever it stands; any other percent sign is text
// (internal/dag/policy.go: escapeHeaderValue).
var contourVariable = regexp.MustCompile(`%(REQ\(:?[\w-]+(?:\?:?[\w-]+)?\)(?::\d+)?|[A-Z][A-Z0-9_]*)%`)

// contourValue is what a header carries that Contour has Envoy set.
func contourValue(value string, users way.Trust) tri.State {
	var variables strings.Builder
	for _, variable := range contourVariable.FindAllString(value, -1) {
		variables.WriteString(variable)
	}
	if variables.Len() == 0 {
		return ConstantValue(value)
	}
	return EnvoyValue(variables.String(), users)
}

// contourExposes: where its configuration names the Gateway, Contour serves it behind a Service that was there before,
// whatever annotations the Gateway has. They count where its provisioner has made a Service for the Gateway.
func contourExposes(c way.Context, gw *gatewayv1.Gateway, class GatewayClass, _ Parameters) Exposure {
	e := ByInfrastructure(c, gw, class, nil, nil)
	if e.Public {
		return e
	}
	for _, o := range c.Governors(way.GatewayID(gw.Namespace, gw.Name)) {
		if _, made := inventory.As[corev1.Service](o); made {
			return e
		}
	}
	e.Doubt = reason.Of("gateway-contour-configured", gw.Namespace, gw.Name)
	return e
}
