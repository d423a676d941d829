package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/journal"
)

const (
	// mostPending is how many objects that are yet to be shown a request reads one by one. Where there are more, it
	// reads all that it asks.
	mostPending = 24
	// journalInterval is how often the journal is looked after, mostOverdue how many of its entries each time.
	journalInterval, mostOverdue = time.Second, 50
)

// Begin begins the live reads of a request, which has to be before the inventory is read for it. before and after are
// what it may store: the object as it is and as it is to be, nil where there is none, both nil if it stores nothing.
// Whoever begins a request ends it (End).
func (c *Cluster) Begin(before, after *inventory.Object) *Refresher {
	if before != nil && after != nil && !journal.Differs(before, after) || !c.shows(before) && !c.shows(after) {
		before, after = nil, nil
	}
	return &Refresher{
		cluster: c, request: c.journal.Begin(before, after, c.memory.Keys),
		names: map[inventory.ID]bool{}, lists: map[list]bool{}, looked: map[*journal.Entry]bool{},
	}
}

// shows says whether an object is one that the inventory shows once it is stored.
func (c *Cluster) shows(o *inventory.Object) bool {
	if o == nil || len(c.readers[o.Ref.GroupKind()]) == 0 {
		return false
	}
	if secret, ok := inventory.As[corev1.Secret](o); ok {
		return c.readsSecrets(o.Ref.Namespace) && secret.Type != helmReleaseType &&
			secret.Type != corev1.SecretTypeServiceAccountToken
	}
	return true
}

// End ends the request. stores says that the API server may store now what it is about.
func (r *Refresher) End(stores bool) { r.request.End(stores) }

// Remembers says whether the journal of what earlier requests may have changed is complete.
func (r *Refresher) Remembers() bool { return r.request.Trusted() }

// Refresh says where the answers to questions that were asked of the cache differ by now: objects that are new or
// different, and, with a nil Object, those that are gone. fresh is false if nothing was read, and they do not.
//
// If certain is set, the API server is asked all the questions. Else it is asked about the objects that earlier
// requests may have changed, once these are there; and about the rest only where the journal of such requests is not
// complete.
func (r *Refresher) Refresh(ctx context.Context, questions []inventory.Question,
	certain bool) (changes []inventory.Change, fresh bool, err error) {
	if certain {
		return r.all(ctx, questions)
	}
	if !r.heard {
		// Whatever begins after this elsewhere is later than this request.
		r.heard = true
		if err := r.cluster.hearOthers(ctx); err != nil {
			return nil, true, err
		}
	}
	changes, pending, all, err := r.pending(ctx, questions)
	if err != nil {
		return nil, true, err
	}
	if !all && r.Remembers() {
		return changes, pending, nil
	}
	rest, fresh, err := r.all(ctx, questions)
	return append(changes, rest...), pending || fresh, err
}

// pending reads what earlier requests may have changed of the answers to the questions. some says that there is
// something, and tooMany that it was not read, only waited for.
func (r *Refresher) pending(ctx context.Context, questions []inventory.Question) (changes []inventory.Change, some,
	tooMany bool, err error) {
	entries := map[inventory.ID][]*journal.Entry{}
	for _, e := range r.request.Matching(questions) {
		if !r.looked[e] {
			r.looked[e] = true
			entries[e.ID] = append(entries[e.ID], e)
		}
	}
	if len(entries) > mostPending {
		return nil, false, true, r.waitFor(ctx, entries)
	}
	found := make(chan []inventory.Change, len(entries))
	group, groupCtx := errgroup.WithContext(ctx)
	for id, list := range entries {
		group.Go(func() error {
			changes, err := r.cluster.await(groupCtx, id, list)
			found <- changes
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, true, false, err
	}
	close(found)
	for some := range found {
		changes = append(changes, some...)
	}
	return changes, len(entries) > 0, false, nil
}

// await reads an object once the requests of its entries have stored it, or are not waited for any more. One read
// answers for all of them: of several, one that is older could be taken for the newest.
func (c *Cluster) await(ctx context.Context, id inventory.ID, entries []*journal.Entry) ([]inventory.Change, error) {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		onTheirWay := slices.DeleteFunc(slices.Clone(entries), func(e *journal.Entry) bool { return !e.OnItsWay() })
		changes, err := c.live.do(ctx, pendingRead(id), func(ctx context.Context) ([]inventory.Change, error) {
			changes, err := c.current(ctx, id)
			c.opts.Count(err)
			return changes, err
		})
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", nameOf(id), err)
		}
		unchanged := func(e *journal.Entry) bool { return e.Unchanged(changes[0].Object) }
		if len(changes) == 0 || !slices.ContainsFunc(onTheirWay, unchanged) {
			return changes, nil
		}
		if err := c.sleep(ctx, pause, id, onTheirWay); err != nil {
			return nil, err
		}
	}
}

// waitFor waits until no request of the entries is on its way, or the cache shows what became of them.
func (r *Refresher) waitFor(ctx context.Context, entries map[inventory.ID][]*journal.Entry) error {
	for id, list := range entries {
		for slices.ContainsFunc(list, (*journal.Entry).OnItsWay) {
			if err := r.cluster.sleep(ctx, longestPause, id, list); err != nil {
				return err
			}
		}
	}
	return nil
}

