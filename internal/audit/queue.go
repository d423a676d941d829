package audit

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Beyond so many changed objects, or questions that they answer, all that waits is forgotten and everything is judged
// again: that is no more work then, and the queue stays small whatever happens in the cluster.
const (
	mostObjects = 10_000
	mostPrints  = 200_000
)

// Queue collects what changes touch until it is judged. A storm of changes becomes one piece of work: what changes
// twice waits once.
type Queue struct {
	open atomic.Bool
	wake chan struct{}

	mu       sync.Mutex
	objects  map[inventory.ID]struct{}
	prints   map[inventory.Print]struct{}
	overflow bool
}

// NewQueue makes a queue that takes nothing until an Auditor opens it.
func NewQueue() *Queue { return &Queue{wake: make(chan struct{}, 1)} }

// Note is told of each change of an object; see inventory.Memory.OnChange. It never waits for a judgement.
func (q *Queue) Note(before, after *inventory.Object, keys []inventory.Key) {
	if !q.open.Load() || before != nil && after != nil && inventory.Same(before, after) {
		return
	}
	o := after
	if o == nil {
		o = before
	}
	id := o.Ref.ID()
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.overflow {
		q.objects[id] = struct{}{}
		q.prints[inventory.Question{ID: id}.Print()] = struct{}{}
		for _, key := range keys {
			q.prints[inventory.Question{Key: key}.Print()] = struct{}{}
		}
		if len(q.objects) > mostObjects || len(q.prints) > mostPrints {
			q.clear()
			q.overflow = true
		}
	}
	q.wakeUp()
}

// start empties the queue and has it take changes from now on.
func (q *Queue) start() {
	q.take()
	q.open.Store(true)
}

// stop has it take no changes any more.
func (q *Queue) stop() {
	q.open.Store(false)
	q.take()
}

// take empties the queue. If there was too much to keep, overflow is true and nothing else is there.
func (q *Queue) take() (touched check.Touched, overflow bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	touched = check.Touched{Objects: slices.Collect(maps.Keys(q.objects)), Prints: slices.Collect(maps.Keys(q.prints))}
	overflow = q.overflow
	q.clear()
	return touched, overflow
}

func (q *Queue) clear() {
	q.objects, q.prints, q.overflow = map[inventory.ID]struct{}{}, map[inventory.Print]struct{}{}, false
}

// wakeUp has the auditor look at once.
func (q *Queue) wakeUp() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}
