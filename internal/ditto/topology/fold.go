package topology

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/surface"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// What a way in does with requests is what its steps do, one after the other. This file goes over them, from outside
// inwards; what each of them does is said where it is read (way.Step).

// fold is what the steps of a way have come to so far.
type fold struct {
	facts.Exposure

	ctx context.Context //nolint:containedctx // lives as long as the fold
	// entry is the object that the way begins at.
	entry *inventory.Object
	// http says that requests for the gateway's API arrive: what becomes of them is of no interest elsewhere.
	http bool
	// steps is how many there have been. doubt says why the way may let nobody in, empty if it does.
	steps int
	doubt string
	// seesClient says that whoever is next sees the address of the client.
	seesClient bool
	// survey are the paths that get here.
	survey surface.Way
	disguise
	// nominates says whether a client's header Connection may get here, and unclear is the first step of which that is
	// not known.
	nominates bool
	unclear   string
	// ended says that a step has ended the connections of clients. Of those that hand them on, plain is what the first
	// says that says something of it.
	ended bool
	plain tri.State
	// tried says that something was written to limit requests.
	tried bool
	// fixes are, for each purpose, that of the outermost step that has one; changes are those of the entry alone.
	fixes way.Fixes
}

// over goes over the hops of a way, from outside inwards; false if nobody gets through.
func (f *fold) over(hops []*hop) bool {
	if f.http {
		f.Identity, f.IdentityWhy = facts.IdentityClient, "requests arrive as the client sent them"
		f.Authenticated = tri.State{State: tri.Off, Source: "no step asks for credentials"}
		f.RateLimited = tri.State{State: tri.Off}
		f.nominates = true
		f.survey = surface.Way{Leads: func(string) (leads, known bool) { return true, true }}
	}
	for _, h := range slices.Backward(hops) {
		name := h.text()
		f.Hops = append(f.Hops, name)
		if h.step != nil {
			f.take(h, name)
		}
	}
	f.Proxied = f.Kind != facts.KindProxy && f.steps > 1
	if !f.http && f.doubt != "" {
		f.Unknown = append(f.Unknown, f.doubt)
	}
	return !f.http || f.arrive()
}

// take goes over a step.
func (f *fold) take(h *hop, name string) {
	does := h.step.Handles()
	f.Assumptions = append(f.Assumptions, does.Effects.Assumptions...)
	f.Unknown = append(f.Unknown, does.Unknown...)
	f.Doubted = f.Doubted || does.Doubted
	f.admit(does, name)
	if f.http {
		before := f.survey
		f.survey = h.step.Survey(f.ctx, name, before)
		h.spelling = h.step.Spells(f.ctx)
		f.disguise.take(f.ctx, h, name, before, f.survey)
		f.identify(&does.Effects)
		f.nominate(does, name, h.step.Speaks(h.door).Passthrough)
		f.limit(h, &does.Rate)
		for p := range does.Fixes {
			f.fix(way.Purpose(p), does.Fixes[p])
		}
		f.encrypt(h, name, h.step.Speaks(h.door))
		if f.steps == 0 {
			f.answers(&does.ErrorPages)
		}
	}
	f.steps++
}

// admit works out who gets through.
func (f *fold) admit(does *way.Handling, name string) {
	f.doubt = cmp.Or(does.Doubt, f.doubt)
	switch {
	case does.Addresses && (f.seesClient || does.Believed):
		f.Public = false
		f.Assumptions = append(f.Assumptions, "the addresses that "+name+" lets in do not belong to outsiders")
	case does.Addresses:
		f.doubt = "whether the addresses that " + name +
			" lets in are the clients' own: a step in front of it may put its own in " +
			"place of the client's (externalTrafficPolicy: Local, or set_real_ip_from, keeps it)"
	}
	f.seesClient = does.KeepsAddress
}

// identify works out what becomes of the identity, where the innermost step that touches it decides, and who is asked
// for credentials.
func (f *fold) identify(does *way.Effects) {
	switch identity := does.Identity; {
	case identity.State != "" && identity.State != facts.IdentityClient:
		f.Identity, f.IdentityWhy = identity.State, identity.Why
	case identity.State == facts.IdentityClient && f.Identity == facts.IdentityClient:
		f.IdentityWhy = identity.Why
	}
	if asks := does.Authentication; asks.State == tri.On || asks.State != "" && f.Authenticated.State == tri.Off {
		f.Authenticated = asks
	}
}

