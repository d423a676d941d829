package azure

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

const (
	RuleSet         = PrefixAGIC + "rewrite-rule-set"
	RuleSetResource = PrefixAGIC + "rewrite-rule-set-custom-resource"
)

// agicUses is the rewrite that an Ingress names, in its namespace.
func agicUses(o *inventory.Object) []inventory.ID {
	if name := strings.TrimSpace(o.Meta.Annotations[RuleSetResource]); name != "" {
		return []inventory.ID{{GroupKind: crd.AGICRewrite, Namespace: o.Ref.Namespace, Name: name}}
	}
	return nil
}

// agicReading is what a rewrite does.
type agicReading struct {
	identity tri.State
	hides    bool
	rewrite  way.Rewrite
}

// agicRead reads the rewrite of an Ingress; ok is false where it names none. A rule set that lies in the gateway itself
// is not visible.
func agicRead(in way.Input) (r agicReading, ok bool) {
	unread := func(key, why string) (agicReading, bool) {
		return agicReading{identity: tri.Is(way.IdentityUnknown, key, why), rewrite: way.UnknownRewrite(why)}, true
	}
	name := strings.TrimSpace(in.Ingress.Annotations[RuleSetResource])
	switch {
	case strings.TrimSpace(in.Ingress.Annotations[RuleSet]) != "":
		return unread(RuleSet, reason.Of("agic-rule-set-of-the-gateway", RuleSet))
	case name == "":
		return agicReading{}, false
	}
	who := "AzureApplicationGatewayRewrite " + in.Ingress.Namespace + "/" + name
	o := way.ObjectAt(in.Objects, inventory.ID{GroupKind: crd.AGICRewrite, Namespace: in.Ingress.Namespace, Name: name})
	if o == nil {
		return unread(RuleSetResource, reason.Of("not-found", who))
	}
	r.identity = tri.Is(way.IdentityClient, RuleSetResource, who+" leaves the header alone")
	rules := slices.Clone(inventory.Must[crd.ApplicationGatewayRewrite](o).Spec.RewriteRules)
	slices.SortStableFunc(rules,
		func(a, b crd.ApplicationGatewayRule) int { return cmp.Compare(a.RuleSequence, b.RuleSequence) })
	for _, rule := range rules {
		for _, h := range rule.Actions.RequestHeaders {
			if strings.EqualFold(h.HeaderName, way.Header) {
				r.identity = agicHeader(who, h, len(rule.Conditions) > 0)
			}
		}
		for _, h := range rule.Actions.ResponseHeaders {
			r.hides = r.hides || strings.EqualFold(h.HeaderName, "Server") && len(rule.Conditions) == 0
		}
		url := rule.Actions.URL
		switch {
		case url == nil || url.ModifiedPath == "":
		case len(rule.Conditions) > 0 || strings.Contains(url.ModifiedPath, "{"):
			r.rewrite = way.UnknownRewrite(reason.Of("rewrite-from-request", who))
		case r.rewrite.Kind != way.RewriteUnknown:
			r.rewrite = way.Rewrite{Kind: way.RewriteConstant, To: url.ModifiedPath}
		}
	}
	return r, true
}

// agicHeader: `{http_req_x}` and `{var_x}` in a value are looked up for each request; no value is no header.
func agicHeader(who string, h crd.ApplicationGatewayHeader, conditional bool) tri.State {
	state := func(identity, why string) tri.State { return tri.Is(identity, RuleSetResource, who+" "+why) }
	switch {
	case conditional:
		return state(way.IdentityUnknown, "changes the header under a condition")
	case h.ActionType == "delete", h.HeaderValue == "":
		return state(way.IdentityRemoved, "deletes the header, but not the query parameter of the same name")
	case strings.Contains(h.HeaderValue, "{http_req_"):
		return state(way.IdentityClient, "sets the header from what the client sends")
	case strings.Contains(h.HeaderValue, "{"):
		return state(way.IdentityUnknown, reason.Of("header-value-not-seen"))
	}
	return state(way.IdentitySet, "sets the header to a constant")
}
