package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// A read that began before somebody asked is no answer to them: what changed in between would be missed.
func TestShare_NoAnswerIsOlderThanItsQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShare(time.Minute, 2)
		var state, reads atomic.Int64
		read := func(context.Context) ([]inventory.Change, error) {
			reads.Add(1)
			seen := state.Load()
			time.Sleep(time.Second)
			return []inventory.Change{{ID: inventory.ID{Name: fmt.Sprint(seen)}}}, nil
		}
		ask := func(group *sync.WaitGroup, want string) {
			group.Go(func() {
				changes, err := s.do(t.Context(), "key", read)
				if diff := cmp.Diff([]inventory.Change{{ID: inventory.ID{Name: want}}}, changes); diff != "" || err != nil {
					t.Errorf("error %v (-want +got):\n%s", err, diff)
				}
			})
			synctest.Wait()
		}
		var group sync.WaitGroup
		ask(&group, "0")
		state.Store(1)
		for range 20 {
			ask(&group, "1") // all of them share the read after the one that is under way
		}
		group.Wait()
		state.Store(2)
		ask(&group, "2")
		group.Wait()
		synctest.Wait()
		if got := reads.Load(); got != 3 {
			t.Errorf("%d reads, want 3", got)
		}
		if len(s.next) != 0 {
			t.Errorf("left over: %v", s.next)
		}
	})
}

func TestShare_WhoGivesUpLeavesTheOthersAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShare(time.Minute, 2)
		failed := errors.New("no answer")
		read := func(ctx context.Context) ([]inventory.Change, error) {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(time.Second):
				return nil, failed
			}
		}
		gaveUp := errors.New("gave up")
		ctx, cancel := context.WithCancelCause(t.Context())
		var group sync.WaitGroup
		for want, ctx := range map[error]context.Context{gaveUp: ctx, failed: t.Context()} {
			group.Go(func() {
				if _, err := s.do(ctx, "key", read); !errors.Is(err, want) {
					t.Errorf("error %v, want %v", err, want)
				}
			})
		}
		synctest.Wait()
		cancel(gaveUp)
		group.Wait()
		// Whichever of the two came second, its read goes on without it.
		time.Sleep(3 * time.Second)
	})
}

func TestShare_ReadsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShare(time.Second, 2)
		_, err := s.do(t.Context(), "key", func(ctx context.Context) ([]inventory.Change, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
}

// However many ask for however much, no more reads are under way than there are slots, and who waits for one still shares it.
func TestShare_ReadsUnderWayAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const slots, things, readers = 3, 20, 5
		s := newShare(time.Minute, slots)
		var now, most, reads atomic.Int64
		read := func(context.Context) ([]inventory.Change, error) {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			reads.Add(1)
			time.Sleep(time.Second)
			return nil, nil
		}
		var group sync.WaitGroup
		for i := range things * readers {
			group.Go(func() {
				if _, err := s.do(t.Context(), i%things, read); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		synctest.Wait()
		// Those that were under way when others came are made once more.
		if got := reads.Load(); most.Load() > slots || got < things || got > things+slots {
			t.Errorf("%d reads, %d at once", got, most.Load())
		}
		if len(s.next) != 0 || len(s.slots) != 0 {
			t.Errorf("left over: %v, %d slots", s.next, len(s.slots))
		}
	})
}

// What nobody waits for any more is not read, and a read that is under way ends.
func TestShare_NothingIsReadForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShare(time.Hour, 1)
		var begun, ended atomic.Int64
		read := func(ctx context.Context) ([]inventory.Change, error) {
			begun.Add(1)
			<-ctx.Done()
			ended.Add(1)
			return nil, ctx.Err()
		}
		var group sync.WaitGroup
		for i := range 10 {
			group.Go(func() {
				// The one that has the slot goes last.
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(10-i)*time.Second)
				defer cancel()
				if _, err := s.do(ctx, i, read); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error %v", err)
				}
			})
			synctest.Wait()
		}
		group.Wait()
		synctest.Wait()
		if begun.Load() != 1 || ended.Load() != 1 {
			t.Errorf("%d reads have begun, %d have ended", begun.Load(), ended.Load())
		}
		if len(s.next) != 0 || len(s.slots) != 0 {
			t.Errorf("left over: %v, %d slots", s.next, len(s.slots))
		}
	})
}
