package cluster

import (
	"context"
	"errors"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/journal"
)

// Others are the other processes that answer requests.
type Others interface {
	// Ask brings what they have let in into the journal, and returns the entries that are new there. The inventory
	// shows who they are. The error says of whom it is not known. again says to try those, too, that did not answer the
	// last time.
	Ask(ctx context.Context, r inventory.Reader, again bool) ([]*journal.Entry, error)
}

// Alone are others that nobody can ask: it says that there are none.
type Alone func(inventory.Reader) bool

// Ask implements Others.
func (a Alone) Ask(_ context.Context, r inventory.Reader, _ bool) ([]*journal.Entry, error) {
	if a(r) {
		return nil, nil
	}
	return nil, errors.New("other processes may answer requests")
}

// askOthers brings in what others have let in until now. If that is not known, the journal is in doubt.
func (c *Cluster) askOthers(ctx context.Context, again bool) {
	entries, err := c.opts.Others.Ask(ctx, c.memory, again)
	if err != nil {
		c.journal.Doubt()
	}
	for _, e := range entries {
		c.showNow(e)
	}
}

// othersKey is the key under which requests share what they ask of others.
type othersKey struct{}

// hearOthers is askOthers for a request.
func (c *Cluster) hearOthers(ctx context.Context) error {
	_, err := c.live.do(ctx, othersKey{}, func(ctx context.Context) ([]inventory.Change, error) {
		c.askOthers(ctx, false)
		return nil, nil
	})
	return err
}

// showNow ends an entry that came late if the cache shows already what became of it.
func (c *Cluster) showNow(e *journal.Entry) {
	for _, i := range c.readers[e.ID.GroupKind] {
		if i.namespace == "" || i.namespace == e.ID.Namespace {
			i.showNow(e.ID)
		}
	}
}

func (i *informer) showNow(id inventory.ID) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if o := i.memory.Get(id.GroupKind, id.Namespace, id.Name); o != nil {
		i.journal.Shown(id, o.Meta, o.Meta.ResourceVersion, false)
	} else {
		i.journal.Shown(id, nil, i.version, true)
	}
}
