package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// What live reads may cost, so that no request can take the API server away from others, or dittoguard from their
// requests.
const (
	// maxReads bounds the reads of one request. Where every kind is installed that dittoguard knows, a judgement that
	// spans three namespaces needs about 200.
	maxReads = 600
	// readsOfOne is how many reads of one request are under way at once, readsOfAll how many of all requests are.
	readsOfOne, readsOfAll = 24, 48
	// worthAList is how many objects of a kind and namespace are read one by one. More are listed.
	worthAList = 24
)

// read is one question to the API server.
type read struct {
	what string
	// key tells it from others.
	key any
	do  func(context.Context) ([]inventory.Change, error)
}

// readAll makes the reads; if one of them fails there are no changes, and the error says what stayed without an answer.
func (c *Cluster) readAll(ctx context.Context, reads []read) ([]inventory.Change, error) {
	changes := make([][]inventory.Change, len(reads))
	errs := make([]error, len(reads))
	var group errgroup.Group
	group.SetLimit(readsOfOne)
	for at, r := range reads {
		group.Go(func() error {
			if errs[at] = ctx.Err(); errs[at] == nil {
				changes[at], errs[at] = c.live.do(ctx, r.key, func(ctx context.Context) ([]inventory.Change, error) {
					changes, err := r.do(ctx)
					c.opts.Count(err)
					return changes, err
				})
			}
			return nil
		})
	}
	_ = group.Wait()
	if err := failure(reads, errs); err != nil {
		return nil, err
	}
	return slices.Concat(changes...), nil
}

// failure says in a sentence which reads failed; what ran out of time together is said once.
func failure(reads []read, errs []error) error {
	var late, failed []string
	var lateErr error
	var all []error
	for at, err := range errs {
		switch {
		case err == nil:
		case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
			late, lateErr = append(late, reads[at].what), err
		default:
			failed = append(failed, reads[at].what)
			all = append(all, err)
		}
	}
	switch {
	case len(failed) > 0:
		return fmt.Errorf("reading %s: %w", some(failed), all[0])
	case len(late) > 0:
		return fmt.Errorf("%d of %d live reads did not end in time (%s): %w", len(late), len(reads), some(late),
			lateErr)
	}
	return nil
}

// tooMany says how much a request has to ask, and about what most.
func tooMany(names map[inventory.ID]bool, lists map[list]bool) error {
	count := map[string]int{}
	for id := range names {
		in := ""
		if id.Namespace != "" {
			in = " in " + id.Namespace
		}
		count[id.Kind+in]++
	}
	for l := range lists {
		count["lists of "+l.Kind]++
	}
	var about []string
	for what, n := range count {
		about = append(about, fmt.Sprintf("%d %s", n, what))
	}
	slices.SortFunc(about, func(a, b string) int {
		x, what, _ := strings.Cut(a, " ")
		y, other, _ := strings.Cut(b, " ")
		return cmp.Or(cmp.Compare(len(y), len(x)), cmp.Compare(y, x), cmp.Compare(what, other))
	})
	return fmt.Errorf("judging this request takes %d live reads, and %d are allowed (%s)", len(names)+len(lists),
		maxReads, some(about))
}

// some of a list, and how many more there are.
func some(list []string) string {
	const most = 3
	if len(list) <= most+1 {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}

func nameOf(id inventory.ID) string {
	return inventory.Ref{Kind: id.Kind, Namespace: id.Namespace, Name: id.Name}.String()
}
