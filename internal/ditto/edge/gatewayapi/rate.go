package gatewayapi

import (
	"cmp"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// Limits is what an implementation's own objects say about requests for a route.
type Limits struct {
	Limited tri.State
	// Assumption is what the reading rests on and cannot see.
	Assumption string
	Pages      way.ErrorPages
}

// gatewayLimits says, for requests that come in at a place, whether something limits them and which error pages there
// are. What may change everything and is not read, a filter or a policy, may limit them as well.
func gatewayLimits(c way.Context, at Place, opaque []string) Limits {
	switch {
	case at.unserved != "":
		return Limits{Limited: tri.Is(tri.Unknown, sourceParents, at.unserved)}
	case !at.Route.isHTTP():
		return Limits{Limited: tri.Is(tri.Off, "default", "connections are passed through unread")}
	}
	l := Limits{Limited: tri.Is(tri.Unknown, "default", cmp.Or(at.class.impl.unreadLimits,
		reason.Of("gateway-limits-not-read", at.class.impl.Title)))}
	if at.class.impl.Limits != nil {
		l = at.class.impl.Limits(c, at)
	}
	if len(opaque) > 0 {
		why := strings.Join(opaque, "; ")
		l.Pages.Unknown = append(l.Pages.Unknown, why)
		if l.Limited.State != tri.On {
			l.Limited = tri.Is(tri.Unknown, "filters", why)
		}
	}
	return l
}

// and is the reading of two places together, of which the weaker counts.
func (l Limits) and(other Limits) Limits {
	l.Limited = tri.And(l.Limited, other.Limited)
	l.Assumption = cmp.Or(l.Assumption, other.Assumption)
	l.Pages.Echoes = appendAll(l.Pages.Echoes, other.Pages.Echoes...)
	l.Pages.Unknown = appendAll(l.Pages.Unknown, other.Pages.Unknown...)
	return l
}

// apply makes the limits those of how a route is handled.
func (l Limits) apply(h *way.Handling, at Place) {
	h.Rate.Limited, h.ErrorPages = l.Limited, l.Pages
	advice := cmp.Or(at.class.impl.Limit,
		"limit requests by a policy of whoever serves the Gateway, or in an nginx with limit_req in front of the gateway")
	if !at.Route.isHTTP() {
		advice = "limit requests where TLS is terminated, or use an HTTPRoute"
	}
	h.Fixes[way.LimitRequests].Advice = advice
}

// UnlimitedRoute is the reading where no policy limits anything.
func UnlimitedRoute() tri.State {
	return tri.Is(tri.Off, "default", "no policy limits requests")
}
