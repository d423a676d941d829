package way

import (
	"context"

	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/surface"
)

// Step is what an edge or a proxy does with requests. A way in is a list of steps, from outside inwards: the route of
// an entry, and the routes of the proxies behind it. What the way does is one fold over them.
type Step interface {
	Forwarding
	// Handles is what happens to requests, by whichever door they come in.
	Handles() *Handling
}

// Forwarding is what of a step depends on the path of a request, or on the door.
type Forwarding interface {
	// Survey says which paths get through the step, of what it says of those that get to it. name is the step, for
	// people.
	Survey(ctx context.Context, name string, before surface.Way) surface.Way
	// Passes are those of the requests that come in by a door which go on from here.
	Passes(b requests.Box, door Door) requests.Set
	// Speaks is what clients speak at a door.
	Speaks(door Door) Transport
	// Spells says how the step writes the paths of requests that it sends on.
	Spells(ctx context.Context) Spelling
}

// Door is where requests come in to a proxy: a port, of all addresses or of one, or a socket (Port is 0 then). The zero
// value is any.
type Door struct {
	Address string
	Port    int
}

// Handling is what happens to requests at a step.
type Handling struct {
	// Effects are what happens to each. An empty Identity means that the client's arrives, an empty Authentication that
	// nobody is asked for credentials.
	Effects
	// Rate and ErrorPages are whether their number is limited, which counts as unknown where it has no state, and what
	// the step answers itself.
	Rate       Rate
	ErrorPages ErrorPages
	// Fixes are what would make the step do what it does not.
	Fixes Fixes
	// Addresses says that only some addresses get in; Believed, that those are certainly compared with the client's
	// own.
	Addresses, Believed bool
	// KeepsAddress says that what is behind sees the address of the client.
	KeepsAddress bool
	// Spelling says how whoever takes the step writes paths, whatever they are.
	Spelling Spelling
	// Nominated says what becomes of the header Connection, with which clients name headers that are not to go further
	// than the next hop (RFC 9110, 7.6.1).
	Nominated Nominated
	// Unknown says what could not be read and may change what gets in.
	Unknown []string
	// Doubt says why it cannot be told whether anybody gets in; empty where it can. Doubted says that the step may lead
	// elsewhere, or nowhere, so that only the rules about who gets in say anything of the way.
	Doubt   string
	Doubted bool
}

// Nominated is what a step makes of the header Connection, as far as that matters for headers that a step has set.
type Nominated struct {
	// Ends: no client's Connection goes beyond the step, so that steps further in never see what it names. Passes: it
	// goes on. Neither is said where that cannot be told.
	Ends, Passes bool
	// Drops: the step removes the headers that Connection names after it has set its own, and so those that it or a
	// step before has set.
	Drops bool
}

// Handles implements Step for whatever has a Handling.
func (h *Handling) Handles() *Handling { return h }

// Survey implements Step. Nothing comes before an entry.
func (r *Route) Survey(_ context.Context, _ string, before surface.Way) surface.Way {
	if r.Path == nil {
		return before
	}
	return r.Path.Way()
}

// Passes implements Step; see Requests.
func (r *Route) Passes(requests.Box, Door) requests.Set { return r.Requests() }

// Speaks implements Step.
func (r *Route) Speaks(Door) Transport { return r.Transport }

// Spells implements Step.
func (r *Route) Spells(context.Context) Spelling {
	if r.Path == nil { // it chooses by no path, and changes none
		return SpellingResolved
	}
	return r.Path.spells(r.Spelling)
}
