package cluster

import (
	"context"
	"sync"
	"time"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// share lets requests that ask for the same at the same time share one read, and bounds how many reads are under way. A
// read counts only for who asked before it began: whoever comes while one is under way waits for the next. So there are
// at most two reads of a thing at any time, and no request gets an answer that is older than itself, however many
// requests there are. A read that nobody waits for any more is not made, or ends.
type share struct {
	timeout time.Duration
	// slots has room for as many reads as may be under way.
	slots chan struct{}

	mu sync.Mutex
	// next is the read that has not begun, nil if only one is under way.
	next map[any]*reading
}

// reading is one read; its results may be used once done is closed.
type reading struct {
	read    func(context.Context) ([]inventory.Change, error)
	done    chan struct{}
	changes []inventory.Change
	err     error

	// waiting is how many wait for it; cancel ends it once it has begun.
	waiting int
	cancel  context.CancelFunc
}

func newShare(timeout time.Duration, slots int) *share {
	return &share{timeout: timeout, slots: make(chan struct{}, slots), next: map[any]*reading{}}
}

// do reads what the key stands for. The read is bounded by its own timeout, not by the context, which is one reader's.
func (s *share) do(ctx context.Context, key any,
	read func(context.Context) ([]inventory.Change, error)) ([]inventory.Change, error) {
	s.mu.Lock()
	r, busy := s.next[key]
	if r == nil {
		r = &reading{read: read, done: make(chan struct{})}
		s.next[key] = r
		if !busy {
			go s.run(key) //nolint:contextcheck,gosec // one reader's context must not end what others wait for
		}
	}
	r.waiting++
	s.mu.Unlock()
	select {
	case <-r.done:
		return r.changes, r.err
	case <-ctx.Done():
		s.mu.Lock()
		defer s.mu.Unlock()
		if r.waiting--; r.waiting == 0 && r.cancel != nil {
			r.cancel()
		}
		return nil, context.Cause(ctx)
	}
}

// run does the next read of the key, and those that are asked for meanwhile.
func (s *share) run(key any) {
	for {
		s.slots <- struct{}{}
		ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
		r := s.begin(key, cancel)
		if r != nil {
			r.changes, r.err = r.read(ctx)
			close(r.done)
		}
		cancel()
		<-s.slots
		if s.ended(key) {
			return
		}
	}
}

// begin is the next read, unless nobody waits for it.
func (s *share) begin(key any, cancel context.CancelFunc) *reading {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.next[key]
	s.next[key] = nil
	if r.waiting == 0 {
		return nil
	}
	r.cancel = cancel
	return r
}

// ended says that there is no next read.
func (s *share) ended(key any) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next[key] != nil {
		return false
	}
	delete(s.next, key)
	return true
}
