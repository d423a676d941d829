package edge

import (
	"cmp"
	"strings"
)

// limits is what an implementation's own objects say about requests for a route.
type limits struct {
	Limited State
	// assumption is what the reading rests on and cannot see.
	assumption string
	pages      ErrorPages
}

// gatewayLimits says, for requests that come in at a place, whether something limits them and which error pages there are.
// What may change everything and is not read, a filter or a policy, may limit them as well.
func (c Context) gatewayLimits(at place, opaque []string) limits {
	switch {
	case at.unserved != "":
		return limits{Limited: State{Unknown, sourceParents, at.unserved}}
	case !at.route.isHTTP():
		return limits{Limited: State{Off, "default", "connections are passed through unread"}}
	}
	l := limits{Limited: State{Unknown, "default", cmp.Or(at.class.impl.unreadLimits,
		"what limits requests at "+at.class.impl.title+" is not read")}}
	if at.class.impl.limits != nil {
		l = at.class.impl.limits(c, at)
	}
	if len(opaque) > 0 {
		why := strings.Join(opaque, "; ")
		l.pages.Unknown = append(l.pages.Unknown, why)
		if l.Limited.State != On {
			l.Limited = State{Unknown, "filters", why}
		}
	}
	return l
}

// and is the reading of two places together, of which the weaker counts.
func (l limits) and(other limits) limits {
	l.Limited = Weaker(l.Limited, other.Limited)
	l.assumption = cmp.Or(l.assumption, other.assumption)
	l.pages.Echoes = appendAll(l.pages.Echoes, other.pages.Echoes...)
	l.pages.Unknown = appendAll(l.pages.Unknown, other.pages.Unknown...)
	return l
}

// rate is what the limits are to the route.
func (l limits) rate(at place) Rate {
	r := Rate{Limited: l.Limited, Advice: at.class.impl.limit}
	switch {
	case !at.route.isHTTP():
		r.Advice = "limit requests where TLS ends, or use an HTTPRoute"
	case r.Advice == "":
		r.Advice = "limit requests by a policy of whoever serves the Gateway, or in an nginx with limit_req before the gateway"
	}
	if r.Limited.State == On {
		r.Advice = ""
	}
	return r
}

// unlimitedRoute is the reading where no policy limits anything.
func unlimitedRoute() State { return State{Off, "default", "no policy limits requests"} }

// orUnread is the reading where what limits nothing so far is joined by something that is not read.
func (s State) orUnread(why string) State {
	if s.State != Off || why == "" {
		return s
	}
	return State{Unknown, "policies", why}
}
