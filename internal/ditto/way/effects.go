package way

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// PlainEdge is the reading of a controller that changes headers, asks for credentials and rewrites paths only through
// objects that an annotation refers to. As long as it refers to none, the client's header arrives.
type PlainEdge struct {
	// Refers are annotations, with their prefix, that can change headers; asks those that can ask for credentials,
	// limits those that can limit requests. They are looked for at the Ingress and at the Service.
	Refers, Asks, Limits []string
	// Strip, hide and limit are the advice.
	Strip, Hide, Limit string
	// Assumption says which invisible setting could change the reading; empty if none can.
	Assumption string
}

// Read is how requests are handled by such an edge.
func (p PlainEdge) Read(in Input) Handling {
	e := Handling{Effects: Effects{
		Identity:       tri.Is(IdentityClient, "default", "no annotation changes the header"),
		Authentication: tri.Is(tri.Off, "default", "no annotation asks for credentials"),
		HidesHeaders:   tri.Is(tri.Unknown, "default", reason.Of("kong-version-headers")),
	}, Rate: Rate{Limited: Unlimited()}}
	e.Fixes[StripIdentity].Advice, e.Fixes[HideHeaders].Advice, e.Fixes[LimitRequests].Advice = p.Strip, p.Hide, p.Limit
	if p.Assumption != "" {
		e.Assumptions = []string{p.Assumption}
	}
	if key := in.RefersTo(p.Refers); key != "" {
		e.Identity = tri.Is(IdentityUnknown, key, reason.Of("annotation-changes-header", key))
		e.Assumptions = nil
	}
	if key := in.RefersTo(p.Asks); key != "" {
		e.Authentication = tri.Is(tri.Unknown, key, reason.Of("annotation-asks", key))
	}
	if key := in.RefersTo(p.Limits); key != "" {
		e.Rate.Limited = tri.Is(tri.Unknown, key, reason.Of("annotation-limits", key))
	}
	e.StripsIdentity = Strips(e.Identity)
	return e
}

// Rewrite is unknown where one of the annotations that change paths is there.
func (in Input) Rewrite(keys ...string) Rewrite {
	if key := in.RefersTo(keys); key != "" {
		return UnknownRewrite(reason.Of("path-changed-not-evaluated", key))
	}
	return Rewrite{}
}

// RefersTo returns the first of the annotations that the Ingress or the Service has; a key that ends in `*` is a
// prefix.
func (in Input) RefersTo(keys []string) string {
	for _, all := range []map[string]string{in.Ingress.Annotations, in.ServiceAnnotations} {
		for _, key := range keys {
			prefix, open := strings.CutSuffix(key, "*")
			if !open && strings.TrimSpace(all[key]) != "" {
				return key
			}
			if !open {
				continue
			}
			for _, have := range KeysOf(all) {
				if strings.HasPrefix(have, prefix) {
					return have
				}
			}
		}
	}
	return ""
}

// PassThrough changes the handling to that of an edge that hands TLS connections on unread. honoured is false where a
// flag that cannot be seen decides about it: then what looked safe is unknown.
func (h *Handling) PassThrough(honoured bool, key string) {
	e := &h.Effects
	e.Passthrough = true
	h.Fixes[StripIdentity] = Fix{Advice: "remove " + key +
		": it passes TLS connections through unread, so headers cannot be changed at this edge"}
	h.Fixes[HideHeaders] = h.Fixes[StripIdentity]
	if honoured {
		why := key + " passes TLS connections through unread"
		e.Identity = tri.Is(IdentityClient, key, why)
		off := tri.Is(tri.Off, key, why)
		e.Authentication, e.StripsIdentity, e.HidesHeaders = off, off, off
		return
	}
	why := fmt.Sprintf("%s may pass TLS connections through unread", key)
	for _, s := range []*tri.State{&e.Authentication, &e.StripsIdentity, &e.HidesHeaders} {
		if s.State == tri.On {
			*s = tri.Is(tri.Unknown, key, why)
		}
	}
	if e.Identity.State != IdentityClient {
		e.Identity = tri.Is(IdentityUnknown, key, why)
	}
}

// Strips says whether an identity reading keeps the client's header from the backend.
func Strips(identity tri.State) tri.State {
	switch identity.State {
	case IdentityClient:
		return tri.Is(tri.Off, identity.Source, identity.Why)
	case IdentityUnknown:
		return tri.Is(tri.Unknown, identity.Source, identity.Why)
	}
	return tri.Is(tri.On, identity.Source, identity.Why)
}

