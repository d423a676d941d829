package gatewayapi

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

const (
	sourceListeners = "listeners"
	sourceParents   = "spec.parentRefs"
)

// gatewayTransport is what clients speak with a Gateway that takes the route under a host: the listeners say. That
// other routes are attached to a plain listener of the same host is their matter; of one that redirects it is only
// told.
func gatewayTransport(c way.Context, r gatewayRoute, s servedRoute, host attachedHost) way.Transport {
	unknown := func(source, why string) way.Transport {
		state := tri.Is(tri.Unknown, source, why)
		return way.Transport{TLS: state, Plain: state}
	}
	switch {
	case s.mesh:
		return unknown(sourceParents, reason.Of("gateway-mesh"))
	case host.doubt != "":
		return unknown(sourceParents, host.doubt)
	}
	taking := s.taking(host.host)
	if !r.isHTTP() {
		return connectionTransport(taking)
	}
	var plain, encrypted []listener
	var before tri.State
	for _, l := range taking {
		switch l.Protocol {
		case gatewayv1.HTTPProtocolType:
			if state := balancerTLS(c, s, l); state.State == tri.On {
				before = state
			} else {
				plain = append(plain, l)
			}
		case gatewayv1.HTTPSProtocolType:
			encrypted = append(encrypted, l)
		default:
			return unknown(sourceListeners, reason.Of("gateway-protocol", l.text(), way.Quote(string(l.Protocol))))
		}
	}
	t := way.Transport{TLS: certified(encrypted)}
	if len(encrypted) == 0 && before.State == tri.On && len(plain) == 0 {
		t.TLS, t.Plain = before, way.Closed(before.Source, before.Why)
		return t
	}
	if len(encrypted) == 0 {
		why := plain[0].text() + ", which takes it, has the protocol HTTP"
		t.TLS = tri.Is(tri.Off, sourceListeners, why)
		t.Plain = way.PassedOn(sourceListeners, why)
		t.Fix.Advice = "give " + s.String() +
			" a listener with protocol HTTPS and tls.certificateRefs, name it in spec.parentRefs by " +
			"sectionName, and attach " + redirectingRoute + " to the listener for plain HTTP"
		return t
	}
	if len(plain) == 0 {
		t.Plain = plainElsewhere(c, r, s, host.host)
		return t
	}
	t.Plain = way.PassedOn(sourceParents, plain[0].text()+" takes it as well, with the protocol HTTP")
	t.Fix.Advice = "name the listener that is meant in spec.parentRefs (sectionName: " + string(encrypted[0].Name) +
		"), and attach " +
		redirectingRoute + " to listener " + string(plain[0].Name)
	if redirects := s.class.impl.redirects; redirects != "" {
		t.Plain = tri.Is(tri.Unknown, "default", redirects)
	}
	return t
}

const redirectingRoute = "a separate HTTPRoute with a RequestRedirect filter (scheme: https, statusCode: 301)"

// text names a listener for people.
func (l listener) text() string {
	return "listener " + string(l.Name) + " of " + l.Of.Kind + " " + l.Of.Namespace + "/" + l.Of.Name
}

// taking are the listeners at which requests for a host get to the route: those that take it under this host or a wider
// one, and those for plain HTTP that take it under a narrower one.
func (s servedRoute) taking(host string) []listener {
	var list []listener
	for _, h := range s.hosts {
		for _, l := range h.listeners {
			if within(host, h.host) || l.Protocol == gatewayv1.HTTPProtocolType && within(h.host, host) {
				list = append(list, l)
			}
		}
	}
	return list
}

// within says whether every host that one name means is meant by another; `*` is every host.
func within(host, wide string) bool {
	host, wide = strings.ToLower(host), strings.ToLower(wide)
	return wide == "*" || host == wide || host != "*" && commonHost(host, wide) == host
}

// certified says whether listeners for HTTPS have certificates. Options stand for one in an implementation's own way.
func certified(listeners []listener) tri.State {
	state := tri.Is(tri.On, sourceListeners, "")
	for _, l := range listeners {
		if tls := l.TLS; tls != nil && (len(tls.CertificateRefs) > 0 || len(tls.Options) > 0) {
			state.Why = cmp.Or(state.Why, l.text()+" names a certificate")
			continue
		}
		return tri.Is(tri.Unknown, sourceListeners, reason.Of("gateway-listener-without-certificate", l.text()))
	}
	return state
}

