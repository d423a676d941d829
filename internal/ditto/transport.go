package ditto

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// encrypt works out what clients speak: the outermost step that ends their connection decides. What the kind of an entry does
// not say is unknown.
func (e *Exposure) encrypt(route *way.Route, c chain) {
	t := route.Transport
	switch {
	case t.Passthrough:
		inner := ended(c)
		inner.Advice = cmp.Or(t.Advice, inner.Advice)
		if t.Plain.State != way.PlainServed {
			inner.Plain = t.Plain
		}
		t = inner
	case t.TLS.State == "":
		t.TLS = way.State{State: Unknown, Source: e.Entry.Kind, Why: "what " + e.Entry.Ref().String() + " does about TLS is not read"}
		t.Plain = t.TLS
	}
	e.TLS = switchOf(t.TLS)
	e.Plain, e.PlainWhy, e.TLSAdvice = t.Plain.State, t.Plain.Why, t.Advice
}

// ended is what the first step that is no edge speaks with whoever connects to it.
func ended(c chain) way.Transport {
	for _, h := range slices.Backward(c.hops) {
		if h.proxy == nil {
			continue
		}
		if t := h.proxy.transport(int32(h.door.Port)); t != nil {
			if t.TLS.State == Unknown && t.TLS.Source == "" {
				t.TLS.Source, t.Plain.Source = h.text(), h.text()
			}
			return *t
		}
	}
	const why = "the gateway speaks plain HTTP alone"
	return way.Transport{
		TLS:    way.State{State: Off, Source: "gateway", Why: why},
		Plain:  way.State{State: way.PlainServed, Source: "gateway", Why: why},
		Advice: "let an Ingress, a Route or an nginx with a certificate stand before the gateway, and give its Service no way in of its own",
	}
}

// limit works out whether some step limits what comes in.
func (e *Exposure) limit(route *way.Route, c chain) {
	limited, plain := Switch{State: Off}, true
	count := func(s Switch, silent bool) {
		// A limit that fails says more than that there is none.
		better := s.State == Off && limited.State == Off && (limited.Why == "" || plain && !silent)
		if limited.State != On && s.State == On || limited.State == Off && s.State == Unknown || better {
			limited, plain = s, silent
		}
	}
	own := route.Rate.Limited
	if own.State == "" {
		own = way.State{State: Unknown, Source: e.Entry.Kind, Why: "whether " + e.Entry.Ref().String() + " limits requests is not read"}
	}
	count(switchOf(own), own.Source == "default" || own.Why == "")
	e.RateAdvice = route.Rate.Advice
	for _, h := range slices.Backward(c.hops) {
		if h.proxy == nil {
			continue
		}
		limited, said := h.proxy.limit()
		count(limited, !said)
		e.RateAdvice = cmp.Or(e.RateAdvice, h.proxy.limitAdvice())
	}
	if e.RateLimited = limited; limited.State != Off {
		return
	}
	if limited.Why == "" {
		e.RateLimited.Why = "no step reads requests"
	}
	if e.RateAdvice == "" {
		e.RateAdvice = "let an edge or an nginx that limits requests stand before the gateway"
	}
	e.RateAnnotations = annotations(route.Rate.Annotations)
}

// answers collects the error pages of what the way begins at: an edge's, or a proxy's.
func (e *Exposure) answers(route *way.Route, c chain) {
	unknown := route.ErrorPages.Unknown
	e.Echoes, e.ErrorPageBypass = route.ErrorPages.Echoes, route.ErrorPages.Bypass
	if outermost := c.hops[len(c.hops)-1]; e.Kind == KindProxy && outermost.proxy != nil {
		e.Echoes, unknown = outermost.proxy.pages()
	}
	switch {
	case len(e.Echoes) > 0:
		e.ErrorPages = Switch{State: On, Source: "error pages", Why: e.Echoes[0]}
	case len(unknown) > 0:
		e.ErrorPages = Switch{State: Unknown, Source: "error pages", Why: strings.Join(unknown, "; ")}
	default:
		e.ErrorPages = Switch{State: Off, Source: "error pages"}
	}
}

// switchOf is an edge's state as a fact.
func switchOf(s way.State) Switch {
	return Switch{State: s.State, Source: s.Source, Why: s.Why}
}
