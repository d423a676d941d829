package gatewayapi

import (
	"fmt"
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// most is how many filters a rule may have, and how many names a filter may remove.
const most = 16

// addEdits adds, to how a rule is handled, the changes that would make it remove the identity header from requests, and
// Server and X-Powered-By from responses.
func addEdits(h *way.Handling, rule gatewayRule) {
	h.Fixes[way.StripIdentity].Edits = removing(rule, gatewayv1.HTTPRouteFilterRequestHeaderModifier,
		[]string{way.Header})
	h.Fixes[way.HideHeaders].Edits = removing(rule, gatewayv1.HTTPRouteFilterResponseHeaderModifier,
		[]string{"Server", "X-Powered-By"})
}

// removing adds names to what the filter of a rule removes: a rule has one such filter at most. There are none where
// one of the names is mentioned already, or where the lists are full: somebody decided, or has to.
func removing(rule gatewayRule, kind gatewayv1.HTTPRouteFilterType, names []string) []way.Edit {
	root, field := fmt.Sprintf("/spec/rules/%d/filters", rule.index), "requestHeaderModifier"
	if kind == gatewayv1.HTTPRouteFilterResponseHeaderModifier {
		field = "responseHeaderModifier"
	}
	add := func(path string, value any) way.Edit {
		return way.Edit{Path: path, Value: value, Does: "let the filter " + string(kind) + " remove " +
			strings.Join(names, ", ")}
	}
	filter := func() map[string]any {
		return map[string]any{"type": string(kind), field: map[string]any{"remove": values(names)}}
	}
	at := slices.IndexFunc(rule.Filters, func(f gatewayv1.HTTPRouteFilter) bool { return f.Type == kind })
	switch {
	case at < 0 && len(rule.Filters) == 0:
		return []way.Edit{add(root, []any{filter()})}
	case at < 0 && len(rule.Filters) < most:
		return []way.Edit{add(root+"/-", filter())}
	case at < 0:
		return nil
	}
	own := rule.Filters[at].RequestHeaderModifier
	if kind == gatewayv1.HTTPRouteFilterResponseHeaderModifier {
		own = rule.Filters[at].ResponseHeaderModifier
	}
	if own == nil || len(own.Remove)+len(names) > most || mentions(own, names[0]) {
		return nil
	}
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return mentions(own, name) })
	list := fmt.Sprintf("%s/%d/%s/remove", root, at, field)
	if len(own.Remove) == 0 {
		return []way.Edit{add(list, values(names))}
	}
	var all []way.Edit
	for _, name := range names {
		all = append(all, add(list+"/-", name))
	}
	return all
}

// values are texts as decoded JSON has them.
func values(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}

// mentions says whether a filter does something with a header: a second action for it is not allowed.
func mentions(f *gatewayv1.HTTPHeaderFilter, name string) bool {
	same := func(other string) bool { return strings.EqualFold(other, name) }
	is := func(h gatewayv1.HTTPHeader) bool { return same(string(h.Name)) }
	return slices.ContainsFunc(f.Set, is) || slices.ContainsFunc(f.Add, is) || slices.ContainsFunc(f.Remove, same)
}