// nominate works out whether a client can have the header dropped that a step sets, by naming it in Connection. Then
// the query parameter counts. unread says that the step hands connections on.
func (f *fold) nominate(does *way.Handling, name string, unread bool) {
	if does.Nominated.Drops && f.nominates && f.Identity == facts.IdentitySet {
		f.Identity = facts.IdentityEmpty
		f.IdentityWhy += "; but what a client sends can have it dropped again, and then the client's own identity counts"
		if f.unclear != "" {
			f.Identity, f.IdentityWhy = facts.IdentityUnknown, reason.Of("connection-header", name, f.unclear)
		}
	}
	switch {
	case unread:
	case does.Nominated.Ends:
		f.nominates = false
	case !does.Nominated.Passes:
		f.unclear = cmp.Or(f.unclear, name)
	}
}

// limit works out whether some step limits what comes in.
func (f *fold) limit(h *hop, does *way.Rate) {
	own := does.Limited
	if own.State == "" {
		own = tri.Is(tri.Unknown, h.at.Kind, reason.Of("limit-not-read", world.RefOf(h.at).String()))
	}
	// A limit that fails says more than that there is none.
	better := own.State == tri.Off && f.RateLimited.State == tri.Off &&
		(f.RateLimited.Why == "" || !f.tried && does.Tried())
	if f.RateLimited.State != tri.On && own.State == tri.On || f.RateLimited.State == tri.Off &&
		own.State == tri.Unknown || better {
		f.RateLimited, f.tried = own, does.Tried()
	}
}

// fix takes what a step has for a purpose that no step further out has.
func (f *fold) fix(p way.Purpose, of way.Fix) {
	if f.steps > 0 {
		of = of.Told()
	}
	f.fixes[p] = f.fixes[p].Or(of)
}

// encrypt works out what clients speak: the outermost step that ends their connections decides.
func (f *fold) encrypt(h *hop, name string, t way.Transport) {
	switch {
	case f.ended:
		return
	case t.Passthrough:
		f.fix(way.ServeTLS, t.Fix)
		if t.Plain.State != way.PlainServed {
			f.plain = cmp.Or(f.plain, t.Plain)
		}
		return
	case t.TLS.State == "":
		t.TLS = tri.Is(tri.Unknown, h.at.Kind, reason.Of("tls-not-read", world.RefOf(h.at).String()))
		t.Plain = t.TLS
	case t.TLS.State == tri.Unknown && t.TLS.Source == "":
		t.TLS.Source = name
	}
	f.ended = true
	f.TLS = t.TLS
	f.fix(way.ServeTLS, t.Fix)
	plain := cmp.Or(f.plain, t.Plain)
	f.Plain, f.PlainWhy = plain.State, plain.Why
}

// plainGateway is what is spoken where no step ends connections.
var plainGateway = way.Transport{
	TLS:   tri.Is(tri.Off, "gateway", "the gateway speaks only plain HTTP"),
	Plain: tri.Is(way.PlainServed, "gateway", "the gateway speaks only plain HTTP"),
	Fix:   way.Fix{Advice: "put an Ingress, a Route or an nginx with a certificate in front of the gateway, and let nothing else lead to it from outside"},
}

// answers are the error pages of what the way begins at.
func (f *fold) answers(pages *way.ErrorPages) {
	f.Echoes, f.ErrorPageBypass = pages.Echoes, pages.Bypass
	f.ErrorPages = tri.State{State: tri.Off, Source: "error pages"}
	switch {
	case len(pages.Echoes) > 0:
		f.ErrorPages.State, f.ErrorPages.Why = tri.On, pages.Echoes[0]
	case len(pages.Unknown) > 0:
		f.ErrorPages.State, f.ErrorPages.Why = tri.Unknown, strings.Join(pages.Unknown, "; ")
	}
}

