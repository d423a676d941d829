package faults

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/test/cluster"
)

// roll has the replicas end and start again, one after the other.
func (b *bed) roll(ctx context.Context) error {
	for _, name := range []string{one, two} {
		if err := b.again(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// again has a replica end and start again.
func (b *bed) again(ctx context.Context, name string) error {
	if err := b.replicas.Terminate(name); err != nil {
		return err
	}
	if err := b.replicas.Restart(ctx, name); err != nil {
		return err
	}
	return b.complete(ctx)
}

// run has the replicas run in another way. It returns what has them run again as they did.
func (b *bed) run(t *testing.T, how cluster.How) (mend func(context.Context) error, err error) {
	t.Helper()
	was := b.replicas.Will(how)
	return func(ctx context.Context) error {
		b.replicas.Will(was)
		return b.roll(ctx)
	}, b.roll(t.Context())
}

// says waits until /readyz of all replicas says something, or none does, while they are ready.
func (b *bed) says(ctx context.Context, what string, want bool) error {
	return until(ctx, func() error {
		for name, s := range b.replicas.Serves {
			if ready, detail := s.Ready(ctx); !ready || strings.Contains(detail, what) != want {
				return fmt.Errorf("%s: ready %t, and saying %q has to be %t\n%s", name, ready, what, want, detail)
			}
		}
		return nil
	})
}
