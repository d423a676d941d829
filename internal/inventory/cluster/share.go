package cluster

import (
	"context"
	"sync"
	"time"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// share lets requests that ask for the same at the same time share one read. A read counts only for who asked before it
// began: whoever comes while one is under way waits for the next. So there are at most two reads of a thing at any time,
// and no request gets an answer that is older than itself, however many requests there are.
type share struct {
	timeout time.Duration

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
}

func newShare(timeout time.Duration) *share {
	return &share{timeout: timeout, next: map[any]*reading{}}
}

// do reads what the key stands for. The read is bounded by its own timeout, not by the context, which is one reader's.
func (s *share) do(ctx context.Context, key any, read func(context.Context) ([]inventory.Change, error)) ([]inventory.Change, error) {
	s.mu.Lock()
	r, busy := s.next[key]
	if r == nil {
		r = &reading{read: read, done: make(chan struct{})}
		if busy {
			s.next[key] = r
		} else {
			s.next[key] = nil
			go s.run(key, r) //nolint:contextcheck // one reader's context must not end what others wait for
		}
	}
	s.mu.Unlock()
	select {
	case <-r.done:
		return r.changes, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// run does a read, and those that were asked for meanwhile.
func (s *share) run(key any, r *reading) {
	for r != nil {
		ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
		r.changes, r.err = r.read(ctx)
		cancel()
		close(r.done)
		s.mu.Lock()
		if r = s.next[key]; r != nil {
			s.next[key] = nil
		} else {
			delete(s.next, key)
		}
		s.mu.Unlock()
	}
}
