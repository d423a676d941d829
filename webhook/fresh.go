package webhook

import (
	"context"
	"fmt"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// maxRounds is how often one request has its deciding objects read live. Each round can bring up objects that the cache
// did not know, and with them new questions.
const maxRounds = 8

// Refresh reads again what the questions ask for, and returns what differs from the inventory. It bounds what it reads: a
// request that asks for too much gets an error that says about what.
type Refresh func(ctx context.Context, questions []inventory.Question) ([]inventory.Change, error)

// reader makes the live reads of one request.
type reader struct {
	Options
	refresh Refresh
}

// reader begins the live reads of a request.
func (o Options) reader() reader {
	r := reader{Options: o}
	if o.Refresher != nil {
		r.refresh = o.Refresher()
	}
	return r
}

// settle judges by the cache, reads again what the judgement says has to be read, judges again, and so on until no new
// question comes up. The last judgement is the one that counts.
//
// judge returns the questions whose answers have to be live, none if the cache will do. If they cannot be read, or new
// ones still come up in the last round, that is an error: neither a denial nor an admission may rest on old answers.
//
// A judgement that was still going on when the time was over does not count either, whatever came of it.
func (r reader) settle(ctx context.Context, judge func(inventory.Reader) ([]inventory.Question, error)) (fresh bool, err error) {
	view := r.Inventory
	var changes []inventory.Change
	asked := map[inventory.Question]bool{}
	for round := 0; ; round++ {
		questions, err := judge(view)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			r.Recorder.RuleError()
			return round > 0, err
		}
		open := questions[:0:0]
		for _, q := range questions {
			if !asked[q] {
				asked[q] = true
				open = append(open, q)
			}
		}
		if len(open) == 0 || r.refresh == nil {
			return round > 0, nil
		}
		if round == maxRounds {
			return true, fmt.Errorf("what decides this request is still changing after it was read %d times, try again", maxRounds)
		}
		read, err := r.read(ctx, open)
		if err != nil {
			return true, err
		}
		changes = append(changes, read...)
		view = inventory.NewOverlay(r.Inventory, changes...)
	}
}

func (r reader) read(ctx context.Context, questions []inventory.Question) ([]inventory.Change, error) {
	changes, err := r.refresh(ctx, questions)
	r.Recorder.LiveRead(err == nil)
	if err != nil {
		return nil, fmt.Errorf("what decides this request could not be read from the API server: %w", err)
	}
	return changes, nil
}
