package nginxgateway

import (
	"cmp"
	"slices"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/gatewayapi"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/nginx"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// nginxGatewayLimits reads the RateLimitPolicies of a route and of its Gateway. They become limit_req directives of the
// locations and of the server: those of a location take the place of the server's, and a dry run of the server holds
// for its locations too (nginx: directives are inherited where the level has none of its own).
func nginxGatewayLimits(c way.Context, at gatewayapi.Place) gatewayapi.Limits {
	route, _ := nginxLimitsOf(c, at.Route.Object.Ref.ID())
	gateway, gatewayDry := nginxLimitsOf(c, at.GatewayID())
	state := gatewayapi.UnlimitedRoute()
	switch {
	case route.State == tri.On && gatewayDry != "":
		state = tri.Is(tri.Unknown, route.Source, reason.Of("nginx-gateway-dry-run", gatewayDry, route.Source))
	case route.State == tri.Off && gateway.State == tri.On:
		state = tri.Is(tri.Unknown, gateway.Source, reason.Of("nginx-gateway-limits-of-both", gateway.Why, route.Why))
	case route.State != "":
		state = route
	case gateway.State != "":
		state = gateway
	}
	return gatewayapi.Limits{Limited: state}
}

// nginxLimitsOf is what the RateLimitPolicies of one object do together; its zero is nothing. dry names one that is a
// dry run, which makes all of that object's one.
func nginxLimitsOf(c way.Context, id inventory.ID) (state tri.State, dry string) {
	for _, o := range c.Governors(id) {
		policy, ok := inventory.As[crd.NginxRateLimitPolicy](o)
		if !ok || policy.Spec.RateLimit == nil || policy.Spec.RateLimit.Local == nil ||
			len(policy.Spec.RateLimit.Local.Rules) == 0 {
			continue
		}
		rules := policy.Spec.RateLimit.Local.Rules
		name := o.Ref.String()
		if gatewayapi.IsTrue(policy.Spec.RateLimit.DryRun) ||
			slices.ContainsFunc(rules, func(r crd.NginxRateLimitRule) bool { return gatewayapi.IsTrue(r.DryRun) }) {
			dry = cmp.Or(dry, name)
		}
		for _, rule := range rules {
			if s := nginxRuleLimits(rule, name); state.State != tri.On {
				state = s
			}
		}
	}
	if dry != "" {
		state = tri.Is(tri.Off, dry, dry+" is a dry run, which refuses nothing")
	}
	return state, dry
}

func nginxRuleLimits(rule crd.NginxRateLimitRule, name string) tri.State {
	if rule.Rate != "" && !nginx.F5RateText.MatchString(rule.Rate) {
		return tri.Is(tri.Off, name, "the rate of "+name+" is "+way.Quote(rule.Rate)+", which is not a rate")
	}
	variable, client := nginx.Written(rule.Key)
	if client {
		return tri.Is(tri.Off, name, name+" counts by $"+variable+", which the client controls")
	}
	return tri.Is(tri.On, name, name+" limits requests")
}
