package nginxconf

import (
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// NoLimit is Route.RateLimited.Why where there is nothing to say.
const NoLimit = "no limit_req"

// rateLimited says whether requests that a route forwards are limited: by limit_req or limit_conn in force for its
// location, not in a dry run, by a key that no client chooses.
func (c *Config) rateLimited(r *Route, verified bool) Setting {
	limit := c.limitsOf(r.scope, verified)
	loc := r.scope.location()
	if limit.State == tri.On || !loc.named {
		return limit
	}
	// What leads to a named location has been limited where it came from.
	var before []Setting
	for _, other := range c.leadingTo(r.Server, loc.name) {
		s := Setting{State: tri.Off, Why: limit.Why}
		if !other.before {
			s = c.limitsOf(other.scope, verified)
		}
		before = append(before, s)
	}
	for i, s := range before {
		if s.State != tri.On {
			break
		}
		if i == len(before)-1 {
			return s
		}
	}
	return limit
}

// limitsOf reads the limits that are in force for a scope. Of several the best counts.
func (c *Config) limitsOf(s *scope, verified bool) Setting {
	best := Setting{State: tri.Off, Why: NoLimit}
	for _, name := range []string{"limit_req", "limit_conn"} {
		dry := s.flag(name+"_dry_run", false)
		for _, d := range s.inherited(name) {
			limit := Setting{State: tri.Off, Why: name + "_dry_run is on"}
			if !dry {
				limit = c.limit(d, verified)
			}
			if limit.State == tri.On {
				return limit
			}
			if best.State == tri.Off && (limit.State != tri.Off || best.Why == NoLimit) {
				best = limit
			}
		}
	}
	return best
}

// limit is what one limit_req or limit_conn does, by the key of its zone: requests for which the key is empty are not
// counted, and a key that the client writes is another one whenever it likes.
func (c *Config) limit(d *syntax.Directive, verified bool) Setting {
	key := limitKey{d, verified}
	known, ok := c.limits[key]
	if !ok {
		known = c.readLimit(d, verified)
		c.limits[key] = known
	}
	return known
}

type limitKey struct {
	directive *syntax.Directive
	verified  bool
}

func (c *Config) readLimit(d *syntax.Directive, verified bool) Setting {
	name := d.Arg(0)
	if d.Name == "limit_req" {
		name = ""
		for _, a := range d.Args {
			if zone, ok := strings.CutPrefix(a, "zone="); ok {
				name = zone
			}
		}
	}
	zone := c.zones[d.Name+"_zone "+name]
	if zone == nil {
		return Setting{State: tri.Unknown, Why: reason.Of("nginx-zone-not-found", d.Name, d.At())}
	}
	key, err := expr.Parse(zone.Arg(0))
	if err != nil {
		return Setting{State: tri.Unknown, Why: reason.Of("nginx-zone-not-understood", d.Name, zone.At())}
	}
	counts, result := false, Setting{State: tri.On, Why: d.Name + " at " + d.At()}
	p := &way{args: expr.Variable("args"), opaque: true, work: &expr.Budget{Left: workPerQuestion}}
	for _, a := range c.vars.Expand(key, p, 0) {
		if value, ok := a.Text.Constant(); ok && value == "" {
			switch {
			case a.Assume.Free():
				return Setting{State: tri.Off, Why: "the key of " + d.Name + "_zone at " + zone.At() +
					" can be made empty by clients"}
			case takesInAnyone(a.Assume):
				return Setting{State: tri.Off, Why: d.Name + "_zone at " + zone.At() + " does not count any address"}
			case !byAddress(a.Assume):
				result = Setting{State: tri.Unknown, Why: reason.Of("nginx-zone-counts-some", d.Name, zone.At(),
					a.Assume.When())}
			}
			continue
		}
		counts = true
		for _, part := range a.Text {
			switch {
			case part.Name == expr.Undefined:
				return Setting{State: tri.Unknown, Why: reason.Of("nginx-zone-key-not-known", d.Name, zone.At())}
			case part.Name != "" && expr.Chosen(part) && (part.Name != "remote_user" || !verified):
				return Setting{State: tri.Off, Why: "the key of " + d.Name + "_zone at " + zone.At() + " is made of $" +
					part.Name + ", which the client controls"}
			}
		}
	}
	if !counts {
		return Setting{State: tri.Off, Why: "the key of " + d.Name + "_zone at " + zone.At() + " is empty"}
	}
	return result
}

// byAddress says whether it is the client's address alone that an assumption is about.
func byAddress(as expr.Assumptions) bool {
	for _, a := range as {
		for _, p := range a.Source {
			if p.Name != "remote_addr" && p.Name != "binary_remote_addr" && p.Name != "realip_remote_addr" &&
				!strings.HasPrefix(p.Name, "geo $") {
				return false
			}
		}
		if a.Opaque != "" {
			return false
		}
	}
	return len(as) > 0
}

// takesInAnyone says whether one of the addresses that a geo block is about is every address.
func takesInAnyone(as expr.Assumptions) bool {
	return slices.ContainsFunc(as, func(a expr.Assumption) bool {
		return len(a.Source) == 1 && strings.HasPrefix(a.Source[0].Name, "geo $") && a.Equals != nil && a.Holds &&
			(*a.Equals == "default" || takesInOutsiders(*a.Equals))
	})
}