// connectionTransport is for routes of connections: a listener ends TLS, or leaves it to what is behind.
func connectionTransport(listeners []listener) way.Transport {
	const advice = "terminate TLS further in, or use an HTTPRoute at a listener with protocol HTTPS and tls.certificateRefs"
	var through, raw, ended []listener
	for _, l := range listeners {
		switch {
		case l.Protocol == gatewayv1.TCPProtocolType:
			raw = append(raw, l)
		case l.Protocol != gatewayv1.TLSProtocolType:
			state := tri.Is(tri.Unknown, sourceListeners,
				reason.Of("gateway-protocol", l.text(), way.Quote(string(l.Protocol))))
			return way.Transport{TLS: state, Plain: state}
		case l.TLS != nil && l.TLS.Mode != nil && *l.TLS.Mode == gatewayv1.TLSModePassthrough:
			through = append(through, l)
		default:
			ended = append(ended, l)
		}
	}
	decidedBehind := tri.Is(tri.Unknown, sourceListeners, reason.Of("decided-further-in"))
	switch {
	case len(raw) > 0:
		return way.Transport{
			TLS: decidedBehind, Plain: way.PassedOn(sourceListeners, raw[0].text()+" passes everything through"),
			Passthrough: true, Fix: way.Fix{Advice: advice},
		}
	case len(through) > 0:
		return way.Transport{
			TLS: decidedBehind, Plain: way.Closed(sourceListeners, through[0].text()+" accepts only TLS"),
			Passthrough: true, Fix: way.Fix{Advice: advice},
		}
	}
	return way.Transport{TLS: certified(ended), Plain: way.Closed(sourceListeners, ended[0].text()+" accepts only TLS")}
}

// plainElsewhere is what plain HTTP for a host meets at a Gateway whose plain listeners do not take the route: a
// redirect of another route's, or nothing of this one. Since either is fine, the other is only looked for where it
// usually lies: in the namespaces of the route and of the Gateway. Routes of all namespaces would be read live at each
// request.
func plainElsewhere(c way.Context, r gatewayRoute, s servedRoute, host string) tri.State {
	namespaces := []string{r.Namespace(), s.gateway.Namespace}
	for _, namespace := range slices.Compact(namespaces) {
		for _, o := range c.Objects.Find(inventory.KindKey(crd.HTTPRoute, namespace)) {
			if o.Typed == nil {
				continue
			}
			if l, found := redirects(c, readRoute(o), s.parent, host); found {
				return way.Redirected(o.Ref.String(), fmt.Sprintf("%s redirects to HTTPS at %s", o.Ref, l.text()))
			}
		}
	}
	return way.Closed(sourceListeners, "no listener of "+s.String()+" takes it with the protocol HTTP")
}

// redirects says whether a route sends everything that comes for a host by plain HTTP to HTTPS, and where.
func redirects(c way.Context, r gatewayRoute, gateway inventory.ID, host string) (listener, bool) {
	serves := func(rule gatewayRule) bool { return !rule.redirects() }
	if slices.ContainsFunc(r.rules, serves) || !slices.ContainsFunc(r.rules, gatewayRule.takesAll) {
		return listener{}, false
	}
	for _, a := range attachments(c, r) {
		if a.parent != gateway {
			continue
		}
		for _, h := range a.hosts {
			if !within(host, h.host) {
				continue
			}
			for _, l := range h.listeners {
				if l.Protocol == gatewayv1.HTTPProtocolType {
					return l, true
				}
			}
		}
	}
	return listener{}, false
}

// redirects says whether the rule answers with a redirect to HTTPS.
func (r gatewayRule) redirects() bool {
	return slices.ContainsFunc(r.Filters, func(f gatewayv1.HTTPRouteFilter) bool {
		return f.RequestRedirect != nil && f.RequestRedirect.Scheme != nil && *f.RequestRedirect.Scheme == "https"
	})
}

// takesAll says whether the rule takes every request.
func (r gatewayRule) takesAll() bool {
	return slices.ContainsFunc(r.matches, func(m gatewayv1.HTTPRouteMatch) bool {
		value, _ := pathText(m.Path)
		return isPrefix(m.Path) && value == "/" && len(conditionsOf(m)) == 0
	})
}

// balancerTLS says whether the load balancer of a Gateway ends TLS on the port of a listener, as the annotations say
// that it gets, or that the Service has which was made for it.
func balancerTLS(c way.Context, s servedRoute, l listener) tri.State {
	all := []map[string]string{{}}
	if infra := s.gateway.Spec.Infrastructure; infra != nil && !s.class.impl.OwnBalancer {
		for key, value := range infra.Annotations {
			all[0][string(key)] = string(value)
		}
	}
	for _, o := range c.Governors(way.GatewayID(s.gateway.Namespace, s.gateway.Name)) {
		if svc, ok := inventory.As[corev1.Service](o); ok {
			all = append(all, svc.Annotations)
		}
	}
	for _, annotations := range all {
		if state := way.Balancer(annotations, l.Port, "", c.Config.Clouds); state.State == tri.On {
			return state
		}
	}
	return tri.State{State: tri.Off}
}
