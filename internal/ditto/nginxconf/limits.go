package nginxconf

import "strings"

// NoLimit is Route.RateLimited.Why where there is nothing to say.
const NoLimit = "no limit_req"

// rateLimited says whether requests that a route forwards are limited: by limit_req or limit_conn in force for its
// location, not in a dry run, by a key that no client chooses.
func (c *Config) rateLimited(r *Route, verified bool) Setting {
	limit := c.limitsOf(r.scope, verified)
	loc := r.scope.location()
	if limit.State == On || !loc.named {
		return limit
	}
	// What leads to a named location has been limited where it came from.
	var before []Setting
	for _, other := range c.leadingTo(r.Server, loc.name) {
		s := Setting{State: Off, Why: limit.Why}
		if !other.before {
			s = c.limitsOf(other.scope, verified)
		}
		before = append(before, s)
	}
	for i, s := range before {
		if s.State != On {
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
	best := Setting{State: Off, Why: NoLimit}
	for _, name := range []string{"limit_req", "limit_conn"} {
		dry := s.flag(name+"_dry_run", false)
		for _, d := range s.inherited(name) {
			limit := Setting{State: Off, Why: name + "_dry_run is on"}
			if !dry {
				limit = c.limit(d, verified)
			}
			if limit.State == On {
				return limit
			}
			if best.State == Off && (limit.State != Off || best.Why == NoLimit) {
				best = limit
			}
		}
	}
	return best
}

// limit is what one limit_req or limit_conn does, by the key of its zone: requests for which the key is empty are not
// counted, and a key that the client writes is another one whenever it likes.
func (c *Config) limit(d *directive, verified bool) Setting {
	key := limitKey{d, verified}
	known, ok := c.limits[key]
	if !ok {
		known = c.readLimit(d, verified)
		c.limits[key] = known
	}
	return known
}

type limitKey struct {
	directive *directive
	verified  bool
}

func (c *Config) readLimit(d *directive, verified bool) Setting {
	name := d.arg(0)
	if d.name == "limit_req" {
		name = ""
		for _, a := range d.args {
			if zone, ok := strings.CutPrefix(a, "zone="); ok {
				name = zone
			}
		}
	}
	zone := c.zones[d.name+"_zone "+name]
	if zone == nil {
		return Setting{State: Unknown, Why: d.name + " at " + d.at() + " names a zone that is not here"}
	}
	key, err := parseText(zone.arg(0))
	if err != nil {
		return Setting{State: Unknown, Why: d.name + "_zone at " + zone.at() + " is not understood"}
	}
	counts, result := false, Setting{State: On, Why: d.name + " at " + d.at()}
	p := &way{args: variable("args"), opaque: true, work: &work{left: workPerQuestion}}
	for _, a := range c.expand(key, p, 0) {
		if value, ok := a.text.constant(); ok && value == "" {
			switch {
			case a.assume.free():
				return Setting{State: Off, Why: "the key of " + d.name + "_zone at " + zone.at() + " is empty for who wants it to be"}
			case takesInAnyone(a.assume):
				return Setting{State: Off, Why: d.name + "_zone at " + zone.at() + " does not count any address"}
			case !byAddress(a.assume):
				result = Setting{State: Unknown, Why: d.name + "_zone at " + zone.at() + " does not count requests" + a.assume.when()}
			}
			continue
		}
		counts = true
		for _, part := range a.text {
			switch {
			case part.name == undefined:
				return Setting{State: Unknown, Why: "what the key of " + d.name + "_zone at " + zone.at() + " holds is not here"}
			case part.name != "" && chosen(part) && (part.name != "remote_user" || !verified):
				return Setting{State: Off, Why: "the key of " + d.name + "_zone at " + zone.at() + " is made of $" + part.name + ", which the client writes"}
			}
		}
	}
	if !counts {
		return Setting{State: Off, Why: "the key of " + d.name + "_zone at " + zone.at() + " is empty"}
	}
	return result
}

// chosen says whether a variable is what the client wrote.
func chosen(p part) bool {
	if p.from != nil {
		for _, inner := range p.from {
			if inner.name != "" && chosen(inner) {
				return true
			}
		}
		return false
	}
	if len(p.name) == 1 && p.name[0] >= '0' && p.name[0] <= '9' {
		return true // a capture of the path
	}
	switch p.name {
	case "args", "query_string", "content_type", "content_length", "request_body", "request", "request_uri", "uri",
		"document_uri", "request_filename", "host", "remote_user", "request_method":
		return true
	}
	return strings.HasPrefix(p.name, "http_") || strings.HasPrefix(p.name, "arg_") || strings.HasPrefix(p.name, "cookie_")
}

// byAddress says whether it is the client's address alone that an assumption is about.
func byAddress(as assumptions) bool {
	for _, a := range as {
		for _, p := range a.source {
			if p.name != "remote_addr" && p.name != "binary_remote_addr" && p.name != "realip_remote_addr" && !strings.HasPrefix(p.name, "geo $") {
				return false
			}
		}
		if a.opaque != "" {
			return false
		}
	}
	return len(as) > 0
}

// takesInAnyone says whether one of the addresses that a geo block is about is every address.
func takesInAnyone(as assumptions) bool {
	for _, a := range as {
		if len(a.source) == 1 && strings.HasPrefix(a.source[0].name, "geo $") && a.equals != nil && a.holds &&
			(*a.equals == "default" || takesInOutsiders(*a.equals)) {
			return true
		}
	}
	return false
}
