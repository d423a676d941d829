package webhook

import (
	"context"
	"fmt"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// maxRounds is how often one request has its deciding objects read live. Each round can bring up objects that the cache
// did not know, and with them new questions.
const maxRounds = 8

// settle judges by the cache, reads again what the judgement says has to be read, judges again, and so on until no new
// question comes up. The last judgement is the one that counts.
//
// judge returns the questions whose answers have to be live, none if the cache will do. If they cannot be read, or new
// ones still come up in the last round, that is an error: neither a denial nor an admission may rest on old answers.
func (o Options) settle(ctx context.Context, judge func(inventory.Reader) ([]inventory.Question, error)) (fresh bool, err error) {
	view := o.Inventory
	var changes []inventory.Change
	asked := map[inventory.Question]bool{}
	for round := 0; ; round++ {
		questions, err := judge(view)
		if err != nil {
			o.Recorder.RuleError()
			return round > 0, err
		}
		open := questions[:0:0]
		for _, q := range questions {
			if !asked[q] {
				asked[q] = true
				open = append(open, q)
			}
		}
		if len(open) == 0 || o.Refresh == nil {
			return round > 0, nil
		}
		if round == maxRounds {
			return true, fmt.Errorf("what decides this request is still changing after it was read %d times, try again", maxRounds)
		}
		read, err := o.refresh(ctx, open)
		if err != nil {
			return true, err
		}
		changes = append(changes, read...)
		view = inventory.NewOverlay(o.Inventory, changes...)
	}
}

func (o Options) refresh(ctx context.Context, questions []inventory.Question) ([]inventory.Change, error) {
	changes, err := o.Refresh(ctx, questions)
	o.Recorder.LiveRead(err == nil)
	if err != nil {
		return nil, fmt.Errorf("what decides this request could not be read from the API server: %w", err)
	}
	return changes, nil
}
