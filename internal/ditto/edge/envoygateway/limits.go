package envoygateway

import (
	"cmp"
	"net/netip"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/gatewayapi"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// envoyLimits reads the BackendTrafficPolicy that counts for a place: the most specific one. A route's may say that it
// is laid over that of its parent.
func envoyLimits(c way.Context, at gatewayapi.Place) gatewayapi.Limits {
	var (
		policy, parent *inventory.Object
		best, above    int
		doubt          string
	)
	for _, o := range envoyGoverning(c, at) {
		if o.Ref.GroupKind() != crd.BackendTrafficPolicy {
			continue
		}
		specific, unsure := about(o, at)
		doubt = cmp.Or(doubt, unsure)
		if specific > best {
			best, policy = specific, o
		}
		if specific < ofRoute && specific > above {
			above, parent = specific, o
		}
	}
	if policy == nil {
		return gatewayapi.Limits{Limited: orUnread(gatewayapi.UnlimitedRoute(), doubt)}
	}
	name := policy.Ref.String()
	spec := inventory.Must[crd.EnvoyBackendTrafficPolicy](policy).Spec
	if spec.MergeType != nil && parent != nil && parent != policy {
		merged, err := mergedSpec[crd.EnvoyBackendTrafficPolicySpec](parent, policy)
		if err != nil {
			why := reason.Of("envoy-policies-not-merged", name, parent.Ref)
			return gatewayapi.Limits{Limited: tri.Is(tri.Unknown, name, why),
				Pages: way.ErrorPages{Unknown: []string{why}}}
		}
		spec = merged
	}
	l := envoyLimited(spec.RateLimit, name)
	l.Pages = envoyPages(spec.ResponseOverride, name)
	if doubt != "" {
		// The other policy would take the place of this one.
		l.Limited = tri.Is(tri.Unknown, "policies", doubt)
	}
	return l
}

// envoyLimited says whether some rule limits every request. Of a limit of zero, which lets nothing through, nothing
// more is asked.
func envoyLimited(limit *crd.EnvoyRateLimit, name string) gatewayapi.Limits {
	if limit == nil {
		return gatewayapi.Limits{Limited: tri.Is(tri.Off, name, name+", which counts here, has no rateLimit")}
	}
	best := gatewayapi.Limits{Limited: tri.Is(tri.Off, name, name+" has no rule that limits requests")}
	read := func(kind, assumption string, list *crd.EnvoyRateLimits) {
		if list == nil || limit.Type != "" && limit.Type != kind {
			return
		}
		for _, rule := range list.Rules {
			state := envoyRuleLimits(rule, name+" (rateLimit."+strings.ToLower(kind)+")")
			state.Source = name
			if rank := map[string]int{tri.On: 2, tri.Unknown: 1}; rank[state.State] > rank[best.Limited.State] ||
				state.State == tri.Off && best.Limited.State == tri.Off {
				best = gatewayapi.Limits{Limited: state}
				if state.State == tri.On {
					best.Assumption = assumption
				}
			}
		}
	}
	read("Local", "", limit.Local)
	read("Global", "the configuration of Envoy Gateway has a rateLimit.backend, without which the limits of "+name+
		" do nothing", limit.Global)
	return best
}

func envoyRuleLimits(rule crd.EnvoyRateLimitRule, name string) tri.State {
	if gatewayapi.IsTrue(rule.ShadowMode) {
		return tri.State{State: tri.Off, Why: name + " has a rule in shadow mode, which refuses nothing"}
	}
	if cost := rule.Cost; cost != nil && cost.Request != nil {
		switch n := cost.Request.Number; {
		case n == nil:
			return tri.State{State: tri.Unknown, Why: reason.Of("envoy-limit-by-metadata", name)}
		case *n == 0 && cost.Response == nil:
			return tri.State{State: tri.Off, Why: name + " has a rule that counts each request as zero"}
		}
	}
	for _, s := range rule.ClientSelectors {
		if !selectsAll(s) {
			return tri.State{State: tri.Unknown, Why: reason.Of("envoy-limit-by-selectors", name)}
		}
	}
	return tri.State{State: tri.On, Why: name + " limits requests"}
}

// selectsAll says whether a selector certainly takes every request: every address, every path.
func selectsAll(s crd.EnvoyRateLimitSelector) bool {
	if len(s.Headers) > 0 || len(s.Methods) > 0 {
		return false
	}
	if p := s.Path; p != nil && (p.Value != "/" || p.Type != "" && p.Type != "PathPrefix" ||
		gatewayapi.IsTrue(p.Invert)) {
		return false
	}
	if a := s.SourceCIDR; a != nil {
		prefix, err := netip.ParsePrefix(a.Value)
		return err == nil && prefix.Bits() == 0 && !gatewayapi.IsTrue(a.Invert)
	}
	return true
}

// envoyPages are the answers that a BackendTrafficPolicy puts in the place of others. Envoy's command operators in them
// may stand for what the client sent.
func envoyPages(overrides []crd.EnvoyResponseOverride, name string) way.ErrorPages {
	var pages way.ErrorPages
	for _, o := range overrides {
		if o.Response == nil || o.Response.Body == nil {
			continue
		}
		switch body := o.Response.Body; {
		case body.ValueRef != nil:
			pages.Unknown = way.AppendNew(pages.Unknown, reason.Of("envoy-answer-elsewhere", name))
		case envoyEchoes(body.Inline):
			pages.Echoes = way.AppendNew(pages.Echoes, "responseOverride of "+name+" repeats what the client sent")
		}
	}
	return pages
}

// envoyEchoes says whether a format of Envoy's holds something that the client sent.
// Source: command operators of Envoy's access log.
func envoyEchoes(format string) bool {
	for _, operator := range []string{"%REQ(", "%REQUEST_HEADER(", "%PATH(", "%PATH%", "%QUERY_PARAM(",
		"%QUERY_PARAMS("} {
		if strings.Contains(strings.ReplaceAll(format, "%%", ""), operator) {
			return true
		}
	}
	return false
}

// orUnread is the reading where what limits nothing so far is joined by something that is not read.
func orUnread(s tri.State, why string) tri.State {
	if s.State != tri.Off || why == "" {
		return s
	}
	return tri.Is(tri.Unknown, "policies", why)
}