// The pauses between two looks at what is on its way.
const firstPause, longestPause = 10 * time.Millisecond, 100 * time.Millisecond

// sleep pauses, unless the time of the request is over, and hears then what became of entries in other processes.
func (c *Cluster) sleep(ctx context.Context, pause time.Duration, id inventory.ID, entries []*journal.Entry) error {
	err := ctx.Err()
	select {
	case <-ctx.Done():
	case <-time.After(pause):
		if slices.ContainsFunc(entries, (*journal.Entry).Elsewhere) {
			err = c.hearOthers(ctx)
		}
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("waiting for %s, which another request changes: %w", nameOf(id), err)
	}
	return nil
}

// pendingRead is the key of a read of an object as it is, whatever the cache has.
type pendingRead inventory.ID

// current is an object as it is now. There is no answer if it is of a kind that cannot be read.
func (c *Cluster) current(ctx context.Context, id inventory.ID) ([]inventory.Change, error) {
	object, k, err := c.read(ctx, id)
	switch {
	case apierrors.IsNotFound(err):
		return []inventory.Change{{ID: id}}, nil
	case c.unread(id.GroupKind, err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	o, err := wrap(object, k.gvk)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", nameOf(id), err)
	}
	return []inventory.Change{{ID: id, Object: o}}, nil
}

// Missed says that a request was answered that was not begun, and may store something all the same.
func (c *Cluster) Missed() { c.journal.Miss() }

// Trusted says whether what requests let in is remembered completely, so that nothing else has to be read live.
func (c *Cluster) Trusted() bool {
	_, _, trusted := c.journal.Doubted()
	return trusted
}

// keepJournal ends entries of requests that stored nothing, and finds out when the journal is complete, until the
// context ends.
func (c *Cluster) keepJournal(ctx context.Context) {
	if err := c.WaitForSync(ctx); err != nil {
		return
	}
	c.journal.Doubt()
	tick := time.NewTicker(journalInterval)
	defer tick.Stop()
	settling := &settling{}
	for ctx.Err() == nil {
		c.askOthers(ctx, true)
		c.settleOverdue(ctx)
		if since, last, trusted := c.journal.Doubted(); !trusted && time.Since(since) >= c.opts.Settle {
			if settled, err := settling.check(ctx, c, last); err != nil {
				c.opts.Log.Info("what others have let in could not be read, trying again", "error", err.Error())
			} else if settled {
				c.journal.Trust(last)
			}
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// settleOverdue reads once what API servers have stored by now, or given up.
func (c *Cluster) settleOverdue(ctx context.Context) {
	for _, e := range c.journal.Overdue(mostOverdue) {
		ctx, cancel := context.WithTimeout(ctx, c.opts.RefreshTimeout)
		changes, err := c.current(ctx, e.ID)
		cancel()
		if err != nil || len(changes) == 0 {
			continue
		}
		live, cached := changes[0].Object, c.memory.Get(e.ID.GroupKind, e.ID.Namespace, e.ID.Name)
		e.Settle(live, live == nil && cached == nil || live != nil && upToDate(cached, live.Meta))
	}
}

// settling finds out whether the cache shows everything that was stored up to a moment after the last doubt: how far
// each kind has come is read from the API server, and compared with how far its watch has. A watch in which nothing
// happens gets there with the next bookmark, which API servers send once a minute.
type settling struct {
	doubt int
	upTo  map[*informer]string
}

func (s *settling) check(ctx context.Context, c *Cluster, doubt int) (bool, error) {
	if s.upTo == nil || s.doubt != doubt {
		upTo, err := c.versions(ctx)
		if err != nil {
			return false, err
		}
		s.doubt, s.upTo = doubt, upTo
	}
	for i, version := range s.upTo {
		if !i.isAt(version) {
			return false, nil
		}
	}
	return true, nil
}

// versions are the resource versions up to which the API server has changed the kinds that are watched.
func (c *Cluster) versions(ctx context.Context) (map[*informer]string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.RefreshTimeout)
	defer cancel()
	upTo := map[*informer]string{}
	for _, i := range c.informers {
		k, installed := i.served()
		if !installed || i.givenUp() {
			continue
		}
		list := &metav1.PartialObjectMetadataList{}
		list.SetGroupVersionKind(k.gvk.GroupVersion().WithKind(k.gvk.Kind + "List"))
		err := c.client.List(ctx, list, &client.ListOptions{Namespace: i.namespace, Limit: 1})
		if i.notInstalled(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("listing %s: %w", i, err)
		}
		if list.ResourceVersion == "" {
			return nil, errors.New(i.String() + ": the list has no version")
		}
		upTo[i] = list.ResourceVersion
	}
	return upTo, nil
}

// givenUp says whether the kind cannot be read.
func (i *informer) givenUp() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.sick
}

// isAt says whether the memory shows what happened up to a version, or need not: the kind is gone, or sick.
func (i *informer) isAt(version string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.absent || i.sick || i.version == version || newer(i.version, version)
}