// arrive is the gateway at the end of the way: which of its paths are reached, and what no step has done. It is false
// if no request gets there.
func (f *fold) arrive() bool {
	reach := surface.Survey(f.survey)
	nothing := f.steps > 1 && !reach.API && len(reach.Other) == 0 && !reach.InDoubt && len(reach.Admin) == 0 &&
		len(reach.Unknown) == 0
	if nothing && !f.disguise.leads() {
		return false
	}
	if !f.Doubted { // else the reason for that says it
		for _, unknown := range reach.Unknown {
			f.Unknown = append(f.Unknown, f.Hops[0]+": "+unknown)
		}
	}
	f.Admin, f.AdminInDoubt, f.Other = reach.Admin, reach.AdminInDoubt, reach.Other
	f.APIInDoubt = reach.APIInDoubt
	f.arriveDisguised(reach)
	f.APIInDoubt = f.APIInDoubt && !f.API
	f.encrypt(nil, "", plainGateway)
	if f.RateLimited.State == tri.Off {
		f.RateLimited.Why = cmp.Or(f.RateLimited.Why, "no step reads requests")
		f.fix(way.LimitRequests,
			way.Fix{Advice: "put an edge or an nginx that limits requests in front of the gateway"})
	} else {
		f.fixes[way.LimitRequests] = f.fixes[way.LimitRequests].Told()
	}
	f.Fixes.LimitRequests = fixOf(&f.fixes[way.LimitRequests], f.entry)
	f.Fixes.ServeTLS = fixOf(&f.fixes[way.ServeTLS], f.entry)
	if f.doubt != "" && f.Public {
		f.mayLetNobodyIn(f.doubt)
	}
	return true
}

// mayLetNobodyIn makes unknown what is wrong with the way only if somebody gets in.
func (f *fold) mayLetNobodyIn(why string) {
	f.Unknown = append(f.Unknown, why)
	f.AdminInDoubt, f.Admin = append(f.AdminInDoubt, f.Admin...), nil
	f.AdminDisguisedInDoubt, f.AdminDisguised = append(f.AdminDisguisedInDoubt, f.AdminDisguised...), nil
	f.SpellingUnknown = cmp.Or(f.SpellingUnknown, why)
	if f.Identity != facts.IdentityNone && (f.Identity != facts.IdentitySet || f.Authenticated.State != tri.On) {
		f.Identity, f.IdentityWhy = facts.IdentityUnknown, why
	}
}

// anyRequest is what comes to the outermost step.
var anyRequest = requests.Box{Doors: []requests.Door{{}}, Hosts: []requests.Hosts{requests.AnyHost()}}

// Requests are what a way in lets in: from whom, by which doors, for which hosts, and with which paths it arrives at
// the component. It is worked out for those ways only that are compared, to tell whether a change lets in more. The
// exposure has to come from this view; what any other lets in is no more than unclear.
func Requests(v *world.View, e *facts.Exposure) requests.Set {
	set, known := memo.Of(v).requests[e.Way]
	if known && v.Err() == nil {
		return set
	}
	hops, known := memo.Of(v).ways[e.Way]
	if !known || v.Err() != nil {
		unclear := anyRequest
		unclear.Paths = []requests.Paths{requests.Unread("", "")}
		return requests.Set{unclear}
	}
	v.Spend(e.Entry.Ref().ID(), world.CostOfWay)
	set, steps := requests.Set{anyRequest}, 0
	for _, h := range slices.Backward(hops) {
		if h.step == nil {
			continue
		}
		var on requests.Set
		for _, box := range set {
			door := h.door
			if at := box.Doors[0]; at.Kind == portOfProxy && door == (way.Door{}) {
				door.Port = int(at.Port)
			}
			box.Raw = box.Raw || h.spelling != way.SpellingResolved && h.spelling != way.SpellingDecoded
			on = append(on, h.step.Passes(box, door)...)
		}
		set, steps = on, steps+1
	}
	for i := range set {
		// Whoever forwards a path as the client wrote it, and what forwards connections, lets dot segments through.
		set[i].Raw = set[i].Raw || steps == 1
		switch {
		case e.Public:
			set[i].Sources.Reach = requests.Public
		case e.Kind != facts.KindProxy:
			set[i].Sources.Reach = requests.Internal
		}
	}
	memo.Of(v).requests[e.Way] = set
	return set
}

// Carry has a view know what ways let in, by their keys, as another view of the same objects found.
func Carry(to *world.View, lets map[string]requests.Set) { maps.Copy(memo.Of(to).requests, lets) }