// Strip offers annotations that remove the identity header, for a controller that knows them since a release. They are
// only offered as annotations if the class object names the controller, the configuration states the release and the
// key is absent: a list that somebody wrote is theirs.
func (h *Handling) Strip(in Input, want map[string]string, major, minor int, advice string) {
	fix := &h.Fixes[StripIdentity]
	fix.Advice = advice
	for _, key := range KeysOf(want) {
		if _, taken := in.Ingress.Annotations[key]; taken {
			fix.Advice = "add " + want[key] + " to the list in " + key
			return
		}
	}
	v, stated := in.Version()
	if h.StripsIdentity.State == tri.Off && in.Class.Known && stated && v.AtLeast(major, minor) {
		fix.Annotations = AbsentOnly(want, in.Ingress.Annotations)
		return
	}
	if !stated && in.Class.Known {
		fix.Advice += "; say in the configuration which version runs (edges.controllers." + in.Class.Controller +
			".version: " +
			strconv.Quote(strconv.Itoa(major)+"."+strconv.Itoa(minor)) + "), and it is written for you"
	}
}

// Limit offers annotations that limit requests, where the class object names the controller and none of them is there,
// whatever its prefix.
func (h *Handling) Limit(in Input, want map[string]string, prefixes ...string) {
	if h.Rate.Limited.State != tri.Off || !in.Class.Known {
		return
	}
	for key := range want {
		_, name, _ := strings.Cut(key, "/")
		if slices.ContainsFunc(append(prefixes, ""), func(prefix string) bool {
			_, taken := in.Ingress.Annotations[prefix+name]
			return taken
		}) {
			return
		}
	}
	h.Fixes[LimitRequests].Annotations = want
}

// Doubt makes unknown what is wrong with an edge that may let nobody in.
func (e *Effects) Doubt(why string) {
	if e.Identity.State != IdentitySet || e.Authentication.State != tri.On {
		e.Identity = tri.Is(IdentityUnknown, e.Identity.Source, why)
	}
	for _, s := range []*tri.State{&e.Authentication, &e.StripsIdentity, &e.HidesHeaders} {
		if s.State == tri.Off {
			*s = tri.Is(tri.Unknown, s.Source, why)
		}
	}
}

// Connections is how an edge handles requests that hands connections on: nothing about a request is seen, whether TLS
// ends there or not. limits says where requests can be limited.
func Connections(passthrough bool, limits string) Handling {
	why := "connections are passed through as they are, and no rule for requests applies"
	if passthrough {
		why = "TLS connections are passed through unread"
	}
	return handedOn("tcp", why,
		"use a router for HTTP instead: headers cannot be changed where connections are passed through", limits)
}

// HandedThrough is how requests are handled by whoever hands connections on and reads none. headers and limits say
// where headers can be changed, and requests limited.
func HandedThrough(why, headers, limits string) Handling {
	return handedOn("default", why, headers, limits)
}

func handedOn(source, why, headers, limits string) Handling {
	off := tri.Is(tri.Off, source, why)
	h := Handling{Rate: UnreadRate(), Effects: Effects{
		Identity: tri.Is(IdentityClient, source, why), Authentication: off, StripsIdentity: off,
		HidesHeaders: off,
		Passthrough:  true,
	}}
	h.Fixes[StripIdentity].Advice, h.Fixes[HideHeaders].Advice, h.Fixes[LimitRequests].Advice = headers, headers, limits
	return h
}

// OrWorse is what is certain of requests of which either may be true: whichever of two controllers serves them, or of
// two places they come in at. Limits are put together by whoever reads them.
func (h Handling) OrWorse(o Handling) Handling {
	h.Identity = *Worse(&h.Identity, &o.Identity)
	h.Authentication = tri.And(h.Authentication, o.Authentication)
	h.StripsIdentity = tri.And(h.StripsIdentity, o.StripsIdentity)
	h.HidesHeaders = tri.And(h.HidesHeaders, o.HidesHeaders)
	h.Nominated.Ends = h.Nominated.Ends && o.Nominated.Ends
	h.Nominated.Passes = h.Nominated.Passes && o.Nominated.Passes
	for p := range h.Fixes {
		h.Fixes[p] = h.Fixes[p].Or(o.Fixes[p])
	}
	if len(o.Snippets) > len(h.Snippets) {
		h.Snippets = o.Snippets
	}
	for _, a := range o.Assumptions {
		h.Assumptions = AppendNew(h.Assumptions, a)
	}
	return h
}
