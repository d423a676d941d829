package faults

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/dittoguard/dittoguard/test/cluster"
)

const day = 24 * time.Hour

// clocks are those of the replicas.
type clocks map[string]cluster.Clock

// haveClocks has each replica run with a clock of its own.
func haveClocks(t *testing.T, b *bed) (func(context.Context) error, error) {
	t.Helper()
	if b.clocks == nil {
		binary, err := cluster.BuildWithClock(t.Context(), b.dir)
		if err != nil {
			return nil, err
		}
		b.clocked = binary
		b.clocks = clocks{one: cluster.Clock(b.dir + "/" + one), two: cluster.Clock(b.dir + "/" + two)}
	}
	var was cluster.How
	for i, name := range []string{one, two} {
		if err := b.clocks[name].Move(0); err != nil {
			return nil, err
		}
		// The certificate of this API server is as young as the test, so that it would not be valid yet a day ago.
		how := b.replicas.Will(cluster.How{Binary: b.clocked, Clock: b.clocks[name], Lag: time.Millisecond})
		if i == 0 {
			was = how
		}
		if err := b.again(t.Context(), name); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context) error {
		b.replicas.Will(was)
		return b.roll(ctx)
	}, nil
}

// jump has the clocks of replicas jump while they run, and back.
func jump(by time.Duration, names ...string) func(context.Context, *bed) error {
	return func(ctx context.Context, b *bed) error {
		for _, to := range []time.Duration{by, 0} {
			for _, name := range names {
				if err := errors.Join(b.clocks[name].Move(to), b.clockOf(ctx, name, to)); err != nil {
					return err
				}
			}
			if err := hold(ctx, b); err != nil {
				return err
			}
		}
		return nil
	}
}

// startAhead has a replica start while its clock is ahead, which makes a certificate that is not valid yet for anybody else. So it is not ready
// until its clock is set. Then the other one starts again, so that for a while nobody else is there.
func startAhead(ctx context.Context, b *bed) error {
	if err := errors.Join(b.clocks[two].Move(day), b.replicas.Terminate(two)); err != nil {
		return err
	}
	const wrong = 15 * time.Second
	set := time.AfterFunc(wrong, func() { _ = b.clocks[two].Move(0) })
	defer set.Stop()
	began := time.Now()
	if err := b.replicas.Restart(ctx, two); err != nil {
		return err
	}
	if took := time.Since(began); took < wrong {
		return fmt.Errorf("it was ready after %s, with a certificate that nobody trusts", took)
	}
	return errors.Join(b.complete(ctx), b.again(ctx, one))
}

// startBehind has a replica start while its clock is behind, which makes a certificate that is valid all the same; and then the other one.
func startBehind(ctx context.Context, b *bed) error {
	if err := b.clocks[two].Move(-day); err != nil {
		return err
	}
	if err := errors.Join(b.again(ctx, two), b.clockOf(ctx, two, -day), b.again(ctx, one)); err != nil {
		return err
	}
	return b.clocks[two].Move(0)
}

// clockOf returns an error unless the clock of a replica is as far ahead.
func (b *bed) clockOf(ctx context.Context, name string, by time.Duration) error {
	return until(ctx, func() error {
		at, err := b.replicas.Serves[name].Clock(ctx)
		if err != nil {
			return err
		}
		if off := time.Until(at) - by; off.Abs() > time.Minute {
			return fmt.Errorf("the clock of %s says %s", name, at)
		}
		return nil
	})
}
