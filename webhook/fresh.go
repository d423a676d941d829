package webhook

import (
	"context"
	"fmt"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// maxRounds is how often one request has its deciding objects read live. Each round can bring up objects that the cache
// did not know, and with them new questions: of a way in that came all at once, a step each. The longest way that is
// followed has 12 (topology.maxHops), and is read once for what earlier requests may have changed, and once for
// certain.
const maxRounds = 24

// Live is the live side of one request. It bounds what it reads: a request that asks for too much gets an error that
// says about what.
type Live interface {
	// Refresh says what differs by now from what the inventory answered to the questions. fresh is false if nothing was
	// read, since it cannot differ, or was read before. If certain is set, all the questions are asked again. Else
	// something may be left out that no earlier request can have changed.
	Refresh(ctx context.Context, questions []inventory.Question, certain bool) (changes []inventory.Change, fresh bool,
		err error)
	// Remembers says whether something may be left out: it is known what earlier requests can have changed.
	Remembers() bool
	// End ends the request. stores says that the API server may store now what it is about.
	End(stores bool)
}

// reader makes the live reads of one request.
type reader struct {
	Options
	live Live
}

// reader begins the live reads of a request, and is ended by its end. before and after are what the request may store,
// nil if nothing.
func (o Options) reader(before, after *inventory.Object) reader {
	r := reader{Options: o}
	if o.Live != nil {
		r.live = o.Live(before, after)
	}
	return r
}

func (r reader) end(stores bool) {
	if r.live != nil {
		r.live.End(stores)
	}
}

// asking is what a judgement wants to know again.
type asking struct {
	questions []inventory.Question
	// certain says that nothing may be left out, since the judgement is one that must not rest on anything old.
	certain bool
}

// settle judges by the cache, reads again what the judgement says has to be read, judges again, and so on until no new
// question comes up. The last judgement is the one that counts.
//
// judge returns the questions whose answers have to be live, none if the cache will do. If they cannot be read, or new
// ones still come up in the last round, that is an error: neither a denial nor an admission may rest on old answers.
//
// A judgement that was still going on when the time was over does not count either, whatever came of it.
func (r reader) settle(ctx context.Context, judge func(inventory.Reader) (asking, error)) (fresh bool, err error) {
	view := r.Inventory
	var changes []inventory.Change
	asked := map[bool]map[inventory.Question]bool{false: {}, true: {}}
	for round := 0; ; round++ {
		asks, err := judge(view)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			r.Recorder.RuleError()
			return fresh, err
		}
		open := asks.questions[:0:0]
		for _, q := range asks.questions {
			// What was read for a denial still may be on its way to be stored, which is waited for before an admission.
			if !asked[asks.certain][q] {
				asked[asks.certain][q] = true
				open = append(open, q)
			}
		}
		if len(open) == 0 || r.live == nil {
			return fresh, nil
		}
		if round == maxRounds {
			return true, fmt.Errorf("what decides this request is still changing after it was read %d times, try again",
				maxRounds)
		}
		read, again, err := r.read(ctx, open, asks.certain)
		if err != nil {
			return true, err
		}
		if !again {
			return fresh, nil
		}
		fresh = true
		changes = append(changes, read...)
		view = inventory.NewOverlay(r.Inventory, changes...)
	}
}

func (r reader) read(ctx context.Context, questions []inventory.Question, certain bool) (changes []inventory.Change,
	fresh bool, err error) {
	changes, fresh, err = r.live.Refresh(ctx, questions, certain)
	if fresh || err != nil {
		r.Recorder.LiveRead(err == nil)
	}
	if err != nil {
		return nil, true, fmt.Errorf("what decides this request could not be read from the API server: %w", err)
	}
	return changes, fresh, nil
}
