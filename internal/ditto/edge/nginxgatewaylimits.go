package edge

import (
	"cmp"
	"slices"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// nginxGatewayLimits reads the RateLimitPolicies of a route and of its Gateway. They become limit_req directives of the
// locations and of the server: those of a location take the place of the server's, and a dry run of the server holds for
// its locations too (nginx: directives are inherited where the level has none of its own).
func nginxGatewayLimits(c Context, at place) limits {
	route, _ := nginxLimitsOf(c, at.route.object.Ref.ID())
	gateway, gatewayDry := nginxLimitsOf(c, at.gatewayID())
	state := unlimitedRoute()
	switch {
	case route.State == On && gatewayDry != "":
		state = State{Unknown, route.Source, gatewayDry + " is a dry run, and whether that holds for " + route.Source + " cannot be told"}
	case route.State == Off && gateway.State == On:
		state = State{Unknown, gateway.Source, gateway.Why + ", but " + route.Why + ", and whether both count cannot be told"}
	case route.State != "":
		state = route
	case gateway.State != "":
		state = gateway
	}
	return limits{Limited: state}
}

// nginxLimitsOf is what the RateLimitPolicies of one object do together; its zero is nothing. dry names one that is a dry
// run, which makes all of that object's one.
func nginxLimitsOf(c Context, id inventory.ID) (state State, dry string) {
	for _, o := range c.governors(id) {
		policy, ok := o.Typed.(*crd.NginxRateLimitPolicy)
		if !ok || policy.Spec.RateLimit == nil || policy.Spec.RateLimit.Local == nil || len(policy.Spec.RateLimit.Local.Rules) == 0 {
			continue
		}
		rules := policy.Spec.RateLimit.Local.Rules
		name := o.Ref.String()
		if isTrue(policy.Spec.RateLimit.DryRun) ||
			slices.ContainsFunc(rules, func(r crd.NginxRateLimitRule) bool { return isTrue(r.DryRun) }) {
			dry = cmp.Or(dry, name)
		}
		for _, rule := range rules {
			if s := nginxRuleLimits(rule, name); state.State != On {
				state = s
			}
		}
	}
	if dry != "" {
		state = State{Off, dry, dry + " is a dry run, which refuses nothing"}
	}
	return state, dry
}

func nginxRuleLimits(rule crd.NginxRateLimitRule, name string) State {
	if rule.Rate != "" && !f5RateText.MatchString(rule.Rate) {
		return State{Off, name, "the rate of " + name + " is " + quote(rule.Rate) + ", which is no rate"}
	}
	names, _ := nginxVariables(rule.Key)
	if i := slices.IndexFunc(names, fromClient); i >= 0 {
		return State{Off, name, name + " counts by $" + names[i] + ", which the client writes"}
	}
	return State{On, name, name + " limits requests"}
}
