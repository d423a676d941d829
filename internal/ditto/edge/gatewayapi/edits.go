package gatewayapi

import (
	"fmt"
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// The forms of an Edit: what is added at its path.
const (
	// EditItem is the name itself, at the end of a list that is there.
	EditItem = "item"
	// EditList is a list with the names.
	EditList = "list"
	// EditFilter is a filter with the names, at the end of a list that is there; EditFilters is a list with that filter.
	EditFilter  = "filter"
	EditFilters = "filters"
)

// most is how many filters a rule may have, and how many names a filter may remove.
const most = 16

// edits are the changes that would make a rule remove the identity header from requests, and Server and X-Powered-By from
// responses.
func edits(r gatewayRoute, rule gatewayRule, e way.Effects) (strip, hide []way.Edit) {
	if !r.isHTTP() {
		return nil, nil
	}
	if e.StripsIdentity.State == way.Off {
		strip = removing(rule, gatewayv1.HTTPRouteFilterRequestHeaderModifier, []string{way.Header})
	}
	if e.HidesHeaders.State == way.Off {
		hide = removing(rule, gatewayv1.HTTPRouteFilterResponseHeaderModifier, []string{"Server", "X-Powered-By"})
	}
	return strip, hide
}

// removing adds names to what the filter of a rule removes. There are none where one of the names is mentioned already, or
// where the lists are full: somebody decided, or has to.
func removing(rule gatewayRule, kind gatewayv1.HTTPRouteFilterType, names []string) []way.Edit {
	root := fmt.Sprintf("/spec/rules/%d/filters", rule.index)
	at := slices.IndexFunc(rule.filters, func(f gatewayv1.HTTPRouteFilter) bool { return f.Type == kind })
	switch {
	case at < 0 && len(rule.filters) == 0:
		return []way.Edit{{Path: root, Form: EditFilters, Names: names}}
	case at < 0 && len(rule.filters) < most:
		return []way.Edit{{Path: root + "/-", Form: EditFilter, Names: names}}
	case at < 0:
		return nil
	}
	filter, field := rule.filters[at].RequestHeaderModifier, "requestHeaderModifier"
	if kind == gatewayv1.HTTPRouteFilterResponseHeaderModifier {
		filter, field = rule.filters[at].ResponseHeaderModifier, "responseHeaderModifier"
	}
	if filter == nil || len(filter.Remove)+len(names) > most || mentions(filter, names[0]) {
		return nil
	}
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return mentions(filter, name) })
	list := fmt.Sprintf("%s/%d/%s/remove", root, at, field)
	if len(filter.Remove) == 0 {
		return []way.Edit{{Path: list, Form: EditList, Names: names}}
	}
	var all []way.Edit
	for _, name := range names {
		all = append(all, way.Edit{Path: list + "/-", Form: EditItem, Names: []string{name}})
	}
	return all
}

// mentions says whether a filter does something with a header: a second action for it is not allowed.
func mentions(f *gatewayv1.HTTPHeaderFilter, name string) bool {
	same := func(other string) bool { return strings.EqualFold(other, name) }
	is := func(h gatewayv1.HTTPHeader) bool { return same(string(h.Name)) }
	return slices.ContainsFunc(f.Set, is) || slices.ContainsFunc(f.Add, is) || slices.ContainsFunc(f.Remove, same)
}
