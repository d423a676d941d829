package gatewayapi

import (
	"cmp"

	"k8s.io/utils/ptr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// pathOf is which requests a match takes, and with the path that came.
func pathOf(match *gatewayv1.HTTPPathMatch, impl Implementation) way.Path {
	value, _ := pathText(match)
	switch {
	case isPrefix(match):
		return way.Path{Matcher: way.Elements(impl.Reads, value)}
	case *match.Type == gatewayv1.PathMatchExact:
		return way.Path{Matcher: way.Exact(impl.Reads, value)}
	case *match.Type == gatewayv1.PathMatchRegularExpression:
		return way.Path{Matcher: impl.regexMatcher(value)}
	}
	return way.Path{Matcher: way.Undecided(reason.Of("gateway-path-type", way.Quote(string(*match.Type))))}
}

// pathText is a match for people: its path and its type.
func pathText(match *gatewayv1.HTTPPathMatch) (value, kind string) {
	match = cmp.Or(match, &gatewayv1.HTTPPathMatch{})
	return ptr.Deref(match.Value, "/"), string(ptr.Deref(match.Type, gatewayv1.PathMatchPathPrefix))
}

// conditionsOf are what a match asks for beside the path. They keep nobody out: a client writes what they ask for. What
// value they ask for is not told: it may be a secret, if no good one.
func conditionsOf(match gatewayv1.HTTPRouteMatch) []string {
	var list []string
	if match.Method != nil {
		list = append(list, "method "+string(*match.Method))
	}
	for _, h := range match.Headers {
		list = append(list, "header "+string(h.Name))
	}
	for _, q := range match.QueryParams {
		list = append(list, "query parameter "+string(q.Name))
	}
	return list
}
