package topology

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/surface"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
)

// disguise is what gets here by paths that Ditto reads as others than the steps so far meant to let through, since they
// send on what the client wrote.
type disguise struct {
	// certain are the paths, as Ditto reads them, that get here in disguise; possible, those that do if a step of which
	// it is not known how it writes paths sends on what the client wrote. Both are nil where there are none.
	certain, possible *surface.Way
	// by is the last step that lets paths be disguised, advice what would end that; unread is the object of the first
	// step of which it is not known, whichever of its routes that is.
	by, advice, unread string
	// aims are paths that steps so far are meant for.
	aims []string
	// slashes says that the certain ones hide behind escaped slashes alone, which an nginx further in reads as the one
	// before did.
	slashes bool
	// perhaps says that of the possible ones.
	perhaps bool
}

// anyPath is a way that lets all paths through.
func anyPath() *surface.Way {
	return &surface.Way{Leads: func(string) (leads, known bool) { return true, true }}
}

// take goes over a step. before and after are the paths that get to it and through it plainly.
func (d *disguise) take(ctx context.Context, h *hop, name string, before, after surface.Way) {
	spelling, step := h.spelling, h.step
	d.aims = slices.Concat(d.aims, []string{before.Floor, after.Floor}, before.Hints, after.Hints)
	if spelling == way.SpellingDecoded || spelling == way.SpellingKept {
		if d.slashes {
			d.certain, d.slashes = nil, false
		}
		if d.perhaps {
			d.possible, d.perhaps = nil, false
		}
	}
	for _, w := range []**surface.Way{&d.certain, &d.possible} {
		if *w != nil {
			through := step.Survey(ctx, name, **w)
			*w = &through
		}
	}
	if spelling == way.SpellingResolved || spelling == way.SpellingDecoded {
		return
	}
	plainly, disguised, possibly := d.anything(&after), d.anything(d.certain), d.anything(d.possible)
	switch {
	case spelling != way.SpellingUnread && spelling != way.SpellingKeptPerhaps && (plainly || disguised):
		d.slashes = spelling == way.SpellingKept && !disguised
		d.certain, d.by, d.advice = anyPath(), name, step.Handles().Fixes[way.ResolvePaths].Advice
	case plainly || disguised || possibly:
		d.perhaps = spelling == way.SpellingKeptPerhaps && !disguised && !possibly
		d.possible, d.unread = anyPath(), cmp.Or(d.unread, world.RefOf(h.at).String())
	}
}

// anything says whether some request may get through: for one of Ditto's paths, or for one that a step is meant for.
func (d *disguise) anything(w *surface.Way) bool {
	if w == nil {
		return false
	}
	may := func(path string) bool {
		leads, known := w.Leads(path)
		return leads || !known
	}
	for _, aim := range d.aims {
		if may(aim) || may(strings.TrimRight(aim, "/")+"/x") {
			return true
		}
	}
	return slices.ContainsFunc(surface.Paths(), may)
}

// reach is what of the gateway is reached in disguise.
func (d *disguise) reach() (certain, possible surface.Reach) {
	if d.certain != nil {
		certain = surface.Survey(*d.certain)
	}
	if d.possible != nil {
		possible = surface.Survey(*d.possible)
	}
	return certain, possible
}

// leads says whether anything of the gateway is, or may be, reached in disguise.
func (d *disguise) leads() bool {
	certain, possible := d.reach()
	return certain.API || len(certain.Admin)+len(certain.AdminInDoubt) > 0 || possible.API ||
		len(possible.Admin)+len(possible.AdminInDoubt) > 0
}

// arriveDisguised adds to what is reached plainly what is reached in disguise.
func (f *fold) arriveDisguised(plain surface.Reach) {
	certain, possible := f.disguise.reach()
	// Whatever an edge in front of the gateway itself makes of paths, the API counts as reached. Of a proxy that is not
	// read, nothing is known but that it may lead here.
	f.API = plain.API || f.steps == 1 || certain.API || f.Doubted && f.possible != nil
	f.Disguised = f.API && !plain.API
	hidden := func(admin []string) (list []string) {
		for _, path := range admin {
			if !slices.Contains(plain.Admin, path) && !slices.Contains(f.AdminDisguised, path) {
				list = append(list, path)
			}
		}
		return list
	}
	f.AdminDisguised = hidden(certain.Admin)
	f.AdminDisguisedInDoubt = hidden(slices.Concat(certain.AdminInDoubt, possible.Admin, possible.AdminInDoubt))
	if len(f.AdminDisguised) > 0 {
		f.Fixes.ResolvePaths.Advice = f.advice
		if f.Proxied {
			f.DisguisedBy = f.by // else it is what the way begins at
		}
	}
	f.SpellingUnknown = strings.Join(certain.Unknown, "; ")
	if f.unread == "" || f.Doubted {
		return
	}
	f.SpellingUnknown = reason.Of("path-as-written-not-known", f.unread)
	if !f.API && !plain.APIInDoubt && (possible.API || possible.APIInDoubt) {
		f.APIInDoubt = true
		f.Unknown = append(f.Unknown, f.SpellingUnknown)
	}
}
