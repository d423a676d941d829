package way

import (
	"cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// Purpose is what a fix is for. Rules name purposes; what serves the purpose at an edge its own package says.
type Purpose int

const (
	// StripIdentity keeps the client's identity header from what is behind.
	StripIdentity Purpose = iota
	// HideHeaders keeps Server and version headers from the client.
	HideHeaders
	// LimitRequests limits what one client can send. Values of its Annotations hold PlaceRate and PlaceBurst.
	LimitRequests
	// ServeTLS makes clients speak TLS. What is to be done for it depends on the host: see Transport.Fix.
	ServeTLS
	// ResolvePaths has a step forward the path by which it chose where to, instead of what the client wrote.
	ResolvePaths
	purposes
)

// The placeholders in the values of a fix that limits requests: how many requests a client may send in a second, and
// how many at once above that, which is five times as many.
const (
	PlaceRate  = "{rate}"
	PlaceBurst = "{burst}"
)

// Fix is what would make an edge do what it does not do yet.
type Fix struct {
	// Advice says, for people, what to write at this edge, or why nothing can be written.
	Advice string
	// Annotations and Edits are changes of the entry that would do it. They are there only where whoever serves the
	// entry certainly honours them, in the version that the configuration states, and nobody has decided otherwise:
	// what is there is never replaced.
	Annotations map[string]string
	Edits       []Edit
}

// Edit adds something to an entry. It never changes what is there.
type Edit struct {
	// Path is a JSON pointer to where the value is added, which has the types that decoded JSON has.
	Path  string
	Value any
	// Does says what it does, for people.
	Does string
}

// Fixes are the fixes of a step, by purpose.
type Fixes [purposes]Fix

// Told is the fix without its changes, which are not for the object at hand.
func (f Fix) Told() Fix { return Fix{Advice: f.Advice} }

// Or takes what it says nothing of from another fix.
func (f Fix) Or(other Fix) Fix {
	f.Advice = cmp.Or(f.Advice, other.Advice)
	if f.Annotations == nil {
		f.Annotations = other.Annotations
	}
	if f.Edits == nil {
		f.Edits = other.Edits
	}
	return f
}

// Settle takes away fixes of what is done already, and the changes where it is not certain that it is not done.
func (h *Handling) Settle() {
	for p, s := range [...]*tri.State{StripIdentity: &h.StripsIdentity, HideHeaders: &h.HidesHeaders,
		LimitRequests: &h.Rate.Limited} {
		switch s.State {
		case tri.Off:
		case tri.On:
			h.Fixes[p] = Fix{}
		default:
			h.Fixes[p] = h.Fixes[p].Told()
		}
	}
}
